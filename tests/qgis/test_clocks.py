"""Clocks in the panel, on the options page and in Processing."""

from __future__ import annotations

import json
import sys

import pytest
from conftest import FAKE_ENGINE, wait_for
from panel_kit import add, engine_options, folder, idle, index, panel, status  # noqa: F401  fixtures
from processing_kit import Feedback, provider, run  # noqa: F401  fixtures
from qgis.core import QgsProcessingException, QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QMessageBox
from review_results import write_review_results

from earthloc_qgis import settings
from earthloc_qgis.core.clocks import applied_clocks, apply_clocks

ORBIT = "/orbits/station.tle"
CLOCK = {
    "camera": "NIKON D4", "first": "2015-02-01T10:20:00+00:00", "last": "2015-02-01T10:30:00+00:00",
    "offset_s": 195.2, "sd_s": 0.6,
}  # fmt: skip


@pytest.fixture
def engine_options(tmp_path):
    return ("--journal", str(tmp_path / "journal"))


@pytest.fixture
def asked(tmp_path):
    """asked(method): the parameters of all requests with this method."""

    def asked(method):
        messages = map(json.loads, (tmp_path / "journal").read_text(encoding="utf-8").splitlines())
        return [message["params"] for message in messages if message["method"] == method]

    return asked


def question(panel) -> QMessageBox | None:
    boxes = panel.findChildren(QMessageBox, "clocks_question")
    return next((box for box in boxes if box.isVisible()), None)


def solve(panel) -> QMessageBox:
    panel.tools.solve_clocks.trigger()
    wait_for(lambda: question(panel), what="the question")
    return question(panel)


def button(box, text):
    return next((one for one in box.buttons() if one.text().replace("&", "") == text), None)


@pytest.fixture
def listed(panel, folder):
    """Two photos in the list that are not located."""
    paths = folder("a.jpg", "lost.jpg")
    add(panel, paths)
    wait_for(lambda: all(photo.camera for photo in panel.controller.model.photos()), what="the metadata")
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    return paths


def test_an_offset_is_told_applied_and_undone(panel, listed, asked):
    settings.set_orbit_file(ORBIT)
    box = solve(panel)
    assert "The clock of NIKON D4 was 3 min 15 s behind" in box.text()
    assert "that are not located: 2." in box.informativeText()
    before = len(asked("localize"))
    assert all("clocks" not in params for params in asked("localize"))
    QTest.mouseClick(button(box, "Apply"), Qt.MouseButton.LeftButton)
    wait_for(lambda: len(asked("localize")) == before + 2 and idle(panel), what="the photos that are located again")
    for params in asked("localize")[before:]:
        assert params["orbit"] == ORBIT
        assert params["clocks"] == [CLOCK]
    assert asked("clock/solve") == [{"results": str(panel.controller.store.path), "orbit": ORBIT}]
    notice = panel.clocks.notice
    assert notice.isVisible()
    assert "NIKON D4" in notice.text.text()
    QTest.mouseClick(notice.button, Qt.MouseButton.LeftButton)
    assert not notice.isVisible()
    assert applied_clocks(QgsProject.instance()) == []
    panel.localize(listed)
    wait_for(lambda: len(asked("localize")) == before + 4 and idle(panel))
    assert "clocks" not in asked("localize")[-1]
    assert asked("localize")[-1]["orbit"] == ORBIT


def test_closing_the_question_applies_nothing(panel, listed, asked):
    settings.set_orbit_file(ORBIT)
    solve(panel).reject()
    wait_for(lambda: question(panel) is None)
    assert applied_clocks(QgsProject.instance()) == []
    assert len(asked("localize")) == 2


def test_without_an_orbit_file_the_offset_is_only_told(panel, listed, asked):
    box = solve(panel)
    assert button(box, "Apply") is None
    assert "choose a file of the station's orbit" in box.informativeText()
    assert "orbit" not in asked("clock/solve")[0]
    box.reject()


def test_a_doubtful_clock_cannot_be_applied(panel, listed):
    settings.set_orbit_file("/orbits/mixed.tle")
    box = solve(panel)
    assert "No single clock explains the photos." in box.text()
    assert button(box, "Apply") is None
    box.reject()


