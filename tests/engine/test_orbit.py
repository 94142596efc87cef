from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from orbit_kit import EPOCH, MIDDLE, NUMBERS, oem_rows, oem_text, oem_xml, quick_orbit, two_lines, write_elements
from sgp4.exporter import export_omm
from skyfield.api import EarthSatellite, load
from skyfield.framelib import itrs

from engine.cli import main
from engine.errors import InputError
from engine.orbit.fit import _satellite, fit_orbit, orbit_of_nadirs
from engine.orbit.frames import j2000_to_earth, julian_date, teme_to_earth
from engine.orbit.opening import open_ephemeris


@pytest.fixture
def elements(tmp_path: Path) -> Path:
    return write_elements(tmp_path / "station.tle")


def test_positions_are_those_of_sgp4s_test_cases(tmp_path: Path) -> None:
    # Satellite 5 of the verification set of Vallado, Crawford, Hujsak and Kelso (2006), at 360 minutes.
    lines = [
        "1 00005U 58002B   00179.78495062  .00000023  00000-0  28098-4 0  4753",
        "2 00005  34.2682 348.7242 1859667 331.7664  19.3264 10.82419157413667",
    ]
    orbit = open_ephemeris(write_elements(tmp_path / "five.tle", lines))
    epoch = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(days=178.78495062)
    when = epoch + timedelta(minutes=360)
    state = orbit.state(when)
    position, velocity = (teme_to_earth(when).T @ vector for vector in (state.position_km, state.velocity_km_s))
    assert position == pytest.approx([-7154.03120202, -3783.17682504, -3536.19412294], abs=1e-4)
    assert velocity == pytest.approx([4.741887409, -4.151817765, -2.093935425], abs=1e-7)
    assert "another satellite (5)" in str(orbit.notes[0])


def test_the_earths_turn_is_that_of_vallados_example() -> None:
    # Fundamentals of Astrodynamics, example 3-15: 6 April 2004, UT1 - UTC = -0.4399619 s.
    ut1 = datetime(2004, 4, 6, 7, 51, 28, 386009, UTC) - timedelta(seconds=0.4399619)
    teme = np.array([5094.18016210, 6127.64465950, 6380.34453270])
    assert teme_to_earth(ut1) @ teme == pytest.approx([-1033.47503130, 7901.30558560, 6380.34453270], abs=2e-4)


@pytest.mark.parametrize("day", range(0, 30, 7))
def test_positions_agree_with_skyfield(elements: Path, day: int) -> None:
    when = EPOCH + timedelta(days=day - 14, hours=1.7 * day)
    first, second = two_lines()
    timescale = load.timescale(builtin=True)
    geocentric = EarthSatellite(first, second, "ISS", timescale).at(timescale.from_datetime(when))
    theirs = geocentric.frame_xyz(itrs).km
    # UT1 is up to 0.9 s from UTC, which counts as the same here; in these weeks by 0.01 s.
    assert np.linalg.norm(open_ephemeris(elements).state(when).position_km - theirs) < 0.02
    assert np.linalg.norm(j2000_to_earth(when) @ geocentric.position.km - theirs) < 0.02


def test_the_nearest_set_answers(tmp_path: Path) -> None:
    later = NUMBERS + 0.3 * np.eye(6)[1]
    sets = [two_lines(EPOCH + timedelta(days=10), later), two_lines()]
    orbit = open_ephemeris(write_elements(tmp_path / "two.tle", *sets, name=""))
    alone = open_ephemeris(write_elements(tmp_path / "one.tle", sets[0]))
    when = EPOCH + timedelta(days=6)
    assert orbit.state(when).position_km == pytest.approx(alone.state(when).position_km)
    assert orbit.age_days(when) == pytest.approx(-4.0, abs=1e-6)
    fresh, old = orbit.state(EPOCH).sd_km, orbit.state(EPOCH - timedelta(days=20)).sd_km
    assert fresh[0] == pytest.approx(1.0, abs=0.01)
    assert old[0] > 20 * fresh[1]


@pytest.mark.parametrize("column", [20, 52, 68])
def test_damaged_lines_are_counted(tmp_path: Path, column: int) -> None:
    broken = two_lines()
    digit = broken[1][column] if broken[1][column].isdecimal() else "1"
    broken[1] = broken[1][:column] + str((int(digit) + 1) % 10) + broken[1][column + 1 :]
    path = write_elements(tmp_path / "some.tle", two_lines(), broken, two_lines(EPOCH + timedelta(days=1)), name="")
    orbit = open_ephemeris(path)
    assert str(orbit.notes[0]).endswith(
        "1 sets of elements are damaged and were left out (line or entry 4); copy or download it again."
    )
    assert len(orbit.sets) == 2


