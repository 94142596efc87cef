"""Catalogues to read, and an archive on loopback that answers like NASA's, well-behaved and otherwise."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
from PIL import Image

API = "/SearchPhotos/PhotosDatabaseAPI/PhotosDatabaseAPI.pl"
FILES = "/DatabaseImages"
IDS = ("ISS064-E-48617", "ISS064-E-48618", "ISS064-E-48619")

# As the API answers: keys table.field, every value a string.
REPLY = [
    {
        "frames.mission": "ISS064", "frames.roll": "E", "frames.frame": "48617", "frames.tilt": "23",
        "frames.pdate": "20210327", "frames.ptime": "092305", "frames.cldp": "10", "frames.azi": "140",
        "frames.elev": "48", "frames.fclt": "50", "frames.lat": "43.5", "frames.lon": "12.0", "frames.nlat": "41.2",
        "frames.nlon": "10.9", "frames.camera": "N6", "images.directory": "ESC/large/ISS064",
        "images.filename": "ISS064-E-48617.JPG", "images.width": "5568", "images.height": "3712",
        "images.filesize": "2000000", "mlcoord.lat": "43.41", "mlcoord.lon": "12.13", "mlcoord.orientation": "101.5",
        "mlcoord.ul_lat": "44.0", "mlcoord.ul_lon": "11.0", "mlcoord.ur_lat": "44.2", "mlcoord.ur_lon": "13.1",
        "mlcoord.lr_lat": "42.9", "mlcoord.lr_lon": "13.2", "mlcoord.ll_lat": "42.7", "mlcoord.ll_lon": "11.2",
    },
    {
        "frames.mission": "ISS064", "frames.roll": "E", "frames.frame": "48618", "frames.tilt": "HO",
        "frames.pdate": "20210300", "frames.ptime": "", "frames.fclt": "0", "frames.lat": "", "frames.lon": "",
        "frames.nlat": "-17.3", "frames.nlon": "179.9", "images.directory": "ESC/large/ISS064",
        "images.filename": "ISS064-E-48618.JPG", "mlcoord.ul_lat": None,
    },
    {"frames.mission": "ISS064", "frames.roll": "E", "frames.frame": "48619", "frames.pdate": "20210327"},
]  # fmt: skip


def jpeg(seed: int, size: tuple[int, int] = (480, 320)) -> bytes:
    """A photo of some kilobytes."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).resize(size).save(file, "JPEG", quality=92)
    return file.getvalue()


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request, address) -> None:
        """The client may have closed the connection; some tests do that."""


class Archive:
    """Answers queries at `api` and holds files below `files`, with ranges and strong validators.

    Attributes:
        reply: what the API answers; anything that JSON can say.
        contents: files by path below `files`.
        first: what happens to the first requests instead, each called with the handler.
        asked: (path, headers) of each request.
        most_at_once: of requests.
    """

    def __init__(self) -> None:
        self.reply: object = REPLY
        self.contents: dict[str, bytes] = {}
        self.first: list[Callable[[BaseHTTPRequestHandler], None]] = []
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self.times: list[float] = []
        self.most_at_once = 0
        self._busy = 0
        self._lock = threading.Lock()
        self._http = _QuietServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.base = f"http://127.0.0.1:{self._http.server_address[1]}"
        self.api, self.files = self.base + API, self.base + FILES

    def hold(self, *photo_ids: str) -> None:
        """Holds photos where NASA keeps large ones."""
        for number, photo_id in enumerate(photo_ids):
            self.contents[f"/ESC/large/{photo_id.split('-')[0]}/{photo_id}.JPG"] = jpeg(number)

    def content(self, photo_id: str) -> bytes:
        return self.contents[f"/ESC/large/{photo_id.split('-')[0]}/{photo_id}.JPG"]

    def query(self, number: int = -1) -> dict[str, str]:
        """The parameters of a request to the API."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.asked[number][0]).query).items()}

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        archive = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_) -> None:
                pass

            def do_GET(self) -> None:
                with archive._lock:
                    archive.asked.append((self.path, dict(self.headers)))
                    archive.times.append(time.monotonic())
                    archive._busy += 1
                    archive.most_at_once = max(archive.most_at_once, archive._busy)
                    answer = archive.first.pop(0) if archive.first else whole
                try:
                    answer(self)
                except OSError:  # the client has closed the connection
                    self.close_connection = True
                finally:
                    with archive._lock:
                        archive._busy -= 1

        def whole(handler: Handler) -> None:
            path = unquote(urlsplit(handler.path).path)
            if path == API:
                send(handler, 200, json.dumps(archive.reply).encode(), "application/json")
                return
            content = archive.contents.get(path.removeprefix(FILES))
            if content is None:
                send(handler, 404, b"no such file", "text/html")
                return
            send_file(handler, content)

        return Handler


def send(handler, status: int, content: bytes, kind: str = "text/html", **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(content)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(content)


def send_file(handler, content: bytes) -> None:
    """A file, or the part of it that the client lacks (RFC 9110, 14)."""
    etag = f'"{hash(content):x}"'
    wanted = handler.headers.get("Range", "")
    if wanted and handler.headers.get("If-Range") == etag:
        begin = int(wanted.removeprefix("bytes=").rstrip("-"))
        if begin >= len(content):
            send(handler, 416, b"", Content_Range=f"bytes */{len(content)}")
            return
        part = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        send(handler, 206, content[begin:], "image/jpeg", ETag=etag, Content_Range=part)
        return
    send(handler, 200, content, "image/jpeg", ETag=etag)


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answers with this status."""
    return lambda handler: send(handler, code, b"<html>busy</html>", **headers)


def text(content: bytes, kind: str = "application/json") -> Callable[[BaseHTTPRequestHandler], None]:
    """Answers with this content."""
    return lambda handler: send(handler, 200, content, kind)


def broken_off(content: bytes, after: int) -> Callable[[BaseHTTPRequestHandler], None]:
    """Sends the beginning of a file and closes the connection."""

    def answer(handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "image/jpeg")
        handler.send_header("Content-Length", str(len(content)))
        handler.send_header("ETag", f'"{hash(content):x}"')
        handler.end_headers()
        handler.wfile.write(content[:after])
        handler.wfile.flush()
        handler.close_connection = True
        handler.connection.shutdown(2)

    return answer


def silent(seconds: float) -> Callable[[BaseHTTPRequestHandler], None]:
    """Takes a request and says nothing for a while."""

    def answer(handler) -> None:
        time.sleep(seconds)
        handler.close_connection = True

    return answer
