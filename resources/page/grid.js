// Finds the footprints in a part of the map: a grid of cells over the world, each with the footprints that touch it.

const CELLS = 128;
const LARGE = 400; // cells; larger footprints are looked at always

class Grid {
  constructor(catalogue) {
    this.box = catalogue.box;
    this.cells = new Map();
    this.large = [];
    this.stamps = new Uint32Array(catalogue.n);
    this.stamp = 0;
  }

  *build(catalogue) {
    for (let row = 0; row < catalogue.n; row++) {
      if (catalogue.rings[row]) this.add(row);
      if (row % 500 === 499) yield;
    }
  }

  add(row) {
    const [west, north, east, south] = this.box.subarray(4 * row, 4 * row + 4);
    const [x0, y0, x1, y1] = [west, north, east, south].map((side) => Math.floor(side * CELLS));
    if ((x1 - x0 + 1) * (y1 - y0 + 1) > LARGE) {
      this.large.push(row);
      return;
    }
    for (let y = y0; y <= y1; y++) {
      for (let x = x0; x <= x1; x++) this.cell(x, y, true).push(row);
    }
  }

  // Cells beyond the 180th meridian are those on its other side.
  cell(x, y, make = false) {
    const key = y * CELLS + ((x % CELLS) + CELLS) % CELLS;
    let rows = this.cells.get(key);
    if (!rows && make) this.cells.set(key, rows = []);
    return rows || [];
  }

  // Rows whose boxes meet this one, in no order. Sides are in the square of Web Mercator; x may lie outside it.
  within(west, north, east, south) {
    this.stamp++;
    const found = [];
    const look = (row) => {
      if (this.stamps[row] === this.stamp) return;
      this.stamps[row] = this.stamp;
      if (this.copies(row, west, north, east, south).length) found.push(row);
    };
    this.large.forEach(look);
    const x1 = Math.min(Math.floor(east * CELLS), Math.floor(west * CELLS) + CELLS - 1);
    for (let y = Math.floor(north * CELLS); y <= Math.floor(south * CELLS); y++) {
      for (let x = Math.floor(west * CELLS); x <= x1; x++) this.cell(x, y).forEach(look);
    }
    return found;
  }

  // By how many worlds to move a footprint so that its box meets this one.
  copies(row, west, north, east, south) {
    const at = 4 * row;
    if (this.box[at + 1] > south || this.box[at + 3] < north) return [];
    const found = [];
    for (let k = Math.ceil(west - this.box[at + 2]); k <= Math.floor(east - this.box[at]); k++) found.push(k);
    return found;
  }
}

function holds(rings, x, y) {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const crosses = (ring[i + 1] > y) !== (ring[j + 1] > y);
      if (crosses && x < (ring[j] - ring[i]) * (y - ring[i + 1]) / (ring[j + 1] - ring[i + 1]) + ring[i]) inside = !inside;
    }
  }
  return inside;
}
