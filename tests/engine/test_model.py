import hashlib
import json
import os
import shutil

import numpy as np
import onnxruntime
import pytest

from engine.errors import ModelError
from engine.resources import resources_folder
from engine.retrieval.model import ModelPackage, find_package, square_picture
from engine.retrieval.photo_views import embed_views


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "mein Modell"
    shutil.copytree(resources_folder() / "models" / "baseline", folder)
    return folder


def edit_card(folder, **changes):
    card = json.loads((folder / "baseline.json").read_text(encoding="utf-8"))
    for key, value in changes.items():
        target = card
        *parents, last = key.split("__")
        for parent in parents:
            target = target[parent]
        if value is None:
            del target[last]
        else:
            target[last] = value
    (folder / "baseline.json").write_text(json.dumps(card), encoding="utf-8")


def test_descriptors_have_length_one_and_do_not_depend_on_the_batch(model):
    rng = np.random.default_rng(0)
    squares = rng.integers(0, 256, (5, model.input.size_px, model.input.size_px, 3), dtype=np.uint8)
    together = model.embed(squares)
    assert together.shape == (5, model.dimension)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-5)
    alone = np.concatenate([model.embed(square[None]) for square in squares])
    assert (together * alone).sum(axis=1) == pytest.approx(1.0, abs=1e-4)


def test_embedding_equals_the_output_of_the_network(model):
    """Equal to a plain run: RGB, 0 to 1, mean and standard deviation of the card, channels first."""
    rng = np.random.default_rng(1)
    square = rng.integers(0, 256, (model.input.size_px, model.input.size_px, 3), dtype=np.uint8)
    session = onnxruntime.InferenceSession(str(model.path))
    image = (square / 255.0 - np.array(model.input.mean)) / np.array(model.input.std)
    (expected,) = session.run(None, {model.input.name: image.transpose(2, 0, 1)[None].astype(np.float32)})
    assert float(expected[0] @ model.embed(square[None])[0]) / np.linalg.norm(expected) == pytest.approx(1, abs=1e-4)


def test_rotations_are_counter_clockwise(model):
    rng = np.random.default_rng(2)
    size = model.input.size_px
    pixels = np.kron(rng.integers(0, 256, (size // 16, size // 16, 3), dtype=np.uint8), np.ones((16, 16, 1), np.uint8))
    rotated = embed_views(model, pixels).whole[:4]
    pixels = model.photo_light(pixels)
    by_hand = model.embed_photo(np.stack([pixels, np.rot90(pixels), np.rot90(pixels, 2), np.rot90(pixels, 3)]))
    assert np.allclose(rotated, by_hand, atol=1e-4)


def test_photos_are_weighted_to_grey_and_tiles_are_not(package):
    plain = ModelPackage.open(package)
    edit_card(package, input__photo_weights=[0.75, 0.25, 0])
    red = ModelPackage.open(package)
    rng = np.random.default_rng(4)
    pixels = rng.integers(0, 256, (plain.input.size_px, plain.input.size_px, 3), dtype=np.uint8)
    light = np.rint(0.75 * pixels[..., 0] + 0.25 * pixels[..., 1])
    assert np.abs(red.photo_light(pixels) - light[..., None]).max() <= 1
    assert np.array_equal(plain.photo_light(pixels), pixels)
    assert np.array_equal(plain.embed(pixels[None]), red.embed(pixels[None]))
    grey = np.repeat(light[..., None].astype(np.uint8), 3, axis=2)
    similarity = (embed_views(red, pixels).whole[:4] * embed_views(plain, grey).whole[:4]).sum(axis=1)
    assert (similarity > 0.999).all()


def test_square_picture_crops_the_middle_or_keeps_all():
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 100:200] = 200
    assert square_picture(pixels, 50, "crop").min() == 200
    assert square_picture(pixels, 50, "squash").mean() == pytest.approx(200 / 3, abs=3)
    assert square_picture(pixels[:5, :5], 50, "crop").shape == (50, 50, 3)


def test_a_card_or_its_folder_opens(package):
    assert ModelPackage.open(package).sha256 == ModelPackage.open(package / "baseline.json").sha256


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": "0" * 64}, "does not match the sha256"),
        ({"file": "../baseline.onnx"}, "outside its folder"),
        ({"file": "missing.onnx"}, "cannot be read"),
        ({"output__dimension": 7}, "gives descriptors of shape"),
        ({"output__dimension": "512"}, "output.dimension"),
        ({"output__name": "other"}, "different inputs or outputs"),
        ({"input__width": 161, "input__height": 161}, "the card says"),
        ({"input__std": [0, 1, 1]}, "mean and std"),
        ({"input__mean": [float("nan"), 1, 1]}, "mean and std"),
        ({"input__resize": "stretch"}, "resize"),
        ({"input__photo_weights": [1, 1, 0]}, "photo_weights"),
        ({"input__photo_weights": [2, -1, 0]}, "photo_weights"),
        ({"input": None}, "input"),
        ({"name": None}, "name"),
    ],
)
def test_bad_cards_are_refused_with_a_sentence(package, changes, message):
    edit_card(package, **changes)
    with pytest.raises(ModelError, match=message) as caught:
        model = ModelPackage.open(package)
        model.embed(np.zeros((1, model.input.size_px, model.input.size_px, 3), np.uint8))
    assert str(package) in str(caught.value)


