// Puts list, map and panels together: one photo is chosen, the filters say which are shown.

const MAX_ZOOM = 12;

class Page {
  constructor(catalogue, grid) {
    this.catalogue = catalogue;
    this.grid = grid;
    this.chosen = -1;
    this.shown = null; // before the filters were first read
    this.filters = new Filters(catalogue, () => this.filter());
    this.list = new List(catalogue, (row) => this.choose(row));
    this.photo = new PhotoPanel(catalogue, (row) => this.goTo(row));
    this.statistics = new Statistics(catalogue);
    this.address = new Address(() => this.state());
    this.makeMap();
    byId("csv").addEventListener("click", () => saveCsv(catalogue, this.list.rows, "photos.csv"));
    byId("tab-photo").addEventListener("click", () => this.turnTo("photo"));
    byId("tab-statistics").addEventListener("click", () => this.turnTo("statistics"));
    document.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("hashchange", () => this.restore());
  }

  makeMap() {
    this.map = L.map("map", { minZoom: 1, maxZoom: MAX_ZOOM, worldCopyJump: true, zoomSnap: 1, attributionControl: false, zoomControl: false });
    this.map.setView([20, 0], 2);
    L.control.zoom({ position: "topright" }).addTo(this.map);
    L.control.scale({ imperial: false, position: "topleft" }).addTo(this.map);
    addLegend(this.map, this.catalogue);
    this.world = new World();
    this.world.addTo(this.map).open().then(({ about }) => {
      L.control.attribution({ prefix: "Leaflet" }).addAttribution(about.attribution.replace(/[<&]/g, "")).addTo(this.map);
      document.documentElement.dataset.world = "true"; // for tests
    });
    this.footprints = new Footprints(this.catalogue, this.grid, { zIndex: 2, updateWhenZooming: false });
    this.mark = L.layerGroup().addTo(this.map);
    this.map.on("click", (event) => this.clicked(event));
    this.map.on("moveend", () => {
      this.address.keep();
      if (byId("in-view").checked) this.filter();
    });
    this.note = L.control({ position: "topleft" });
    this.note.onAdd = () => make("div", { class: "note", role: "status", hidden: "" });
    this.note.addTo(this.map);
  }

  // In turns with what the reader does.
  async start() {
    await slices.run(this.footprints.order());
    this.footprints.addTo(this.map);
    await slices.pause();
    await this.restore();
    if (!this.address.read().has("map") && this.chosen < 0) this.showAll();
  }

  // The part of the map in which the footprints lie that are shown, but for those that are no likelier than chance.
  showAll() {
    const { box, rings, n } = this.catalogue;
    const all = [Infinity, Infinity, -Infinity, -Infinity];
    for (let row = 0; row < n; row++) {
      if (!rings[row] || !this.shown[row] || lookOf(this.catalogue, row) === "chance") continue;
      all[0] = Math.min(all[0], box[4 * row]);
      all[1] = Math.min(all[1], box[4 * row + 1]);
      all[2] = Math.max(all[2], box[4 * row + 2]);
      all[3] = Math.max(all[3], box[4 * row + 3]);
    }
    if (all[0] < all[2]) this.map.fitBounds(latLngBounds(all), { animate: false });
  }

  // Resolves when the statistics are those of what is shown.
  async filter() {
    const bounds = this.map.getBounds();
    this.filters.view = byId("in-view").checked ? { grid: this.grid, bounds: [mercator.x(bounds.getWest()), mercator.y(bounds.getNorth()), mercator.x(bounds.getEast()), mercator.y(bounds.getSouth())] } : null;
    const shown = this.filters.passing();
    const same = this.shown && shown.every((one, row) => one === this.shown[row]);
    this.shown = shown;
    this.list.show(this.filters.ordered(shown));
    this.list.mark(this.chosen);
    const n = words.number(this.catalogue.n);
    byId("summary").textContent = this.list.rows.length === this.catalogue.n ? `${n} photos` : `${words.number(this.list.rows.length)} of ${n} photos`;
    this.address.keep();
    if (same) return;
    this.footprints.show(shown);
    await this.statistics.show(this.list.rows);
  }

  choose(row, { move = true } = {}) {
    this.chosen = row;
    this.list.mark(row);
    this.photo.show(row);
    this.turnTo(row < 0 ? "statistics" : "photo");
    this.outline(row);
    this.say("");
    if (row >= 0 && move) this.bringIntoView(row);
    this.address.keep();
  }

  outline(row) {
    this.mark.clearLayers();
    if (row < 0) return;
    const c = this.catalogue;
    const options = { interactive: false, fill: false, className: "chosen" };
    if (c.rings[row]) {
      const rings = this.near(row);
      this.mark.addLayer(L.polygon(rings, { ...options, color: "#000", weight: 5, opacity: 0.8 }));
      this.mark.addLayer(L.polygon(rings, { ...options, color: "#ffd400", weight: 2.5 }));
      if (hasEllipse(c, row)) {
        const middle = L.latLngBounds(rings.flat(2)).getCenter().lng;
        this.mark.addLayer(L.polygon(ellipse(c, row, middle), { ...options, color: "#ffd400", weight: 1.5, dashArray: "4 4" }));
      }
    }
    if (!Number.isNaN(c.nadir_lat[row]) && !Number.isNaN(c.nadir_lon[row])) {
      const lon = nearestLon(c.nadir_lon[row], this.map.getCenter().lng);
      this.mark.addLayer(L.circleMarker([c.nadir_lat[row], lon], { ...options, radius: 5, color: "#ffd400", weight: 2 }));
    }
  }

