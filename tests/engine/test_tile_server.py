"""Imagery from a tile server: a real one on loopback, well-behaved and otherwise."""

from __future__ import annotations

import base64
import gzip
import io
import json
import logging
import re
import socket
import sqlite3
import struct
import threading
import time
import zlib
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
import pytest
from PIL import Image
from tile_server import HALF, TILE_PX, TileServer, capabilities, mosaic_tiles

from engine import geo
from engine.errors import CancelledError, EarthLocError, InputError, UsageError
from engine.imagery import fetch, tile_cache
from engine.imagery.fetch import ImageryServerError
from engine.imagery.grid import quadkey
from engine.imagery.opening import open_imagery
from engine.imagery.raster import RasterSource
from engine.imagery.tile_cache import TileCache, default_cache_file
from engine.progress import Progress

MAX_ZOOM = 4

VIEW = (44.0, 7.0, 1500.0, 200)


@pytest.fixture(scope="module")
def mosaic():
    """An artificial world in Web Mercator with detail at every scale."""
    rng = np.random.default_rng(5)
    size = TILE_PX << MAX_ZOOM
    total = np.zeros((size, size, 3), np.float32)
    for cells, weight in ((8, 0.4), (64, 0.3), (512, 0.3)):
        coarse = rng.random((cells, cells, 3), dtype=np.float32)
        total += weight * cv2.resize(coarse, (size, size), interpolation=cv2.INTER_LINEAR)
    return (total * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def raster(tmp_path_factory, make_raster, mosaic):
    path = tmp_path_factory.mktemp("mosaic") / "world.tif"
    return make_raster(path, (-HALF, -HALF, HALF, HALF), "EPSG:3857", pixels=np.moveaxis(mosaic, -1, 0))


@pytest.fixture
def server(mosaic, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(fetch, "_BACKOFF_S", 0.01)
    started = TileServer(mosaic_tiles(mosaic, MAX_ZOOM))
    yield started
    started.stop()


def settings_file(server, folder, **more):
    path = folder / "server.json"
    fields = {"name": "Ground", "url": server.template, "max_zoom": MAX_ZOOM, "max_requests_per_s": 100}
    path.write_text(json.dumps({**fields, **more}), encoding="utf-8")
    return path


def look(spec, view=VIEW, progress=None, fetch_s=None):
    with open_imagery(spec, progress, fetch_s) as source:
        return source.square(*view)


# -- right pixels -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "view",
    [VIEW, (-17.0, 179.9, 900.0, 128), (70.0, -100.0, 400.0, 256), (0.0, 0.0, 9000.0, 96), (44.0, 7.0, 60.0, 64)],
    ids=["land", "antimeridian", "north", "coarse", "finer than there is"],
)
def test_pixels_equal_those_of_the_mosaic(server, raster, tmp_path, view):
    pixels, covered = look(settings_file(server, tmp_path), view)
    with RasterSource.open(raster) as source:
        expected, expected_covered = source.square(*view)
    assert np.array_equal(covered, expected_covered)
    assert covered.all()
    assert np.abs(pixels.astype(int) - expected).max() <= 2  # averaging rounds at each zoom level


def test_camera_views_equal_those_of_the_mosaic(server, raster, tmp_path):
    """Points in no order, some of them undefined; only tiles with points are fetched."""
    lat, lon = geo.square_grid(44.0, 7.0, 1500.0, 200)
    lat[:, :40] = np.nan
    rotated = (lat + 0.3 * (lon - 7.0), lon)
    with open_imagery(settings_file(server, tmp_path)) as source, RasterSource.open(raster) as reference:
        got, covered = source.sample(*rotated)
        expected, expected_covered = reference.sample(*rotated)
    assert np.array_equal(covered, expected_covered)
    assert not covered[:, :40].any()
    assert np.abs(got.astype(int) - expected).max() <= 2
    assert len(set(server.asked)) == len(server.asked)


def test_only_the_tiles_needed_at_the_zoom_that_fits(server, tmp_path):
    spec = settings_file(server, tmp_path)
    look(spec, (44.0, 7.0, 12000.0, 64))
    coarse = {path.split("/")[1] for path in server.asked}
    server.asked.clear()
    look(spec, (44.0, 7.0, 1500.0, 200))
    fine = {path.split("/")[1] for path in server.asked}
    assert coarse == {"0"}
    assert fine == {"4"}
    assert len(server.asked) <= 4


@pytest.mark.parametrize("side", [512, 128, 200], ids=["for fine screens", "half", "odd"])
def test_tiles_of_another_size_than_stated_lie_in_the_same_place(server, tmp_path, side):
    expected, _ = look(settings_file(server, tmp_path))
    server.reply = lambda handler, numbers: handler.send(200, resized(server.png(*numbers), side))
    default_cache_file().unlink()
    got, covered = look(settings_file(server, tmp_path))
    assert covered.all()
    shift, _ = cv2.phaseCorrelate(*(pixels[..., 0].astype(np.float32) for pixels in (got, expected)))
    assert np.hypot(*shift) < 0.1
    assert np.corrcoef(got.ravel(), expected.ravel())[0, 1] > 0.95


def resized(png, side):
    file = io.BytesIO()
    Image.open(io.BytesIO(png)).resize((side, side), Image.Resampling.BILINEAR).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("kind", ["tms", "quadkey"])
def test_other_ways_to_count_tiles(server, tmp_path, kind):
    expected, _ = look(settings_file(server, tmp_path))

    def answer(handler, numbers):
        z, x, y = numbers
        if kind == "tms":
            return handler.send_tile(z, x, 2**z - 1 - y)
        key = urlsplit(handler.path).path.rpartition("/")[2].partition(".")[0]
        assert len(key) == z
        column = int("".join(str(int(digit) & 1) for digit in key) or "0", 2)
        row = int("".join(str(int(digit) >> 1) for digit in key) or "0", 2)
        return handler.send_tile(z, column, row)

    server.reply = answer
    url = server.base + ("/{z}/{x}/{-y}.png" if kind == "tms" else "/{z}/0/{q}.png")
    got, _ = look(settings_file(server, tmp_path, url=url))
    assert np.array_equal(got, expected)


def test_quadkeys():
    assert quadkey(3, 3, 5) == "213"  # the example of Microsoft's documentation
    assert quadkey(0, 0, 0) == ""


def test_a_bare_template_works_and_its_credit_is_unknown(server, monkeypatch):
    with open_imagery(server.template.replace("{", "%7B").replace("}", "%7D")) as source:
        assert (source.name, source.attribution, source.licence) == ("127.0.0.1", "", "")
        _, covered = source.square(44.0, 7.0, 1500.0, 200)
    assert covered.all()


def test_transparent_and_missing_tiles_are_not_covered(server, tmp_path):
    def answer(handler, numbers):
        if numbers[1] % 2 == 0:
            return handler.send_tile(*numbers)
        if numbers[2] % 2 == 0:
            return handler.send(404, b"")
        file = io.BytesIO()
        Image.new("RGBA", (256, 256), (9, 9, 9, 0)).save(file, "PNG")
        return handler.send(200, file.getvalue())

    server.reply = answer
    spec = settings_file(server, tmp_path)
    _, covered = look(spec, (0.0, 22.5, 3000.0, 300))
    assert covered[:, :140].all()
    assert not covered[:, 160:].any()
    asked = len(server.asked)
    assert np.array_equal(look(spec, (0.0, 22.5, 3000.0, 300))[1], covered)
    assert len(server.asked) == asked  # that a tile is missing is cached as well


# -- WMTS -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", ["ground", "other"])
def test_wmts_by_rest_and_by_query(server, raster, layer):
    server.documents["/wmts.xml"] = capabilities(server.base, MAX_ZOOM)

    def by_query(handler, numbers):
        query = {key: value[0] for key, value in parse_qs(urlsplit(handler.path).query).items()}
        assert (query["LAYER"], query["STYLE"], query["FORMAT"]) == ("other", "default", "image/png")
        return handler.send_tile(int(query["TILEMATRIX"]), int(query["TILECOL"]), int(query["TILEROW"]))

    if layer == "other":
        # Without numbers in the path the server reads zeros; the query has them.
        handler = server._http.RequestHandlerClass
        plain = handler.answer
        handler.answer = lambda self: by_query(self, None) if "/kvp" in self.path else plain(self)
    spec = f"WMTS:{server.base}/wmts.xml,layer={layer}"
    with open_imagery(spec) as source, RasterSource.open(raster) as reference:
        got, covered = source.square(*VIEW)
        expected, _ = reference.square(*VIEW)
        assert source.name == f"{layer.title()} from above"
        assert (source.attribution, source.licence) == ("Ground Office", "CC BY 4.0")
    assert covered.all()
    assert np.abs(got.astype(int) - expected).max() <= 2
    asked = len(server.asked)
    look(spec)
    assert len(server.asked) == asked  # the capabilities are cached as well


@pytest.mark.parametrize(
    ("content", "options", "complaint"),
    [
        (None, "", "has 2 layers"),
        (None, ",layer=nothing", "has no layer nothing"),
        (None, ",layer=ground,tilematrixset=odd", "no tile matrix set odd"),
        (b"<html>hello</html>", ",layer=ground", "no WMTS capabilities"),
        (b"\x89PNG", ",layer=ground", "no WMTS capabilities"),
        (b"", ",layer=ground", "no WMTS capabilities"),
    ],
)
def test_wmts_that_cannot_be_used(server, content, options, complaint):
    server.documents["/wmts.xml"] = capabilities(server.base, MAX_ZOOM) if content is None else content
    with pytest.raises(InputError, match=complaint):
        open_imagery(f"WMTS:{server.base}/wmts.xml{options}")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<MatrixWidth>4<", b"<MatrixWidth>-4<"),
        (b"<TileWidth>256<", b"<TileWidth>99999999<"),
        (b"EPSG:6.18:3:3857", b"EPSG:6.18:3:999999"),
        (b'template="http:', b'template="file:'),
        (b"<Format>image/png</Format>", b"<Format>text/html</Format>"),
    ],
)
def test_hostile_capabilities_are_refused(server, old, new):
    content = capabilities(server.base, MAX_ZOOM)
    assert old in content
    server.documents["/wmts.xml"] = content.replace(old, new)
    with pytest.raises(InputError, match="imagery server 127.0.0.1"):
        open_imagery(f"WMTS:{server.base}/wmts.xml,layer=ground")


