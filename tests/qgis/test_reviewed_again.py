"""Locating again skips reviewed photos; decisions lost by including them can be brought back."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from conftest import wait_for
from panel_kit import add, engine_options, folder, idle, index, panel, status  # noqa: F401  fixtures
from processing_kit import Feedback, provider, run  # noqa: F401  fixtures
from qgis.core import QgsProcessingException
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtTest import QTest
from review_results import localization_of, pose_over
from test_review import canvas, name, open_window, press, results, rows, settle  # noqa: F401  fixtures

from earthloc_qgis.contract.review import ReviewDecision
from earthloc_qgis.core.reviews import ReviewFile
from earthloc_qgis.core.store import open_for_writing

# --- the panel -----------------------------------------------------------------------------------------


def test_panel_skips_reviewed_photos_and_reports_their_number(panel, folder, tmp_path, fake_engine):
    """The fake engine treats photos with "reviewed" in their name as reviewed."""
    journal = tmp_path / "journal"
    panel.controller.client.set_command(fake_engine("--journal", str(journal)))
    photos = folder("a.jpg", "reviewed.jpg")
    add(panel, photos)
    panel.controller.model.update(photos[1], status="located", confidence=0.97, message="by hand")
    box = panel.search.include_reviewed
    panel.search_header.setChecked(True)
    assert box.isVisible()
    assert not box.isChecked()
    panel.localize(photos)
    wait_for(lambda: idle(panel))
    assert status(panel) == {"a.jpg": "uncertain", "reviewed.jpg": "located"}
    assert panel.controller.model.photo(photos[1]).message == "by hand"
    (message,) = [text for text in panel.messages if "skipped" in text]
    assert message.startswith("1 of 2 photos were skipped because they have been reviewed.")
    assert box.text() in message
    panel.messages.clear()
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    assert box.isChecked()
    panel.localize(photos[1:])
    wait_for(lambda: idle(panel))
    assert status(panel)["reviewed.jpg"] == "uncertain"
    assert panel.messages == []
    assert not box.isChecked()  # must be ticked for each run
    sent = [json.loads(line) for line in journal.read_text().splitlines()]
    sent_values = [
        message["params"].get("include_reviewed", False) for message in sent if message["method"] == "localize"
    ]
    assert sent_values == [False, False, True]


def test_panel_shows_decisions_made_after_a_photo_was_skipped(panel, folder, monkeypatch):
    """The answer of the engine for a skipped photo contains the previous decision and is not saved."""
    photo = folder("reviewed.jpg")[0]
    add(panel, [photo])
    panel.localize([photo])
    wait_for(lambda: idle(panel))
    monkeypatch.setattr(panel.controller.store, "localization", lambda path: {"center": [1.0, 2.0]})
    assert panel.controller.localization(photo) == {"center": [1.0, 2.0]}


# --- Processing, with the real engine ------------------------------------------------------------------


@pytest.fixture
def corrected(run, real_photos, real_index, tmp_path):
    """again(**more): locates two photos again, into a results file in which the first was corrected by hand."""
    out = tmp_path / "results.gpkg"

    def again(**more):
        feedback = Feedback()
        asked = {"PHOTOS": real_photos[:2], "INDEX": str(real_index), "OUTPUT": str(out), **more}
        return run("localize", asked, feedback), feedback

    again()
    file = ReviewFile(out)
    with closing(open_for_writing(out, 1.0)) as database:  # as if located some time ago
        database.execute("UPDATE photos SET located_at = '2024-01-01T00:00:00Z'")
    by_hand = {**file.localizations(real_photos[0])[0], "center": [12.0, 13.0], "message": "by hand"}
    decision = ReviewDecision(
        real_photos[0], "corrected", "Ada", "seen there", by_hand, None, True, "2024-01-02T00:00:00Z"
    )
    file.write([decision])
    again.file = file
    return again


def footprint(file, photo):
    return rows(file.path, "SELECT review, message FROM footprints WHERE photo = ?", file._key(photo))


def test_processing_skips_reviewed_photos_unless_included(corrected, real_photos):
    found, feedback = corrected()
    assert (found["PHOTO_COUNT"], found["SKIPPED"]) == (2, 1)
    assert found["UNCERTAIN"] + found["NOT_FOUND"] == 1
    assert any("1 of 2 photos were skipped" in line and "INCLUDE_REVIEWED" in line for line in feedback.lines)
    assert footprint(corrected.file, real_photos[0]) == [("corrected", "by hand")]
    found, feedback = corrected(INCLUDE_REVIEWED=True)
    assert found["SKIPPED"] == 0
    assert not any("skipped" in line for line in feedback.lines)
    assert footprint(corrected.file, real_photos[0])[0][0] == "unreviewed"
    earlier = corrected.file.earlier(real_photos[0])
    assert (earlier.decision, earlier.reviewer, earlier.note) == ("corrected", "Ada", "seen there")
    assert earlier.localization["message"] == "by hand"


def test_register_rejects_reviewed_photos_unless_included(corrected, run, real_photos, imagery):
    asked = {"PHOTO": real_photos[0], "IMAGERY": str(imagery), "PLACE": "3,43 [EPSG:4326]", "WIDTH_KM": 250,
             "OUTPUT": str(corrected.file.path)}  # fmt: skip
    with pytest.raises(QgsProcessingException, match=r"holds what a review decided on ISS042-E-104430\.jpg"):
        run("register", asked)
    assert footprint(corrected.file, real_photos[0]) == [("corrected", "by hand")]


# --- bringing back -------------------------------------------------------------------------------------


def locate_again(results, photo, at="2098-01-01T00:00:00Z"):
    """Change the file as the engine does when it saves another location for a reviewed photo."""
    file = ReviewFile(results)
    found = {**localization_of(photo, pose_over(-20.0, 130.0), 0.08, "ISS042-E-100"), "message": "elsewhere"}
    key = file._key(photo)
    with closing(open_for_writing(results, 1.0)) as database:
        database.execute(
            "UPDATE photos SET located_at = ?, localization = ?, status = 'uncertain', confidence = 0.08"
            " WHERE photo = ?", (at, json.dumps(found), key),
        )  # fmt: skip
        database.execute(
            "UPDATE footprints SET review = 'unreviewed', reviewer = NULL, reviewed_at = NULL, note = NULL,"
            " center_lat = -20, center_lon = 130, message = 'elsewhere' WHERE photo = ?", (key,),
        )  # fmt: skip
    return key


def test_one_click_restores_a_decision(open_window, results):
    window = open_window()
    press(window, Qt.Key.Key_Right)
    settle(window)
    photo = window.controller.current
    press(window, Qt.Key.Key_2)
    center = tuple(window.controller.working.shown["center"])
    press(window, Qt.Key.Key_A)
    settle(window)
    sql = "SELECT review, center_lat, center_lon FROM footprints WHERE photo = ?"
    button = window.decisions.bring_back
    window.queue.select(photo)
    settle(window)
    assert not button.isVisible()
    key = locate_again(results, photo)
    window.controller.open(results)  # as after a new result in the panel
    wait_for(button.isVisible, 20, "the offer")
    assert button.text().startswith("Bring back: Corrected (Ada, 20")
    assert window.controller.working.shown["message"] == "elsewhere"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    settle(window)
    assert rows(results, sql, key) == [("corrected", *center)]
    assert window.controller.working.rank == 2
    assert not button.isVisible()
    assert not window.controller.working.is_unsaved
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle(window)
    assert rows(results, sql, key) == [("unreviewed", pytest.approx(-20.0, abs=0.1), pytest.approx(130.0, abs=0.1))]
    wait_for(button.isVisible, 20, "the offer")
    press(window, Qt.Key.Key_D)
    settle(window)
    assert rows(results, sql, key) == [("corrected", *center)]
    # Nothing is deleted from the history.
    decisions = rows(results, "SELECT decision FROM reviews WHERE photo = ? ORDER BY fid", key)
    assert [decision for (decision,) in decisions] == ["corrected", "corrected", "unreviewed", "corrected"]


def test_undone_decisions_and_unknown_footprints_are_not_offered(open_window, results):
    file = ReviewFile(results)
    undone, many, cloud = (item.path for item in file.states()[:3])
    saved = file.localizations(undone)[0]
    file.write(
        [ReviewDecision(undone, "accepted", "Ada", localization=saved), ReviewDecision(undone, "unreviewed", "Ada")]
    )
    file.write([ReviewDecision(many, "accepted", "Ada"), ReviewDecision(cloud, "cloud", "Ada", "all of it")])
    for photo in (undone, many, cloud):
        locate_again(results, photo)
    assert file.earlier(undone) is None
    assert file.earlier(many) is None  # its footprint was not saved
    earlier = file.earlier(cloud)
    assert (earlier.decision, earlier.note, earlier.localization) == ("cloud", "all of it", None)
    window = open_window()
    window.queue.select(cloud)
    settle(window)
    wait_for(window.decisions.bring_back.isVisible, 20, "the offer")
    QTest.mouseClick(window.decisions.bring_back, Qt.MouseButton.LeftButton)
    settle(window)
    with closing(sqlite3.connect(results)) as database:
        found = database.execute("SELECT review, note, message FROM footprints WHERE photo = ?", (file._key(cloud),))
        assert found.fetchall() == [("cloud", "all of it", "elsewhere")]