def test_a_flipped_byte_is_refused(package):
    content = bytearray((package / "baseline.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (package / "baseline.onnx").write_bytes(content)
    with pytest.raises(ModelError, match="does not match the sha256"):
        ModelPackage.open(package)


@pytest.mark.parametrize("content", ["", "[]", "{", "null", "[" * 100_000])
def test_invalid_cards(package, content):
    (package / "baseline.json").write_text(content)
    with pytest.raises(ModelError, match=r"baseline\.json"):
        ModelPackage.open(package)


def test_invalid_network_bytes(package):
    import hashlib

    (package / "baseline.onnx").write_bytes(b"not a network")
    edit_card(package, sha256=hashlib.sha256(b"not a network").hexdigest())
    with pytest.raises(ModelError, match="not a usable ONNX model"):
        ModelPackage.open(package)


@pytest.mark.parametrize("where", ["weights.bin", "../weights.bin", "{folder}/weights.bin", "//elsewhere/weights.bin"])
def test_weights_in_another_file_are_not_read(package, where, monkeypatch):
    """An untrusted network could name any file, also one on another computer."""
    import hashlib

    onnx = pytest.importorskip("onnx")
    card = json.loads((package / "baseline.json").read_text(encoding="utf-8"))
    (package / "weights.bin").write_bytes(np.ones(3, "<f4").tobytes())
    (package / "here").mkdir()
    monkeypatch.chdir(package / "here" if where.startswith("..") else package)
    weights = onnx.TensorProto(name="w", data_type=onnx.TensorProto.FLOAT, dims=[3, 1, 1])
    weights.data_location = onnx.TensorProto.EXTERNAL
    weights.external_data.add(key="location", value=where.format(folder=package))
    shape = ["n", 3, card["input"]["height"], card["input"]["width"]]
    pictures, scaled = (onnx.helper.make_tensor_value_info(name, 1, shape) for name in (card["input"]["name"], "y"))
    node = onnx.helper.make_node("Mul", [card["input"]["name"], "w"], ["y"])
    graph = onnx.helper.make_graph([node], "g", [pictures], [scaled], [weights])
    content = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    (package / "baseline.onnx").write_bytes(content.SerializeToString())
    edit_card(package, sha256=hashlib.sha256(content.SerializeToString()).hexdigest())
    with pytest.raises(ModelError, match=r"not a usable ONNX model .*(Initializer|xternal)"):
        ModelPackage.open(package)


def test_missing_package(tmp_path):
    with pytest.raises(ModelError, match="no such model package"):
        ModelPackage.open(tmp_path / "nowhere")


@pytest.fixture
def photo_package(package):
    """The package with a network for photos: its network for tiles with a description appended."""
    content = (package / "baseline.onnx").read_bytes() + b"\x32\x06photos"
    (package / "photos.onnx").write_bytes(content)
    edit_card(package, photo_file="photos.onnx", photo_sha256=hashlib.sha256(content).hexdigest())
    return package


def test_photos_are_embedded_by_their_own_network(photo_package, monkeypatch):
    model = ModelPackage.open(photo_package, threads=1)
    assert model.has_photo_network
    sessions = []
    monkeypatch.setattr(
        model, "_embed", lambda session, squares: sessions.append(session) or np.zeros((len(squares), 9))
    )
    model.embed(np.zeros((1, 8, 8, 3), np.uint8))
    embed_views(model, np.zeros((40, 60, 3), np.uint8))
    assert sessions[0] is not sessions[1]


def test_a_package_without_a_network_for_photos_has_one_network(package):
    model = ModelPackage.open(package, threads=1)
    assert not model.has_photo_network
    square = np.random.default_rng(0).integers(0, 256, (1, model.input.size_px, model.input.size_px, 3), np.uint8)
    np.testing.assert_array_equal(model.embed(square), model.embed_photo(square))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"photo_sha256": "0" * 64}, "photos.onnx: does not match the sha256 in its card"),
        ({"photo_sha256": None}, "the card lacks a valid 'photo_sha256'"),
        ({"photo_file": "../photos.onnx"}, "the card names a file outside its folder"),
        ({"photo_file": "gone.onnx"}, "gone.onnx: cannot be read"),
    ],
)
def test_a_bad_network_for_photos_is_refused(photo_package, changes, message):
    edit_card(photo_package, **changes)
    with pytest.raises(ModelError, match=message):
        ModelPackage.open(photo_package)


def test_the_newest_installed_package_of_a_model_is_found_first(photo_package, tmp_path, monkeypatch):
    sha256 = json.loads((photo_package / "baseline.json").read_text(encoding="utf-8"))["sha256"]
    assert find_package(sha256) == resources_folder() / "models" / "baseline" / "baseline.json"
    models = tmp_path / "models"
    for seconds, name in ((2000, "new"), (1000, "old")):
        shutil.copytree(photo_package, models / name)
        os.utime(models / name / "baseline.json", (seconds, seconds))
    monkeypatch.setenv("EARTHLOC_MODELS", str(models))
    assert find_package(sha256) == models / "new" / "baseline.json"
