import re
from html import escape

import cv2
import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from tile_server import TileServer

from engine import geo
from engine.errors import InputError
from engine.imagery import land
from engine.imagery.raster import RasterSource


def gradient(bounds, crs, width, height):
    """Pixels that encode their place: red grows with longitude, green with latitude (both linear in degrees)."""
    west, south, east, north = bounds
    x = west + (np.arange(width) + 0.5) * (east - west) / width
    y = north - (np.arange(height) + 0.5) * (north - south) / height
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(*np.meshgrid(x, y))
    return np.stack([(lon % 360) / 2, lat + 90, np.full_like(lat, 50)]).astype(np.float32)


CASES = {
    "geographic": ("EPSG:4326", (0, 30, 30, 60), (0, 30, 30, 60)),
    "web mercator": ("EPSG:3857", (0, 3503549, 3339584, 8399737), (0, 30, 30, 60)),
    "utm": ("EPSG:32632", (200000, 4900000, 800000, 5600000), (5.5, 44.5, 12.5, 50)),
    "polar": ("EPSG:3413", (-2000000, -2000000, 2000000, 2000000), (-179, 75, 179, 88)),
    "world": ("EPSG:4326", (-180, -90, 180, 90), (-180, -80, 180, 80)),
    "across 180 in longitudes to 190": ("EPSG:4326", (170, -20, 190, 0), (171, -19, 189, -1)),
}


@pytest.mark.parametrize("case", CASES)
def test_every_pixel_of_a_square_comes_from_its_place(case, tmp_path, make_raster):
    crs, bounds, (west, south, east, north) = CASES[case]
    pixels = gradient(bounds, crs, 900, 900)
    path = make_raster(tmp_path / "gradient.tif", bounds, crs, pixels=pixels)
    rng = np.random.default_rng(1)
    with RasterSource.open(path) as source:
        low, high = source._stretch  # floats are stretched to 8 bits; undo it to read the place
        checked = 0
        for _ in range(12):
            lat, lon = rng.uniform(south, north), geo.normalise_lon(rng.uniform(west, east))
            lats, lons = geo.square_grid(lat, lon, 150.0, 64)
            got, covered = source.square(lat, lon, 150.0, 64)
            values = got.astype(float) / 255 * (high - low) + low
            inside = covered & (got[..., 1] > 0) & (got[..., 1] < 255) & (got[..., 0] > 0) & (got[..., 0] < 255)
            # Away from the cut at 0/360 of the artificial colours, where neighbours mix 0 and 180.
            inside &= (np.abs(lons) > 2) | (west > -5)
            if inside.any():
                step = (high - low) / 255
                error_lat = np.abs(values[..., 1] - 90 - lats)[inside]
                error_lon = np.abs(geo.normalise_lon(values[..., 0] * 2 - lons))[inside]
                assert error_lat.max() < step + 0.3
                assert error_lon.max() < 2 * step + 0.6
                checked += int(inside.sum())
        assert checked > 2000


def test_square_and_exact_sampling_agree(land_raster):
    """The tile cutter interpolates positions between 17 x 17 nodes; sampling every pixel exactly must agree."""
    with RasterSource.open(land_raster) as source:
        for lat, lon, width_km in [(44, 5, 60), (44, 5, 300), (46, 8, 150), (41, 1, 100)]:
            quick, covered = source.square(lat, lon, width_km, 96)
            exact, covered_exactly = source.sample(*geo.square_grid(lat, lon, width_km, 96))
            assert (covered == covered_exactly).mean() > 0.99
            both = covered & covered_exactly
            assert np.abs(quick.astype(int) - exact.astype(int))[both].mean() < 1.0


def test_no_seam_at_the_antimeridian(tmp_path, make_raster):
    pixels = np.full((3, 180, 360), 120, np.uint8)
    path = make_raster(tmp_path / "grey world.tif", (-180, -90, 180, 90), pixels=pixels)
    with RasterSource.open(path) as source:
        got, covered = source.square(-17, 179.9, 600, 128)
    assert covered.all()
    assert np.ptp(got) == 0


def test_outside_the_raster_nothing_is_covered(land_raster):
    with RasterSource.open(land_raster) as source:
        pixels, covered = source.square(-30, 120, 200, 32)
        assert not covered.any()
        assert not pixels.any()
        _half, covered = source.square(44, 0.0, 200, 64)
        assert 0.4 < covered.mean() < 0.6


def test_overviews_and_decimation_keep_the_place(tmp_path, make_raster):
    path = make_raster(tmp_path / "plain.tif", (0, 40, 16, 48), width=2048, height=1024)
    with RasterSource.open(path) as source:
        before, _ = source.square(44, 8, 600, 48)
    with rasterio.open(path, "r+") as file:
        file.build_overviews([2, 4, 8, 16], rasterio.enums.Resampling.average)
    with RasterSource.open(path) as source:
        after, _ = source.square(44, 8, 600, 48)
    assert np.abs(before.astype(int) - after.astype(int)).mean() < 2.0


