"""Photos from strangers in the review: no file and no path in a results file makes it contact a server."""

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
def requests():
    """Requests to a local server, whose address is `requests.server`."""

    class Requests(list):
        server = ""

    requests = Requests()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            self.send_error(404)

        def do_HEAD(self):
            self.do_GET()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    requests.server = f"http://127.0.0.1:{server.server_port}"
    yield requests
    server.shutdown()
    server.server_close()


@pytest.fixture
def shown(qgis_app):
    """shown(path): the picture that the review would show, at 100 pixels, or None."""
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
    """Write a TIFF that Qt cannot decode."""
    image = gdal.GetDriverByName("GTiff").Create(str(path), 600, 400, 3, gdal.GDT_UInt16)
    for band in (1, 2, 3):
        image.GetRasterBand(band).Fill(9000)
    image.FlushCache()


def test_photo_that_only_gdal_decodes_is_shown(shown, tmp_path):
    write_sixteen_bit(tmp_path / "photo.tif")
    picture = shown(tmp_path / "photo.tif")
    assert picture.size_px == (600, 400)
    assert picture.image.width() == 100


def test_tile_service_configuration_is_not_a_photo(shown, requests, tmp_path):
    (tmp_path / "photo.jpg").write_text(SERVICE.format(server=requests.server), encoding="utf-8")
    assert shown(tmp_path / "photo.jpg") is None
    assert requests == []


def test_address_is_not_a_photo(shown, requests):
    """The column `photo` of a results file may contain an address."""
    assert shown(f"/vsicurl/{requests.server}/a.tif") is None
    assert requests == []


def test_sidecar_file_cannot_name_a_server(shown, requests, tmp_path):
    write_sixteen_bit(tmp_path / "photo.tif")
    (tmp_path / "photo.tif.aux.xml").write_text(OVERVIEWS.format(server=requests.server), encoding="utf-8")
    assert shown(tmp_path / "photo.tif").size_px == (600, 400)
    assert requests == []
