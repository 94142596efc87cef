// The rows of the catalogue, as columns. A row is a number from 0; a missing number is NaN.

const TEXTS = ["photo", "photo_id", "message", "status", "reason", "camera", "index_name", "model", "imagery",
  "imagery_attribution", "engine"];
const NUMBERS = ["confidence", "center_lat", "center_lon", "nadir_lat", "nadir_lon", "sd_km", "focal_length_mm",
  "camera_altitude_km", "tilt_deg", "azimuth_deg", "inliers", "rms_km", "cloud_percent", "sun_elevation_deg",
  "width_px", "height_px", "ellipse_major_km", "ellipse_minor_km", "ellipse_azimuth_deg", "area_km2", "taken_at", "place"];
const DEGREE = 10000; // footprints are whole numbers of 1/10,000 degree
const MAX_LAT = 85.0511287798; // where the square of Web Mercator ends

// Web Mercator as a square of side 1, x to the east and y to the south.
const mercator = {
  x: (lon) => lon / 360 + 0.5,
  y(lat) {
    const sine = Math.sin(Math.max(-MAX_LAT, Math.min(MAX_LAT, lat)) * Math.PI / 180);
    return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
  },
  lon: (x) => (x - 0.5) * 360,
  lat: (y) => 360 / Math.PI * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - 90,
};

async function readCatalogue(progress) {
  const about = JSON.parse(document.getElementById("about").textContent);
  const n = about.rows;
  const catalogue = { about, n, rings: new Array(n).fill(null), box: new Float64Array(4 * n), find: new Map() };
  for (const name of TEXTS) catalogue[name] = new Array(n);
  for (const name of NUMBERS) catalogue[name] = new Float64Array(n).fill(NaN);
  catalogue.text = new Array(n); // in small letters, to search in
  let from = 0;
  for (const element of document.querySelectorAll("script.rows")) {
    const block = JSON.parse(await unpacked(element.textContent));
    element.remove();
    await slices.run(append(catalogue, block, from));
    from += block.photo.length;
    progress(from, n);
  }
  catalogue.thumbnails = await readThumbnails();
  return catalogue;
}

async function unpacked(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

function* append(catalogue, block, from) {
  const n = block.photo.length;
  for (const name of TEXTS) {
    const { values, codes } = block[name].codes ? block[name] : { values: block[name] };
    for (let i = 0; i < n; i++) catalogue[name][from + i] = codes ? values[codes[i]] : values[i];
  }
  for (const name of NUMBERS) block[name].forEach((value, i) => { if (value !== null) catalogue[name][from + i] = value; });
  yield;
  for (let i = 0; i < n; i++) {
    const row = from + i;
    if (block.rings[i]) {
      catalogue.rings[row] = block.rings[i].map(mercatorRing);
      setBox(catalogue, row);
    }
    if (!catalogue.find.has(block.photo[i])) catalogue.find.set(block.photo[i], row);
    catalogue.text[row] = `${block.photo[i]} ${block.photo_id[i]} ${block.message[i]}`.toLowerCase();
    if (i % 100 === 99) yield;
  }
}

// x, y of each vertex one after the other.
function mercatorRing(differences) {
  const ring = new Float64Array(differences.length);
  let lat = 0, lon = 0;
  for (let i = 0; i < ring.length; i += 2) {
    lat += differences[i];
    lon += differences[i + 1];
    ring[i] = mercator.x(lon / DEGREE);
    ring[i + 1] = mercator.y(lat / DEGREE);
  }
  return ring;
}

function setBox(catalogue, row) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of catalogue.rings[row]) {
    for (let i = 0; i < ring.length; i += 2) {
      box[0] = Math.min(box[0], ring[i]);
      box[1] = Math.min(box[1], ring[i + 1]);
      box[2] = Math.max(box[2], ring[i]);
      box[3] = Math.max(box[3], ring[i + 1]);
    }
  }
  catalogue.box.set(box, 4 * row);
}

async function readThumbnails() {
  const found = new Map();
  for (const element of document.querySelectorAll("script.thumbnails")) {
    for (const [row, picture] of Object.entries(JSON.parse(element.textContent))) found.set(Number(row), picture);
    element.remove();
    await slices.pause();
  }
  return found;
}
