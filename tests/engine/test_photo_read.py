"""Reading photos of cameras and archives, and damaged ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin
from PIL.ExifTags import GPS, IFD, Base

from engine.errors import InputError
from engine.photo.read import read_photo, read_photo_info

DATA = Path(os.environ.get("EARTHLOC_DATA", "../shared/data"))
realdata = [
    pytest.mark.realdata,
    pytest.mark.skipif(not (DATA / "photos").is_dir(), reason=f"no photos in {DATA}"),
]


def picture(width=64, height=48):
    """Four quarters: red, green / blue, white, so that any rotation or flip is visible."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (200, 20, 20)
    pixels[: height // 2, width // 2 :] = (20, 180, 20)
    pixels[height // 2 :, : width // 2] = (20, 20, 160)
    pixels[height // 2 :, width // 2 :] = (240, 240, 240)
    return pixels


def quarters(pixels):
    """Mean colour of the middle of each quarter: top-left, top-right, bottom-left, bottom-right."""
    h, w = pixels.shape[:2]
    return np.array(
        [
            pixels[int(h * y) - h // 8 : int(h * y) + h // 8 + 1, int(w * x) - w // 8 : int(w * x) + w // 8 + 1]
            .reshape(-1, 3)
            .mean(0)
            for y in (0.25, 0.75)
            for x in (0.25, 0.75)
        ]
    )


def assert_is_picture(pixels, tolerance=8.0):
    np.testing.assert_allclose(quarters(pixels), quarters(picture()), atol=tolerance)


def write_tiff(path, data, **profile):
    """(bands, h, w) of any dtype."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=data.shape[0],
        height=data.shape[1],
        width=data.shape[2],
        dtype=data.dtype,
        **profile,
    ) as out:
        out.write(data)


# -- what can be read -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("photo.jpg", {"quality": 95}),
        ("photo.png", {}),
        ("photo.webp", {"lossless": True}),
        ("photo.tif", {}),
        ("photo.tiff", {"compression": "jpeg", "quality": 95}),
        ("photo.bmp", {}),
        ("photo.jp2", {}),
        ("photo.avif", {"quality": 95}),
        ("progressive.jpg", {"progressive": True, "quality": 95}),
        ("Ünïcödé фото 写真.jpg", {"quality": 95}),
        (" blanks  in the name .jpg", {"quality": 95}),
    ],
)
def test_formats(tmp_path, name, options):
    path = tmp_path / name
    Image.fromarray(picture()).save(path, **options)
    photo = read_photo(path)
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.shape == (48, 64, 3)
    assert (photo.width_px, photo.height_px) == (64, 48)
    assert_is_picture(photo.pixels)
    assert photo.path == path


def test_format_is_taken_from_the_first_bytes_not_the_name(tmp_path):
    Image.fromarray(picture()).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert_is_picture(read_photo(str(tmp_path / "a.jpg")).pixels)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P", "L", "1"])
def test_png_modes(tmp_path, mode):
    image = Image.fromarray(picture()).convert("P" if mode == "PA" else mode)
    if mode == "RGBA":
        image.putalpha(7)
    if mode == "PA":
        image.info["transparency"] = 3
        mode = "P"
    image.save(tmp_path / "a.png")
    photo = read_photo(tmp_path / "a.png")
    if mode in ("RGBA", "P"):
        assert_is_picture(photo.pixels, 12)
    else:
        assert photo.pixels.shape == (48, 64, 3)
        assert photo.pixels[40, 60, 0] > 200
        assert np.ptp(photo.pixels, axis=2).max() == 0


def test_grayscale_jpeg(tmp_path):
    Image.fromarray(picture()).convert("L").save(tmp_path / "a.jpg", quality=95)
    pixels = read_photo(tmp_path / "a.jpg").pixels
    assert np.ptp(pixels, axis=2).max() == 0
    assert pixels[40, 60, 0] > 230
    assert pixels[40, 3, 0] < 60


def test_cmyk_jpeg_keeps_its_colours(tmp_path):
    Image.fromarray(picture()).convert("CMYK").save(tmp_path / "a.jpg", quality=95)
    assert_is_picture(read_photo(tmp_path / "a.jpg").pixels, 12)


def test_cmyk_tiff_keeps_its_colours(tmp_path):
    Image.fromarray(picture()).convert("CMYK").save(tmp_path / "a.tif")
    assert_is_picture(read_photo(tmp_path / "a.tif").pixels, 12)


@pytest.mark.parametrize("mode", ["P", "L", "1", "RGBA"])
def test_tiff_modes(tmp_path, mode):
    Image.fromarray(picture()).convert(mode).save(tmp_path / "a.tif")
    pixels = read_photo(tmp_path / "a.tif").pixels
    expected = np.asarray(Image.fromarray(picture()).convert(mode).convert("RGB"))
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_animated_gives_the_first_frame(tmp_path, name):
    frames = [Image.fromarray(picture()), Image.new("RGB", (64, 48), (1, 2, 3))]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=100)
    assert_is_picture(read_photo(tmp_path / name).pixels, 14)


def test_sixteen_bit_gray_is_stretched_not_cut(tmp_path):
    ramp = np.linspace(300, 4300, 64 * 48).reshape(48, 64).astype(np.uint16)  # a 12-bit sensor
    Image.fromarray(ramp).save(tmp_path / "a.png")
    write_tiff(tmp_path / "a.tif", ramp[None])
    for name in ("a.png", "a.tif"):
        pixels = read_photo(tmp_path / name).pixels
        assert pixels.shape == (48, 64, 3)
        assert pixels[0, 0, 0] == 0
        assert pixels[-1, -1, 0] == 255
        assert abs(int(pixels[24, 0, 1]) - 128) < 4


def test_sixteen_bit_rgb_keeps_the_balance_of_its_colours(tmp_path):
    deep = np.moveaxis(picture().astype(np.uint16) * 16, -1, 0)
    write_tiff(tmp_path / "a.tif", deep, photometric="RGB")
    with rasterio.open(tmp_path / "a.png", "w", driver="PNG", width=64, height=48, count=3, dtype="uint16") as out:
        out.write(deep)
    stretched = (quarters(picture()) - 20) * (255 / 220)
    for name in ("a.tif", "a.png"):
        np.testing.assert_allclose(quarters(read_photo(tmp_path / name).pixels), stretched, atol=2)


def test_float_tiff_with_holes_and_a_fourth_band(tmp_path):
    data = np.concatenate([np.moveaxis(picture(), -1, 0) / 255.0, np.full((1, 48, 64), 1e6)]).astype(np.float32)
    data[:, :3, :3] = np.nan
    write_tiff(tmp_path / "a.tif", data)
    photo = read_photo(tmp_path / "a.tif")
    assert (photo.pixels[:2, :2] == 0).all()
    np.testing.assert_allclose(quarters(photo.pixels)[1:], ((quarters(picture()) - 20) * (255 / 220))[1:], atol=2)


def test_constant_sixteen_bit_image(tmp_path):
    write_tiff(tmp_path / "a.tif", np.full((1, 32, 32), 777, np.uint16))
    assert read_photo(tmp_path / "a.tif").pixels.max() == 0


@pytest.mark.parametrize("name", ["a.jpg", "a.tif", "a.png", "a.webp"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_orientation_is_reported_but_not_applied(tmp_path, name, orientation):
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    Image.fromarray(picture()).save(tmp_path / name, exif=exif)
    photo = read_photo(tmp_path / name)
    assert photo.orientation == orientation
    assert (photo.width_px, photo.height_px) == (64, 48)
    assert photo.pixels.shape == (48, 64, 3)
    assert_is_picture(photo.pixels, 14)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
@pytest.mark.parametrize("size", [(640, 480), (480, 641), (100, 33)])
def test_long_side_is_limited_by_averaging(tmp_path, name, size):
    Image.fromarray(picture(*size)).save(tmp_path / name)
    photo = read_photo(tmp_path / name, max_px=96)
    assert max(photo.pixels.shape) == 96
    assert abs(photo.pixels.shape[1] / photo.pixels.shape[0] - size[0] / size[1]) < 0.05
    assert (photo.width_px, photo.height_px) == size
    assert_is_picture(photo.pixels)


def test_fine_stripes_average_to_grey(tmp_path):
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[::2] = 255
    for name in ("a.png", "a.tif", "a.webp"):
        Image.fromarray(stripes).save(tmp_path / name, **({"lossless": True} if name == "a.webp" else {}))
        pixels = read_photo(tmp_path / name, max_px=64).pixels
        assert np.abs(pixels.astype(int) - 127).max() <= 1


# -- large photos ---------------------------------------------------------------------------------

_PEAK = """
    import resource, sys, time
    from engine.photo.read import read_photo
    start = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    photo = read_photo(sys.argv[1])
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(photo.pixels.shape[1], photo.pixels.shape[0], photo.width_px, peak, time.perf_counter() - start)
"""


def peak_of_reading(path):
    """Shape, full width, and megabytes that reading added to a fresh process."""
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_PEAK), str(path)], capture_output=True, text=True, check=True
    )
    width, height, full, megabytes, seconds = done.stdout.split()
    return (int(width), int(height)), int(full), float(megabytes), float(seconds)


def test_jpeg_of_200_megapixels_is_read_without_decoding_it_whole(tmp_path):
    Image.new("L", (16400, 12300), 90).save(tmp_path / "large.jpg")
    size, full, megabytes, _ = peak_of_reading(tmp_path / "large.jpg")
    assert size == (2048, 1536)
    assert full == 16400
    assert megabytes < 100


def test_large_tiff_and_png_are_read_piece_by_piece(tmp_path):
    with rasterio.open(
        *(tmp_path / "large.tif", "w"),
        driver="GTiff",
        width=10000,
        height=6000,
        count=3,
        dtype="uint8",
        tiled=True,
        sparse_ok=True,
        compress="deflate",
    ) as out:
        out.write(np.full((3, 512, 512), 200, np.uint8), window=((0, 512), (0, 512)))
    Image.new("L", (8000, 6000), 90).save(tmp_path / "large.png", compress_level=1)
    for name, side in (("large.tif", 10000), ("large.png", 8000)):
        size, full, megabytes, _ = peak_of_reading(tmp_path / name)
        assert max(size) == 2048
        assert full == side
        assert megabytes < 250


def png_header(width, height, interlace=0):
    """A PNG whose header states a size, without pixels."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    ihdr = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("size", "interlace", "limit"), [((60000, 60000), 0, "1500 megapixels"), ((20000, 20000), 1, "270 megapixels")]
)
def test_absurd_sizes_are_refused_before_decoding(tmp_path, size, interlace, limit):
    (tmp_path / "bomb.png").write_bytes(png_header(*size, interlace))
    for read in (read_photo, read_photo_info):
        with pytest.raises(InputError, match=limit):
            read(tmp_path / "bomb.png")


def test_tiff_of_a_single_huge_tile_is_refused(tmp_path):
    profile = {"width": 16000, "height": 16000, "count": 3, "dtype": "uint8", "interleave": "pixel"}
    profile |= {"tiled": True, "blockxsize": 16000, "blockysize": 16000, "sparse_ok": True, "compress": "deflate"}
    with rasterio.open(tmp_path / "tile.tif", "w", driver="GTiff", **profile):
        pass
    with pytest.raises(InputError, match="single piece"):
        read_photo(tmp_path / "tile.tif")


# -- what cannot be read --------------------------------------------------------------------------


def assert_refused(path, problem):
    """Both functions refuse it with one sentence that names the file."""
    for read in (read_photo, read_photo_info):
        with pytest.raises(InputError) as caught:
            read(path)
        message = str(caught.value)
        assert problem in message
        assert str(path) in message
        assert "\n" not in message
        assert caught.value.hint


def test_missing_folder_and_empty(tmp_path):
    assert_refused(tmp_path / "missing.jpg", "does not exist")
    assert_refused(tmp_path, "is a folder")
    (tmp_path / "empty.jpg").touch()
    assert_refused(tmp_path / "empty.jpg", "is empty")
    assert_refused(Path("null\0character.jpg"), "cannot be opened")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_named_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert_refused(tmp_path / "pipe.jpg", "is not a regular file")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path):
    Image.fromarray(picture()).save(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").chmod(0)
    assert_refused(tmp_path / "a.jpg", "may not be read")


@pytest.mark.parametrize(
    "content",
    [
        b"Dear analyst, this is no photo.",
        b"<VRTDataset rasterXSize='512' rasterYSize='512'></VRTDataset>",
        b"%PDF-1.4",
        b"PK\x03\x04",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        bytes(1000),
    ],
)
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "a.jpg").write_bytes(content)
    assert_refused(tmp_path / "a.jpg", "is not an image of a known kind")


def test_a_url_or_virtual_path_is_not_opened():
    for path in ("https://example.org/a.tif", "/vsicurl/https://example.org/a.tif", "/vsimem/a.tif"):
        assert_refused(path.replace("//", "/"), "does not exist")


def test_heic_is_refused_with_a_hint(tmp_path):
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(500))
    assert_refused(tmp_path / "a.heic", "is a HEIC file; convert it")


@pytest.mark.parametrize("size", [(1, 1), (15, 400), (400, 15)])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_too_small(tmp_path, size, suffix):
    Image.new("RGB", size).save(tmp_path / f"small{suffix}")
    assert_refused(tmp_path / f"small{suffix}", f"is only {size[0]} x {size[1]} pixels")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".gif", ".bmp", ".jp2", ".avif"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.9])
