// Draws the footprints that pass the filters, in tiles: what moves into view is drawn, in slices, and nothing else.

const STEP = 60; // footprints drawn at a time
const SMALL = 5; // pixels; smaller footprints are dots
const PLAIN = 22; // pixels; smaller footprints have no dashes and no casing

const Footprints = L.GridLayer.extend({
  initialize(catalogue, grid, options) {
    L.GridLayer.prototype.initialize.call(this, options);
    this.catalogue = catalogue;
    this.grid = grid;
    this.shown = new Uint8Array(catalogue.n); // by the filters
    this.tiles = new Map(); // by canvas
    this.on("tileunload", ({ tile }) => this.forget(tile));
  },

  // Large ones first, the most trusted last, so that these lie on top.
  *order() {
    const { n, box } = this.catalogue;
    const keys = new Float64Array(n);
    for (let row = 0; row < n; row++) {
      const at = 4 * row;
      const size = Math.min(1, (box[at + 2] - box[at]) * (box[at + 3] - box[at + 1]));
      const key = LOOKS[lookOf(this.catalogue, row)].order * 4096 + Math.round((1 - size ** 0.25) * 4095);
      keys[row] = key * 2 ** 24 + row;
      if (row % 1000 === 999) yield;
    }
    keys.sort();
    yield;
    this.byRank = Uint32Array.from(keys, (key) => key % 2 ** 24);
    this.rank = new Uint32Array(n);
    this.byRank.forEach((row, rank) => { this.rank[row] = rank; });
  },

  createTile(coords, done) {
    const size = 256 * Math.min(2, window.devicePixelRatio || 1);
    const canvas = make("canvas", { width: size, height: size });
    const tile = { canvas, coords };
    this.tiles.set(canvas, tile);
    this.draw(tile, canvas).then(() => done(null, canvas));
    return canvas;
  },

  forget(canvas) {
    const tile = this.tiles.get(canvas);
    if (tile?.job) tile.job.cancelled = true;
    this.tiles.delete(canvas);
  },

  // Draws every tile anew beside the one that is seen, which is replaced when its successor is done.
  show(shown) {
    this.shown = shown;
    for (const tile of this.tiles.values()) {
      const { canvas } = tile;
      const next = make("canvas", { width: canvas.width, height: canvas.height });
      this.draw(tile, next).then((whole) => {
        if (!whole) return;
        const context = canvas.getContext("2d");
        context.clearRect(0, 0, canvas.width, canvas.height);
        context.drawImage(next, 0, 0);
      });
    }
  },

  draw(tile, canvas) {
    if (tile.job) tile.job.cancelled = true;
    tile.job = {};
    return slices.run(this.steps(canvas, tile.coords), tile.job);
  },

  *steps(canvas, { x, y, z }) {
    const count = 2 ** z;
    const margin = 4 / (256 * count); // of lines
    const [west, north] = [x / count, y / count];
    const [east, south] = [west + 1 / count, north + 1 / count];
    const bounds = [west - margin, north - margin, east + margin, south + margin];
    const ranks = Uint32Array.from(this.grid.within(...bounds).filter((row) => this.shown[row]), (row) => this.rank[row]);
    ranks.sort();
    yield;
    const context = canvas.getContext("2d");
    const sharp = canvas.width / 256;
    context.lineJoin = "round";
    let drawn = 0;
    for (const rank of ranks) {
      const row = this.byRank[rank];
      for (const copy of this.grid.copies(row, ...bounds)) {
        const scale = canvas.width * count;
        context.setTransform(1, 0, 0, 1, 0, 0);
        this.drawOne(context, row, (position) => (position + copy - west) * scale, (position) => (position - north) * scale, sharp, scale);
      }
      if (++drawn % STEP === 0) yield;
    }
  },

  drawOne(context, row, toX, toY, sharp, scale) {
    const { box, rings } = this.catalogue;
    const look = LOOKS[lookOf(this.catalogue, row)];
    const size = Math.max(box[4 * row + 2] - box[4 * row], box[4 * row + 3] - box[4 * row + 1]) * scale / sharp;
    if (size < SMALL) {
      const side = 3 * sharp;
      context.fillStyle = look.dot;
      context.fillRect(toX((box[4 * row] + box[4 * row + 2]) / 2) - side / 2, toY((box[4 * row + 1] + box[4 * row + 3]) / 2) - side / 2, side, side);
      return;
    }
    context.beginPath();
    for (const ring of rings[row]) {
      context.moveTo(toX(ring[0]), toY(ring[1]));
      for (let i = 2; i < ring.length; i += 2) context.lineTo(toX(ring[i]), toY(ring[i + 1]));
      context.closePath();
    }
    if (look.fill) {
      context.fillStyle = look.fill;
      context.fill();
    }
    const fine = size >= PLAIN;
    if (fine && look.casing) {
      context.setLineDash([]);
      context.strokeStyle = "rgba(255,255,255,0.75)";
      context.lineWidth = (look.width + 2) * sharp;
      context.stroke();
    }
    context.setLineDash(fine ? look.dash.map((length) => length * sharp) : []);
    context.strokeStyle = fine ? look.line : look.dot;
    context.lineWidth = (fine ? look.width : 1) * sharp;
    context.stroke();
  },

  // Rows shown at a point of the square of Web Mercator, the smallest first.
  at(x, y) {
    const { box, rings } = this.catalogue;
    const area = (row) => (box[4 * row + 2] - box[4 * row]) * (box[4 * row + 3] - box[4 * row + 1]);
    const hit = (row) => this.shown[row] && this.grid.copies(row, x, y, x, y).some((k) => holds(rings[row], x - k, y));
    return this.grid.within(x, y, x, y).filter(hit).sort((a, b) => area(a) - area(b) || a - b);
  },
});
