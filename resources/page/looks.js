// How a footprint looks, by status, as in footprints.qml; and how values are put in words. Dots are brighter than lines,
// which have a white casing: a dot of the dark colour would not be seen on the sea.

const CHANCE = 0.005; // less confident footprints are no likelier than chance

const LOOKS = {
  located: { line: "rgb(0,114,178)", dot: "#56b4e9", fill: "rgba(0,114,178,0.16)", dash: [], width: 2, casing: true, order: 3 },
  by_pass: { line: "rgb(120,72,20)", dot: "#d2a36c", fill: "rgba(120,72,20,0.12)", dash: [8, 3, 2, 3], width: 2.5, casing: true, order: 2 },
  uncertain: { line: "rgb(213,94,0)", dot: "#f59a5f", fill: "rgba(213,94,0,0.10)", dash: [7, 5], width: 2, casing: true, order: 1 },
  chance: { line: "rgba(170,170,170,0.7)", dot: "rgba(170,170,170,0.7)", fill: null, dash: [1, 3], width: 1, casing: false, order: 0 },
};

function lookOf(catalogue, row) {
  const status = catalogue.status[row];
  if (status === "located" || status === "by_pass") return status;
  return catalogue.confidence[row] < CHANCE ? "chance" : "uncertain";
}

// The class of its sign in list and legend.
function signOf(catalogue, row) {
  return catalogue.rings[row] ? lookOf(catalogue, row) : "nothing";
}

const signOfStatus = (status) => (["located", "by_pass", "uncertain"].includes(status) ? status : "nothing");

const words = {
  status: (catalogue, status) => catalogue.about.labels[status] || status || "no status",
  name: (catalogue, row) => catalogue.photo_id[row] || catalogue.photo[row].split("/").pop(),
  percent: (share) => (Number.isNaN(share) ? "" : `${share >= 0.9995 ? ">99.9" : (share * 100).toFixed(share > 0.99 ? 1 : 0)} %`),
  time: (seconds) => (Number.isNaN(seconds) ? "" : `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`),
  number: (value, unit = "", decimals = 0) => (Number.isNaN(value) ? ""
    : value.toLocaleString("en", { maximumFractionDigits: decimals }) + (unit && (unit === "°" ? unit : ` ${unit}`))),
  place: (lat, lon) => (Number.isNaN(lat) || Number.isNaN(lon) ? "" : `${lat.toFixed(4)}°, ${lon.toFixed(4)}°`),
};

// An element with text or children; text is never read as HTML.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}
