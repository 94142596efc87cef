"""Model packages: their contents, agreement with torch, and no incomplete files after errors."""

from __future__ import annotations

import errno
import json

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch")

import onnx
from torch import nn

from engine.errors import ModelError, OutputError, UsageError
from engine.retrieval.model import ModelPackage
from training import export, quantise
from training.export import PackageInfo, compare, export_package, texture_pictures
from training.networks import MixVprConfig, NetworkConfig, SaladConfig, build

INFO = PackageInfo("tiny", "1.2", "textures", "GPL-2.0-or-later", "drawn by lot", {"recall": {"1": 0.5}})


class TinyBackbone(nn.Module):
    """Four convolutions with a batch norm: a graph that exports quickly."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 5, 4, 2),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 16, 1, bias=False),
            nn.Conv2d(16, 16, 1, bias=False),
            nn.Conv2d(16, 320, 5, 4, 2),
            nn.ReLU(),
        )

    def forward(self, images):
        return self.layers(images), None


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    net = build(NetworkConfig("compact", "grey", 64, MixVprConfig(1, 64, 4)), seed=0)
    net.backbone = TinyBackbone()
    nn.init.uniform_(net.backbone.layers[1].running_mean, -0.2, 0.2)
    nn.init.uniform_(net.backbone.layers[1].running_var, 0.5, 2)
    for layer in net.backbone.layers[3:5]:
        nn.init.orthogonal_(layer.weight)
    return net


@pytest.fixture(scope="module")
def pictures():
    return texture_pictures(64, 12)


@pytest.fixture(scope="module")
def written(network, pictures, tmp_path_factory):
    """Folder and result of `export_package` for every variant."""
    folder = tmp_path_factory.mktemp("packages")
    found = {"fp32": (folder / "fp32", export_package(network, folder / "fp32", INFO, pictures))}
    model = onnx.load(folder / "fp32" / "tiny.onnx")
    with pytest.MonkeyPatch.context() as patch:  # the exporter takes seconds
        patch.setattr(export, "to_onnx", lambda _: model)
        for variant in ("fp16", "int8"):
            found[variant] = (folder / variant, export_package(network, folder / variant, INFO, pictures, variant))
    return found


@pytest.fixture
def exported_before(monkeypatch, written):
    """Reuses the exported graph, because these tests are about its further processing."""
    model = onnx.load(written["fp32"][0] / "tiny.onnx")
    monkeypatch.setattr(export, "to_onnx", lambda _: model)
    return model


@pytest.mark.parametrize(("variant", "least"), [("fp32", 0.999999), ("fp16", 0.9999), ("int8", 0.98)])
def test_packages_agree_with_torch_on_new_pictures(network, written, variant, least):
    folder, exported = written[variant]
    others = texture_pictures(64, 20, seed=9)
    cosines = compare(network.eval(), ModelPackage.open(folder), others)
    assert cosines.shape == (20,)
    assert cosines.min() > least
    assert exported.min_cosine > least
    assert exported.min_cosine <= exported.mean_cosine <= 1.0001
    # The pictures differ more from each other than the package differs from torch.
    with torch.no_grad():
        own = network(network.normalised(torch.from_numpy(others.transpose(0, 3, 1, 2)))).numpy()
    assert np.median((own[1:] * own[:1]).sum(axis=1)) < least


def test_int8_keeps_the_mean_of_every_channel(network, pictures, exported_before, monkeypatch):
    prepared = network.normalised(torch.from_numpy(pictures.transpose(0, 3, 1, 2))).numpy()

    def last_convolution(model):
        name = [node.output[0] for node in model.graph.node if node.op_type == "Conv"][-1]
        return quantise._channel_means(model, [name], "image", prepared)[0]

    wanted = last_convolution(exported_before)
    corrected = last_convolution(quantise.int8(exported_before, "image", prepared))
    monkeypatch.setattr(quantise, "_correct_biases", lambda *_: None)
    rounded = last_convolution(quantise.int8(exported_before, "image", prepared))
    assert np.abs(corrected - wanted).max() < 0.2 * np.abs(rounded - wanted).max()


def test_variants_get_smaller(written):
    sizes = {variant: exported.size_bytes for variant, (_, exported) in written.items()}
    assert sizes["fp16"] < 0.6 * sizes["fp32"]
    assert sizes["int8"] < 0.4 * sizes["fp32"]
    folder, exported = written["fp16"]
    assert (folder / "tiny.onnx").stat().st_size == exported.size_bytes


def test_card_has_all_fields(network, written):
    folder, exported = written["fp32"]
    card = json.loads(exported.card.read_text(encoding="utf-8"))
    assert (card["name"], card["version"], card["license"], card["origin"]) == (
        "tiny",
        "1.2",
        "GPL-2.0-or-later",
        "drawn by lot",
    )
    assert card["measured"] == {"recall": {"1": 0.5}}
    assert card["variant"] == "fp32"
    assert card["parity"]["pictures"] == 12
    assert card["query_rotations_deg"] == [0, 90, 180, 270]
    assert NetworkConfig.from_table(card["network"]) == network.config
    package = ModelPackage.open(folder)
    assert (package.input.size_px, package.input.resize, package.dimension) == (64, "crop", 256)
    assert (package.input.mean, package.input.std) == ((0, 0, 0), (1, 1, 1))


def test_batch_size_is_dynamic_and_old_runtimes_can_read_the_file(written):
    folder, _ = written["fp32"]
    model = onnx.load(folder / "tiny.onnx")
    assert model.ir_version <= 10
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    session = onnxruntime.InferenceSession(folder / "tiny.onnx")
    for count in (1, 5):
        (out,) = session.run(None, {"image": np.zeros((count, 3, 64, 64), np.float32)})
        assert out.shape == (count, 256)


def test_export_keeps_the_network_and_is_reproducible_and_has_no_paths(network, pictures, written, tmp_path):
    network.train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    export_package(network, tmp_path / "out", INFO, pictures)
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    network.eval()
    data = (tmp_path / "out" / "tiny.onnx").read_bytes()
    assert data == (written["fp32"][0] / "tiny.onnx").read_bytes()
    for trace in (b"site-packages", b"training/", b".py", b"tests"):
        assert trace not in data


def test_adapters_of_a_transformer_are_merged_on_export(monkeypatch, tmp_path):
    monkeypatch.setattr("training.networks.backbones.DINOV2_SIZES", {"dinov2-small": (48, 3, 1)})
    salad = SaladConfig(clusters=4, cluster_dim=8, token_dim=16)
    config = NetworkConfig("dinov2-small", "rgb", 56, salad, trainable_blocks=0, lora_rank=2)
    net = build(config, seed=0)
    with torch.no_grad():
        for name, p in net.named_parameters():
            if "lora_" in name:
                p.normal_(0, 0.5, generator=torch.Generator().manual_seed(0))
    export_package(net, tmp_path / "out", INFO, texture_pictures(56, 4), "fp32", "squash")
    package = ModelPackage.open(tmp_path / "out")
    assert compare(net.eval(), package, texture_pictures(56, 4, seed=3)).min() > 0.99999
    assert any("lora_" in name for name, _ in net.named_parameters())
    assert b"lora_" not in (tmp_path / "out" / "tiny.onnx").read_bytes()
    assert package.input.std == (0.229, 0.224, 0.225)


def test_package_that_differs_from_torch_is_deleted(network, pictures, tmp_path, exported_before):
    weight = max(exported_before.graph.initializer, key=lambda w: np.prod(w.dims))
    weight.CopyFrom(onnx.numpy_helper.from_array(-onnx.numpy_helper.to_array(weight), weight.name))
    with pytest.raises(ModelError, match="its descriptors differ from torch's"):
        export_package(network, tmp_path / "out", INFO, pictures)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("exported_before")
def test_full_disk_leaves_no_files(network, pictures, tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(export.os, "fsync", full)
    with pytest.raises(OutputError, match="the disk is full"):
        export_package(network, tmp_path / "out", INFO, pictures)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("exported_before")
def test_files_of_an_interrupted_export_are_replaced(network, pictures, tmp_path):
    (tmp_path / "out.partial").mkdir()
    (tmp_path / "out.partial" / "old.json").write_text("{}")
    (tmp_path / "out").mkdir()
    export_package(network, tmp_path / "out", INFO, pictures)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["tiny.json", "tiny.onnx"]
    assert not (tmp_path / "out.partial").exists()


def test_bad_arguments_are_refused_before_the_export(network, pictures, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="exists already"):
        export_package(network, tmp_path / "taken", INFO, pictures)
    assert (tmp_path / "taken" / "thesis.txt").read_text() == "years of work"
    with pytest.raises(UsageError, match="variant 'fp8' is unknown"):
        export_package(network, tmp_path / "out", INFO, pictures, "fp8")
    for wrong in (pictures[:0], pictures[:, :32], pictures.astype(np.float32)):
        with pytest.raises(UsageError, match="do not fit"):
            export_package(network, tmp_path / "out", INFO, wrong)


@pytest.mark.realdata
@pytest.mark.usefixtures("exported_before")
def test_packages_agree_on_real_photos(network, data_folder, tmp_path):
    from PIL import Image

    from engine.retrieval.model import square_picture

    photos = [np.asarray(Image.open(p).convert("RGB")) for p in sorted((data_folder / "photos").glob("*.jpg"))[::4]]
    squares = np.stack([square_picture(photo, 64, "crop") for photo in photos])
    assert export_package(network, tmp_path / "out", INFO, squares).min_cosine > 0.99999
