"""Building an index beside the EarthLoc way, and beside the model alone, in one run.

    python benchmarks/build.py [--tiles 800] [--json]

The EarthLoc way: tile pictures of 1,024 px as JPEG files, decoded and shrunk by Pillow, embedded by PyTorch in float32
at four rotations, 4,096 numbers each (ResNet-50 up to stage 3, MixVPR, 320 px); and the same with the network that
ships. Ours: the index builder on the mosaic, from reading it to the finished index. Needs the training extra.

Rates are tiles per second of processor time, one thread everywhere, so that what else runs on the computer hardly
matters; ratios are what to quote. Reading, embedding and writing overlap on the clock, which processor time does not
show: `wall` has tiles per second of the clock with all cores, ours and the model alone, and needs an idle computer.
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

from engine.contract.protocol import DEFAULT_TILE_KM
from engine.imagery.opening import open_imagery
from engine.retrieval.build import build_index
from engine.retrieval.model import ModelPackage
from engine.retrieval.plan import plan_tiles
from training.networks import PUBLISHED, NetworkConfig, build

_PICTURE_PX = 1024


def earthloc_way(files: list[Path], network, size_px: int) -> np.ndarray:
    """Descriptors (n, 4, dimension), a file at a time."""
    found = []
    with torch.inference_mode():
        for file in files:
            with Image.open(file) as image:
                picture = np.array(image.convert("RGB").resize((size_px, size_px), Image.Resampling.BILINEAR))
            pixels = torch.from_numpy(picture).permute(2, 0, 1)
            turned = torch.stack([torch.rot90(pixels, turn, (1, 2)) for turn in range(4)])
            found.append(network(network.normalised(turned)).numpy())
    return np.stack(found)


def rate(work: Callable[[], int]) -> tuple[float, float]:
    """Tiles per second of processor time, and of the clock."""
    wall, processor = time.perf_counter(), time.process_time()
    tiles = work()
    return tiles / (time.process_time() - processor), tiles / (time.perf_counter() - wall)


def default_network() -> NetworkConfig:
    """The configuration of the network that ships, without its weights, which do not change how long it takes."""
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

    def alone(model: ModelPackage) -> int:
        size = model.input.size_px
        squares = np.random.default_rng(0).integers(0, 256, (32, size, size, 3), dtype=np.uint8)
        for _ in range(10):
            model.embed(squares)
        return 10 * len(squares)

    ours(all_cores, "warm")  # opens what is opened once
    alone(one_thread)
    floor, _ = rate(lambda: alone(one_thread))
    built, _ = rate(lambda: ours(one_thread, "timed"))
    print(f"ours {built:.1f}, the model alone {floor:.1f} tiles/s of processor time", file=sys.stderr)
    _, wall_floor = rate(lambda: alone(all_cores))
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
        print(f"ours {built:.1f} tiles/s of processor time, {built / theirs:.0f} times the EarthLoc way ({theirs:.2f})")
        print(f"with the network that ships the EarthLoc way makes {same:.1f}: ours is {built / same:.1f} times that")
        shares = f"{built / floor:.0%} of it; on the clock {wall / wall_floor:.0%}"
        print(f"the model alone makes {floor:.1f}: ours is {shares}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
