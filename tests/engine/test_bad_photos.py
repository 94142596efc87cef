"""Photos in practice, through `register`: marked, framed, mirrored, with wrong or missing EXIF."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image
from test_registration import PLACES, SIZE, near, take_photo, texture
from test_registration_solve import camera_at, overlap

from engine.photo.no_ground import why_no_ground
from engine.photo.read import read_photo
from engine.register_at import Place, register_at
from engine.registration import footprint

CAMERA = camera_at(**PLACES["oblique"][2])
FOCAL_MM = 36 * 1000 / 1024


@pytest.fixture(scope="module")
def imagery(tmp_path_factory, make_raster):
    return make_raster(tmp_path_factory.mktemp("imagery") / "land.tif", PLACES["oblique"][0], pixels=texture(0))


@pytest.fixture(scope="module")
def pixels(imagery):
    return take_photo(imagery, CAMERA)


@pytest.fixture
def register_photo(tmp_path, imagery):
    """Save a picture as a camera would and register the file; focal length in mm or None, EXIF orientation."""

    def answer(pixels, focal_mm=FOCAL_MM, nadir=None, orientation=1):
        exif = Image.Exif()
        exif[0x0110] = "NIKON D4"
        exif[0x0112] = orientation
        if focal_mm is not None:
            exif.get_ifd(0x8769)[0x920A] = focal_mm
        path = tmp_path / f"photo_{orientation}.jpg"
        Image.fromarray(pixels).save(path, quality=95, exif=exif)
        return register_at(Place(path, *near(CAMERA), 380.0, str(imagery), nadir))

    return answer


def is_right(answer) -> bool:
    return overlap(footprint.corners(CAMERA), np.array(answer["corners"])) > 0.95


def framed(pixels):
    """Seen through a round window."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width]
    return np.where((np.hypot(x - width / 2, y - height / 2) < 0.56 * width)[..., None], pixels, 3).astype(np.uint8)


def with_strip(pixels):
    """With an id strip burned in, as the archive's print copies have."""
    marked = pixels.copy()
    marked[-14:] = 235
    cv2.putText(marked, "ISS064-E-48617", (6, marked.shape[0] - 3), cv2.FONT_HERSHEY_PLAIN, 0.9, (0, 0, 0))
    marked[:, :40] = 0
    return marked


@pytest.mark.parametrize("spoil", [framed, with_strip])
def test_window_frames_and_id_strips_do_not_matter(spoil, pixels, register_photo):
    answer = register_photo(spoil(pixels))
    assert answer["status"] == "located"
    assert is_right(answer)


@pytest.mark.parametrize("focal_mm", [None, 0.5 * FOCAL_MM, 0.0], ids=["absent", "half", "zero"])
def test_a_focal_length_that_is_absent_or_wrong(focal_mm, pixels, register_photo):
    answer = register_photo(pixels, focal_mm)
    assert answer["status"] != "located" or is_right(answer)
    if not focal_mm:
        assert answer["status"] == "located"


def test_nadir_that_is_wrong_by_1500_km_is_reported(pixels, register_photo):
    lat, lon, _ = CAMERA.nadir()
    answer = register_photo(pixels, nadir=(lat + 13.5, lon))
    assert answer["status"] == "located"
    assert is_right(answer)
    assert "The nadir given seems to be wrong." in answer["message"]


def test_a_mirrored_photo_is_not_located(pixels, register_photo):
    answer = register_photo(np.ascontiguousarray(pixels[:, ::-1]))
    assert answer["status"] in ("not_found", "uncertain")
    assert answer["confidence"] < 0.5


def test_portrait_flag_does_not_rotate_the_answer(pixels, register_photo):
    """Pixels count as stored: the same photo with EXIF's "rotated by 90 degrees" has the same corners."""
    upright, flagged = (register_photo(pixels, orientation=orientation) for orientation in (1, 6))
    assert (flagged["pose"]["width_px"], flagged["pose"]["height_px"]) == SIZE
    assert np.array(flagged["corners"]) == pytest.approx(np.array(upright["corners"]))
    assert is_right(flagged)


def test_photos_without_daylight_are_detected_and_others_are_not():
    rng = np.random.default_rng(0)
    day = np.clip(rng.normal(130, 30, (300, 400, 3)), 0, 255).astype(np.uint8)
    night = rng.integers(4, 20, (300, 400, 3), np.uint8)
    night[100:140, 150:230] = 240  # a town
    y, x = np.mgrid[:300, :400]
    window = np.where((np.hypot(x - 200, y - 150) < 110)[..., None], day, 3).astype(np.uint8)
    assert "no ground in daylight" in str(why_no_ground(night))
    assert "of one colour" in str(why_no_ground(np.full((30, 40, 3), 7, np.uint8)))
    for shown in (day, window, day // 6, day[:3, :3], cv2.GaussianBlur(night, (0, 0), 40) // 2):
        assert why_no_ground(shown) is None


@pytest.mark.realdata
def test_real_photos_without_daylight_are_detected_and_others_are_not(data_folder):
    photos = data_folder / "photos"
    told = {
        path.name
        for path in [*photos.glob("negatives/*"), *photos.glob("*.jpg"), *(data_folder / "passes").glob("*.jpg")]
        if why_no_ground(read_photo(path, max_px=512).pixels) is not None
    }
    dark = {"limb_aurora_iss073e0293986.jpg", "limb_iss064e002941.jpg", "night_lisbon.jpg", "night_paris.jpg"}
    assert told == dark