@pytest.mark.parametrize("kind", ["json", "one", "csv", "xml"])
def test_omm_says_the_same_as_two_lines(tmp_path: Path, elements: Path, kind: str) -> None:
    satellite = _satellite(EPOCH, NUMBERS)
    satellite.classification, satellite.intldesg, satellite.elnum, satellite.revnum = "U", "98067A", 999, 1
    fields = export_omm(satellite, "ISS (ZARYA)")
    path = tmp_path / f"station.{kind}"
    if kind == "csv":
        text = ",".join(fields) + "\n" + ",".join(str(value) for value in fields.values())
    elif kind == "xml":
        inside = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
        text = f"<ndm><omm><body><segment>{inside}</segment></body></omm></ndm>"
    else:
        text = json.dumps(fields if kind == "one" else [fields, {"OBJECT_NAME": "damaged"}])
    path.write_text(text)
    away = open_ephemeris(path).state(MIDDLE).position_km - open_ephemeris(elements).state(MIDDLE).position_km
    assert np.linalg.norm(away) < 0.2  # two lines have fewer digits


@pytest.mark.parametrize("kind", ["text", "xml", "itrf"])
def test_oem_is_interpolated_between_its_states(tmp_path: Path, kind: str) -> None:
    orbit = quick_orbit()
    rows = oem_rows(orbit, MIDDLE - timedelta(minutes=20), 12, 240.0, kind != "itrf")
    path = tmp_path / "station.oem"
    path.write_text(oem_xml(rows) if kind == "xml" else oem_text(rows, "ITRF2014" if kind == "itrf" else "EME2000"))
    read = open_ephemeris(path)
    for second in (-1199, 0, 17, 120, 1439):
        when = MIDDLE + timedelta(seconds=second)
        found, true = read.state(when), orbit.state(when)
        assert np.linalg.norm(found.position_km - true.position_km) < 0.005
        assert np.linalg.norm(found.velocity_km_s - true.velocity_km_s) < 1e-4
    assert not read.notes
    with pytest.raises(InputError, match=r"covers 2024-02-12 23:05:00 UTC to 2024-02-12 23:49:00 UTC"):
        read.state(MIDDLE + timedelta(hours=1))


def _oem(tmp_path: Path, change: tuple[str, str]) -> Path:
    text = oem_text(oem_rows(quick_orbit(), MIDDLE, 6, 240.0, True))
    assert change[0] in text
    path = tmp_path / "bad.oem"
    path.write_text(text.replace(*change, 1))
    return path


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("EME2000", "MARSIAU"), "is in the frame MARSIAU; give states in EME2000 or ITRF"),
        (("= UTC", "= GPS"), "has times in GPS; give a file in UTC"),
        (("= EARTH", "= MOON"), "is an orbit round MOON"),
        (("T23:29:00.000 ", "T23:29:00.000 nan "), "its state 15 is damaged"),
        (("2024-02-12T23:33", "2024-13-12T23:33"), "its state 16 is damaged"),
    ],
)
def test_an_oem_that_is_not_understood_is_refused(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        open_ephemeris(_oem(tmp_path, change))


BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "holds no usable orbit elements"),
        (b"\xff\xd8\xff\xe0JFIF", "holds no usable orbit elements"),
        (b"1 25544U\n2 25544\n", "holds no usable orbit elements"),
        (b"[" * 5000, "is damaged"),
        (b"[1, null, {}]", "holds no usable orbit elements"),
        (b"<oem><body>", "is damaged"),
        (b"<oem/>", "holds no usable orbit elements"),
        (BOMB.encode(), "is damaged"),
        (OUTSIDE.encode(), "is damaged"),
        (b"CCSDS_OEM_VERS = 2.0\n", "holds no states"),
    ],
)
def test_files_that_hold_no_orbit_are_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "orbit"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        open_ephemeris(path)


@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=300),
    kind=st.sampled_from([b"1 25544U ", b"CCSDS_OEM_VERS = 2.0\nMETA_START\n", b"<", b"{", b""]),
)
def test_no_bytes_crash_the_readers(tmp_path_factory: pytest.TempPathFactory, content: bytes, kind: bytes) -> None:
    path = tmp_path_factory.mktemp("orbit") / "file"
    path.write_bytes(kind + content)
    with pytest.raises(InputError):
        open_ephemeris(path)