def test_offsets_stay_in_the_project(panel, tmp_path):
    project = QgsProject.instance()
    apply_clocks(project, [CLOCK])
    assert project.write(str(tmp_path / "p.qgz"))
    project.clear()
    assert applied_clocks(project) == []
    assert project.read(str(tmp_path / "p.qgz"))
    assert applied_clocks(project) == [CLOCK]
    later = {**CLOCK, "first": "2015-03-01T00:00:00+00:00", "last": "2015-03-01T00:00:00+00:00"}
    newer = {**CLOCK, "offset_s": 196.0}
    apply_clocks(project, [later])
    assert apply_clocks(project, [newer]) == [later, CLOCK]
    assert applied_clocks(project) == [newer, later]
    project.writeEntry("EarthLoc", "clocks", '[{"camera": 5}]')
    assert applied_clocks(project) == []


def test_the_options_page_stores_the_orbit(qgis_app):
    from earthloc_qgis.gui.options_page import OptionsPage

    page = OptionsPage(None, lambda: None)
    page.orbit.setFilePath(f" {ORBIT} ")
    page.apply()
    assert settings.orbit_file() == ORBIT
    assert OptionsPage(None, lambda: None).orbit.filePath() == ORBIT


def test_photos_without_a_nadir_from_the_orbit_are_counted(panel, folder):
    add(panel, folder("early1.jpg", "early2.jpg", "a.jpg"))
    panel.localize_button.click()
    wait_for(lambda: idle(panel))
    (line,) = [text for text in panel.messages if "orbit" in text]
    assert line.startswith("No nadir from the orbit for 2 photos, such as early1.jpg: the station did not fly yet on")


# --- Processing ----------------------------------------------------------------------------------------


@pytest.fixture
def fake_program(tmp_path):
    program = tmp_path / "fake engine"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE_ENGINE}" --journal "{tmp_path}/journal" "$@"\n')
    program.chmod(0o755)
    return str(program)


def test_solved_clocks_are_written_and_used(run, fake_program, asked, folder, index, tmp_path):
    out, feedback = tmp_path / "clocks ü.json", Feedback()
    settings.set_engine_setting(fake_program)
    given = {"RESULTS": str(tmp_path / "r.gpkg"), "ORBIT": ORBIT, "OUTPUT": str(out)}
    found = run("solveclocks", given, feedback)
    assert (found["SOLVED"], found["OUTPUT"]) == (1, str(out))
    assert found["MESSAGE"].startswith("The clock of NIKON D4 was 3 min 15 s behind")
    assert any("2015-02-01T10:20" in line and "3 min 15 s" in line for line in feedback.lines)
    locate = {
        "PHOTOS": folder("a.jpg"),
        "INDEX": str(index),
        "ENGINE": fake_program,
        "OUTPUT": str(tmp_path / "o.gpkg"),
    }
    run("localize", {**locate, "ORBIT": ORBIT, "CLOCKS": str(out)})
    (params,) = asked("localize")
    assert (params["orbit"], params["clocks"]) == (ORBIT, [CLOCK])
    with pytest.raises(QgsProcessingException, match="need the orbit of the station"):
        run("localize", {**locate, "CLOCKS": str(out)})
    out.write_text("{}")
    with pytest.raises(QgsProcessingException, match="is no file of clock offsets"):
        run("localize", {**locate, "ORBIT": ORBIT, "CLOCKS": str(out)})


def test_the_real_engine_says_what_is_wrong(run, folder, index, tmp_path):
    write_review_results(tmp_path / "results.gpkg", 3)
    with pytest.raises(QgsProcessingException, match="holds no located photos with times"):
        run("solveclocks", {"RESULTS": str(tmp_path / "results.gpkg")})
    damaged = tmp_path / "elements"
    damaged.write_text("1 25544U\n2 25544\n")
    locate = {"PHOTOS": folder("a.jpg", "b.jpg"), "INDEX": str(index), "OUTPUT": str(tmp_path / "o.gpkg")}
    feedback = Feedback()
    with pytest.raises(QgsProcessingException, match="holds no usable orbit elements"):  # once, not for each photo
        run("localize", {**locate, "ORBIT": str(damaged)}, feedback)
    assert not feedback.errors
    assert not (tmp_path / "o.gpkg").is_file()
