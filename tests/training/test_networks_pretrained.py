"""Pretrained backbones from local files with their published parameter names."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

import numpy as np
import published as theirs
import safetensors.torch

from engine.errors import ModelError
from training.networks import GemConfig, NetworkConfig, TokenConfig, build
from training.networks.backbones import ResNet50, make_backbone
from training.networks.pretrained import resample_positions, resnet50_names


@pytest.fixture(autouse=True)
def _small_transformer(monkeypatch):
    monkeypatch.setattr("training.networks.backbones.DINOV2_SIZES", {"dinov2-small": (48, 3, 2)})


def timm_state():
    state = theirs.earthloc2_state(48, 2, "token", positions=16)
    return {name.removeprefix("backbone."): tensor for name, tensor in state.items()}


def authors_state():
    """State dict as published by the authors of DINOv2: a separate position of the class token, and a mask token."""
    state = timm_state()
    own = torch.full((1, 1, 48), 0.3)
    state["cls_token"] = state["cls_token"] - own
    state["pos_embed"] = torch.cat([own, state["pos_embed"]], dim=1)
    state["register_tokens"] = state.pop("reg_token")
    return state | {"mask_token": torch.zeros(1, 48)}


def hub_state(attention):
    """State dict as on the transformers hub, with the given names of the attention layers."""
    given = make_backbone("dinov2-small", 56, weights=None).model.state_dict()
    renamed = {}
    for name, tensor in given.items():
        for ours, hub in zip(("q_proj", "k_proj", "v_proj", "o_proj"), attention, strict=True):
            name = name.replace(f"attention.{ours}", hub)
        renamed[name] = tensor
    return given, renamed


def test_timm_and_authors_checkpoints_give_the_same_transformer(tmp_path):
    images = torch.rand(2, 3, 56, 56, generator=torch.Generator().manual_seed(0))
    expected = theirs.run_earthloc2(theirs.earthloc2_state(48, 2, "token", positions=16), images, "token", 3, 2)
    for name, state in (("timm", timm_state()), ("authors", authors_state())):
        torch.save(state, tmp_path / f"{name}.pth")
        config = NetworkConfig("dinov2-small", "rgb", 56, TokenConfig(), weights=str(tmp_path / f"{name}.pth"))
        with torch.no_grad():
            assert torch.allclose(build(config).eval()(images), expected, atol=1e-4), name


@pytest.mark.parametrize(
    "attention",
    [
        ("attention.q_proj", "attention.k_proj", "attention.v_proj", "attention.o_proj"),
        ("attention.attention.query", "attention.attention.key", "attention.attention.value", "attention.output.dense"),
    ],
    ids=["new", "old"],
)
def test_old_and_new_names_of_transformers_are_read(tmp_path, attention):
    given, renamed = hub_state(attention)
    safetensors.torch.save_file(
        {f"dinov2_with_registers.{name}": t.contiguous() for name, t in renamed.items()}
        | {"classifier.weight": torch.zeros(10, 96)},
        tmp_path / "model.safetensors",
    )
    loaded = make_backbone("dinov2-small", 56, weights=tmp_path / "model.safetensors").model.state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in given.items())


def test_position_embeddings_are_resampled_to_the_grid(tmp_path):
    torch.save(timm_state(), tmp_path / "model.pth")
    loaded = make_backbone("dinov2-small", 112, weights=tmp_path / "model.pth").model.state_dict()
    assert loaded["embeddings.position_embeddings"].shape == (1, 65, 48)
    ramp = torch.linspace(-1, 1, 8).view(8, 1, 1).expand(8, 8, 48)
    given = torch.cat([torch.full((1, 1, 48), 5.0), ramp.reshape(1, 64, 48)], dim=1)
    smaller = resample_positions(given, 4)
    assert torch.equal(smaller[:, 0], given[:, 0])
    rows = smaller[0, 1:, 0].view(4, 4)
    assert torch.allclose(rows, rows[:, :1].expand(4, 4), atol=1e-5)
    assert (rows[1:, 0] > rows[:-1, 0]).all()
    assert resample_positions(given, 8) is given


def test_last_stage_of_torchvisions_resnet_is_dropped(tmp_path):
    state = theirs.earthloc_state("backbone.")
    state = {n.removeprefix("backbone."): t for n, t in state.items() if n.startswith("backbone.")}
    extra = {"layer4.0.conv1.weight": torch.zeros(512, 1024, 1, 1), "fc.weight": torch.zeros(1000, 2048)}
    torch.save({**state, **extra, "fc.bias": torch.zeros(1000)}, tmp_path / "resnet50.pth")
    loaded = make_backbone("resnet50", 64, weights=tmp_path / "resnet50.pth").model.state_dict()
    assert set(loaded) == set(resnet50_names((3, 4, 6)).values())
    for name, ours in resnet50_names((3, 4, 6)).items():
        assert torch.equal(loaded[ours], state[name]), name


def test_backbones_implemented_here_keep_their_names(tmp_path):
    for name in ("compact", "resnet50v2"):
        given = make_backbone(name, 64, grey=True)
        torch.save(given.state_dict(), tmp_path / f"{name}.pt")
        loaded = make_backbone(name, 64, grey=True, weights=tmp_path / f"{name}.pt")
        assert all(torch.equal(t, given.state_dict()[n]) for n, t in loaded.state_dict().items()), name


def test_weights_of_another_backbone_are_refused(tmp_path):
    torch.save(ResNet50().state_dict(), tmp_path / "resnet.pt")
    with pytest.raises(ModelError, match=r"resnet.pt: does not fit the network: missing .* and \d+ more; extra"):
        build(NetworkConfig("compact", "grey", 64, GemConfig(), weights=str(tmp_path / "resnet.pt")))
    torch.save(timm_state() | {"pos_embed": torch.zeros(1, 16, 50)}, tmp_path / "dino.pt")
    with pytest.raises(ModelError, match="misshapen model.embeddings.position_embeddings"):
        make_backbone("dinov2-small", 56, weights=tmp_path / "dino.pt")
    with pytest.raises(ModelError, match="no such checkpoint"):
        make_backbone("compact", 64, weights=tmp_path / "missing.pt")


@pytest.mark.realdata
def test_public_trunk_gives_its_reference_features(data_folder):
    import importlib.util

    from PIL import Image

    spec = importlib.util.spec_from_file_location("load_backbones", data_folder / "weights" / "load_backbones.py")
    public = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(public)
    weights = data_folder / "weights" / "resnet50v2" / "resnet50v2_trunk_fp16.pt"
    net = build(NetworkConfig("resnet50v2", "rgb", 160, GemConfig(), weights=str(weights))).eval()
    photo = Image.open(data_folder / "photos" / "ISS042-E-104433.jpg").convert("RGB").resize((160, 160))
    images = net.normalised(torch.from_numpy(np.asarray(photo).transpose(2, 0, 1)[None].copy()))
    with torch.no_grad():
        expected = public.load(public.ResNet50V2Trunk, str(weights))(images)
        assert expected.std() > 0.01
        assert torch.allclose(net.backbone(images)[0], expected, atol=1e-4)