def test_other_satellites_are_told(tmp_path: Path) -> None:
    both = [two_lines(satellite=20580), two_lines()]
    assert not open_ephemeris(write_elements(tmp_path / "both.tle", *both)).notes
    others = [two_lines(satellite=20580), two_lines(satellite=33591)]
    with pytest.raises(InputError, match=r"elements of 2 satellites but not of the station \(25544\)"):
        open_ephemeris(write_elements(tmp_path / "others.tle", *others))


def test_the_command_tells_nadir_error_and_age(elements: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = "2024-02-12T23:25:00"
    assert main(["nadir", at, "2024-02-13T00:25:00+01:00", "--orbit", str(elements), "--json"]) == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    lat, lon = quick_orbit().state(MIDDLE).nadir()
    assert first["nadir"] == pytest.approx([lat, lon], abs=0.002)
    assert second["nadir"] == first["nadir"]
    assert 400 < first["altitude_km"] < 440
    assert first["orbit_age_days"] == pytest.approx(0.48, abs=0.01)
    assert main(["nadir", at, "--orbit", str(elements), "--clock-offset", "-60"]) == 0
    assert f"{lat:.3f}" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ("1998-11-01", "did not fly yet"),
        ("2024-06-01", "its nearest elements are 110 days away"),
        ("yesterday", "is not a time"),
        ("0001-01-01", "did not fly yet"),
    ],
)
def test_times_that_the_orbit_cannot_answer(
    elements: Path, capsys: pytest.CaptureFixture[str], at: str, says: str
) -> None:
    assert main(["nadir", at, "2024-02-12", "--orbit", str(elements)]) == 3
    told = capsys.readouterr()
    assert says in told.err
    assert "2024-02-12: " in told.out  # the other time is still answered


@settings(max_examples=8, deadline=None)
@given(
    node=st.floats(0, 6.28), argument=st.floats(0, 6.28), seed=st.integers(0, 1000), minutes=st.sampled_from([4, 8, 40])
)
def test_an_orbit_is_fitted_through_positions(node: float, argument: float, seed: int, minutes: int) -> None:
    numbers = NUMBERS.copy()
    numbers[1:3] = node, argument
    true = type(quick_orbit())(EPOCH, numbers, np.zeros((6, 6)), np.zeros(0))
    rng = np.random.default_rng(seed)
    times = [EPOCH + timedelta(minutes=float(minute)) for minute in np.linspace(0, minutes, 12)]
    positions = np.array([true.state(when).position_km for when in times]) + rng.normal(0, 3.0, (12, 3))
    found = fit_orbit(times, positions, np.tile(9.0 * np.eye(3), (12, 1, 1)))
    for when in (times[0], times[-1], times[-1] + timedelta(minutes=5)):
        state = found.state(when)
        away = state.position_km - true.state(when).position_km
        assert np.linalg.norm(away) < 6 * np.linalg.norm(state.sd_km)
    assert np.linalg.norm(found.state(times[6]).position_km - true.state(times[6]).position_km) < 6.0


def test_an_orbit_is_fitted_through_stated_nadirs() -> None:
    true = quick_orbit()
    times = [MIDDLE + timedelta(seconds=15.0 * number) for number in range(20)]
    found = orbit_of_nadirs(times, [true.state(when).nadir() for when in times], 1.0)
    when = MIDDLE + timedelta(minutes=8)
    away = found.state(when).position_km - true.state(when).position_km
    assert np.linalg.norm(away) < 40.0  # mostly height, which nadirs do not tell


def test_an_orbit_can_be_sent_to_a_worker(elements: Path, tmp_path: Path) -> None:
    (tmp_path / "station.oem").write_text(oem_text(oem_rows(quick_orbit(), MIDDLE, 6, 240.0, True)))
    for path in (elements, tmp_path / "station.oem"):
        orbit = open_ephemeris(path)
        assert pickle.loads(pickle.dumps(orbit)).state(MIDDLE).nadir() == orbit.state(MIDDLE).nadir()


def test_julian_dates_are_exact() -> None:
    assert julian_date(datetime(2000, 1, 1, 12, tzinfo=UTC)) == (2451544.5, 0.5)
