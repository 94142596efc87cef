"""What the service answers while somebody reviews, through its methods as the protocol calls them."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from engine.errors import InputError
from engine.imagery.raster import RasterSource
from engine.methods import Methods
from engine.rpc import Params, RpcError
from engine.work import Work


@pytest.fixture
def ask():
    """ask(method, **params): the result."""
    methods = Methods()
    return lambda method, **params: methods.table[method](Params(params), Work())


def test_tile_picture_shows_the_ground_of_the_tile(ask, small_index_folder, land_raster):
    tile = {"center": [44.0, 5.0], "width_km": 220.0, "size_px": 96}
    answer = ask("tile/picture", indexes=[str(small_index_folder)], index="europe", **tile)
    assert answer["imagery"] == str(land_raster)
    seen = np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["jpeg"]))), np.float64)
    with RasterSource.open(land_raster) as source:
        wanted, _ = source.square(44.0, 5.0, 220.0, 96)
    assert seen.shape == (96, 96, 3)
    assert np.abs(seen - wanted).mean() < 6.0


def test_tile_picture_without_imagery_is_no_error(ask, small_index_folder, tmp_path):
    tile = {"center": [44.0, 5.0], "width_km": 220.0}
    nothing = {"jpeg": None, "imagery": None}
    assert ask("tile/picture", indexes=[str(tmp_path)], index="europe", **tile) == nothing
    assert ask("tile/picture", indexes=[str(small_index_folder)], index="another", **tile) == nothing
    beside = ask("tile/picture", indexes=[str(small_index_folder)], index="europe", center=[-44.0, 5.0], width_km=220.0)
    assert beside["jpeg"] is None
    assert beside["imagery"]


def test_tile_picture_from_another_raster(ask, small_index_folder, land_raster, tmp_path):
    tile = {"center": [44.0, 5.0], "width_km": 220.0}
    answer = ask("tile/picture", indexes=[str(tmp_path)], index="x", imagery=str(land_raster), **tile)
    assert answer["jpeg"]
    with pytest.raises(InputError, match=r"gone\.tif"):
        ask("tile/picture", indexes=[str(tmp_path)], index="x", imagery=str(tmp_path / "gone.tif"), **tile)
    with pytest.raises(RpcError, match="width_km"):
        ask("tile/picture", indexes=[str(tmp_path)], index="x", center=[44.0, 5.0], width_km=0)
