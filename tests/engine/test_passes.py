"""Passes of a simulated station: what is solved, how sure it says to be, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from orbit_kit import quick_orbit
from passes_kit import FOCAL_PX, TILTED, fixed, middle, simulate
from scipy.spatial.transform import Rotation

from engine import geo
from engine.contract.parameters import DEFAULT_ELLIPSE_KM
from engine.passes.frames import Pass
from engine.passes.leave_one_out import leave_one_out
from engine.passes.model import FOCAL
from engine.passes.solved import SolvedPass, describe, solve_pass

TURNING = np.array([0.0, 0.002, 0.001])  # rad/s
SECONDS = [0.0, 31.3, 58.1, 92.6, 121.2, 150.9, 187.4, 210.2, 244.7, 281.5]


def off_km(solved: SolvedPass, cameras: list) -> list[float]:
    """Errors of the predictions."""
    by_name = dict(zip((frame.name for frame in solved.frames.frames), cameras, strict=True))
    return [
        float(geo.distance_km(*middle(by_name[one.frame.name]), one.ellipse.lat, one.ellipse.lon))
        for one in solved.predicted
    ]


@settings(max_examples=3, deadline=None)
@given(
    st.tuples(*[st.floats(-20.0, 20.0)] * 2, st.floats(-170.0, 170.0)),
    st.integers(0, 10**6),
    st.sampled_from([False, True]),
)
def test_frames_are_predicted_from_a_camera_on_any_mount(mount, seed, with_orbit):
    turned = Rotation.from_euler("zxy", [mount[2], mount[0], mount[1]], degrees=True).as_rotvec()
    frames, cameras = simulate(SECONDS, [1, 4, 6, 8], lambda _: turned, seed)
    solved = solve_pass(frames, quick_orbit() if with_orbit else None)
    assert solved.status == "solved"
    assert solved.whole.holding == "fixed"
    assert len(solved.predicted) == 6
    assert max(off_km(solved, cameras)) < 15.0  # whole seconds alone make 7
    assert all(one.is_known(20.0) for one in solved.predicted)


def test_ellipses_hold_the_ground_as_often_as_they_say():
    inside = []
    for seed in range(11):
        frames, cameras = simulate(SECONDS, [0, 3, 5, 9], fixed, seed, jitter_deg=0.1)
        solved = solve_pass(frames)
        by_name = dict(zip((frame.name for frame in frames.frames), cameras, strict=True))
        inside += [one.ellipse.holds(*middle(by_name[one.frame.name])) for one in solved.predicted]
    assert 0.8 < np.mean(inside) <= 0.99  # of 66


def test_the_clock_and_the_lens_are_recovered():
    frames, _ = simulate(SECONDS, [0, 2, 3, 5, 7, 9], fixed, clock_offset_s=195.0)
    solved = solve_pass(frames, quick_orbit())
    offset_s, sd_s = solved.clock_offset_s
    assert abs(offset_s - 194.5) < 2.0  # times are cut to whole seconds
    assert sd_s < 1.0
    best = solved.whole.best
    assert best.model.lens.focal_px * np.exp(best.common[FOCAL]) == pytest.approx(1.01 * FOCAL_PX, rel=0.01)


def test_a_camera_that_moves_smoothly_is_followed():
    frames, cameras = simulate(
        np.arange(0.0, 200.0, 12.0), [0, 2, 4, 5, 7, 9, 11, 13, 15], lambda s: TILTED + s * TURNING
    )
    solved = solve_pass(frames)
    assert solved.whole.holding == "smooth"
    known = [
        error
        for error, one in zip(off_km(solved, cameras), solved.predicted, strict=True)
        if one.is_known(DEFAULT_ELLIPSE_KM)
    ]
    assert len(known) >= 5
    assert np.median(known) < 8.0


def test_a_camera_in_the_hand_gives_no_footprints():
    rng = np.random.default_rng(3)
    held = {second: rng.normal(0.0, 0.25, 3) for second in SECONDS}
    frames, cameras = simulate(SECONDS, [0, 1, 3, 4, 6, 8], lambda second: held[second])
    solved = solve_pass(frames)
    assert solved.status == "free"
    assert not any(one.is_known(DEFAULT_ELLIPSE_KM) for one in solved.predicted)
    for one, camera in zip(solved.predicted, [cameras[i] for i in (2, 5, 7, 9)], strict=True):
        assert geo.distance_km(*one.camera.nadir()[:2], *camera.nadir()[:2]) < 15.0  # the nadir is known
        assert 2000 < one.visible_km < 2500
    assert "Only the nadir" in str(describe(solved, DEFAULT_ELLIPSE_KM))


def test_a_wrong_location_is_named_and_does_not_matter():
    frames, cameras = simulate(SECONDS, [0, 2, 3, 5, 7, 9], fixed, wrong=[5])
    solved = solve_pass(frames)
    assert [frame.name for frame in solved.wrong] == ["5.jpg"]
    assert max(off_km(solved, cameras)) < 10.0


def test_two_cameras_that_take_turns_are_told():
    other = np.radians([-12.0, 14.0, 100.0])
    frames, _ = simulate(SECONDS, range(10), lambda s: other if SECONDS.index(s) % 2 else TILTED)
    solved = solve_pass(frames)
    assert solved.status == "two_cameras"
    assert len(solved.wrong) == 5
    assert not solved.predicted
    assert "two cameras" in str(describe(solved, DEFAULT_ELLIPSE_KM))


@pytest.mark.parametrize(("offset_s", "with_orbit", "status"), [(30, False, "two_cameras"), (195, True, "two_cameras")])
def test_two_clocks_that_take_turns_are_told(offset_s, with_orbit, status):
    right, wrong = (simulate(SECONDS, range(10), clock_offset_s=clock, seed=clock)[0] for clock in (0, offset_s))
    pairs = enumerate(zip(right.frames, wrong.frames, strict=True))
    frames = sorted((pair[number % 2] for number, pair in pairs), key=lambda frame: frame.at_s)
    solved = solve_pass(Pass(frames), quick_orbit() if with_orbit else None)
    assert solved.status == status
    assert {int(frame.name[0]) % 2 for frame in solved.wrong} in ({0}, {1})


def test_two_cameras_far_apart_in_time_lie_on_no_orbit():
    right, wrong = (simulate(SECONDS, range(10), clock_offset_s=clock)[0] for clock in (0, 600))
    solved = solve_pass(Pass([*wrong.frames[::2], *right.frames[1::2]]))
    assert solved.status == "no_orbit"
    assert "two cameras" in str(describe(solved, DEFAULT_ELLIPSE_KM))


@pytest.mark.parametrize(("located", "status"), [([], "none_located"), ([4], "one_located")])
def test_a_pass_with_too_few_located_frames_says_nothing(located, status):
    solved = solve_pass(simulate(SECONDS, located)[0], quick_orbit())
    assert solved.status == status
    assert not solved.predicted
    assert str(describe(solved, DEFAULT_ELLIPSE_KM))


def test_leaving_one_out_agrees_with_the_truth():
    frames, _ = simulate(SECONDS, [0, 2, 5, 8])
    found = list(leave_one_out(frames))
    assert [one.frame.name for one in found] == ["0.jpg", "2.jpg", "5.jpg", "8.jpg"]
    assert all(one.predicted is not None for one in found)
    assert np.median([one.error_km for one in found]) < 6.0
