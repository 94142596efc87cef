"""Fixtures for all tests. Imports of engine libraries stay inside: the QGIS tests have none of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Real photos and imagery; tests that take this fixture carry the mark `realdata`."""
    folder = Path(os.environ.get("EARTHLOC_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "photos" / "truth.csv").is_file():
        pytest.skip(f"no real data: {folder} (set EARTHLOC_DATA)")
    return folder


@pytest.fixture(scope="session")
def make_raster():
    """Writes a georeferenced raster with texture to recognise.

    make_raster(path, bounds=(w, s, e, n), crs="EPSG:4326", width=.., height=.., dtype="uint8", bands=3, seed=0)
    """
    import cv2
    import numpy as np
    import rasterio
    from rasterio.transform import from_bounds

    def make(
        path,
        bounds=(0.0, 40.0, 10.0, 48.0),
        crs="EPSG:4326",
        width=500,
        height=400,
        dtype="uint8",
        bands=3,
        seed=0,
        nodata=None,
        pixels=None,
    ):
        if pixels is None:
            rng = np.random.default_rng(seed)
            field = np.zeros((height, width, bands), np.float32)
            for octave in range(1, 7):
                # Bands are much alike, as those of real ground are: photos are looked at in red alone.
                grey = rng.standard_normal((2**octave + 1, 2**octave + 1, 1))
                coarse = (grey + 0.2 * rng.standard_normal((*grey.shape[:2], bands))).astype(np.float32)
                detail = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).reshape(
                    height, width, bands
                )
                field += detail * 0.75**octave
            field -= field.min()
            scale = 255 if dtype == "uint8" else 40000
            pixels = np.moveaxis((field / field.max() * scale).astype(dtype), -1, 0)
        bands, height, width = pixels.shape
        profile = {
            "driver": "GTiff",
            "width": width,
            "height": height,
            "count": bands,
            "dtype": pixels.dtype,
            "transform": from_bounds(*bounds, width, height),
            "tiled": True,
            "nodata": nodata,
        }
        if crs:
            profile["crs"] = crs
        with rasterio.open(path, "w", **profile) as file:
            file.write(pixels)
        return Path(path)

    return make


@pytest.fixture(scope="session")
def model():
    """The model package that ships with the engine."""
    from engine.retrieval.model import ModelPackage

    return ModelPackage.open()


@pytest.fixture(scope="session")
def other_model_folder(tmp_path_factory) -> Path:
    """A package of the same network under another sha256: a description is appended to the ONNX file."""
    import hashlib
    import json

    from engine.resources import resources_folder

    folder = tmp_path_factory.mktemp("other model")
    source = resources_folder() / "models" / "baseline"
    card = json.loads((source / "baseline.json").read_text(encoding="utf-8"))
    # Protobuf merges appended fields: 0x32 is ModelProto.doc_string.
    content = (source / card["file"]).read_bytes() + b"\x32\x05other"
    (folder / "other.onnx").write_bytes(content)
    card.update(name="other", file="other.onnx", sha256=hashlib.sha256(content).hexdigest())
    (folder / "other.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def land_raster(tmp_path_factory, make_raster) -> Path:
    """Central Europe (0 to 10 E, 40 to 48 N) covered with made-up texture."""
    return make_raster(tmp_path_factory.mktemp("imagery") / "europe.tif")


@pytest.fixture(scope="session")
def small_index_folder(tmp_path_factory, land_raster, model) -> Path:
    """An index of `land_raster` at 220 and 313 km, made with the shipped model."""
    from engine.retrieval.build import build_index

    folder = tmp_path_factory.mktemp("indexes") / "europe"
    build_index(land_raster, folder, tile_km=(220.0, 313.0), model=model, attribution="made up")
    return folder
