"""The tile servers that EarthLoc offers, each played by a server on loopback with the same addresses."""

from __future__ import annotations

import dataclasses
import json
import shutil
from urllib.parse import urlsplit

import numpy as np
import pytest
from tile_server import TILE_PX, TileServer, mosaic_tiles

from engine.cli import main
from engine.errors import UsageError
from engine.imagery import fetch, server
from engine.imagery.check import check_server, finest_m
from engine.imagery.fetch import ImageryServerError
from engine.imagery.opening import open_imagery
from engine.imagery.server import may_be_server, presets, server_of
from engine.resources import resources_folder

NAMES = ["nasa-blue-marble", "nasa-landsat-2000", "eox-sentinel2-2016"]


@pytest.fixture(scope="module")
def one_tile():
    """The same picture at every zoom, row and column."""
    return mosaic_tiles(np.full((TILE_PX, TILE_PX, 3), 90, np.uint8), 0)(0, 0, 0)


@pytest.fixture
def presets_on_loopback(one_tile, tmp_path, monkeypatch):
    """The presets with their hosts replaced by a server on this computer."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(fetch, "_BACKOFF_S", 0.01)
    running = TileServer(lambda z, x, y: one_tile)
    shutil.copytree(resources_folder() / "imagery", tmp_path / "imagery")
    for path in (tmp_path / "imagery").glob("*.json"):
        given = json.loads(path.read_text(encoding="utf-8"))
        given["url"] = running.base + given["url"].split(urlsplit(given["url"]).netloc, 1)[1]
        path.write_text(json.dumps(given), encoding="utf-8")
    monkeypatch.setattr(server, "resources_folder", lambda: tmp_path)
    yield running
    running.stop()


def test_presets_state_all_that_a_person_must_know():
    assert list(presets()) == NAMES
    assert [round(finest_m(settings)) for settings in presets().values()] == [611, 38, 10]
    for settings in presets().values():
        assert settings.url.startswith("https://")
        assert settings.is_template
        assert "{z}/{y}/{x}" in settings.url  # the row comes before the column
        assert settings.attribution
        assert settings.licence
        assert settings.notice
        assert settings.name


def test_a_preset_is_named_like_other_imagery():
    for name in NAMES:
        assert server_of(f"preset:{name}") == presets()[name]
        assert server_of(str(resources_folder() / "imagery" / f"{name}.json")) == presets()[name]
    assert may_be_server("preset:anything")
    with pytest.raises(UsageError, match="preset:mars: is not a preset; use one of preset:nasa-blue-marble, "):
        server_of("preset:mars")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("nasa-blue-marble", "/GoogleMapsCompatible_Level8/8/90/133.jpeg"),
        ("nasa-landsat-2000", "/2000-12-01/GoogleMapsCompatible_Level12/12/1448/2139.jpeg"),
        ("eox-sentinel2-2016", "/s2cloudless_3857/default/g/14/5795/8556.jpg"),
    ],
)
def test_checking_fetches_one_tile_of_the_finest_zoom(presets_on_loopback, name, path):
    answer = check_server(f"preset:{name}")
    assert answer["message"] == f"{answer['name']} works: a tile came in {answer['milliseconds']} ms."
    assert len(presets_on_loopback.asked) == 1
    assert presets_on_loopback.asked[0].endswith(path)
    check_server(f"preset:{name}")
    assert len(presets_on_loopback.asked) == 2  # never from the cache


def test_a_view_is_sampled_from_a_preset(presets_on_loopback):
    with open_imagery("preset:nasa-blue-marble") as source:
        assert presets_on_loopback.asked == []  # opening alone asks for nothing
        pixels, covered = source.square(46.5, 8.0, 100.0, 128)
    assert covered.all()
    assert (pixels == 90).all()
    assert presets_on_loopback.asked
    assert source.licence == presets()["nasa-blue-marble"].licence


def test_a_check_says_what_is_wrong(presets_on_loopback, monkeypatch):
    spec = "preset:eox-sentinel2-2016"

    def problem() -> str:
        with pytest.raises(ImageryServerError) as refused:
            check_server(spec)
        assert str(refused.value).startswith("imagery server EOX Sentinel-2 cloudless 2016 (127.0.0.1): ")
        return refused.value.problem

    presets_on_loopback.reply = lambda handler, _: handler.send(404, b"", "text/plain")
    assert "has no tile /wmts/1.0.0/s2cloudless_3857/default/g/14/5795/8556.jpg (404 Not Found)" in problem()
    presets_on_loopback.reply = lambda handler, _: handler.send(200, b"<html>login</html>", "text/html")
    assert problem() == "sent a text rather than a picture instead of a tile"
    presets_on_loopback.reply = lambda handler, _: handler.send(403, b"", "text/plain")
    assert problem() == "refuses (403 Forbidden)"
    presets_on_loopback.reply = lambda handler, _: handler.send(407, b"", "text/plain")
    assert problem() == "is behind a proxy that wants a login (407 Proxy Authentication Required)"
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert problem() == "cannot be reached through the proxy"
    monkeypatch.delenv("HTTP_PROXY")
    presets_on_loopback.stop()
    assert problem() == "cannot be reached"
    presets_on_loopback.stop = lambda: None


def test_only_tile_servers_are_checked():
    with pytest.raises(UsageError, match=r"ground\.tif: is not a tile server"):
        check_server("ground.tif")


def test_the_command_line_lists_and_checks_presets(presets_on_loopback, capsys):
    assert main(["imagery", "list", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["preset"] for line in lines] == [f"preset:{name}" for name in NAMES]
    assert presets_on_loopback.asked == []
    assert main(["imagery", "check", "preset:nasa-landsat-2000", "--at", "-33.9,18.4"]) == 0
    assert "NASA Landsat WELD works: a tile came in" in capsys.readouterr().out
    presets_on_loopback.reply = lambda handler, _: handler.send(404, b"", "text/plain")
    assert main(["imagery", "check", "preset:nasa-landsat-2000"]) == 3
    assert "has no tile" in capsys.readouterr().err


def test_the_notice_does_not_change_the_stamp_of_an_unfinished_index(presets_on_loopback, tmp_path):
    stamps = []
    for notice in ("", "new terms"):
        settings = dataclasses.asdict(dataclasses.replace(presets()["nasa-blue-marble"], notice=notice))
        (tmp_path / "server.json").write_text(json.dumps(settings))
        with open_imagery(tmp_path / "server.json") as source:
            stamps.append(source.stamp())
    assert stamps[0] == stamps[1]
    assert "notice" not in stamps[0]