def test_cut_short(tmp_path, suffix, kept):
    whole = tmp_path / f"whole{suffix}"
    noise = np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8)
    Image.fromarray(noise).save(whole)
    content = whole.read_bytes()
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(content[: max(12, int(len(content) * kept))])
    with pytest.raises(InputError, match="damaged or cut short") as caught:
        read_photo(path)
    assert str(path) in str(caught.value)


def test_sixteen_bit_png_cut_short(tmp_path):
    noise = np.random.default_rng(1).integers(0, 65535, (120, 160), np.uint16)
    Image.fromarray(noise).save(tmp_path / "whole.png")
    content = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="damaged or cut short"):
        read_photo(tmp_path / "cut.png")


def sample_bytes(suffix):
    buffer = BytesIO()
    exif = Image.Exif()
    exif[Base.Model] = "NIKON D4"
    exif.get_ifd(IFD.Exif)[Base.FocalLength] = 24.0
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (36.0, 53.0, 10.1)
    image = Image.fromarray(picture(40, 32))
    image.save(buffer, {"jpg": "JPEG", "png": "PNG", "tif": "TIFF", "webp": "WEBP", "gif": "GIF"}[suffix], exif=exif)
    return buffer.getvalue()


_SAMPLES = {suffix: sample_bytes(suffix) for suffix in ("jpg", "png", "tif", "webp", "gif")}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    suffix=st.sampled_from(sorted(_SAMPLES)),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8),
    near_the_start=st.booleans(),
)
def test_flipped_bytes_never_raise_anything_else(tmp_path, suffix, flips, near_the_start):
    content = bytearray(_SAMPLES[suffix])
    span = min(len(content), 300) if near_the_start else len(content)
    for where, value in flips:
        content[int(where * span)] = value
    path = tmp_path / f"flipped.{suffix}"
    path.write_bytes(content)
    for read in (read_photo, read_photo_info):
        try:
            photo = read(path)
        except InputError:
            continue
        assert photo.orientation in range(1, 9)


