"""Whole networks: descriptors, refused configurations and trainable parameters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from engine.errors import UsageError
from training.networks import (
    PUBLISHED,
    GemConfig,
    MixVprConfig,
    NetworkConfig,
    SaladConfig,
    TokenConfig,
    build,
)

SMALL_SALAD = SaladConfig(clusters=4, cluster_dim=8, token_dim=16)


@pytest.fixture(autouse=True)
def _small_transformer(monkeypatch):
    """Two narrow blocks instead of twelve, which take a hundredth of the time."""
    monkeypatch.setattr("training.networks.backbones.DINOV2_SIZES", {"dinov2-small": (48, 3, 2)})


def pictures(size_px, count=3, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).random((count, 3, size_px, size_px), np.float32))


@pytest.mark.parametrize(
    ("config", "dimension"),
    [
        (NetworkConfig("compact", "grey", 64, GemConfig()), 320),
        (NetworkConfig("compact", "rgb", 64, MixVprConfig(1, 8, 3)), 24),
        (NetworkConfig("compact", "local_grey", 64, MixVprConfig(2, 16, 4), dimension=10), 10),
        (NetworkConfig("resnet50v2", "grey", 64, GemConfig()), 1024),
        (NetworkConfig("resnet50", "rgb", 64, MixVprConfig(2, 16, 4)), 64),
        (NetworkConfig("dinov2-small", "rgb", 56, SMALL_SALAD), 48),
        (NetworkConfig("dinov2-small", "grey", 56, TokenConfig()), 48),
        (NetworkConfig("dinov2-small", "rgb", 56, MixVprConfig(1, 8, 4), dimension=12), 12),
    ],
    ids=lambda value: f"{value.backbone}-{value.aggregator.kind}" if isinstance(value, NetworkConfig) else "",
)
def test_descriptors_have_length_one_and_do_not_depend_on_the_batch(config, dimension):
    network = build(config, seed=0).eval()
    images = pictures(config.size_px)
    with torch.no_grad():
        together = network(images)
        alone = torch.cat([network(image[None]) for image in images])
    assert network.dimension == dimension
    assert together.shape == (3, dimension)
    assert together.dtype == torch.float32
    assert torch.allclose(together.norm(dim=1), torch.ones(3), atol=1e-5)
    assert torch.allclose(together, alone, atol=1e-4)
    assert (together[0] - together[1]).norm() > 1e-4


@pytest.mark.parametrize("config", [NetworkConfig("compact", size_px=32), NetworkConfig("dinov2-small", size_px=56)])
def test_gradients_reach_every_weight_under_bfloat16(config):
    config = replace(config, aggregator=SMALL_SALAD if "dino" in config.backbone else config.aggregator, dimension=8)
    network = build(config, seed=0).train()
    with torch.autocast("cpu", torch.bfloat16):
        descriptors = network(pictures(config.size_px, 4))
    assert descriptors.dtype == torch.float32
    (descriptors * torch.randn(descriptors.shape)).sum().backward()
    without = {name for name, p in network.named_parameters() if p.grad is None or not torch.isfinite(p.grad).all()}
    assert without <= {"backbone.model.embeddings.mask_token"}  # only pretraining masks


def test_published_networks_have_their_published_dimensions(monkeypatch):
    monkeypatch.undo()
    with torch.device("meta"):
        dimensions = {name: build(config).dimension for name, config in PUBLISHED.items()}
        parameters = sum(p.numel() for p in build(PUBLISHED["earthloc"]).parameters())
    assert parameters == 27_662_212
    assert dimensions == {
        "earthloc": 4096,
        "earthloc2-small-token": 384,
        "earthloc2-base-token": 768,
        "earthloc2-large-token": 1024,
        "earthloc2-small-salad": 2048,
        "earthloc2-base-salad": 3072,
        "earthloc2-large-salad": 4096,
        "earthloc2-small-mixvpr": 8192,
        "earthloc2-base-mixvpr": 12288,
        "earthloc2-large-mixvpr": 16384,
    }


def test_seed_gives_the_same_weights_and_keeps_the_global_generator():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first, second, other = (build(NetworkConfig(size_px=64), seed=s) for s in (1, 1, 2))
    assert torch.equal(torch.rand(1), expected)
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name]), name
    assert not torch.equal(first.backbone.stem[0].weight, other.backbone.stem[0].weight)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "resnet18"}, "backbone 'resnet18' is unknown"),
        ({"input": "sepia"}, "input 'sepia' is unknown"),
        ({"size_px": 100}, "multiple of 16"),
        ({"backbone": "dinov2-small", "size_px": 224, "aggregator": SaladConfig(clusters=256)}, "256 positions"),
        ({"backbone": "dinov2-base", "size_px": 320}, "multiple of 14"),
        ({"aggregator": SaladConfig()}, "compact has no class token"),
        ({"aggregator": TokenConfig()}, "compact has no class token"),
        ({"lora_rank": 4}, "lora_rank 4 does not fit compact"),
        ({"dimension": 0}, "dimension 0 is out of range"),
        ({"trainable_blocks": -1}, "trainable_blocks -1 is negative"),
    ],
)
def test_incompatible_parts_are_refused(changes, message):
    with pytest.raises(UsageError, match=message):
        NetworkConfig(**changes)


def test_tables_round_trip():
    for config in [*PUBLISHED.values(), NetworkConfig(), NetworkConfig("resnet50v2", weights="trunk.pt")]:
        assert NetworkConfig.from_table(config.to_table()) == config


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"backbon": "compact"}, "network.backbon is unknown; use backbone"),
        ({"size_px": "224"}, "network.size_px = '224' is of the wrong type"),
        ({"size_px": True}, "network.size_px = True is of the wrong type"),
        ({"aggregator": "gem"}, "network.aggregator names no known kind"),
        ({"aggregator": {"kind": "netvlad"}}, "network.aggregator names no known kind"),
        ({"aggregator": {"kind": "gem", "q": 1}}, "network.aggregator.q is unknown"),
        ({"aggregator": {"kind": "mixvpr", "depth": 1.5}}, "network.aggregator.depth = 1.5 is of the wrong type"),
    ],
)
def test_message_names_the_wrong_key_of_a_table(table, message):
    with pytest.raises(UsageError, match=message):
        NetworkConfig.from_table(table)


def trainable(network):
    return {name for name, p in network.backbone.named_parameters() if p.requires_grad}


def test_only_the_last_blocks_train():
    network = build(NetworkConfig("dinov2-small", "rgb", 56, TokenConfig(), trainable_blocks=1))
    assert {name.split(".")[1] for name in trainable(network)} == {"encoder", "layernorm"}
    assert {name.split(".")[3] for name in trainable(network) if "encoder" in name} == {"1"}
    frozen = build(NetworkConfig("dinov2-small", "rgb", 56, TokenConfig(), trainable_blocks=0))
    assert not trainable(frozen)
    resnet = build(NetworkConfig("resnet50", "rgb", 64, GemConfig(), trainable_blocks=1))
    assert {name[: len("model.encoder.stages.2")] for name in trainable(resnet)} == {"model.encoder.stages.2"}
    v2 = build(NetworkConfig("resnet50v2", "rgb", 64, GemConfig(), trainable_blocks=2))
    assert "blocks.3.conv1.weight" in trainable(v2)
    assert "blocks.2.conv1.weight" not in trainable(v2)
    assert "conv0.weight" not in trainable(v2)


def test_only_adapters_train_and_merging_keeps_the_descriptors():
    config = NetworkConfig("dinov2-small", "rgb", 56, SMALL_SALAD, trainable_blocks=0, lora_rank=2)
    network = build(config, seed=0).eval()
    assert trainable(network)
    assert all("lora_" in name for name in trainable(network))
    plain = build(replace(config, lora_rank=0), seed=0).eval()
    images = pictures(56)
    with torch.no_grad():
        for name, p in network.named_parameters():
            if "lora_" in name:  # simulates training
                p.normal_(0, 0.3, generator=torch.Generator().manual_seed(0))
        before = network(images)
        assert (before - plain(images)).norm() > 1e-3
        network.merge_adapters()
        assert torch.allclose(network(images), before, atol=1e-5)
    assert set(network.state_dict()) == set(plain.state_dict())


def test_pictures_are_normalised_as_in_the_card():
    white = torch.full((1, 3, 2, 2), 255, dtype=torch.uint8)
    grey = build(NetworkConfig(size_px=64)).normalised(white)
    assert torch.equal(grey, torch.ones(1, 3, 2, 2))
    rgb = build(NetworkConfig(size_px=64, input="rgb")).normalised(white)
    assert rgb[0, :, 0, 0].tolist() == pytest.approx([(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225])
