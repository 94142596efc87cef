"""Speed of building an index, compared in one run with EarthLoc's method and with the model alone.

    python benchmarks/build.py [--tiles 800] [--json]

EarthLoc's method: tile pictures of 1,024 px as JPEG files, decoded and shrunk by Pillow, embedded by PyTorch in float32
at four rotations, 4,096 dimensions (ResNet-50 up to stage 3, MixVPR, 320 px); and the same with the shipped network.
Ours: the index builder on the mosaic, from reading the imagery to the finished index. Needs the training extra.

Rates are tiles per second of processor time with one thread, so that other programs on the computer hardly matter;
quote the ratios. Reading, embedding and writing overlap in wall-clock time, which processor time does not show: `wall`
has tiles per second of wall-clock time with all cores, for ours and for the model alone, and needs an idle computer.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from _setting import WORK, setting

try:
    import torch
except ModuleNotFoundError:
    print("skipped: the training extra is not installed (pip install -e '.[training]')")
    sys.exit(0)

import cv2
import numpy as np
from PIL import Image

from engine.contract.parameters import DEFAULT_TILE_KM
from engine.imagery.opening import open_imagery
from engine.retrieval.build import build_index
from engine.retrieval.model import ModelPackage
from engine.retrieval.plan import plan_tiles
from training.networks import PUBLISHED, NetworkConfig, build

_PICTURE_PX = 1024


def earthloc_way(files: list[Path], network, size_px: int) -> np.ndarray:
    """Computes descriptors (n, 4, dimension), one file at a time."""
    descriptors = []
    with torch.inference_mode():
        for file in files:
            with Image.open(file) as image:
                picture = np.array(image.convert("RGB").resize((size_px, size_px), Image.Resampling.BILINEAR))
            pixels = torch.from_numpy(picture).permute(2, 0, 1)
            rotated = torch.stack([torch.rot90(pixels, k, (1, 2)) for k in range(4)])
            descriptors.append(network(network.normalised(rotated)).numpy())
    return np.stack(descriptors)


def rate(task: Callable[[], int]) -> tuple[float, float]:
    """Tiles per second of processor time, and of wall-clock time, of a task that returns its number of tiles."""
    wall, processor = time.perf_counter(), time.process_time()
    tiles = task()
    return tiles / (time.process_time() - processor), tiles / (time.perf_counter() - wall)


def default_network() -> NetworkConfig:
    """The configuration of the shipped network, without its weights, which do not affect the speed."""
    from training.config import read_config

    return dataclasses.replace(read_config(Path("default.toml")).network, weights=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiles", type=int, default=800)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    chosen = setting()
    folder = WORK / "building"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    one_thread, all_cores = ModelPackage.open(threads=1), ModelPackage.open()
    west, south, _, _ = chosen.bbox
    with open_imagery(chosen.imagery) as imagery:
        side, tiles = 1.0, []
        while len(tiles) < args.tiles:
            side += 1.0
            bbox = (west, south, west + side, south + side)
            tiles = plan_tiles(imagery, bbox, DEFAULT_TILE_KM, False)
        files = []
        for number, tile in enumerate(tiles[:6]):
            pixels, _ = imagery.square(float(tile["lat"]), float(tile["lon"]), float(tile["width_km"]), _PICTURE_PX)
            files.append(folder / f"{number}.jpg")
            Image.fromarray(pixels).save(files[-1], quality=90)

    def ours(model: ModelPackage, name: str) -> int:
        shutil.rmtree(folder / name, ignore_errors=True)
        return build_index(chosen.imagery, folder / name, bbox=bbox, tile_km=DEFAULT_TILE_KM, model=model)["count"]

    def model_alone(model: ModelPackage) -> int:
        size = model.input.size_px
        squares = np.random.default_rng(0).integers(0, 256, (32, size, size, 3), dtype=np.uint8)
        for _ in range(10):
            model.embed(squares)
        return 10 * len(squares)

    ours(all_cores, "warm")  # warm-up, so that one-time costs do not count
    model_alone(one_thread)
    floor, _ = rate(lambda: model_alone(one_thread))
    built, _ = rate(lambda: ours(one_thread, "timed"))
    print(f"ours {built:.1f}, model alone {floor:.1f} tiles/s of processor time", file=sys.stderr)
    _, wall_floor = rate(lambda: model_alone(all_cores))
    _, wall = rate(lambda: ours(all_cores, "wall"))
    authors = build(PUBLISHED["earthloc"]).eval()
    own_config = default_network()
    own = build(own_config).eval()
    theirs, _ = rate(lambda: len(earthloc_way(files, authors, 320)))
    same, _ = rate(lambda: len(earthloc_way(files, own, own_config.size_px)))
    shutil.rmtree(folder)
    result = {
        "tiles": len(tiles),
        "ours": round(built, 1),
        "model_alone": round(floor, 1),
        "earthloc": round(theirs, 2),
        "earthloc_with_our_network": round(same, 2),
        "wall": {"ours": round(wall, 1), "model_alone": round(wall_floor, 1)},
    }
    if not args.json:
        print(
            f"ours {built:.1f} tiles/s of processor time, {built / theirs:.0f} times EarthLoc's method ({theirs:.2f})"
        )
        print(
            f"EarthLoc's method with the shipped network: {same:.1f} tiles/s; ours is {built / same:.1f} times as fast"
        )
        shares = f"{built / floor:.0%} of it, in wall-clock time {wall / wall_floor:.0%}"
        print(f"model alone: {floor:.1f} tiles/s; ours is {shares}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
