// The photos of the list as CSV, made in slices.

const CSV_COLUMNS = ["photo", "photo_id", "status", "confidence", "taken_at", "camera", "center_lat", "center_lon", "sd_km",
  "area_km2", "cloud_percent", "reason", "message", "wkt"];

async function saveCsv(catalogue, rows, name) {
  const pieces = [`${CSV_COLUMNS.join(",")}\r\n`];
  function* lines() {
    for (let from = 0; from < rows.length; from += 50) {
      const some = Array.from(rows.subarray(from, from + 50), (row) => CSV_COLUMNS.map((column) => csvValue(catalogue, column, row)));
      pieces.push(some.map((values) => `${values.join(",")}\r\n`).join(""));
      yield;
    }
  }
  await slices.run(lines());
  const address = URL.createObjectURL(new Blob(["\ufeff", ...pieces], { type: "text/csv;charset=utf-8" }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

function csvValue(catalogue, column, row) {
  if (column === "wkt") return catalogue.rings[row] ? `"${wkt(catalogue.rings[row])}"` : "";
  const value = catalogue[column][row];
  if (typeof value === "number") {
    if (Number.isNaN(value)) return "";
    return column === "taken_at" ? new Date(value * 1000).toISOString() : String(value);
  }
  // Spreadsheets run text that begins like this as a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
