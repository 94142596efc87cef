"""Camera RAW photos. rawpy (the extra `raw`) reads them; without it those tests are skipped."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from engine.contract.photos import RAW_SUFFIXES
from engine.errors import InputError, UsageError
from engine.photo import raw
from engine.photo.read import is_raw, read_photo, read_photo_info
from tests.engine.raw_kit import write_dng

WIDTH, HEIGHT = 320, 192


@pytest.fixture
def rawpy():
    return pytest.importorskip("rawpy", reason="rawpy is not installed: RAW photos are not tested")


@pytest.fixture
def quarters() -> np.ndarray:
    """Four colours, so that a rotation or a swap of channels shows."""
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rgb[: HEIGHT // 2, : WIDTH // 2] = 200, 40, 40
    rgb[: HEIGHT // 2, WIDTH // 2 :] = 40, 200, 40
    rgb[HEIGHT // 2 :, : WIDTH // 2] = 40, 40, 200
    rgb[HEIGHT // 2 :, WIDTH // 2 :] = 120
    return rgb


def assert_quarters(pixels: np.ndarray) -> None:
    height, width = pixels.shape[:2]
    means = [pixels[y * height // 8, x * width // 8].astype(int) for y, x in ((2, 2), (2, 6), (6, 2), (6, 6))]
    for strongest, mean in enumerate(means[:3]):
        assert mean.argmax() == strongest
        assert mean.max() - np.median(mean) > 60
    assert np.ptp(means[3]) < 20


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_pixels_are_those_of_the_stored_array(rawpy, tmp_path, quarters, orientation):
    path = write_dng(tmp_path / "iss043e101805 é.DNG", quarters, orientation)
    info = read_photo_info(path)
    assert (info.width_px, info.height_px) == (WIDTH, HEIGHT)
    assert info.orientation == orientation
    photo = read_photo(path)
    assert photo.pixels.shape == (HEIGHT, WIDTH, 3)
    assert_quarters(photo.pixels)


def test_time_focal_length_and_camera_are_read(rawpy, tmp_path, quarters):
    info = read_photo_info(write_dng(tmp_path / "iss043e101805.dng", quarters))
    assert info.photo_id == "ISS043-E-101805"
    assert info.taken_at == "2015-04-05T12:34:56"
    assert info.focal_length_mm == 400.0
    assert info.camera == "NIKON D4"


@pytest.mark.parametrize(("max_px", "half"), [(WIDTH, False), (WIDTH // 2, True), (50, True)])
def test_half_resolution_is_decoded_where_it_suffices(rawpy, tmp_path, quarters, monkeypatch, max_px, half):
    path = write_dng(tmp_path / "a.dng", quarters)
    asked = []
    original = rawpy.RawPy.postprocess

    class Recording:
        def __init__(self, opened):
            self._opened = opened

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._opened.close()

        def __getattr__(self, name):
            return getattr(self._opened, name)

        def postprocess(self, **options):
            asked.append(options["half_size"])
            return original(self._opened, **options)

    imread = rawpy.imread
    monkeypatch.setattr(rawpy, "imread", lambda path: Recording(imread(path)))
    photo = read_photo(path, max_px)
    assert asked == [half]
    assert max(photo.pixels.shape) == max_px
    assert photo.width_px == WIDTH
    assert_quarters(photo.pixels)


def test_damaged_raw_files_are_refused(rawpy, tmp_path, quarters):
    whole = write_dng(tmp_path / "a.nef", quarters).read_bytes()
    for name, content, problem in (
        ("cut.nef", whole[: len(whole) // 3], "is damaged or cut short"),
        ("noise.cr2", b"MM\0*" + bytes(500), "is a RAW file of a kind that LibRaw cannot read"),
        ("noise.cr3", b"\0\0\0\x18ftypcrx " + bytes(500), "LibRaw cannot read"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=problem):
            read_photo(tmp_path / name)


def test_without_rawpy_the_hint_names_the_extra(tmp_path, quarters, monkeypatch):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    path = write_dng(tmp_path / "a.dng", quarters)
    for read in (read_photo, read_photo_info):
        with pytest.raises(InputError) as caught:
            read(path)
        assert caught.value.problem == "is a camera RAW file"
        assert caught.value.hint == "convert it to a JPEG or TIFF, or install the engine with the extra raw"


def test_a_jpeg_with_a_raw_name_is_a_jpeg(tmp_path, quarters):
    from PIL import Image

    Image.fromarray(quarters).save(tmp_path / "a.nef", format="JPEG")
    assert not is_raw(tmp_path / "a.nef")
    assert_quarters(read_photo(tmp_path / "a.nef").pixels)


def test_suffixes_of_folders_are_known_to_the_reader():
    assert set(RAW_SUFFIXES) == set(raw.SUFFIXES) - {".raw"}  # other programs call other files .raw


def test_folder_takes_a_raw_file_only_without_its_jpeg(tmp_path):
    from engine.commands import _photos

    for name in ("a.JPG", "a.NEF", "b.nef", "c.raw", "d.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert [path.name for path in _photos([tmp_path])] == ["a.JPG", "b.nef"]
    assert _photos([tmp_path / "a.NEF"]) == [tmp_path / "a.NEF"]


@pytest.mark.parametrize("kind", ["gcp", "points", "worldfile"])
def test_files_that_place_stored_pixels_are_refused_for_raw(rawpy, tmp_path, quarters, monkeypatch, kind):
    from engine.georeference import write

    photo = write_dng(tmp_path / "a.dng", quarters)
    monkeypatch.setattr(write.RegisteredPhoto, "load", lambda *_: None)
    with pytest.raises(UsageError, match="is a camera RAW file") as caught:
        write.georeference(photo, tmp_path / "r.gpkg", write.OutputSpec(kind, tmp_path / "out.tif"))
    assert "choose ortho, warped or affine" in caught.value.hint


def test_pixels_to_draw_a_raw_photo_are_those_of_the_sensor(rawpy, tmp_path, quarters, monkeypatch):
    from engine.georeference import pixels
    from engine.progress import Progress

    monkeypatch.setattr(pixels, "_IN_MEMORY_PX", 100)
    info = read_photo_info(write_dng(tmp_path / "a.dng", quarters))
    with pixels.PhotoPixels(info, tmp_path / "scratch", Progress()) as source:
        drawn, *_ = source.window(0, 0, WIDTH, HEIGHT, 1)
    assert_quarters(drawn)
