"""Training throughput compared with the EarthLoc recipe as its authors implemented it, and peak memory of `fit`.

    python benchmarks/training.py [--places 4] [--steps 2] [--json]
    python benchmarks/training.py --memory quick.toml [--data ../shared/data]
    python benchmarks/training.py --memory default.toml --pictures runs/default     # a few steps on its pictures

Throughput is in pictures per second of processor time with one thread, so that other programs on the computer hardly
matter; quote the ratios. The authors' method: ResNet-50 up to stage 3 at 320 px, MixVPR, 4,096 dimensions, float32, and
one view at a time through rotation, crop, perspective, resizing and colour jitter at 800 px, each with its own
resampling. Ours: the same network and batch with `earthloc.toml`, in one warp and bfloat16; and the default model.
Needs the training extra (`pip install -e '.[training]'`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from _setting import REPOSITORY

try:
    import torch
except ModuleNotFoundError:
    print("skipped: the training extra is not installed (pip install -e '.[training]')")
    sys.exit(0)

import kornia.augmentation
import kornia.geometry.transform
from torch import Tensor
from torch.nn import functional

from engine.progress import Progress
from training.augmentation import Augmentation
from training.config import TrainingConfig, read_config
from training.fit import Trainer
from training.losses import make_loss
from training.networks import PUBLISHED, build
from training.places.pairs import Imagery
from training.published_config import read_published
from training.published_fit import Objective

BEFORE_PX, CROP_PX, YEARS = 800, 700, 4
AUTHORS = "EarthLoc as its authors implemented it"
FIT = """
import resource, sys
from training.cli import main
code = main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
sys.exit(code)
"""
FEW_STEPS = """
import resource, sys
from dataclasses import replace
from pathlib import Path
import torch
from engine.progress import Progress
from training.config import read_config
from training.fit import Trainer
torch.set_num_threads(1)
config = read_config(Path(sys.argv[1]))
config = replace(config, steps=replace(config.steps, steps=3, small_share=0.34))
Trainer(config, Path(sys.argv[2]), Path(sys.argv[3])).run(Progress())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
"""


def one_view_at_a_time(pictures: Tensor, size_px: int) -> Tensor:
    """The authors' augmentation of pictures (n, 3, 800, 800) in [0, 1]: one at a time, each part with a resampling."""
    jitter = kornia.augmentation.ColorJitter(0.9, 0.9, 0.9, 0.0, p=1.0)
    views = []
    for picture in pictures:
        angle = torch.empty(1).uniform_(-45, 45)
        view = kornia.geometry.transform.rotate(picture[None], angle, mode="bilinear")
        top, left = torch.randint(0, BEFORE_PX - CROP_PX + 1, (2,)).tolist()
        view = view[:, :, top : top + CROP_PX, left : left + CROP_PX]
        corners = torch.tensor([[[0.0, 0], [1, 0], [1, 1], [0, 1]]]) * (CROP_PX - 1)
        inwards = torch.tensor([[[1.0, 1], [-1, 1], [-1, -1], [1, -1]]]) * CROP_PX / 2
        moved = corners + inwards * torch.rand(1, 4, 2) * 0.5
        matrix = kornia.geometry.transform.get_perspective_transform(corners, moved)
        view = kornia.geometry.transform.warp_perspective(view, matrix, (CROP_PX, CROP_PX))
        low, high = int(moved[0, :2, 1].max()), int(moved[0, 2:, 1].min())
        near, far = int(moved[0, [0, 3], 0].max()), int(moved[0, [1, 2], 0].min())
        view = view[:, :, low:high, near:far]
        side = min(view.shape[-2:])
        view = kornia.geometry.transform.center_crop(view, (side, side))
        view = functional.interpolate(view, (size_px, size_px), mode="bilinear", antialias=True)
        views.append(jitter(view)[0])
    return torch.stack(views)


def published_step(places: int, authors: bool) -> Callable[[], int]:
    """Makes a training step of the EarthLoc recipe on random pictures; the step returns its number of pictures."""
    torch.manual_seed(0)
    network = build(PUBLISHED["earthloc"], seed=0).train()
    objective = Objective(network, "multi_similarity")
    loss_of = make_loss("multi_similarity")
    optimizer = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=1e-4)
    size_px = network.config.size_px
    recipe = read_published(Path("earthloc.toml"))
    augmentation = Augmentation(recipe.augmentation, size_px)
    side = BEFORE_PX if authors else round(1.6 * size_px)
    pictures = torch.randint(0, 256, (places, YEARS, 3, side, side), dtype=torch.uint8)
    labels = torch.arange(places).repeat_interleave(YEARS)
    apart, none = torch.eye(places, dtype=torch.bool), torch.zeros(places * YEARS, dtype=torch.bool)

    def step() -> int:
        if authors:
            views = one_view_at_a_time(pictures.flatten(0, 1).float() / 255, size_px)
            loss = loss_of(network(network.normalised(views)), labels, apart)
        else:
            views = augmentation(pictures, 0).flatten(0, 1)
            with torch.autocast("cpu", torch.bfloat16):
                loss = objective(network.normalised(views), labels, apart, none)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return len(views)

    return step