  // The rings as the map takes them, in the copy of the world that is nearest to the middle of the map.
  near(row) {
    const { box, rings } = this.catalogue;
    const middle = mercator.x(this.map.getCenter().lng);
    const copy = Math.round(middle - (box[4 * row] + box[4 * row + 2]) / 2);
    return rings[row].map((ring) => {
      const points = [];
      for (let i = 0; i < ring.length; i += 2) points.push([mercator.lat(ring[i + 1]), mercator.lon(ring[i] + copy)]);
      return [points];
    });
  }

  bringIntoView(row) {
    if (!this.catalogue.rings[row]) return;
    const bounds = L.latLngBounds(this.near(row).flat(2));
    if (!this.map.getBounds().contains(bounds)) this.map.panTo(bounds.getCenter(), { animate: false });
  }

  goTo(row) {
    if (row >= 0 && this.catalogue.rings[row]) this.map.fitBounds(L.latLngBounds(this.near(row).flat(2)), { padding: [40, 40], maxZoom: 9 });
  }

  // The chosen photo beside the map, which shows its footprint; without one, the first of the list.
  open() {
    if (this.chosen < 0) this.step(1);
    if (this.chosen < 0) return;
    this.turnTo("photo");
    this.goTo(this.chosen);
  }

  // A click chooses the smallest footprint there; more clicks go through those below it.
  clicked({ latlng }) {
    const hits = this.footprints.at(mercator.x(latlng.lng), mercator.y(latlng.lat));
    if (!hits.length) return this.choose(-1);
    const at = (hits.indexOf(this.chosen) + 1) % hits.length;
    this.choose(hits[at], { move: false });
    if (hits.length > 1) this.say(`${at + 1} of ${hits.length} footprints here; click again for the next`);
    return undefined;
  }

  say(text) {
    const note = this.note.getContainer();
    note.textContent = text;
    note.hidden = !text;
  }

  turnTo(name) {
    for (const one of ["photo", "statistics"]) {
      byId(one).hidden = one !== name;
      byId(`tab-${one}`).setAttribute("aria-selected", one === name);
      byId(`tab-${one}`).tabIndex = one === name ? 0 : -1;
    }
    if (name === "photo" && this.chosen < 0) this.photo.show(-1);
  }

  step(by) {
    const { rows } = this.list;
    if (!rows.length) return;
    const at = this.chosen < 0 ? -1 : this.list.place(this.chosen);
    const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + by));
    this.choose(rows[next]);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    if (target.matches("[role=tab]") && ["ArrowLeft", "ArrowRight"].includes(event.key)) {
      const other = target.id === "tab-photo" ? "statistics" : "photo";
      this.turnTo(other);
      byId(`tab-${other}`).focus();
      return;
    }
    if (event.key === "Escape") {
      event.preventDefault(); // browsers would empty the search
      return this.back(target);
    }
    if (target.matches("input, select, textarea")) return;
    const inMap = byId("map").contains(target); // the map has keys of its own: arrows, + and -
    const inPanel = target.matches("[role=tabpanel]"); // arrows scroll it
    const many = 10;
    const act = {
      j: () => this.step(1), k: () => this.step(-1),
      "/": () => { byId("text").focus(); byId("text").select(); },
      ...(inMap ? {} : { "+": () => this.map.zoomIn(), "=": () => this.map.zoomIn(), "-": () => this.map.zoomOut() }),
      ...(inMap || inPanel ? {} : {
        ArrowDown: () => this.step(1), ArrowUp: () => this.step(-1), Home: () => this.step(-Infinity), End: () => this.step(Infinity),
        PageDown: () => this.step(many), PageUp: () => this.step(-many),
      }),
      ...(target.matches("button, a, summary") ? {} : { Enter: () => this.open() }),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  back(target) {
    if (target.matches("input, select")) {
      byId("list").focus();
    } else {
      this.choose(-1);
    }
  }

  state() {
    const center = this.map.getCenter();
    const map = `${this.map.getZoom()}/${center.lat.toFixed(4)}/${center.lng.toFixed(4)}`;
    return { ...(this.chosen < 0 ? {} : { photo: this.catalogue.photo[this.chosen] }), ...this.filters.state(), map };
  }

  async restore() {
    const state = this.address.read();
    const [zoom, lat, lon] = (state.get("map") || "").split("/").map(Number);
    if (Math.abs(lat) <= 90 && Number.isFinite(lon) && zoom >= 0) this.map.setView([lat, lon], Math.min(zoom, MAX_ZOOM), { animate: false });
    this.filters.restore(state);
    const filtered = this.filter();
    const row = this.catalogue.find.get(state.get("photo"));
    this.choose(row === undefined ? -1 : row, { move: !state.has("map") });
    await filtered;
  }
}

function latLngBounds([west, north, east, south]) {
  return L.latLngBounds([mercator.lat(south), mercator.lon(west)], [mercator.lat(north), mercator.lon(east)]);
}

async function start() {
  const say = (text) => { byId("summary").textContent = text; };
  try {
    const catalogue = await readCatalogue((done, all) => say(`Reading ${words.number(done)} of ${words.number(all)} photos…`));
    const grid = new Grid(catalogue);
    await slices.run(grid.build(catalogue));
    await slices.pause();
    await new Page(catalogue, grid).start();
    document.documentElement.dataset.ready = "true"; // for tests
  } catch (error) {
    say(`This page cannot be shown (${error.message}). Use a browser of 2023 or later, or make the page again.`);
    throw error;
  }
}

start();