# -- EXIF -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".webp", ".png"])
def test_exif_of_a_crew_camera(tmp_path, suffix):
    main = {Base.Make: "NIKON CORPORATION", Base.Model: "NIKON D4\0", Base.Orientation: 6}
    sub = {Base.DateTimeOriginal: "2015:01:07 11:59:24", Base.FocalLength: 24.0}
    gps = {GPS.GPSLatitudeRef: "S", GPS.GPSLatitude: (36.0, 53.0, 10.1)}
    gps |= {GPS.GPSLongitudeRef: "W", GPS.GPSLongitude: (136.0, 24.0, 18.5)}
    path = tmp_path / f"ISS042-E-104433{suffix}"
    if suffix == ".tif":
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        for tag, value in (main | {IFD.Exif: sub, IFD.GPSInfo: gps}).items():
            tags[tag] = value
        Image.fromarray(picture()).save(path, tiffinfo=tags)
    else:
        exif = Image.Exif()
        exif.update(main)
        exif.get_ifd(IFD.Exif).update(sub)
        exif.get_ifd(IFD.GPSInfo).update(gps)
        Image.fromarray(picture()).save(path, exif=exif)
    info = read_photo_info(path)
    assert info.photo_id == "ISS042-E-104433"
    assert info.taken_at == "2015-01-07T11:59:24"
    assert (info.camera, info.focal_length_mm, info.orientation) == ("NIKON D4", 24.0, 6)
    assert info.nadir == pytest.approx((-36.886139, -136.405139), abs=1e-6)


