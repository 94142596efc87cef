"""Photos of strangers in the review: whatever a file or a results file calls a photo, no other computer is asked."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from conftest import wait_for
from osgeo import gdal

from earthloc_qgis.gui.review.model.picture import PictureLoader

SERVICE = """<GDAL_WMS><Service name="TMS"><ServerUrl>{server}/${{z}}/${{x}}/${{y}}.png</ServerUrl></Service>
<DataWindow><UpperLeftX>-20037508</UpperLeftX><UpperLeftY>20037508</UpperLeftY><LowerRightX>20037508</LowerRightX>
<LowerRightY>-20037508</LowerRightY><TileLevel>3</TileLevel></DataWindow><Projection>EPSG:3857</Projection>
<BandsCount>3</BandsCount></GDAL_WMS>"""
OVERVIEWS = """<PAMDataset><Metadata domain="OVERVIEWS">
<MDI key="OVERVIEW_FILE">/vsicurl/{server}/a.tif</MDI></Metadata></PAMDataset>"""


@pytest.fixture
def asked():
    """What a server of this computer was asked for; its address is `asked.server`."""

    class Asked(list):
        server = ""

    asked = Asked()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def do_HEAD(self):
            self.do_GET()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    asked.server = f"http://127.0.0.1:{server.server_port}"
    yield asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def shown(qgis_app):
    """shown(path): the picture that the review would show at 100 pixels, or None."""
    loader = PictureLoader()

    def read(path):
        arrived = []
        loader.ready.connect(lambda _, picture: arrived.append(picture))
        loader.load(str(path), 100)
        wait_for(lambda: arrived, what="the picture")
        return arrived[0]

    yield read
    loader.close()


def write_sixteen_bit(path):
    """A TIFF that Qt does not decode."""
    image = gdal.GetDriverByName("GTiff").Create(str(path), 600, 400, 3, gdal.GDT_UInt16)
    for band in (1, 2, 3):
        image.GetRasterBand(band).Fill(9000)
    image.FlushCache()


def test_a_photo_that_only_gdal_decodes_is_shown(shown, tmp_path):
    write_sixteen_bit(tmp_path / "photo.tif")
    picture = shown(tmp_path / "photo.tif")
    assert picture.size_px == (600, 400)
    assert picture.image.width() == 100


def test_settings_of_a_server_are_no_photo(shown, asked, tmp_path):
    (tmp_path / "photo.jpg").write_text(SERVICE.format(server=asked.server), encoding="utf-8")
    assert shown(tmp_path / "photo.jpg") is None
    assert asked == []


def test_an_address_is_no_photo(shown, asked):
    """As the column `photo` of a stranger's results file may have it."""
    assert shown(f"/vsicurl/{asked.server}/a.tif") is None
    assert asked == []


def test_a_file_beside_a_photo_names_no_server(shown, asked, tmp_path):
    write_sixteen_bit(tmp_path / "photo.tif")
    (tmp_path / "photo.tif.aux.xml").write_text(OVERVIEWS.format(server=asked.server), encoding="utf-8")
    assert shown(tmp_path / "photo.tif").size_px == (600, 400)
    assert asked == []
