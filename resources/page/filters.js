// Which photos are shown, and in which order.

const byId = (id) => document.getElementById(id);
const DAY = 86400; // seconds

class Filters {
  constructor(catalogue, changed) {
    this.catalogue = catalogue;
    this.changed = changed;
    this.form = byId("filters");
    this.orders = new Map(); // of all rows, by what they are sorted by
    this.view = null; // sides of the map, where only what lies there is wanted
    this.offerStatuses();
    this.offerCameras();
    let due = 0;
    const soon = () => {
      clearTimeout(due);
      due = setTimeout(changed, 60); // one change for a word that is typed quickly
    };
    this.form.addEventListener("input", soon);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("reset", soon);
    byId("more").addEventListener("click", () => this.unfold(byId("more-filters").hidden));
  }

  unfold(open) {
    byId("more-filters").hidden = !open;
    byId("more").setAttribute("aria-expanded", open);
  }

  offerStatuses() {
    const counts = new Map();
    for (const status of this.catalogue.status) counts.set(status, (counts.get(status) || 0) + 1);
    const known = Object.keys(this.catalogue.about.labels);
    const order = (status) => (known.includes(status) ? known.indexOf(status) : known.length);
    this.statuses = [...counts.keys()].sort((a, b) => order(a) - order(b));
    for (const status of this.statuses) {
      const box = make("input", { type: "checkbox", checked: "", value: status });
      const sign = make("span", { class: `sign ${signOfStatus(status)}`, "aria-hidden": "true" });
      const text = `${words.status(this.catalogue, status)} (${words.number(counts.get(status))})`;
      byId("statuses").append(make("label", { class: "check" }, box, sign, text));
    }
  }

  offerCameras() {
    const cameras = [...new Set(this.catalogue.camera)].filter(Boolean).sort();
    byId("camera").append(...cameras.map((camera) => make("option", { value: camera }, camera)));
  }

  boxes() {
    return [...byId("statuses").querySelectorAll("input")];
  }

  wanted() {
    const number = (id) => (byId(id).value === "" ? NaN : Number(byId(id).value));
    const day = (id) => (byId(id).value ? Date.parse(`${byId(id).value}T00:00:00Z`) / 1000 : NaN);
    const chosen = this.boxes().filter((box) => box.checked).map((box) => box.value);
    return {
      text: byId("text").value.trim().toLowerCase(),
      statuses: chosen.length === this.statuses.length ? null : chosen,
      least: number("least") / 100, most: number("most") / 100,
      first: day("first"), last: day("last") + DAY - 1,
      camera: byId("camera").value, cloud: number("cloud"),
    };
  }

  // Which rows pass: 1 or 0 for each. A photo without a value does not pass a limit on it.
  passing() {
    const { catalogue, view } = this;
    const wanted = this.wanted();
    const limits = [
      [catalogue.confidence, wanted.least, wanted.most],
      [catalogue.taken_at, wanted.first, wanted.last],
      [catalogue.cloud_percent, NaN, wanted.cloud],
    ].filter(([, low, high]) => !(Number.isNaN(low) && Number.isNaN(high)))
      .map(([values, low, high]) => [values, Number.isNaN(low) ? -Infinity : low, Number.isNaN(high) ? Infinity : high]);
    const statuses = wanted.statuses && new Set(wanted.statuses);
    const seen = view && new Set(view.grid.within(...view.bounds));
    const shown = new Uint8Array(catalogue.n);
    for (let row = 0; row < catalogue.n; row++) {
      if (statuses && !statuses.has(catalogue.status[row])) continue;
      if (wanted.camera && catalogue.camera[row] !== wanted.camera) continue;
      if (!limits.every(([values, low, high]) => values[row] >= low && values[row] <= high)) continue;
      if (seen && !seen.has(row)) continue;
      if (wanted.text && !catalogue.text[row].includes(wanted.text)) continue;
      shown[row] = 1;
    }
    return shown;
  }

  // The rows that pass, in the order of the list.
  ordered(shown) {
    const by = byId("sort").value;
    if (!this.orders.has(by)) this.orders.set(by, this.order(by));
    return this.orders.get(by).filter((row) => shown[row]);
  }

  // All rows in an order. Those without a value come last.
  order(by) {
    const { catalogue } = this;
    const values = { photo: catalogue.place, doubt: catalogue.confidence }[by] || catalogue[by];
    const sign = by === "confidence" || by === "area_km2" ? -1 : 1;
    // Numbers sorted by themselves are ten times as fast as with a function that compares rows.
    const keys = values.map((value) => (Number.isNaN(value) ? Infinity : sign * value));
    const order = keys.slice().sort();
    const next = new Map(); // where the next row with this value goes
    for (let i = order.length - 1; i >= 0; i--) next.set(order[i], i);
    const rows = new Uint32Array(catalogue.n);
    keys.forEach((key, row) => {
      const at = next.get(key);
      rows[at] = row;
      next.set(key, at + 1);
    });
    return rows;
  }

  // What the address of the page keeps: names and values of what differs from a new page.
  state() {
    const state = {};
    for (const id of ["text", "least", "most", "first", "last", "camera", "cloud"]) if (byId(id).value) state[id] = byId(id).value;
    if (byId("sort").value !== "photo") state.sort = byId("sort").value;
    const off = this.boxes().filter((box) => !box.checked).map((box) => box.value);
    if (off.length) state.without = off.join(",");
    if (byId("in-view").checked) state.view = "1";
    return state;
  }

  restore(state) {
    for (const id of ["text", "least", "most", "first", "last", "camera", "cloud"]) byId(id).value = state.get(id) || "";
    byId("sort").value = state.get("sort") || "photo";
    if (!byId("sort").value) byId("sort").value = "photo";
    const off = new Set((state.get("without") || "").split(","));
    for (const box of this.boxes()) box.checked = !off.has(box.value);
    byId("in-view").checked = state.has("view");
    const folded = Object.keys(this.state()).every((name) => name === "text" || name === "sort");
    this.unfold(!folded);
  }
}