def test_capabilities_do_not_read_files_of_this_computer(server, tmp_path):
    (tmp_path / "secret.txt").write_text("1")
    content = capabilities(server.base, MAX_ZOOM).replace(
        b'<?xml version="1.0"?>',
        f'<?xml version="1.0"?><!DOCTYPE c [<!ENTITY s SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'.encode(),
    )
    server.documents["/wmts.xml"] = content.replace(b"Ground Office", b"Office &s;")
    try:
        with open_imagery(f"WMTS:{server.base}/wmts.xml,layer=ground") as source:
            assert "1" not in source.attribution
    except InputError:
        return


# -- kept on this computer --------------------------------------------------------------------------------


def test_offline_after_first_use(server, tmp_path):
    spec = settings_file(server, tmp_path)
    first, _ = look(spec)
    asked = len(server.asked)
    again, _ = look(spec)
    assert len(server.asked) == asked
    server.stop()
    offline, covered = look(spec)
    assert np.array_equal(first, again)
    assert np.array_equal(first, offline)
    assert covered.all()
    with pytest.raises(ImageryServerError, match=r"imagery server Ground \(127\.0\.0\.1\): cannot be reached"):
        look(spec, (-30.0, 140.0, 1500.0, 200))


def test_missing_tiles_are_cached_only_if_the_server_has_others(server, tmp_path):
    spec = settings_file(server, tmp_path)
    server.reply = lambda handler, numbers: handler.send(404, b"")
    with pytest.raises(ImageryServerError, match=r"has none of the \d+ tiles asked for, such as /3/"):
        look(spec, (44.0, 7.0, 4000.0, 256))
    server.reply = None
    _, covered = look(spec, (44.0, 7.0, 4000.0, 256))
    assert covered.all()


