"""Published checkpoints: each compared with an independent forward pass; errors name the wrong tensors."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import published as theirs

from engine.errors import ModelError
from engine.retrieval.model import ModelPackage
from training.convert import convert, read_checkpoint, timm_dinov2_shapes
from training.export import texture_pictures
from training.networks import PUBLISHED, build


def save(folder, state, name="checkpoint.pth"):
    torch.save(state, folder / name)
    return folder / name


def pictures(size_px, count=2):
    given = texture_pictures(size_px, count)
    images = torch.from_numpy(given.transpose(0, 3, 1, 2).astype(np.float32) / 255)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    return given, (images - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1)


@pytest.fixture(scope="module")
def earthloc_state():
    return theirs.earthloc_state()


@pytest.fixture
def short_resnet(monkeypatch):
    """One block per stage, so that an export takes a third of the time."""
    monkeypatch.setattr(theirs, "RESNET50_BLOCKS", {1: (1, 64), 2: (1, 128), 3: (1, 256)})
    for module in ("training.networks.backbones", "training.convert"):
        monkeypatch.setattr(f"{module}.RESNET50_DEPTHS", (1, 1, 1))


@pytest.fixture
def small_dinov2(monkeypatch):
    """DINOv2-small with one block: the published names, shapes and arithmetic in a twelfth of the time."""
    for module in ("training.networks.backbones", "training.convert"):
        monkeypatch.setattr(f"{module}.DINOV2_SIZES", {"dinov2-small": (384, 6, 1)})


def test_authors_earthloc_checkpoint_gives_the_reference_descriptors(tmp_path, earthloc_state):
    found = read_checkpoint(save(tmp_path, earthloc_state))
    assert found.name == "earthloc"
    _, images = pictures(320)
    with torch.no_grad():
        expected = theirs.run_earthloc(earthloc_state, images)
        assert torch.allclose(found.network(images), expected, atol=1e-4)
    assert (expected[0] - expected[1]).norm() > 0.01


@pytest.mark.usefixtures("short_resnet")
def test_torchgeo_checkpoint_becomes_a_model_package(tmp_path):
    state = theirs.earthloc_state("backbone.", seed=1)
    given, images = pictures(320, 3)
    exported = convert(save(tmp_path, state), tmp_path / "package", given)
    package = ModelPackage.open(tmp_path / "package")
    with torch.no_grad():
        expected = theirs.run_earthloc(state, images, "backbone.").numpy()
    # The package gets the plain pixels, because its card contains the published normalisation.
    assert (package.embed(given) * expected).sum(axis=1) == pytest.approx(1, abs=1e-4)
    card = json.loads(exported.card.read_text(encoding="utf-8"))
    assert (package.dimension, package.input.size_px, package.input.resize) == (4096, 320, "squash")
    assert "MIT" in card["license"]
    assert "CC BY-NC-SA" in card["training_data"]
    assert "CVPR 2024" in card["origin"]


@pytest.mark.parametrize("head", ["token", "mixvpr", "salad"])
@pytest.mark.usefixtures("small_dinov2")
def test_every_earthloc2_head_gives_the_reference_descriptors(tmp_path, head):
    state = theirs.earthloc2_state(384, 1, head)
    found = read_checkpoint(save(tmp_path, state))
    assert found.name == f"earthloc2-small-{head}"
    _, images = pictures(518)
    with torch.no_grad():
        expected = theirs.run_earthloc2(state, images, head, heads=6, depth=1)
        assert torch.allclose(found.network(images), expected, atol=2e-4)
    assert found.network.dimension == expected.shape[1]
    assert (expected[0] - expected[1]).norm() > 0.01


@pytest.mark.parametrize("name", [name for name in PUBLISHED if name.startswith("earthloc2")])
def test_every_published_size_is_recognised_by_names_and_shapes(tmp_path, name):
    """Full size on the meta device, without memory for weights: names and shapes match the independent state dict."""
    _, size, head = name.split("-")
    width, depth = {"small": (384, 12), "base": (768, 12), "large": (1024, 24)}[size]
    with torch.device("meta"):
        state = {n: tuple(t.shape) for n, t in theirs.earthloc2_state(width, 1, head).items()}
        own = sum(p.numel() for p in build(PUBLISHED[name]).parameters())
    shapes = {f"backbone.{n}": shape for n, shape in timm_dinov2_shapes(PUBLISHED[name]).items()}
    first_block = {n: s for n, s in shapes.items() if ".blocks." not in n or ".blocks.0." in n}
    assert first_block == {n: s for n, s in state.items() if n.startswith("backbone.")}
    assert len(shapes) == 7 + 14 * depth
    heads = sum(int(np.prod(s)) for n, s in state.items() if n.startswith("aggregator."))
    # Our network also has a position embedding of the class token and a mask token, both unused.
    assert own == sum(int(np.prod(s)) for s in shapes.values()) + heads + 2 * width


@pytest.mark.usefixtures("short_resnet")
def test_training_checkpoints_and_distributed_names_are_read(tmp_path):
    state = theirs.earthloc_state()
    path = save(tmp_path, {"epoch_num": 3, "best_r5": 61.2, "model_state_dict": state, "optimizer_state_dict": {}})
    parallel = save(tmp_path, {f"module.{name}": tensor.half() for name, tensor in state.items()}, "parallel.pth")
    weight = read_checkpoint(path).network.projection.weight
    assert torch.equal(weight, state["fc.weight"])
    assert torch.allclose(read_checkpoint(parallel).network.projection.weight, weight, atol=1e-3)


def test_message_lists_missing_unexpected_and_misshapen_tensors(tmp_path, earthloc_state):
    state = dict(earthloc_state)
    del state["fc.bias"]
    state["backbone.model.layer4.0.conv1.weight"] = torch.zeros(1)
    state["aggregator.row_proj.weight"] = torch.zeros(4, 399)
    with pytest.raises(ModelError) as caught:
        read_checkpoint(save(tmp_path, state))
    message = str(caught.value)
    assert "checkpoint.pth" in message
    assert "missing fc.bias" in message
    assert "extra backbone.model.layer4.0.conv1.weight" in message
    assert "misshapen aggregator.row_proj.weight (4, 399) instead of (4, 400)" in message


@pytest.mark.usefixtures("small_dinov2")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"backbone.pos_embed": torch.zeros(1, 256, 384)}, "misshapen backbone.pos_embed"),
        ({"backbone.head.weight": torch.zeros(3)}, "extra backbone.head.weight"),
        ({"aggregator.dust_bin": None}, "missing aggregator.dust_bin"),
        ({"aggregator.score.3.weight": torch.zeros(24, 512)}, r"misshapen aggregator.score.3.weight \(24, 512\)"),
        ({"backbone.blocks.0.attn.qkv.weight": None}, "missing backbone.blocks.0.attn.qkv.weight"),
        ({"backbone.blocks.1.norm1.weight": torch.zeros(384)}, "extra backbone.blocks.1.norm1.weight"),
        ({"backbone.norm.bias": torch.full((384,), torch.nan)}, "backbone.norm.bias holds numbers that are not"),
        ({"backbone.patch_embed.proj.weight": torch.zeros(100, 3, 14, 14)}, "is not a checkpoint of a known network"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_message_names_the_wrong_tensor_of_earthloc2(tmp_path, change, message):
    state = {**theirs.earthloc2_state(384, 1, "salad"), **change}
    with pytest.raises(ModelError, match=message):
        read_checkpoint(save(tmp_path, {name: tensor for name, tensor in state.items() if tensor is not None}))


class RunsCode:
    """Runs code if it is unpickled."""

    def __reduce__(self):
        return (print, ("code ran",))


def test_code_in_a_checkpoint_is_not_run(tmp_path, capsys):
    path = save(tmp_path, {"weights": torch.zeros(1), "more": RunsCode()})
    with pytest.raises(ModelError, match="holds objects other than tensors"):
        read_checkpoint(path)
    (tmp_path / "bare.pth").write_bytes(pickle.dumps(RunsCode(), protocol=2))
    with pytest.raises(ModelError, match="bare.pth"):
        read_checkpoint(tmp_path / "bare.pth")
    assert "code ran" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([torch.zeros(2)], "is not a state dict"),
        ({"epoch": 3}, "is not a state dict"),
        ({}, "is not a state dict"),
        ({"a": torch.zeros(2)}, "is not a checkpoint of a known network"),
    ],
)
def test_files_without_a_known_state_dict_are_refused(tmp_path, content, message):
    with pytest.raises(ModelError, match=message):
        read_checkpoint(save(tmp_path, content))


def test_damaged_and_missing_files_are_refused(tmp_path):
    whole = save(tmp_path, theirs.earthloc2_state(384, 1, "token")).read_bytes()
    for name, data in (("cut.pth", whole[: len(whole) // 2]), ("text.pth", b"hello"), ("empty.pth", b"")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ModelError, match=name):
            read_checkpoint(tmp_path / name)
    (tmp_path / "bad.safetensors").write_bytes(b"\x00" * 40)
    with pytest.raises(ModelError, match="is not a checkpoint or is damaged"):
        read_checkpoint(tmp_path / "bad.safetensors")
    with pytest.raises(ModelError, match="no such checkpoint"):
        read_checkpoint(tmp_path / "missing.pth")


def test_nothing_is_written_for_a_bad_checkpoint(tmp_path):
    with pytest.raises(ModelError):
        convert(save(tmp_path, {"a": torch.zeros(2)}), tmp_path / "package")
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.pth"]
