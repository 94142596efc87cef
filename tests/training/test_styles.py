"""Simulated photos with the look of real ones."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from training.learn import _apart_from
from training.located import LocatedPhoto, LocatedPhotos
from training.mining import ShownTiles
from training.photo_head import Views
from training.styles import _with_tones_of, pick, restyle, style_of


def texture(seed, size=64):
    rng = np.random.default_rng(seed)
    return np.kron(rng.integers(60, 200, (size // 4, size // 4)), np.ones((4, 4))).astype(np.uint8)


def behind_a_round_port(size=64):
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    light = texture(1, size)
    light[np.hypot(x, y) > 0.9] = 3
    return light


def test_a_window_frame_is_what_is_dark_from_the_edge_on():
    frame = style_of(behind_a_round_port(), "a").frame
    assert frame[0, 0]
    assert frame[-1, -1]
    assert not frame[32, 32]
    inside = texture(2)
    inside[20:30, 20:30] = 0  # a dark lake is no frame
    assert not style_of(inside, "a").frame.any()


def test_restyled_photos_take_on_frames_and_stay_pictures():
    picture = np.repeat(texture(3)[..., None], 3, axis=2)
    style = style_of(behind_a_round_port(), "a")
    found = [restyle(picture, style, np.random.default_rng(seed)) for seed in range(20)]
    assert all(one.shape == picture.shape and one.dtype == np.uint8 for one in found)
    framed = [one for one in found if one[0, 0].max() < 30]
    assert 12 <= len(framed) < 20
    again = restyle(picture, style, np.random.default_rng(3))
    np.testing.assert_array_equal(again, found[3])
    assert any((one != found[0]).any() for one in found)


def test_black_photos_give_no_error():
    restyle(np.zeros((32, 32, 3), np.uint8), style_of(np.zeros((40, 60), np.uint8), "a"), np.random.default_rng(0))


def test_tones_become_those_of_the_other_picture():
    grey, look = np.float32(texture(4)), np.float32(texture(5)) * 0.3 + 150
    matched = _with_tones_of(look.ravel(), grey)
    assert abs(matched.mean() - look.mean()) < 3
    assert np.corrcoef(matched.ravel(), grey.ravel())[0, 1] > 0.95


def test_every_pass_has_the_same_share():
    styles = [style_of(texture(n), "many") for n in range(9)] + [style_of(texture(9), "one")]
    rng = np.random.default_rng(0)
    share = np.mean([pick(styles, rng).pass_name == "one" for _ in range(200)])
    assert 0.4 < share < 0.6


def test_views_with_the_look_of_held_out_passes_are_left_out():
    views = Views(
        np.arange(3, dtype=np.float32)[:, None],
        np.arange(3),
        ShownTiles([np.array([0])] * 3, [np.ones(1, np.float32)] * 3),
        ("", "a", "b"),
    )
    assert views.without_look({"a"}).features.ravel().tolist() == [0, 2]
    assert views.without_look({"a", "b"}).look == ("",)


def test_nothing_of_the_passes_of_test_photos_is_learned_from(tmp_path):
    square = np.array([[44.0, 5], [44, 6], [43, 6], [43, 5]])

    def photo(name, pass_name):
        return LocatedPhoto(tmp_path / name, square, pass_name)

    located = LocatedPhotos([photo("x_1.jpg", "monday"), photo("y_1.jpg", "tuesday"), photo("z_1.jpg", "friday")], {})
    test = LocatedPhotos([photo("x_9.jpg", "someday"), photo("q_1.jpg", "tuesday")], {})
    apart, more = _apart_from(test, located, [tmp_path / "x_7.jpg", tmp_path / "w_1.jpg"])
    assert [p.path.name for p in apart.photos] == ["z_1.jpg"]
    assert apart.left_out == {"its pass is that of a test photo": 2}
    assert [path.name for path in more] == ["w_1.jpg"]