def throughput(step: Callable[[], int], steps: int) -> float:
    """Pictures per second of processor time, after a warm-up step."""
    step()
    start, pictures = time.process_time(), 0
    for _ in range(steps):
        pictures += step()
    return pictures / (time.process_time() - start)


def default_throughput(data: Path) -> dict[str, float]:
    """Pictures per second of the default recipe: simulation and training on a small region, and both for all of it."""
    whole = config = read_config(Path("default.toml"))
    if not (data / config.imagery.mosaic).is_file():
        config = replace(
            config,
            imagery=replace(config.imagery, mosaic="", seasons="", footprints=""),
            network=replace(config.network, weights=None),
        )
    places = replace(config.places, tile_km=(443.0,), bbox=(5.0, 40.0, 30.0, 52.0), photos=256, test_photos=8)
    steps = replace(config.steps, steps=21, batch=64)
    config = replace(config, places=places, steps=steps)
    report_times: dict[str, list[float]] = {}

    def record(stage: str, done: int, total: int, message: str) -> None:
        """Records the time of each report; a stage reports first before its work, or after its first step."""
        report_times.setdefault("train" if stage.startswith("train") else "simulate", []).append(time.process_time())

    with tempfile.TemporaryDirectory() as out:
        Trainer(config, Path(out), data).run(Progress(record))
        pictures = tile_count(config, data, out) + places.photos + places.test_photos
        whole_pictures = tile_count(replace(config, places=whole.places), data, out) + whole.places.photos
    # The last step does not count, because validation runs before its report.
    training_rate = 2 * steps.batch * (steps.steps - 2) / (report_times["train"][-2] - report_times["train"][0])
    simulation_rate = pictures / (report_times["simulate"][-1] - report_times["simulate"][0])
    trained = 2 * whole.steps.steps * whole.steps.batch
    return {
        "simulation": simulation_rate,
        "training": training_rate,
        f"{whole_pictures:,} simulated, {trained:,} trained on": trained
        / (whole_pictures / simulation_rate + trained / training_rate),
    }


def tile_count(config: TrainingConfig, data: Path, scratch: str) -> int:
    """Number of tiles that a configuration trains on."""
    imagery = Imagery(config.imagery, config.places, config.network.size_px, config.views, data, Path(scratch))
    imagery.close()
    return len(imagery.tiles)


def peak_memory_gb(config: str, data: Path, pictures: Path | None) -> float:
    """Peak resident memory of a whole `fit`, or of a few steps on the pictures of another run, in a new process."""
    with tempfile.TemporaryDirectory() as out:
        if pictures is None:
            run = [FIT, "fit", "--config", config, "--data", str(data), "--out", out, "--threads", "1", "--cpu"]
        else:
            (Path(out) / "cache").symlink_to((pictures / "cache").resolve())
            run = [FEW_STEPS, config, out, str(data)]
        done = subprocess.run([sys.executable, "-c", *run], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=4, help="places in a batch, four pictures each")
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--memory", metavar="CONFIG", help="measure the memory of this configuration instead")
    parser.add_argument(
        "--pictures", type=Path, metavar="RUN", help="with --memory: run a few steps on the pictures of this run"
    )
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.memory:
        peak = peak_memory_gb(args.memory, args.data.resolve(), args.pictures)
        print(json.dumps({"config": args.memory, "peak_gb": round(peak, 2)}) if args.json else f"{peak:.2f} GB")
        return
    rows: dict[str, float] = {}

    def report(name: str, value: float) -> None:
        """Prints each result as soon as it is measured, because the last one takes minutes."""
        rows[name] = value
        ratio = value / rows[AUTHORS]
        if not args.json:
            print(f"  {name:56} {value:8.2f}  x {ratio:.1f}", flush=True)

    if not args.json:
        print("pictures per second of processor time, one thread")
    report(AUTHORS, throughput(published_step(args.places, authors=True), args.steps))
    report("earthloc.toml", throughput(published_step(args.places, authors=False), args.steps))
    for name, value in default_throughput(args.data.resolve()).items():
        report(f"default.toml, {name}", value)
    if args.json:
        print(json.dumps({"per_second": rows, "ratio": {name: value / rows[AUTHORS] for name, value in rows.items()}}))


if __name__ == "__main__":
    main()