def test_nodata_is_not_covered(tmp_path, make_raster):
    pixels = np.full((3, 100, 100), 90, np.uint8)
    pixels[:, :, 50:] = 0
    path = make_raster(tmp_path / "holes.tif", (0, 40, 10, 50), pixels=pixels, nodata=0)
    with RasterSource.open(path) as source:
        _, covered = source.square(45, 5, 400, 64)
    assert 0.4 < covered.mean() < 0.6
    assert covered[:, :30].all()


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_sixteen_bits_and_any_number_of_bands_become_rgb(bands, tmp_path, make_raster):
    path = make_raster(tmp_path / "deep.tif", dtype="uint16", bands=bands)
    with RasterSource.open(path) as source:
        pixels, covered = source.square(44, 5, 300, 64)
    assert pixels.shape == (64, 64, 3)
    assert covered.all()
    assert np.ptp(pixels) > 60


def test_bounds(land_raster, tmp_path, make_raster):
    with RasterSource.open(land_raster) as source:
        assert source.bounds() == pytest.approx((0, 40, 10, 48), abs=1e-6)
    path = make_raster(tmp_path / "fiji.tif", (170, -20, 190, 0), pixels=np.zeros((1, 20, 20), np.uint8))
    with RasterSource.open(path) as source:
        assert source.bounds() == pytest.approx((170, -20, -170, 0), abs=1e-6)


def test_errors_of_bad_rasters_name_file_and_hint(tmp_path, make_raster):
    naked = make_raster(tmp_path / "no crs ä.tif", crs=None)
    with pytest.raises(InputError, match=r"no crs ä\.tif: has no coordinate system.*gdal_edit"):
        RasterSource.open(naked)
    with pytest.raises(InputError, match="no such file"):
        RasterSource.open(tmp_path / "missing.tif")
    (tmp_path / "text.tif").write_text("hello")
    with pytest.raises(InputError, match="cannot be opened as a raster"):
        RasterSource.open(tmp_path / "text.tif")
    from PIL import Image

    Image.new("RGB", (50, 50)).save(tmp_path / "plain.png")
    with pytest.raises(InputError, match="no position on the Earth"):
        RasterSource.open(tmp_path / "plain.png")


def test_a_damaged_raster_is_an_input_error(tmp_path, make_raster):
    path = make_raster(tmp_path / "cut off.tif", width=1500, height=1500)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 3])
    with pytest.raises(InputError, match="cut off"), RasterSource.open(path) as source:
        for lat in (41, 44, 47):
            source.square(lat, 8, 200, 64)


def test_a_damaged_raster_of_deep_pixels_is_an_input_error(tmp_path, make_raster):
    path = make_raster(tmp_path / "cut off.tif", width=900, height=900, dtype="uint16")
    path.write_bytes(path.read_bytes()[:200_000])
    with pytest.raises(InputError, match="is damaged"):
        RasterSource.open(path)


