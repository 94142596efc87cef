"""Photos from strangers in the review: no file and no path in a results file makes it contact a server."""

from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from conftest import wait_for
from osgeo import gdal
from qgis.PyQt.QtCore import QBuffer
from qgis.PyQt.QtGui import QColor, QImage

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
    loader = PictureLoader(None)  # without the engine

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


class Developing:
    """An engine that develops photos, but refuses the first time."""

    def __init__(self) -> None:
        self.requests = []

    def request(self, request, on_result, on_error) -> int:
        self.requests.append(request)
        if len(self.requests) == 1:
            on_error(None)
            return 1
        image = QImage(90, 60, QImage.Format.Format_RGB32)
        image.fill(QColor(10, 200, 30))
        content = QBuffer()
        content.open(QBuffer.OpenModeFlag.WriteOnly)
        image.save(content, "JPG")
        coded = base64.b64encode(bytes(content.data())).decode()
        on_result({"jpeg": coded, "width_px": 900, "height_px": 600})
        return 2


def test_camera_raw_is_developed_by_the_engine(qgis_app, tmp_path):
    engine = Developing()
    loader, arrived = PictureLoader(engine), []
    loader.ready.connect(lambda _, picture: arrived.append(picture))
    path = str(tmp_path / "iss043e101805.NEF")
    for count in (1, 2):
        loader.load(path, 90)
        wait_for(lambda count=count: len(arrived) == count)
    assert arrived[0] is None
    assert arrived[1].size_px == (900, 600)
    assert arrived[1].image.pixelColor(5, 5).green() > 150
    assert loader.load(path, 90) is arrived[1]  # from the cache
    assert [(request.photo, request.longer_px) for request in engine.requests] == [(path, 90)] * 2
    loader.close()
