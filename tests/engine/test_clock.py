from __future__ import annotations

import re
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from orbit_kit import MIDDLE, fixes, write_elements

from engine.errors import InputError
from engine.orbit.clock import Fix, solve_clock
from engine.orbit.clock_messages import in_units
from engine.orbit.opening import Orbit, open_ephemeris

PASS_S = np.arange(0, 300, 25.0)


@pytest.fixture(scope="module")
def orbit(tmp_path_factory: pytest.TempPathFactory) -> Orbit:
    return open_ephemeris(write_elements(tmp_path_factory.mktemp("orbit") / "station.tle"))


def elsewhere(fix: Fix, km: float, seed: int = 0) -> Fix:
    """The same photo at a wrong place at the station's height."""
    rng = np.random.default_rng(seed)
    away = fix.position_km + km * _unit(np.cross(fix.position_km, rng.normal(size=3)))
    return Fix(fix.name, fix.taken, away * np.linalg.norm(fix.position_km) / np.linalg.norm(away), fix.covariance)


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


@settings(max_examples=15, deadline=None)
@given(
    offset_s=st.one_of(st.floats(-400, 400), st.floats(-50_000, 50_000), st.sampled_from([195.0, 3600.0, -10_800.0])),
    sd_km=st.floats(1.0, 12.0),
    count=st.integers(3, 12),
    wrong=st.integers(0, 3),
    seed=st.integers(0, 10_000),
)
def test_any_offset_is_found_among_wrong_places(
    orbit: Orbit, offset_s: float, sd_km: float, count: int, wrong: int, seed: int
) -> None:
    wrong = min(wrong, (count - 1) // 3)
    photos = fixes(orbit, offset_s, PASS_S[:count], sd_km, seed)
    photos[:wrong] = [elsewhere(fix, 900.0 + 500 * at, seed + at) for at, fix in enumerate(photos[:wrong])]
    found = solve_clock(photos, orbit, "NIKON D5")
    assert found.status == "solved"
    assert found.best is not None
    assert abs(found.best.seconds - offset_s) < 5 * found.best.sd_s
    assert found.best.sd_s < 3.0
    assert found.wrong == tuple(fix.name for fix in photos[:wrong])


def test_the_sentence_says_what_was_wrong(orbit: Orbit) -> None:
    behind = solve_clock(fixes(orbit, 195.0, PASS_S), orbit, "NIKON D5")
    assert str(behind.message()).startswith("The clock of NIKON D5 was 3 min 15 s behind (± ")
    assert str(behind.message()).endswith("12 of 12 located photos agree).")
    ahead = str(solve_clock(fixes(orbit, -10_800.0 - 20.0, PASS_S), orbit, "NIKON D5").message())
    assert "was 3 h 20 s ahead" in ahead
    assert ahead.endswith("It may have been set to the time zone UTC+3.")
    right = str(solve_clock(fixes(orbit, 0.1, PASS_S), orbit, "NIKON D5").message())
    assert "was right (" in right


def test_two_cameras_mixed_up_are_told(orbit: Orbit) -> None:
    photos = fixes(orbit, 195.0, PASS_S[:7]) + fixes(orbit, -42.0, PASS_S[7:], seed=1)
    found = solve_clock(photos, orbit, "NIKON D5")
    assert found.status == "two_clocks"
    assert found.seconds is None
    assert found.best is not None
    assert [found.best.agreeing, found.others[0].agreeing] == [7, 5]
    says = r"for 7 of them it was 3 min 15 s behind, for 5 4[12]\.\d s ahead"
    assert re.search(says, str(found.message()))


def test_one_photo_is_not_enough_to_be_sure(orbit: Orbit) -> None:
    found = solve_clock(fixes(orbit, 30.0, [0.0]), orbit, "NIKON D5")
    assert found.status == "one_photo"
    assert found.seconds is None
    assert found.best is not None
    assert found.best.seconds == pytest.approx(30.0, abs=6.0)


def test_offsets_that_fit_equally_are_all_told(orbit: Orbit) -> None:
    """One photo where a pass northward and a later one southward cross, far from any likely offset."""
    photo = fixes(orbit, 20_000.0, [0.0])[0]
    found = solve_clock([photo], orbit, "NIKON D5")
    offsets = [one.seconds for one in ((found.best, *found.others) if found.best else ())]
    assert any(abs(one - 20_000.0) < 10 for one in offsets)
    if len(offsets) > 1:
        assert found.status == "ambiguous"
        assert "fits several offsets about equally" in str(found.message())


def test_photos_on_no_orbit_give_no_clock(orbit: Orbit) -> None:
    photos = [elsewhere(fix, 2500.0, at) for at, fix in enumerate(fixes(orbit, 0.0, PASS_S))]
    found = solve_clock(photos, orbit, "NIKON D5")
    assert found.seconds is None
    assert found.status in ("none", "ambiguous")


def test_an_orbit_of_other_times_is_refused(orbit: Orbit) -> None:
    photos = [
        Fix(fix.name, fix.taken + timedelta(days=300), fix.position_km, fix.covariance)
        for fix in fixes(orbit, 0.0, PASS_S)
    ]
    with pytest.raises(InputError, match="its nearest elements are 300 days away"):
        solve_clock(photos, orbit)


def test_old_elements_make_the_offset_less_certain(orbit: Orbit) -> None:
    later = datetime(2024, 2, 27, 12, tzinfo=MIDDLE.tzinfo)
    fresh = solve_clock(fixes(orbit, 60.0, PASS_S), orbit)
    old = solve_clock(fixes(orbit, 60.0, PASS_S, start=later), orbit)
    assert fresh.best is not None
    assert old.best is not None
    assert old.best.sd_s > 3.5  # 2 km a day for 15 days, at 7.4 km/s
    assert fresh.best.sd_s < 1.0


def test_times_in_units() -> None:
    assert [in_units(s) for s in (4.24, 195.2, 3600.0, 45_015.0)] == ["4.2 s", "3 min 15 s", "1 h", "12 h 30 min 15 s"]