def test_no_exif(tmp_path):
    Image.fromarray(picture()).save(tmp_path / "crop.jpg")
    info = read_photo_info(tmp_path / "crop.jpg")
    assert (info.photo_id, info.taken_at, info.camera, info.focal_length_mm, info.nadir) == (None,) * 5
    assert info.orientation == 1


@pytest.mark.parametrize(
    ("taken", "offset", "expected"),
    [
        ("2015:01:07 11:59:24", "+00:00", "2015-01-07T11:59:24+00:00"),
        ("2015:01:07 11:59:24", "nonsense", "2015-01-07T11:59:24"),
        ("0000:00:00 00:00:00", None, None),
        ("2015:13:07 11:59:24", None, None),
        ("    :  :     :  :  ", None, None),
    ],
)
def test_times(tmp_path, taken, offset, expected):
    exif = Image.Exif()
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = taken
    if offset:
        exif.get_ifd(IFD.Exif)[Base.OffsetTimeOriginal] = offset
    Image.fromarray(picture()).save(tmp_path / "a.jpg", exif=exif)
    assert read_photo_info(tmp_path / "a.jpg").taken_at == expected


@pytest.mark.parametrize(
    ("lat", "lon"),
    [((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), ((95.0, 0.0, 0.0), (10.0, 0.0, 0.0)), ((5.0, 0.0), (10.0, 0.0, 0.0))],
)
def test_impossible_positions_give_no_nadir(tmp_path, lat, lon):
    exif = Image.Exif()
    gps = exif.get_ifd(IFD.GPSInfo)
    gps[GPS.GPSLatitudeRef], gps[GPS.GPSLatitude] = "N", lat
    gps[GPS.GPSLongitudeRef], gps[GPS.GPSLongitude] = "E", lon
    Image.fromarray(picture()).save(tmp_path / "a.jpg", exif=exif)
    assert read_photo_info(tmp_path / "a.jpg").nadir is None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    garbage=st.binary(max_size=200),
    head=st.sampled_from([b"", b"Exif\0\0", b"Exif\0\0II*\0\x08\0\0\0", b"Exif\0\0MM\0*\0\0\0\x08\0\x05"]),
    suffix=st.sampled_from(["jpg", "webp", "png"]),
)
def test_pixels_are_read_despite_damaged_exif(tmp_path, garbage, head, suffix):
    path = tmp_path / f"garbage.{suffix}"
    Image.fromarray(picture()).save(path, exif=head + garbage)
    assert_is_picture(read_photo(path).pixels, 14)


