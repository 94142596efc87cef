"""Independent implementation of the published networks, as functions over their published state dicts.

Uses only functions of torch and the published names, so that tests can compare the conversion with it. Each `*_state`
returns random tensors with exactly the published names and shapes.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F  # noqa: N812

RESNET50_BLOCKS = {1: (3, 64), 2: (4, 128), 3: (6, 256)}


def earthloc_state(prefix="backbone.model.", seed=0):
    """State dict of EarthLoc: the default prefix is that of the authors, "backbone." that of torchgeo."""
    draw = _Draw(seed)
    state = {f"{prefix}conv1.weight": draw(64, 3, 7, 7), **draw.norm(f"{prefix}bn1", 64)}
    channels = 64
    for stage, (count, width) in RESNET50_BLOCKS.items():
        for block in range(count):
            name = f"{prefix}layer{stage}.{block}"
            for number, shape in enumerate(((width, channels, 1), (width, width, 3), (4 * width, width, 1)), start=1):
                out, into, side = shape
                state[f"{name}.conv{number}.weight"] = draw(out, into, side, side)
                state |= draw.norm(f"{name}.bn{number}", out)
            if block == 0:
                state[f"{name}.downsample.0.weight"] = draw(4 * width, channels, 1, 1)
                state |= draw.norm(f"{name}.downsample.1", 4 * width)
            channels = 4 * width
    state |= mixvpr_state(1024, 400, 1024, 4, 4, draw)
    return state | {"fc.weight": draw(4096, 4096), "fc.bias": draw(4096)}


def mixvpr_state(channels, positions, out, rows, depth, draw):
    state = {}
    for mixer in range(depth):
        name = f"aggregator.mix.{mixer}.mix"
        state |= {f"{name}.0.weight": 1 + draw(positions), f"{name}.0.bias": draw(positions)}
        for layer in (1, 3):
            state |= {
                f"{name}.{layer}.weight": draw(positions, positions),
                f"{name}.{layer}.bias": draw(positions),
            }
    state |= {"aggregator.channel_proj.weight": draw(out, channels), "aggregator.channel_proj.bias": draw(out)}
    return state | {"aggregator.row_proj.weight": draw(rows, positions), "aggregator.row_proj.bias": draw(rows)}


def earthloc2_state(width, depth, head, seed=0, positions=37 * 37):
    """State dict of EarthLoc2 with the head "token", "mixvpr" or "salad" for the width of DINOv2."""
    draw = _Draw(seed)
    state = {
        "backbone.cls_token": draw(1, 1, width),
        "backbone.reg_token": draw(1, 4, width),
        "backbone.pos_embed": draw(1, positions, width),
        "backbone.patch_embed.proj.weight": draw(width, 3, 14, 14),
        "backbone.patch_embed.proj.bias": draw(width),
    }
    for block in range(depth):
        name = f"backbone.blocks.{block}"
        for part in ("norm1", "norm2"):
            state |= {f"{name}.{part}.weight": 1 + draw(width), f"{name}.{part}.bias": draw(width)}
        for layer, out, into in (
            ("attn.qkv", 3 * width, width),
            ("attn.proj", width, width),
            ("mlp.fc1", 4 * width, width),
            ("mlp.fc2", width, 4 * width),
        ):
            state |= {f"{name}.{layer}.weight": draw(out, into), f"{name}.{layer}.bias": draw(out)}
        state |= {f"{name}.ls1.gamma": 0.5 + draw(width), f"{name}.ls2.gamma": 0.5 + draw(width)}
    state |= {"backbone.norm.weight": 1 + draw(width), "backbone.norm.bias": draw(width)}
    if head == "mixvpr":
        state |= mixvpr_state(width, positions, {384: 2048, 768: 3072, 1024: 4096}[width], 4, 1, draw)
    elif head == "salad":
        clusters, token_dim = {384: (24, 512), 768: (32, 1024), 1024: (48, 1024)}[width]
        name = "aggregator.token_features"
        state |= {f"{name}.0.weight": draw(512, width), f"{name}.0.bias": draw(512)}
        state |= {f"{name}.2.weight": draw(token_dim, 512), f"{name}.2.bias": draw(token_dim)}
        for part, out in (("cluster_features", 64), ("score", clusters)):
            name = f"aggregator.{part}"
            state |= {f"{name}.0.weight": draw(512, width, 1, 1), f"{name}.0.bias": draw(512)}
            state |= {f"{name}.3.weight": draw(out, 512, 1, 1), f"{name}.3.bias": draw(out)}
        state["aggregator.dust_bin"] = torch.tensor(1.3)
    return state


def run_earthloc(state, images, prefix="backbone.model."):
    def norm(name, x):
        s = {part: state[f"{prefix}{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")}
        return F.batch_norm(x, s["running_mean"], s["running_var"], s["weight"], s["bias"])

    def conv(name, x, stride=1, padding=0):
        return F.conv2d(x, state[f"{prefix}{name}.weight"], stride=stride, padding=padding)

    x = F.max_pool2d(F.relu(norm("bn1", conv("conv1", images, 2, 3))), 3, 2, 1)
    for stage, (count, _) in RESNET50_BLOCKS.items():
        for block in range(count):
            name = f"layer{stage}.{block}"
            stride = 2 if block == 0 and stage > 1 else 1
            y = F.relu(norm(f"{name}.bn1", conv(f"{name}.conv1", x)))
            y = F.relu(norm(f"{name}.bn2", conv(f"{name}.conv2", y, stride, 1)))
            y = norm(f"{name}.bn3", conv(f"{name}.conv3", y))
            short = norm(f"{name}.downsample.1", conv(f"{name}.downsample.0", x, stride)) if block == 0 else x
            x = F.relu(y + short)
    pooled = run_mixvpr(state, x.flatten(2), depth=4)
    return F.normalize(F.linear(pooled, state["fc.weight"], state["fc.bias"]), dim=1)


def run_mixvpr(state, x, depth):
    for mixer in range(depth):
        w = {k: state[f"aggregator.mix.{mixer}.mix.{k}"] for k in ("0.weight", "0.bias", "1.weight", "1.bias")}
        w |= {k: state[f"aggregator.mix.{mixer}.mix.{k}"] for k in ("3.weight", "3.bias")}
        y = F.layer_norm(x, (x.shape[-1],), w["0.weight"], w["0.bias"])
        x = x + F.linear(F.relu(F.linear(y, w["1.weight"], w["1.bias"])), w["3.weight"], w["3.bias"])
    x = F.linear(x.transpose(1, 2), state["aggregator.channel_proj.weight"], state["aggregator.channel_proj.bias"])
    x = F.linear(x.transpose(1, 2), state["aggregator.row_proj.weight"], state["aggregator.row_proj.bias"])
    return F.normalize(x.flatten(1), dim=1)


def run_earthloc2(state, images, head, heads, depth):
    b = {name.removeprefix("backbone."): t for name, t in state.items() if name.startswith("backbone.")}
    width = b["cls_token"].shape[-1]
    count = len(images)
    patches = F.conv2d(images, b["patch_embed.proj.weight"], b["patch_embed.proj.bias"], stride=14)
    grid = patches.shape[-1]
    x = patches.flatten(2).transpose(1, 2) + b["pos_embed"]
    x = torch.cat([b["cls_token"].expand(count, -1, -1), b["reg_token"].expand(count, -1, -1), x], dim=1)
    for block in range(depth):
        w = {n.removeprefix(f"blocks.{block}."): t for n, t in b.items() if n.startswith(f"blocks.{block}.")}
        y = F.layer_norm(x, (width,), w["norm1.weight"], w["norm1.bias"], 1e-6)
        y = F.linear(y, w["attn.qkv.weight"], w["attn.qkv.bias"])
        q, k, v = y.reshape(count, -1, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        y = ((q @ k.transpose(-2, -1)) * (width // heads) ** -0.5).softmax(dim=-1) @ v
        y = F.linear(y.transpose(1, 2).reshape(count, -1, width), w["attn.proj.weight"], w["attn.proj.bias"])
        x = x + w["ls1.gamma"] * y
        y = F.layer_norm(x, (width,), w["norm2.weight"], w["norm2.bias"], 1e-6)
        y = F.gelu(F.linear(y, w["mlp.fc1.weight"], w["mlp.fc1.bias"]))
        x = x + w["ls2.gamma"] * F.linear(y, w["mlp.fc2.weight"], w["mlp.fc2.bias"])
    x = F.layer_norm(x, (width,), b["norm.weight"], b["norm.bias"], 1e-6)
    if head == "token":
        return F.normalize(x[:, 0], dim=1)
    features = x[:, 5:].transpose(1, 2)
    if head == "mixvpr":
        return run_mixvpr(state, features, depth=1)
    return run_salad(state, features.unflatten(2, (grid, grid)), x[:, 0])


def run_salad(state, features, token):
    a = {name.removeprefix("aggregator."): t for name, t in state.items() if name.startswith("aggregator.")}

    def convolutions(part):
        y = F.relu(F.conv2d(features, a[f"{part}.0.weight"], a[f"{part}.0.bias"]))
        return F.conv2d(y, a[f"{part}.3.weight"], a[f"{part}.3.bias"]).flatten(2)

    local, score = convolutions("cluster_features"), convolutions("score")
    count, clusters, positions = score.shape
    # Sinkhorn's algorithm on the matrix: rows to mass 1, the dustbin row to the rest, then columns to mass 1.
    matrix = torch.cat([score, a["dust_bin"].expand(count, 1, positions)], dim=1).double().exp()
    mass = torch.ones(clusters + 1, 1, dtype=torch.float64)
    mass[-1] = positions - clusters
    for _ in range(3):
        matrix = matrix * (mass / matrix.sum(dim=2, keepdim=True))
        matrix = matrix / matrix.sum(dim=1, keepdim=True)
    volume = local @ matrix[:, :-1].float().transpose(1, 2)  # (count, dimensions, clusters)
    whole = F.linear(token, a["token_features.0.weight"], a["token_features.0.bias"])
    whole = F.linear(F.relu(whole), a["token_features.2.weight"], a["token_features.2.bias"])
    return F.normalize(torch.cat([F.normalize(whole, dim=1), F.normalize(volume, dim=1).flatten(1)], dim=1), dim=1)


class _Draw:
    """Random tensors, scaled so that activations stay bounded."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(self, *shape):
        into = 1
        for side in shape[1:]:
            into *= side
        scale = (2 / into) ** 0.5 if len(shape) > 1 and shape[0] > 1 else 0.1
        return torch.randn(*shape, generator=self.generator) * scale

    def norm(self, name, channels):
        return {
            f"{name}.weight": 1 + self(channels),
            f"{name}.bias": self(channels),
            f"{name}.running_mean": self(channels),
            f"{name}.running_var": 1 + self(channels).abs(),
            f"{name}.num_batches_tracked": torch.tensor(7),
        }
