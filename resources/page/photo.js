// A photo beside the map: its picture, what is known of it, and copies for other programs.

class PhotoPanel {
  constructor(catalogue, goTo) {
    this.catalogue = catalogue;
    this.panel = byId("photo");
    this.goTo = goTo;
  }

  show(row) {
    if (row < 0) {
      this.panel.replaceChildren(make("p", {}, "Choose a photo in the list or on the map."));
      return;
    }
    const { catalogue } = this;
    const status = catalogue.status[row];
    const word = make("span", { class: `word ${signOf(catalogue, row)}` }, words.status(catalogue, status));
    const share = words.percent(catalogue.confidence[row]);
    const sure = catalogue.rings[row] && share ? `, confidence ${share}` : "";
    this.panel.replaceChildren(
      this.picture(row),
      make("h2", {}, words.name(catalogue, row)),
      make("p", { class: "message" }, word, `${sure}. ${catalogue.message[row]}`),
      this.buttons(row),
      this.facts(row),
    );
    this.panel.scrollTop = 0;
  }

  picture(row) {
    const { catalogue } = this;
    const frame = make("div", { class: "picture" });
    const address = photoAddress(catalogue, row);
    const small = catalogue.thumbnails.get(row);
    const name = words.name(catalogue, row);
    const say = (...text) => frame.replaceChildren(make("p", {}, ...text));
    if (!address && !small) {
      say(...(catalogue.about.photos === null
        ? ["This page was made without photos. The option ", make("code", {}, "--photos"), " shows them here."]
        : ["The name of this photo leads out of the folder of the photos."]));
      return frame;
    }
    const image = make("img", { src: small ? `data:image/jpeg;base64,${small}` : address, alt: `Photo ${name}`, decoding: "async" });
    image.onerror = () => say(`${catalogue.photo[row]} is missing beside this page, or of a kind that browsers do not show.`);
    frame.append(address ? make("a", { href: address, target: "_blank", rel: "noreferrer", title: "Open the photo" }, image) : image);
    return frame;
  }

  buttons(row) {
    const { catalogue } = this;
    const center = words.place(catalogue.center_lat[row], catalogue.center_lon[row]).replaceAll("°", "");
    const button = (text, act) => {
      const made = make("button", { type: "button" }, text);
      made.addEventListener("click", () => act(made));
      return made;
    };
    const copying = (text, what) => button(text, async (made) => {
      made.textContent = (await copied(what)) ? "Copied" : "Not copied";
      setTimeout(() => { made.textContent = text; }, 1500);
    });
    const found = [copying("Copy id", catalogue.photo_id[row] || catalogue.photo[row])];
    if (center) found.push(copying("Copy centre", center));
    if (catalogue.rings[row]) {
      found.push(copying("Copy footprint", wkt(catalogue.rings[row])), button("Show on map", () => this.goTo(row)));
    }
    return make("div", { class: "buttons" }, ...found);
  }

  facts(row) {
    const c = this.catalogue;
    const value = (name, unit, decimals) => words.number(c[name][row], unit, decimals);
    const size = Number.isNaN(c.width_px[row]) ? "" : `${c.width_px[row]} × ${c.height_px[row]} px`;
    const facts = [
      ["File", c.photo[row]],
      ["Taken", words.time(c.taken_at[row])],
      ["Camera", c.camera[row]],
      ["Focal length", value("focal_length_mm", "mm", 1)],
      ["Size", size],
      ["Centre (lat, lon)", words.place(c.center_lat[row], c.center_lon[row])],
      ["Centre ± (1 sd)", value("sd_km", "km", 1)],
      ["Ellipse", ellipseInWords(c, row)],
      ["Ground", value("area_km2", "km²")],
      ["Nadir (lat, lon)", words.place(c.nadir_lat[row], c.nadir_lon[row])],
      ["Altitude", value("camera_altitude_km", "km")],
      ["Tilt", value("tilt_deg", "°", 1)],
      ["Azimuth", value("azimuth_deg", "°", 1)],
      ["Sun above horizon", value("sun_elevation_deg", "°", 1)],
      ["Cloud", value("cloud_percent", "%")],
      ["Tie points", value("inliers")],
      ["Residual (RMS)", value("rms_km", "km", 2)],
      ["Reason", c.reason[row]],
      ["Index", c.index_name[row]],
      ["Imagery", [c.imagery[row], c.imagery_attribution[row]].filter(Boolean).join("; ")],
      ["Model", c.model[row]],
      ["Engine", c.engine[row]],
    ].filter(([, text]) => text);
    return make("dl", {}, ...facts.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)]));
  }
}

// Of a footprint by the pass: its half axes, and the direction of the longer one.
function ellipseInWords(c, row) {
  if (!hasEllipse(c, row)) return "";
  const { number } = words;
  return `± ${number(c.ellipse_major_km[row], "km", 1)} at azimuth ${number(c.ellipse_azimuth_deg[row])}°, ± ${number(c.ellipse_minor_km[row], "km", 1)} across`;
}

// Where the photo lies from the page; "" if its name leads out of the folder of the photos.
function photoAddress(catalogue, row) {
  const { photos } = catalogue.about;
  const parts = catalogue.photo[row].split("/");
  if (photos === null || parts.some((part) => ["", ".", ".."].includes(part) || part.includes("\\"))) return "";
  return photos + parts.map(encodeURIComponent).join("/");
}

function wkt(rings) {
  const polygons = rings.map((ring) => {
    const points = [];
    for (let i = 0; i < ring.length; i += 2) points.push(`${mercator.lon(ring[i]).toFixed(4)} ${mercator.lat(ring[i + 1]).toFixed(4)}`);
    return `((${[...points, points[0]].join(", ")}))`;
  });
  return polygons.length === 1 ? `POLYGON ${polygons[0]}` : `MULTIPOLYGON (${polygons.join(", ")})`;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // no access, as in a page without a secure context
    const area = make("textarea", { class: "hidden" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
