"""*Add from catalogue…* with real widgets and the real engine, against a server on loopback; and its algorithm."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import wait_for
from panel_kit import add, engine_options, folder, idle, index, panel  # noqa: F401  fixtures
from processing_kit import Feedback, provider, rows, run  # noqa: F401  fixtures
from qgis.core import QgsProcessingException
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtGui import QColor, QImage
from qgis.PyQt.QtTest import QTest

from earthloc_qgis.core.engine_client import EngineClient
from earthloc_qgis.gui.catalogue_dialog import CatalogueDialog
from earthloc_qgis.gui.photo_model import NADIR, TAKEN

IDS = ("ISS064-E-48617", "ISS064-E-48618", "ISS064-E-48619")
TABLE = (
    "MISSION\tROLL\tFRAME\tPDATE\tPTIME\tNLAT\tNLON\tTILT\tDIRECTORY\tFILENAME\n"
    + "".join(
        f"ISS064\tE\t{photo_id[9:]}\t20210327\t09230{n}\t41.{n}\t10.9\t12\tESC/large/ISS064\t{photo_id}.JPG\n"
        for n, photo_id in enumerate(IDS)
    )
    + "ISS064\tE\tx\t20210327\t\t\t\t\t\t\n"
    + "ISS064\tE\t7\t19690720\t\t\t\t95\t\t\n"
)


def save_photo(path) -> None:
    image = QImage(320, 240, QImage.Format.Format_RGB32)
    image.fill(QColor("teal"))
    path.parent.mkdir(parents=True, exist_ok=True)
    assert image.save(str(path), "JPEG")


@pytest.fixture
def archive(tmp_path):
    """A server with an API and photos. `busy`: number of requests that it answers with 503 first."""
    save_photo(tmp_path / "on the server.jpg")
    content = (tmp_path / "on the server.jpg").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_) -> None:
            pass

        def do_GET(self) -> None:
            server.asked.append(self.path)
            kind, answer = "image/jpeg", content
            if self.path.startswith("/api"):
                frame = {"frames.mission": "ISS064", "frames.roll": "E", "frames.frame": "48617", "frames.nlat": "41"}
                kind, answer = "application/json", json.dumps([frame]).encode()
            busy, server.busy = server.busy > 0, server.busy - 1
            self.send_response(503 if busy else 200)
            if busy:
                self.send_header("Retry-After", "200")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.busy = [], 0
    server.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def dialog(qgis_app, real_engine):
    client = EngineClient([real_engine, "serve"])
    dialog = CatalogueDialog(client)
    dialog.added = []
    dialog.photos_wanted.connect(dialog.added.extend)
    dialog.show()
    yield dialog
    dialog.close_down()
    client.close()
    dialog.deleteLater()


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "frames & images.tsv"
    path.write_text(TABLE)
    return path


def click(button) -> None:
    assert button.isEnabled(), button.text()
    assert button.isVisible(), button.text()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def tick(box) -> None:
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))


def read(dialog) -> None:
    click(dialog.read_button)
    assert dialog.busy
    wait_for(lambda: not dialog.busy)


def column(tree, number) -> list[str]:
    return [tree.topLevelItem(row).text(number) for row in range(tree.topLevelItemCount())]


def test_a_file_is_read_and_its_photos_are_found(dialog, table, tmp_path):
    assert not dialog.read_button.isEnabled()
    assert dialog.state.text() == "Choose a file."
    dialog.catalogue.files.setFilePath(str(table))
    read(dialog)
    assert column(dialog.table, 0) == [*IDS, "ISS064-E-7"]
    assert column(dialog.table, 1)[0] == "2021-03-27 09:23:00"
    assert column(dialog.table, 2)[1] == "41.1° N, 10.9° E"
    assert column(dialog.complaints, 1) == ["no id of a photo", "tilt outside 0 to 90", "time before the craft flew"]
    assert "4 photos, 3 with a nadir" in dialog.state.text()
    assert not dialog.add_button.isEnabled()
    save_photo(tmp_path / "mine" / "sub" / "iss064e048618 (copy).jpg")
    dialog.photos.folder.setFilePath(str(tmp_path / "mine"))
    wait_for(lambda: not dialog.busy)
    assert dialog.state.text() == "1 of 4 photos are in the folder."
    assert dialog.add_button.text() == "Add photos (1)"
    click(dialog.add_button)
    assert not dialog.isVisible()
    (photo,) = dialog.added
    assert (photo["photo_id"], photo["nadir"]) == (IDS[1], [41.1, 10.9])
    assert photo["hints"] == {"taken_at": "2021-03-27T09:23:01Z"}


def test_a_file_that_is_no_catalogue_is_told(dialog, tmp_path):
    path = tmp_path / "photo.jpg"
    save_photo(path)
    dialog.catalogue.files.setFilePath(str(path))
    read(dialog)
    assert "is not a text file" in dialog.state.text()
    assert str(path) in dialog.state.text()
    assert dialog.table.topLevelItemCount() == 0


def test_the_database_is_asked_only_after_consent_that_names_its_host(dialog, archive):
    form = dialog.catalogue
    form.from_api.setChecked(True)
    assert "eol.jsc.nasa.gov" in form.agree.text()
    form.query.setText("nadir|pdate|eq|20210327")
    form.key.setText("s3cret")
    assert not dialog.read_button.isEnabled()
    tick(form.agree)
    assert dialog.read_button.isEnabled()
    form.address.setText(f"{archive.base}/api")  # another host: the consent does not hold for it
    assert not form.agree.isChecked()
    assert "127.0.0.1" in form.agree.text()
    assert not dialog.read_button.isEnabled()
    assert archive.asked == []
    tick(form.agree)
    read(dialog)
    assert column(dialog.table, 0) == [IDS[0]]
    (path,) = archive.asked
    assert parse_qs(urlsplit(path).query)["key"] == ["s3cret"]
    form.query.setText("nonsense")
    read(dialog)
    assert "the query nonsense is none" in dialog.state.text()
    assert len(archive.asked) == 1


def test_photos_are_fetched_stopped_and_fetched_on(dialog, archive, table, tmp_path):
    folder = tmp_path / "fetched"
    dialog.catalogue.files.setFilePath(str(table))
    dialog.photos.archive.setText(archive.base)
    dialog.photos.folder.setFilePath(str(folder))
    read(dialog)
    assert not dialog.fetch_button.isVisible()
    tick(dialog.photos.agree)
    assert dialog.fetch_button.text() == "Fetch missing photos (4)"
    assert archive.asked == []
    archive.busy = 1
    click(dialog.fetch_button)
    wait_for(lambda: archive.asked)
    assert dialog.stop_button.isVisible()
    click(dialog.stop_button)
    wait_for(lambda: not dialog.busy)
    assert dialog.state.text().startswith("Stopped.")
    click(dialog.fetch_button)
    wait_for(lambda: not dialog.busy)
    assert sorted(path.name for path in folder.glob("*.jpg")) == [f"{one}.jpg" for one in IDS] + ["ISS064-E-7.jpg"]
    assert dialog.state.text() == "Fetched: 4. Not to be had: 0. 4 of 4 photos are in the folder."
    assert archive.asked[1] == "/ESC/large/ISS064/ISS064-E-48617.JPG"
    click(dialog.add_button)
    assert [photo["photo_id"] for photo in dialog.added] == [*IDS, "ISS064-E-7"]


def test_closing_stops_what_runs(dialog, archive, table, tmp_path):
    dialog.catalogue.files.setFilePath(str(table))
    dialog.photos.archive.setText(archive.base)
    dialog.photos.folder.setFilePath(str(tmp_path / "fetched"))
    read(dialog)
    tick(dialog.photos.agree)
    archive.busy = 1
    click(dialog.fetch_button)
    wait_for(lambda: archive.asked)
    dialog.reject()
    assert not dialog.isVisible()
    wait_for(lambda: not dialog.busy)
    assert len(archive.asked) == 1


def journal(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def asked(tmp_path):
    return tmp_path / "journal.jsonl"


class TestPanel:
    @pytest.fixture
    def engine_options(self, asked):
        return ("--journal", str(asked))

    def test_photos_get_nadir_time_and_lens_of_the_catalogue(self, panel, folder, asked, tmp_path):
        paths = folder("ISS064-E-1.jpg", "ISS064-E-2.jpg")
        add(panel, paths[:1])
        panel.controller.model.setData(panel.controller.model.index(0, NADIR), "1.5, 2.5")  # typed by the user
        panel.adding.message.connect(lambda text, level: panel.messages.append(text))
        panel.tools.catalogue.trigger()
        dialog = panel.findChild(CatalogueDialog)
        (tmp_path / "ids.txt").write_text("ISS064-E-1\n")
        dialog.catalogue.files.setFilePath(str(tmp_path / "ids.txt"))
        dialog.photos.folder.setFilePath(str(folder.path))
        read(dialog)
        wait_for(lambda: not dialog.busy and dialog.add_button.isEnabled())
        click(dialog.add_button)
        model = panel.controller.model
        assert [photo.path for photo in model.photos()] == paths
        assert [photo.nadir for photo in model.photos()] == [(1.5, 2.5), (-12.5, 130.25)]
        assert model.index(1, NADIR).data() == "12.50° S, 130.25° E"
        wait_for(lambda: model.photo(paths[1]).size_px is not None)
        assert model.photo(paths[1]).nadir == (-12.5, 130.25)  # not that of the tags, which the engine read since
        assert model.index(1, TAKEN).data().startswith("20")
        assert "Added from the catalogue: 1. In the list already: 1." in panel.messages
        panel.localize(paths)
        wait_for(lambda: idle(panel))
        sent = [message["params"] for message in journal(asked) if message["method"] == "localize"]
        assert [params["nadir"] for params in sent] == [[1.5, 2.5], [-12.5, 130.25]]
        assert sent[1]["hints"] == {
            "taken_at": "2021-03-27T09:23:05Z", "focal_length_mm": 50.0, "camera": "N6", "altitude_km": 388.0,
        }  # fmt: skip

    def test_the_empty_panel_offers_it(self, panel):
        click(panel.empty.findChild(object, "empty_add_catalogue"))
        assert panel.findChild(CatalogueDialog).isVisible()


# -- Processing -----------------------------------------------------------------------------------------


def test_the_algorithm_writes_layers_and_counts(run, table, tmp_path):
    save_photo(tmp_path / "mine" / f"{IDS[0]}.jpg")
    feedback = Feedback()
    out = tmp_path / "catalogue.gpkg"
    outputs = run("readcatalogue", {"SOURCES": [str(table)], "OUTPUT": str(out)}, feedback)
    assert (outputs["RECORD_COUNT"], outputs["PHOTO_COUNT"], outputs["REJECTED_COUNT"]) == (4, 0, 1)
    with closing(sqlite3.connect(str(out))) as database:
        assert database.execute("SELECT count(*) FROM nadirs").fetchone() == (3,)
    assert any("1 x time before the craft flew: frames & images.tsv, line 6" in line for line in feedback.lines)
    outputs = run(
        "readcatalogue",
        {"SOURCES": [str(table)], "FOLDER": str(tmp_path / "mine"), "OUTPUT": str(tmp_path / "list.csv")},
    )
    assert outputs["PHOTO_COUNT"] == 1
    assert (tmp_path / "list.csv").read_text().splitlines()[1].startswith(f"mine/{IDS[0]}.jpg,{IDS[0]},41.0")


def test_the_algorithm_asks_and_fetches_on_request_only(run, archive, tmp_path, monkeypatch):
    monkeypatch.setenv("MY_KEY", "s3cret")
    asked = {"QUERY": "frames|mission|eq|ISS064", "KEY_ENV": "MY_KEY", "ADDRESS": f"{archive.base}/api"}
    given = {**asked, "FETCH": True, "ARCHIVE": archive.base, "OUTPUT": str(tmp_path / "list.csv")}
    with pytest.raises(QgsProcessingException, match="choose a folder"):
        run("readcatalogue", given)
    assert archive.asked == []
    outputs = run("readcatalogue", {**given, "FOLDER": str(tmp_path / "new")})
    assert outputs["PHOTO_COUNT"] == 1
    assert (tmp_path / "new" / f"{IDS[0]}.jpg").is_file()
    assert len(archive.asked) == 2


def test_a_catalogue_helps_to_locate(run, real_index, real_photos, tmp_path):
    """Its nadir restricts the search; a photo that it does not name is searched everywhere."""
    path = tmp_path / "frames.tsv"
    path.write_text(
        "MISSION\tROLL\tFRAME\tNLAT\tNLON\tFCLT\nISS042\tE\t104430\t43.0\t3.0\t50\nISS042\tE\t9\t99\t3.0\t50\n"
    )
    out, feedback = tmp_path / "results.gpkg", Feedback()
    given = {"PHOTOS": real_photos[:2], "RECORDS": [str(path)], "INDEX": str(real_index), "RADIUS_KM": 200}
    run("localize", {**given, "OUTPUT": str(out)}, feedback)
    assert any("say something about 1 of 2 photos" in line for line in feedback.lines)
    assert any("1 x nadir outside the Earth: frames.tsv, line 3" in line for line in feedback.lines)
    found = dict(rows(out, "SELECT photo, json_extract(localization, '$.nadir') FROM photos"))
    assert {name[-10:]: nadir for name, nadir in found.items()} == {"104430.jpg": "[43.0,3.0]", "104431.jpg": None}
