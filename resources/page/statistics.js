// Statistics of the photos that pass the filters.

const BINS = 10;
const MOST_LINES = 24; // of one table

class Statistics {
  constructor(catalogue) {
    this.catalogue = catalogue;
    this.panel = byId("statistics");
    this.job = {};
  }

  // Resolves when they are shown, or others took their place.
  show(rows) {
    this.job.cancelled = true;
    this.job = {};
    return slices.run(this.steps(rows), this.job);
  }

  *steps(rows) {
    const c = this.catalogue;
    const counts = { status: new Map(), reason: new Map(), month: new Map(), camera: new Map() };
    const count = (name, value) => counts[name].set(value, (counts[name].get(value) || 0) + 1);
    const bins = new Array(BINS).fill(0);
    const areas = [];
    let seen = 0;
    for (const row of rows) {
      if (++seen % 500 === 0) yield;
      count("status", c.status[row]);
      if (c.status[row] !== "located") count("reason", c.reason[row] || "not stated");
      if (!Number.isNaN(c.taken_at[row])) count("month", new Date(c.taken_at[row] * 1000).toISOString().slice(0, 7));
      if (c.camera[row]) count("camera", c.camera[row]);
      if (c.rings[row] && !Number.isNaN(c.confidence[row])) bins[Math.min(BINS - 1, Math.floor(c.confidence[row] * BINS))]++;
      if (!Number.isNaN(c.area_km2[row]) && c.status[row] === "located") areas.push(c.area_km2[row]);
    }
    const byCount = (map) => [...map].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const statuses = byCount(counts.status).map(([status, n]) => [words.status(c, status), n, signOfStatus(status)]);
    const shares = bins.map((n, i) => [`${i * 100 / BINS} to ${(i + 1) * 100 / BINS} %`, n]);
    const all = words.number(c.n);
    const passing = rows.length === c.n ? `${all} photos.` : `${words.number(rows.length)} of ${all} photos pass the filters.`;
    this.panel.replaceChildren(
      make("p", {}, rows.length ? passing : "No photo passes the filters."),
      bars("By status", statuses, rows.length),
      bars("Confidence of footprints", bins.some(Boolean) ? shares : []),
      ...areaTable(areas),
      bars("By month", [...counts.month].sort((a, b) => (a[0] < b[0] ? -1 : 1))),
      bars("Not located, by reason", byCount(counts.reason)),
      bars("By camera", byCount(counts.camera)),
    );
  }
}

function bars(title, lines, whole = 0) {
  if (!lines.length) return "";
  const most = Math.max(...lines.map(([, n]) => n), 1);
  const kept = lines.slice(0, MOST_LINES);
  const rest = lines.slice(MOST_LINES).reduce((sum, [, n]) => sum + n, 0);
  if (rest) kept.push([`${lines.length - MOST_LINES} more`, rest]);
  return make("table", {}, make("caption", {}, title), make("tbody", {}, ...kept.map(([name, n, sign]) => {
    const bar = make("div", { "aria-hidden": "true" });
    bar.style.width = `${100 * Math.min(n, most) / most}%`;
    if (sign) bar.style.background = `var(--${sign})`;
    const share = whole ? ` (${(100 * n / whole).toFixed(0)} %)` : "";
    return make("tr", {}, make("th", { scope: "row" }, name), make("td", { class: "bar" }, bar), make("td", { class: "count" }, words.number(n) + share));
  })));
}

function areaTable(areas) {
  if (!areas.length) return [];
  const sorted = Float64Array.from(areas).sort();
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
  const line = (name, km2) => make("tr", {}, make("th", { scope: "row" }, name), make("td", { class: "count" }, words.number(km2, "km²")));
  return [make("table", {}, make("caption", {}, "Ground of located photos"), make("tbody", {},
    line("median", at(0.5)), line("a tenth have less than", at(0.1)), line("a tenth have more than", at(0.9)),
    line("all together, overlaps counted twice", sorted.reduce((sum, one) => sum + one, 0))))];
}
