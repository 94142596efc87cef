"""Local features by a network, with packages made here from networks of a few operators."""

from __future__ import annotations

import json

import cv2
import numpy as np
import onnxruntime
import pytest
from test_registration import PLACES, near, photo_of, take_photo, texture
from test_registration_solve import camera_at, overlap

from engine.cli import main
from engine.errors import ModelError
from engine.features import equalised
from engine.imagery.raster import RasterSource
from engine.registration import footprint
from engine.registration.confidence import LOCATED
from engine.registration.learned import LearnedFeatures
from engine.registration.prepare import find_place_features, prepare
from engine.registration.register import register

onnx = pytest.importorskip("onnx")
SIZE = 256


def write_network(path, cells=False):
    """Scores are how much a pixel differs from its surroundings; descriptors the surroundings, at 121 points."""
    from onnx import TensorProto, helper, numpy_helper

    blur = cv2.getGaussianKernel(9, 1.6) @ cv2.getGaussianKernel(9, 1.6).T
    wide = cv2.getGaussianKernel(15, 3.2) @ cv2.getGaussianKernel(15, 3.2).T
    peak = -wide.copy()
    peak[3:12, 3:12] += blur
    around = np.zeros((121, 1, 41, 41), np.float32)
    dot = cv2.getGaussianKernel(5, 1.0) @ cv2.getGaussianKernel(5, 1.0).T
    for i in range(121):
        y, x = 4 * (i // 11) - 20 + 20, 4 * (i % 11) - 20 + 20
        top, left = min(max(y - 2, 0), 36), min(max(x - 2, 0), 36)
        around[i, 0, top : top + 5, left : left + 5] = dot
    around -= around.mean(axis=0, keepdims=True)
    weights = {
        "grey": np.full((1, 3, 1, 1), 1 / 3, np.float32),
        "peak": peak[None, None].astype(np.float32),
        "around": around,
    }
    nodes = [
        helper.make_node("Conv", ["picture", "grey"], ["g"]),
        helper.make_node("Conv", ["g", "peak"], ["p"], pads=[7] * 4),
        helper.make_node("Abs", ["p"], ["scores"]),
        helper.make_node("Conv", ["g", "around"], ["field"], pads=[20] * 4),
    ]
    shapes = {"scores": (1, 1, SIZE, SIZE), "field": (1, 121, SIZE, SIZE)}
    if cells:
        weights["bins"] = np.zeros((1, 1, SIZE // 8, SIZE // 8), np.float32)
        weights["times"] = np.array(40.0, np.float32)
        nodes += [
            helper.make_node("SpaceToDepth", ["scores"], ["inside"], blocksize=8),
            helper.make_node("Mul", ["inside", "times"], ["sharp"]),
            helper.make_node("Concat", ["sharp", "bins"], ["logits"], axis=1),
        ]
        shapes = {"logits": (1, 65, SIZE // 8, SIZE // 8), "field": shapes["field"]}
    graph = helper.make_graph(
        nodes,
        "features",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, (1, 3, SIZE, SIZE))],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, path)
    return path


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("matcher")
    write_network(folder / "peaks.onnx")
    arguments = ["matcher", str(folder / "peaks.onnx"), "--out", str(folder / "made"), "--turns", "4", "--equalised"]
    assert main([*arguments, "--licence", "CC0"]) == 0
    return folder / "made"


def test_card_describes_inputs_and_outputs(package, tmp_path):
    card = json.loads((package / "peaks.json").read_text())
    assert card["input"] == {"name": "picture", "width": SIZE, "height": SIZE, "equalised": True}
    assert card["output"] == {"name": "field", "dimension": 121, "scores": "scores", "reliability": None}
    assert (card["turns"], card["licence"]) == (4, "CC0")
    assert main(["matcher", str(package / "peaks.onnx"), "--out", str(package)]) != 0  # is there already


def test_features_of_a_picture_larger_and_smaller_than_the_input(package):
    extractor = LearnedFeatures(package)
    picture = np.repeat(texture(3, 500, 700)[0][..., None], 3, axis=2)
    whole = extractor.find(picture)
    assert len(whole) > 500
    assert np.unique(whole.xy, axis=0).shape == whole.xy.shape
    assert whole.xy.min() > 0
    assert (whole.xy < [700, 500]).all()
    assert np.linalg.norm(whole.descriptors, axis=1) == pytest.approx(1.0, abs=1e-5)
    valid = np.zeros((500, 700), bool)
    valid[:, 400:] = True
    assert extractor.find(picture, valid).xy[:, 0].min() > 400
    assert (extractor.find(picture[:100, :90]).xy < [90, 100]).all()
    assert len(extractor.find(picture, limit=50)) == 50


def test_scores_by_cell_name_the_best_pixel_of_the_cell(package, tmp_path):
    write_network(tmp_path / "cells.onnx", cells=True)
    assert main(["matcher", str(tmp_path / "cells.onnx"), "--out", str(tmp_path / "made"), "--equalised"]) == 0
    picture = np.repeat(texture(3, SIZE, SIZE)[0][..., None], 3, axis=2)
    found = LearnedFeatures(tmp_path / "made").find(picture, limit=60)
    shown = np.repeat(equalised(picture)[None, None], 3, axis=1).astype(np.float32) / 255
    session = onnxruntime.InferenceSession(str(package / "peaks.onnx"), providers=["CPUExecutionProvider"])
    scores = session.run(["scores"], {"picture": shown})[0][0, 0]
    assert len(found) == 60
    for column, row in np.floor(found.xy).astype(int):
        cell = scores[row // 8 * 8 : row // 8 * 8 + 8, column // 8 * 8 : column // 8 * 8 + 8]
        assert scores[row, column] == cell.max()


@pytest.mark.parametrize("roll_deg", [0, 90])
def test_a_photo_is_registered_by_features_without_size_and_orientation(package, tmp_path, make_raster, roll_deg):
    bounds, crs, view = PLACES["oblique"]
    raster = make_raster(tmp_path / "land.tif", bounds, crs, pixels=texture(0))
    camera = camera_at(**{**view, "tilt_deg": 5, "azimuth_deg": 0, "roll_deg": roll_deg})
    extractor = LearnedFeatures(package)
    photo = prepare(photo_of(take_photo(raster, camera)), None, extractor)
    with RasterSource.open(raster) as source:
        found = register(photo, find_place_features(source, *near(camera), 380.0, extractor), source)
    assert found is not None
    assert found.confidence > LOCATED
    assert overlap(footprint.footprint_ring(camera), found.ring) > 0.95


def test_invalid_packages_are_refused_with_a_sentence(package, tmp_path):
    card = json.loads((package / "peaks.json").read_text())
    content = (package / "peaks.onnx").read_bytes()

    def opened(change, data=content):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        (folder / "peaks.onnx").write_bytes(data)
        (folder / "peaks.json").write_text(json.dumps({**card, **change}))
        return LearnedFeatures(folder)

    assert opened({}).rotations == 4
    for change in (
        {"kind": "embedding"},
        {"turns": 3},
        {"turns": "many"},
        {"input": {**card["input"], "width": 100_000}},
        {"input": {**card["input"], "name": "other"}},
        {"output": {**card["output"], "scores": "nowhere"}},
        {"output": {**card["output"], "dimension": "all"}},
        {"file": "../peaks.onnx"},
        {"sha256": "0" * 64},
    ):
        with pytest.raises(ModelError):
            opened(change)
    with pytest.raises(ModelError, match="sha256"):
        opened({}, content[:-1])
    wrong = opened({"output": {**card["output"], "dimension": 64}})
    with pytest.raises(ModelError, match="card says otherwise"):
        wrong.find(np.zeros((SIZE, SIZE, 3), np.uint8) + 90)
    (tmp_path / "noise.onnx").write_bytes(b"no network")
    assert main(["matcher", str(tmp_path / "noise.onnx"), "--out", str(tmp_path / "new")]) == 4
