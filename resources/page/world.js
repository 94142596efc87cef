// The picture of the world behind the footprints. It repeats to the east and west like the map.

const WIDTHS = [1024, 4096, 2048, 512, 256];

const World = L.GridLayer.extend({
  initialize(options) {
    L.GridLayer.prototype.initialize.call(this, options);
    this.pictures = []; // of several widths, the widest first: shrinking a large picture is slow
  },

  async open() {
    this.about = JSON.parse(document.getElementById("world").textContent);
    const element = document.getElementById("world-picture");
    const bytes = new Uint8Array(await new Response(base64Stream(element.textContent)).arrayBuffer());
    element.remove();
    const blob = new Blob([bytes], { type: "image/jpeg" });
    for (const resizeWidth of WIDTHS) {
      // Decoded beside the page's own work.
      this.pictures.push(await createImageBitmap(blob, { resizeWidth, resizeQuality: "medium" }));
      this.pictures.sort((a, b) => b.width - a.width);
      if (resizeWidth === WIDTHS[0]) this.redraw(); // something to see
    }
    this.redraw();
    return this;
  },

  createTile(coords) {
    const size = 256 * Math.min(2, window.devicePixelRatio || 1);
    const tile = make("canvas", { width: size, height: size });
    if (!this.pictures.length) return tile;
    const world = size * 2 ** coords.z; // pixels of the canvas round the world
    const picture = this.pictures.findLast((one) => one.width >= world) || this.pictures[0];
    const context = tile.getContext("2d");
    const count = 2 ** coords.z;
    const column = ((coords.x % count) + count) % count;
    const { top, bottom } = this.about;
    context.drawImage(picture, -column * size, top * world - coords.y * size, world, (bottom - top) * world);
    return tile;
  },
});

// Pieces whose length is a multiple of four, so that each is base64 by itself.
function base64Stream(text) {
  const piece = 1 << 18;
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at >= text.length) return controller.close();
      controller.enqueue(Uint8Array.from(atob(text.slice(at, at += piece)), (letter) => letter.charCodeAt(0)));
      return slices.pause();
    },
  });
}