def test_a_palette_of_many_colours(tmp_path):
    """Two bytes a pixel, and a colour for each number."""
    path = tmp_path / "classes.tif"
    profile = {"driver": "GTiff", "width": 64, "height": 64, "count": 1, "dtype": "uint16", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", transform=rasterio.transform.from_bounds(0, 40, 8, 48, 64, 64), **profile) as file:
        file.write(np.full((1, 64, 64), 700, np.uint16))
        file.write_colormap(1, {700: (10, 200, 30, 255)})
    with RasterSource.open(path) as source:
        pixels, covered = source.square(44, 4, 200, 16)
    assert covered.all()
    assert (pixels == (10, 200, 30)).all()


# -- rasters from strangers -----------------------------------------------------------------------


def vrt(name, relative=0, kind=""):
    """A VRT of one band whose pixels come from the file `name`."""
    return f"""<VRTDataset rasterXSize="64" rasterYSize="64"><SRS>EPSG:4326</SRS>
    <GeoTransform>0, 0.15625, 0, 48, 0, -0.125</GeoTransform><VRTRasterBand dataType="Byte" band="1" {kind}>
    <SimpleSource><SourceFilename relativeToVRT="{relative}">{escape(name)}</SourceFilename><SourceBand>1</SourceBand>
    <SourceProperties RasterXSize="64" RasterYSize="64" DataType="Byte" BlockXSize="64" BlockYSize="64"/>
    <SrcRect xOff="0" yOff="0" xSize="64" ySize="64"/><DstRect xOff="0" yOff="0" xSize="64" ySize="64"/></SimpleSource>
    </VRTRasterBand></VRTDataset>"""


def wms(base):
    """A file that GDAL would take for a tile server."""
    return f"""<GDAL_WMS><Service name="TMS"><ServerUrl>{base}/0/0/0.png?${{z}}/${{x}}/${{y}}</ServerUrl></Service>
    <DataWindow><UpperLeftX>-180</UpperLeftX><UpperLeftY>90</UpperLeftY><LowerRightX>180</LowerRightX>
    <LowerRightY>-90</LowerRightY><TileLevel>0</TileLevel><TileCountX>1</TileCountX><TileCountY>1</TileCountY>
    </DataWindow><Projection>EPSG:4326</Projection><BlockSizeX>64</BlockSizeX><BlockSizeY>64</BlockSizeY>
    <BandsCount>1</BandsCount></GDAL_WMS>"""


@pytest.fixture
def tiles():
    """A server that would answer, and records requests."""
    png = cv2.imencode(".png", np.full((64, 64), 99, np.uint8))[1].tobytes()
    server = TileServer(lambda z, x, y: png)
    yield server
    server.stop()


def test_a_vrt_of_files_here_is_read(tmp_path, make_raster):
    make_raster(tmp_path / "a.tif", (0, 40, 10, 48), pixels=np.full((1, 64, 64), 77, np.uint8))
    (tmp_path / "a.vrt").write_text(vrt("a.tif", relative=1))
    with RasterSource.open(tmp_path / "a.vrt") as source:
        pixels, covered = source.square(44, 5, 200, 16)
    assert covered.all()
    assert (pixels == 77).all()


@pytest.mark.parametrize(
    "address",
    ["/vsicurl/{}/0/0/0.png", "/vsicurl_streaming/{}/0/0/0.png", "{}/0/0/0.png", "wms", "file of wms"],
)
def test_raster_cannot_cause_network_access(address, tmp_path, tiles):
    """Neither through a VRT that names one, nor through one that contains or names GDAL's settings of one."""
    (tmp_path / "wms.xml").write_text(wms(tiles.base))
    name = {"wms": wms(tiles.base), "file of wms": "wms.xml"}.get(address, address.format(tiles.base))
    (tmp_path / "far.vrt").write_text(vrt(name, relative=int(name == "wms.xml")))
    with (
        pytest.raises(InputError, match=r"far\.vrt: names a file that cannot be read .*on this computer"),
        RasterSource.open(tmp_path / "far.vrt") as source,
    ):
        source.square(44, 5, 200, 16)
    assert not tiles.asked


def test_overviews_beside_a_raster_cannot_cause_network_access(tmp_path, tiles, make_raster):
    path = make_raster(tmp_path / "a.tif", (0, 40, 10, 48), pixels=np.full((1, 64, 64), 77, np.uint8))
    path.with_name("a.tif.ovr").write_text(wms(tiles.base))
    with RasterSource.open(path) as source:
        pixels, _ = source.square(44, 5, 900, 4)
    assert pixels.max() == 77
    assert not tiles.asked


def test_gdal_service_files_are_refused_with_a_hint(tmp_path, tiles):
    (tmp_path / "server.xml").write_text(wms(tiles.base))
    with pytest.raises(InputError, match=r"server\.xml: refers GDAL to a server.*name the server itself"):
        RasterSource.open(tmp_path / "server.xml")
    for name in ('NETCDF:"{}/a.nc":v', "GPKG:/vsicurl/{}/a.gpkg:t", "/vsicurl/{}/a.tif"):
        with pytest.raises(InputError, match="no such file"):
            RasterSource.open(name.format(tiles.base))
    assert not tiles.asked


def test_raw_bytes_of_other_files_are_refused(tmp_path):
    (tmp_path / "secret.txt").write_text("secret" * 1000)
    raw = re.sub("<SimpleSource>.*</SimpleSource>", '<SourceFilename relativeToVRT="1">secret.txt</SourceFilename>',
                 vrt("", kind='subClass="VRTRawRasterBand"'), flags=re.DOTALL)  # fmt: skip
    (tmp_path / "raw.vrt").write_text(raw)
    with pytest.raises(InputError, match=r"raw\.vrt: uses the bytes of other files"):
        RasterSource.open(tmp_path / "raw.vrt")


@pytest.mark.parametrize(
    ("lat", "lon", "expected"),
    [(48, 2, True), (0, -30, False), (-25, 134, True), (45, -40, False), (-85, 0, True), (19.6, -155.5, True)],
)
def test_land(lat, lon, expected):
    assert bool(land.is_land(lat, lon)) is expected


@given(st.floats(-90, 90), st.floats(-180, 180))
@settings(max_examples=200)
def test_land_is_defined_everywhere(lat, lon):
    assert land.is_land(lat, lon).dtype == bool