def test_damaged_cache_is_deleted(server, tmp_path, caplog):
    spec = settings_file(server, tmp_path)
    expected, _ = look(spec)
    with sqlite3.connect(default_cache_file()) as database:
        database.execute("UPDATE contents SET body = x'00'")
    database.close()
    got, _ = look(spec)
    assert np.array_equal(got, expected)
    for suffix in ("-wal", "-shm"):
        default_cache_file().with_name(default_cache_file().name + suffix).unlink(missing_ok=True)
    default_cache_file().write_bytes(b"not a database at all" * 400)
    with caplog.at_level(logging.WARNING):
        got, _ = look(spec)
    assert np.array_equal(got, expected)
    assert "is damaged and was deleted" in caplog.text
    asked = len(server.asked)
    look(spec)
    assert len(server.asked) == asked


def test_unusable_cache_is_ignored(server, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    _, covered = look(settings_file(server, tmp_path))
    assert covered.all()


def test_cache_limits_its_size_and_drops_unused_tiles(tmp_path, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(tile_cache.time, "time", lambda: clock[0])
    cache = TileCache(tmp_path / "tiles.sqlite", max_bytes=400_000)
    rng = np.random.default_rng(0)
    for number in range(60):
        clock[0] += 1
        cache.put({f"http://a/{number}": rng.bytes(10_000)})
        cache.get(["http://a/0"])
    kept = cache.get([f"http://a/{number}" for number in range(60)])
    assert 10 < len(kept) < 45
    assert "http://a/0" in kept  # used all the time
    assert "http://a/59" in kept
    assert "http://a/1" not in kept


def test_equal_contents_are_stored_once(tmp_path):
    cache = TileCache(tmp_path / "tiles.sqlite")
    cache.put({f"http://a/{number}": b"sea" * 1000 for number in range(50)})
    with sqlite3.connect(cache.path) as database:
        assert database.execute("SELECT count(*) FROM contents").fetchone() == (1,)
    database.close()
    assert b"http" not in cache.path.read_bytes()  # addresses may hold keys


def test_concurrent_writers(tmp_path):
    def write(start):
        cache = TileCache(tmp_path / "tiles.sqlite")
        for number in range(start, start + 30):
            cache.put({f"http://a/{number}": bytes([number % 250]) * 2000})

    threads = [threading.Thread(target=write, args=(start,)) for start in (0, 30, 60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(TileCache(tmp_path / "tiles.sqlite").get([f"http://a/{n}" for n in range(90)])) == 90


# -- polite ---------------------------------------------------------------------------------------------


def test_request_rate_and_headers(server, tmp_path):
    spec = settings_file(server, tmp_path, max_requests_per_s=20)
    server.reply = lambda handler, numbers: (time.sleep(0.02), handler.send_tile(*numbers))
    look(spec, (0.0, 0.0, 8000.0, 1000))
    count = len(server.asked)
    assert count >= 16
    assert server.most_at_once <= fetch.PARALLEL
    assert server.times[-1] - server.times[0] >= 0.9 * (count - 1) / 20
    assert all(re.match(r"EarthLoc/\d", agent) for agent in server.agents)


def test_busy_server_is_retried_after_a_pause(server, tmp_path):
    turned_away = set()

    def answer(handler, numbers):
        if numbers in turned_away:
            return handler.send_tile(*numbers)
        turned_away.add(numbers)
        return handler.send(429 if numbers[1] % 2 else 503, b"busy", Retry_After="0")

    server.reply = answer
    _, covered = look(settings_file(server, tmp_path), (44.0, 7.0, 4000.0, 256))
    assert covered.all()
    assert len(server.asked) == 2 * len(turned_away)


def test_progress_counts_tiles_and_cancelling_works(server, tmp_path):
    spec = settings_file(server, tmp_path)
    told = []
    view = (44.0, 7.0, 4000.0, 256)
    look(spec, view, Progress(lambda *said: told.append(said)))
    total = len(server.asked)
    assert told[0] == ("imagery", 0, total, "tiles from Ground")
    assert told[-1] == ("imagery", total, total, "tiles from Ground")

    server.reply = lambda handler, numbers: (time.sleep(0.2), handler.send_tile(*numbers))
    progress = Progress(what="localize")
    threading.Timer(0.3, progress.cancel).start()
    started = time.monotonic()
    with pytest.raises(CancelledError):
        look(spec, (-30.0, 140.0, 6000.0, 500), progress)
    assert time.monotonic() - started < 2.0
    asked = len(server.asked)
    time.sleep(0.5)
    assert len(server.asked) <= asked + fetch.PARALLEL


# -- bad servers ------------------------------------------------------------------------------------------


def slow(handler, numbers):
    time.sleep(2.0)
    handler.send_tile(*numbers)


def drip(handler, numbers):
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"\x89")
        time.sleep(0.05)


def break_off(handler, numbers):
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"\x89PNG")
    handler.close_connection = True


def huge_picture(handler, numbers):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    handler.send(200, b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0" * 1000)))


BOMB = gzip.compress(b"0" * 30_000_000)


def gzip_bomb(handler, numbers):
    handler.send(200, BOMB, Content_Encoding="gzip")


def truncated(handler, numbers):
    tile = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAQAAAAEACAIAAADTED8xAAAA")
    handler.send(200, tile)


BAD = {
    "not found": (lambda h, n: h.send(404, b"no"), "has none of the"),
    "refused": (lambda h, n: h.send(403, b"no key"), r"refuses \(403"),
    "broken": (lambda h, n: h.send(500, b"oops"), "answers 500"),
    "asks for patience": (lambda h, n: h.send(429, b"", Retry_After="3600"), "answers 429"),
    "a web page": (lambda h, n: h.send(200, b"<html>log in</html>", "text/html"), "text rather than a picture"),
    "empty": (lambda h, n: h.send(200, b""), "sent nothing"),
    "garbage": (lambda h, n: h.send(200, bytes(range(256)) * 50), "sent no picture"),
    "truncated": (truncated, "a picture that is damaged"),
    "huge picture": (huge_picture, "a far too large picture"),
    "too many bytes": (lambda h, n: h.send(200, b"\x89PNG" + b"0" * 9_000_000), "more than can be right"),
    "bomb": (gzip_bomb, "more than can be right"),
    "slow": (slow, "is too slow"),
    "drip": (drip, "is too slow"),
    "breaks off": (break_off, "breaks off|cannot be reached"),
    "hangs up": (lambda h, n: h.connection.shutdown(socket.SHUT_RDWR), "cannot be reached"),
    "redirect to a file": (lambda h, n: h.send(302, b"", Location="file:///etc/passwd"), "sends on to file://"),
    "redirect elsewhere": (
        lambda h, n: h.send(301, b"", Location="http://localhost:9/"),
        "sends on to http://localhost",
    ),
    "redirect in circles": (lambda h, n: h.send(302, b"", Location=h.path), "redirects too often"),
}


@pytest.mark.parametrize("case", BAD)
def test_errors_of_bad_servers_name_them_and_come_in_time(server, tmp_path, case):
    server.reply, complaint = BAD[case]
    started = time.monotonic()
    spec = settings_file(server, tmp_path)
    with open_imagery(spec, fetch_s=1.5) as source:
        with pytest.raises(ImageryServerError, match=complaint) as caught:
            source.square(44.0, 7.0, 4000.0, 256)
        assert time.monotonic() - started < 4.0
        if case != "not found":  # what failed is not tried again for the same photo
            asked = len(server.asked)
            with pytest.raises(ImageryServerError):
                source.square(-30.0, 140.0, 4000.0, 256)
            time.sleep(0.05)
            assert len(server.asked) <= asked + fetch.PARALLEL
    assert str(caught.value).startswith("imagery server Ground (127.0.0.1): ")
    assert caught.value.hint
    server.reply = None  # nothing of it was kept
    _, covered = look(spec, (44.0, 7.0, 4000.0, 256))
    assert covered.all()


def test_a_redirect_on_the_same_host_is_followed(server, tmp_path):
    def answer(handler, numbers):
        if "moved" in handler.path:
            return handler.send_tile(*numbers)
        return handler.send(301, b"", Location="/moved" + handler.path)

    server.reply = answer
    _, covered = look(settings_file(server, tmp_path))
    assert covered.all()


def test_no_cookies_and_no_passwords_are_sent(server, tmp_path, monkeypatch):
    seen = []
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")

    def answer(handler, numbers):
        seen.append((handler.headers.get("Authorization"), handler.headers.get("Cookie")))
        tile = server.png(*numbers)
        return handler.send(200, tile, Set_Cookie="id=1")

    server.reply = answer
    look(settings_file(server, tmp_path), (44.0, 7.0, 4000.0, 256))
    assert set(seen) == {(None, None)}


def test_a_view_of_too_many_tiles_is_refused(server, tmp_path):
    spec = settings_file(server, tmp_path, min_zoom=10, max_zoom=10)
    with pytest.raises(UsageError, match="would need .* tiles|too large"):
        look(spec, (44.0, 7.0, 3000.0, 64))
    assert not server.asked


# -- what the user writes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("ftp://example.org/{z}/{x}/{y}.png", "http:// or https://"),
        ("file:///etc/passwd", "http:// or https://"),
        ("https:///{z}/{x}/{y}.png", "http:// or https://"),
        ("https://example.org/map", "neither a template nor a WMTS"),
        ("https://example.org/{z}/{x}.png", "does not have"),
        ("https://{s}.example.org/{z}/{x}/{y}.png", r"has the placeholder \{s\} in it"),
        ("https://example.org/{z}/{x}/{y}.png?key={key}", r"has the placeholder \{key\} in it"),
        ("https://example.org:port/{z}/{x}/{y}.png", "http:// or https://"),
        ("https://example.org/{z}/{x}/{y}.png\r\nHost: a", "http:// or https://"),
        ("WMTS:https://example.org/wmts,time=now", "not known"),
        ("https://[::/{z}/{x}/{y}.png", "http:// or https://"),
        ("WMTS:https://[::/wmts", "http:// or https://"),
        ("nothing-here.tif", "no such file"),
        ("nothing-here.json", "no such file"),
        ("x" * 5000, "no such file"),
        ("a\0b", "no such file"),
    ],
)
def test_invalid_addresses(spec, complaint):
    with pytest.raises(EarthLocError, match=complaint):
        open_imagery(spec)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("hello", "cannot be read as JSON"),
        ("[1]", "does not have the url"),
        ('{"url": 5}', "does not have the url"),
        ('{"url": "https://a.b/{z}/{x}/{y}", "colour": "red"}', "colour"),
        ('{"url": "https://a.b/{z}/{x}/{y}", "max_zoom": "9"}', "max_zoom must be a number"),
        ('{"url": "https://a.b/{z}/{x}/{y}", "max_zoom": 99}', "max_zoom is 99"),
        ('{"url": "https://a.b/{z}/{x}/{y}", "min_zoom": 9, "max_zoom": 3}', "min_zoom is 9"),
        ('{"url": "https://a.b/{z}/{x}/{y}", "tile_px": 1000000}', "tile_px is 1000000"),
        ('{"url": "https://a.b/{z}/{x}/{y}", "max_requests_per_s": 0}', "max_requests_per_s"),
        ('{"url": "https://a.b/{z}/{x}/{y}", "attribution": 3}', "attribution must be text"),
        ('{"url": "file:///{z}/{x}/{y}"}', "http:// or https://"),
        ('{"url": "http://[::/{z}/{x}/{y}"}', "http:// or https://"),
        ("[" * 50_000, "cannot be read as JSON"),
    ],
)
def test_invalid_settings_files(tmp_path, content, complaint):
    path = tmp_path / "server ä.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=complaint) as caught:
        open_imagery(path)
    assert "server ä.json" in str(caught.value)
