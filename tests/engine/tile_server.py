"""A tile server on loopback, for tests: real HTTP, tiles cut from a mosaic, and misbehaviour on demand."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import rasterio
from PIL import Image
from rasterio.enums import Resampling
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT

TILE_PX = 256
HALF = 20037508.342789244  # of the world in Web Mercator, metres


def mosaic_tiles(mosaic: np.ndarray, max_zoom: int) -> Callable[[int, int, int], bytes | None]:
    """Cuts tiles from a Web Mercator picture of the world."""
    assert mosaic.shape[:2] == (TILE_PX << max_zoom,) * 2
    levels = {max_zoom: mosaic}
    for zoom in range(max_zoom - 1, -1, -1):
        fine = levels[zoom + 1].astype(np.uint16)
        total = fine[::2, ::2] + fine[1::2, ::2] + fine[::2, 1::2] + fine[1::2, 1::2]
        levels[zoom] = ((total + 2) // 4).astype(np.uint8)

    def cut(z: int, x: int, y: int) -> bytes | None:
        if z not in levels:
            return None
        tile = levels[z][y * TILE_PX : (y + 1) * TILE_PX, x * TILE_PX : (x + 1) * TILE_PX]
        return _png(tile) if tile.shape[:2] == (TILE_PX, TILE_PX) else None

    return cut


def raster_tiles(path: Path, max_zoom: int) -> Callable[[int, int, int], bytes | None]:
    """Cuts tiles from a georeferenced raster; None where it has nothing."""

    def cut(z: int, x: int, y: int) -> bytes | None:
        size_m = 2 * HALF / 2**z
        left, top = -HALF + x * size_m, HALF - y * size_m
        transform = from_bounds(left, top - size_m, left + size_m, top, TILE_PX, TILE_PX)
        grid = {"crs": "EPSG:3857", "transform": transform, "width": TILE_PX, "height": TILE_PX}
        if z > max_zoom:
            return None
        with (
            rasterio.open(path) as file,
            WarpedVRT(file, add_alpha=True, resampling=Resampling.bilinear, **grid) as warped,
        ):
            tile = np.moveaxis(warped.read(), 0, -1)
        return _png(tile) if tile[..., 3].any() else None

    return cut


def _png(tile: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(tile)).save(file, "PNG", compress_level=1)
    return file.getvalue()


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request, address) -> None:
        """The client may have closed the connection; some tests do that."""


class TileServer:
    """Serves `/{z}/{x}/{y}.png`.

    Args:
        cut: makes the PNG of a tile (z, x, y), or None where there is none.

    Attributes:
        documents: other contents, by path.
        asked: paths in the order in which they were asked for.
        agents: the User-Agent of every request.
        most_at_once: of requests.
        reply: replaces the answer to a tile: called with the handler and (z, x, y), or None.
    """

    def __init__(self, cut: Callable[[int, int, int], bytes | None]) -> None:
        self.png = cut
        self.asked: list[str] = []
        self.agents: list[str] = []
        self.times: list[float] = []
        self.most_at_once = 0
        self.reply = None
        self.documents: dict[str, bytes] = {}
        self._busy = 0
        self._lock = threading.Lock()
        self._http = _QuietServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def template(self) -> str:
        return self.base + "/{z}/{x}/{y}.png"

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_) -> None:
                pass

            def do_GET(self) -> None:
                with server._lock:
                    server.asked.append(self.path)
                    server.agents.append(self.headers.get("User-Agent", ""))
                    server.times.append(time.monotonic())
                    server._busy += 1
                    server.most_at_once = max(server.most_at_once, server._busy)
                try:
                    self.answer()
                except OSError:  # the client has closed the connection
                    self.close_connection = True
                finally:
                    with server._lock:
                        server._busy -= 1

            def answer(self) -> None:
                parts = urlsplit(self.path)
                if parts.path in server.documents:
                    return self.send(200, server.documents[parts.path], "text/xml")
                z, x, y = (int(part.partition(".")[0]) for part in parts.path.strip("/").split("/")[-3:])
                if server.reply is not None:
                    return server.reply(self, (z, x, y))
                return self.send_tile(z, x, y)

            def send_tile(self, z: int, x: int, y: int) -> None:
                tile = server.png(z, x, y)
                return (
                    self.send(404, b"no such tile", "text/plain") if tile is None else self.send(200, tile, "image/png")
                )

            def send(self, status: int, content: bytes, kind: str = "image/png", **headers: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(content)

        return Handler


def capabilities(base: str, max_zoom: int, epsg: int = 3857) -> bytes:
    """WMTS capabilities of the same tiles, with a layer `ground` (REST) and a layer `other` (key-value)."""
    matrices = "".join(
        f"""<TileMatrix><ows:Identifier>{z}</ows:Identifier>
        <ScaleDenominator>{2 * HALF / 256 / 2**z / 0.00028!r}</ScaleDenominator>
        <TopLeftCorner>{-HALF!r} {HALF!r}</TopLeftCorner><TileWidth>256</TileWidth><TileHeight>256</TileHeight>
        <MatrixWidth>{2**z}</MatrixWidth><MatrixHeight>{2**z}</MatrixHeight></TileMatrix>"""
        for z in range(max_zoom + 1)
    )

    def layer(name: str, more: str) -> str:
        return f"""<Layer><ows:Title>{name.title()} from above</ows:Title><ows:Identifier>{name}</ows:Identifier>
        <Style isDefault="true"><ows:Identifier>default</ows:Identifier></Style><Format>image/png</Format>
        <TileMatrixSetLink><TileMatrixSet>mercator</TileMatrixSet></TileMatrixSetLink>{more}</Layer>"""

    template = base + "/{TileMatrix}/{TileCol}/{TileRow}.png"
    rest = f'<ResourceURL format="image/png" resourceType="tile" template="{template}"/>'
    return f"""<?xml version="1.0"?>
    <Capabilities xmlns="http://www.opengis.net/wmts/1.0" xmlns:ows="http://www.opengis.net/ows/1.1"
      xmlns:xlink="http://www.w3.org/1999/xlink" version="1.0.0">
    <ows:ServiceIdentification><ows:Title>t</ows:Title><ows:ServiceType>OGC WMTS</ows:ServiceType>
      <ows:ServiceTypeVersion>1.0.0</ows:ServiceTypeVersion><ows:Fees>none</ows:Fees>
      <ows:AccessConstraints>CC BY 4.0</ows:AccessConstraints></ows:ServiceIdentification>
    <ows:ServiceProvider><ows:ProviderName>Ground Office</ows:ProviderName></ows:ServiceProvider>
    <ows:OperationsMetadata><ows:Operation name="GetTile"><ows:DCP><ows:HTTP>
      <ows:Get xlink:href="{base}/kvp?"/></ows:HTTP></ows:DCP></ows:Operation></ows:OperationsMetadata>
    <Contents>{layer("ground", rest)}{layer("other", "")}
    <TileMatrixSet><ows:Identifier>mercator</ows:Identifier>
      <ows:SupportedCRS>urn:ogc:def:crs:EPSG:6.18:3:{epsg}</ows:SupportedCRS>{matrices}</TileMatrixSet>
    </Contents></Capabilities>""".encode()
