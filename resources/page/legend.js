// What the signs on the map mean, and the ellipse of a footprint by the pass.

const EARTH_KM = 6371;
const ELLIPSE_POINTS = 48;

function addLegend(map, catalogue) {
  const lines = [
    ["located", "located: fitted to imagery"],
    ["by_pass", "by the pass: predicted, not fitted"],
    ["uncertain", "uncertain: check before use"],
    ["chance", "no likelier than chance"],
    ["chosen", "the chosen photo"],
    ["ellipse", "ellipse of its centre, by the pass"],
    ["nadir", "nadir of the chosen photo"],
  ].filter(([sign]) => !["by_pass", "ellipse"].includes(sign) || catalogue.status.includes("by_pass"));
  const legend = L.control({ position: "topleft" });
  legend.onAdd = () => {
    const box = make("details", { class: "legend" }, make("summary", {}, "Legend"),
      ...lines.map(([sign, text]) => make("p", {}, make("span", { class: `sign ${sign}`, "aria-hidden": "true" }), text)));
    L.DomEvent.disableClickPropagation(box);
    return box;
  };
  legend.addTo(map);
}

const nearestLon = (lon, middle) => lon + 360 * Math.round((middle - lon) / 360);

function hasEllipse(c, row) {
  return c.ellipse_major_km[row] > 0 && c.ellipse_minor_km[row] > 0 && !Number.isNaN(c.ellipse_azimuth_deg[row])
    && !Number.isNaN(c.center_lat[row]) && !Number.isNaN(c.center_lon[row]);
}

// Its outline, [lat, lon] of each point, in the copy of the world nearest to a longitude.
function ellipse(c, row, middle) {
  const radians = Math.PI / 180;
  const lat = c.center_lat[row] * radians;
  const lon = nearestLon(c.center_lon[row], middle);
  const points = [];
  for (let i = 0; i < ELLIPSE_POINTS; i++) {
    const turn = 2 * Math.PI * i / ELLIPSE_POINTS;
    const along = c.ellipse_major_km[row] * Math.cos(turn), across = c.ellipse_minor_km[row] * Math.sin(turn);
    const azimuth = c.ellipse_azimuth_deg[row] * radians + Math.atan2(across, along);
    const arc = Math.hypot(along, across) / EARTH_KM;
    const sine = Math.sin(lat) * Math.cos(arc) + Math.cos(lat) * Math.sin(arc) * Math.cos(azimuth);
    const east = Math.atan2(Math.sin(azimuth) * Math.sin(arc) * Math.cos(lat), Math.cos(arc) - Math.sin(lat) * sine);
    points.push([Math.asin(sine) / radians, lon + east / radians]);
  }
  return points;
}