# -- real photos ----------------------------------------------------------------------------------


class TestRealPhotos:
    pytestmark = realdata

    def test_every_photo_is_read(self):
        paths = sorted((DATA / "photos").rglob("*.jpg"))
        assert len(paths) > 30
        for path in paths:
            photo = read_photo(path, max_px=512)
            assert max(photo.pixels.shape) == 512
            assert photo.pixels.std() > 2
            if path.name.startswith("astropi"):
                assert photo.photo_id is None
                assert photo.nadir is not None
            elif path.name[:3] in ("ISS", "STS"):
                assert photo.photo_id == path.stem

    def test_nadirs_agree_with_the_truth_table(self):
        import csv

        with (DATA / "photos" / "truth.csv").open() as table:
            rows = [row for row in csv.DictReader(table) if row["nadir_lat"]]
        assert rows
        for row in rows:
            nadir = read_photo_info(DATA / "photos" / row["photo"]).nadir
            assert nadir == pytest.approx((float(row["nadir_lat"]), float(row["nadir_lon"])), abs=1e-4)

    def test_a_nikon_frame(self, tmp_path):
        copy = shutil.copy(DATA / "photos" / "ISS042-E-104433.jpg", tmp_path)
        info = read_photo_info(copy)
        assert (info.width_px, info.height_px, info.orientation) == (2464, 1640, 6)
        assert (info.taken_at, info.camera, info.focal_length_mm) == ("2015-01-07T11:59:24", "NIKON D4", 24.0)
        assert info.nadir is None

    def test_every_listed_query_name_is_parsed(self):
        import gzip

        from engine.photo.photo_id import parse_earthloc_name

        with gzip.open(DATA / "earthloc_queries.txt.gz", "rt") as lines:
            for line in lines:
                name = parse_earthloc_name(line.strip())
                assert name is not None
                assert name.photo_id == line.split("@")[9]
                assert name.nadir is not None
                assert 5000 < name.area_km2 < 100_000
