"""Commands of the sources that classify cells: GeoDecoder and CosPlace.

python -m training.where maps --cache CACHE --maps MAPS
python -m training.where geodecoder --cache CACHE --maps MAPS --package resources/where
python -m training.where cosplace --cache CACHE --maps MAPS --package resources/where --real PHOTOS

The cache is runs/earthloc-default/cache, which `python -m training fit --config default.toml` fills
(training/cache.py).
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EarthLocError, InputError
from engine.photo.read import read_photo
from engine.resources import resources_folder
from engine.retrieval.model import DEFAULT_MODEL, ROTATIONS_DEG
from engine.where.heads.geodecoder import Hierarchy
from engine.where.heads.trunk import Trunk
from engine.where.package import PackagedSource
from training.config import read_config
from training.progress import ProgressBars

if TYPE_CHECKING:
    from training.where.data import Maps

_LEVELS = (0, 1, 2, 3)
_CALIBRATION_PHOTOS = 192
_PHOTO_PX = 1024


def add(group: Any, data: Path) -> None:
    """Adds the commands to a group of sub-commands; `data` is the default folder of the data."""
    maps = group.add_parser("maps", help="feature maps of a picture cache, of all tiles and of quick views")
    maps.add_argument("--views", type=int, default=30_720, help="number of quick views (default: 30720)")
    maps.set_defaults(run=_maps)
    geodecoder = group.add_parser("geodecoder", help="train GeoDecoder and put it into a where package")
    geodecoder.add_argument("--start", type=Path, help="weights (.pt) to go on from")
    geodecoder.set_defaults(run=_geodecoder)
    cosplace = group.add_parser("cosplace", help="train CosPlace and put it into a where package")
    cosplace.add_argument("--real", type=Path, help="folder of real photos, unlabelled, for the domain adaptation")
    cosplace.set_defaults(run=_cosplace)
    for command in (maps, geodecoder, cosplace):
        command.add_argument("--cache", type=Path, required=True, help="picture cache of the default recipe")
        command.add_argument("--maps", type=Path, required=True, help="folder of the feature maps")
        command.add_argument("--config", type=Path, default=Path("default.toml"))
        command.add_argument("--data", type=Path, default=data, help=f"base folder of the data (default: {data})")
    for command in (geodecoder, cosplace):
        command.add_argument("--package", type=Path, default=resources_folder() / "where", help="where package")
        command.add_argument("--seconds", type=float, default=1200.0, help="how long to train (default: 1200)")


def open_trunk(folder: Path) -> tuple[Path, Trunk]:
    """The trunk of the shipped model, cut into `folder` if it is not there yet."""
    from training.where.data import cut_trunk
    from training.where.export import INPUT_SETTINGS

    path = folder / "trunk.onnx"
    if not path.exists():
        cut_trunk(next((resources_folder() / DEFAULT_MODEL).glob("*.onnx")), path)
    data = path.read_bytes()
    files = {"trunk": {"file": path.name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}}
    entry = {"kind": "trunk", "files": files, "settings": INPUT_SETTINGS}
    return path, Trunk(PackagedSource(path, "trunk", entry))


def _maps(args: argparse.Namespace) -> None:
    from training.where.data import write_photo_maps, write_tile_maps, write_view_maps

    config = read_config(args.config)
    mosaic = args.data / config.imagery.mosaic
    _, trunk = open_trunk(args.maps)
    with ProgressBars() as bars:
        progress = _progress(bars)
        write_photo_maps(args.cache, args.maps, trunk, progress)
        write_tile_maps(mosaic, config.places.tile_km, args.maps, trunk, progress)
        write_view_maps(mosaic, config.places.tile_km, args.views, args.maps, trunk, progress)


def _geodecoder(args: argparse.Namespace) -> None:
    import torch

    from training.where.calibrate import calibrate_geodecoder
    from training.where.data import joined, load_maps, split
    from training.where.export import export_geodecoder
    from training.where.fit_geodecoder import FitConfig, fit, network_config
    from training.where.geodecoder import GeoDecoder
    from training.where.grid import hierarchy
    from training.where.scenes import SceneMap

    config = FitConfig(levels=_LEVELS, seconds=args.seconds)
    imagery = read_config(args.config).imagery
    month = sorted(
        (args.data / imagery.seasons).glob(f"*_{imagery.own_month:02}_*.jpg"), key=lambda p: p.stat().st_size
    )
    scene_map = SceneMap.read(month[0])
    photos, validation = split(load_maps(args.maps, "photos"))
    photos = joined([photos, load_maps(args.maps, "views")])
    tiles = load_maps(args.maps, "tiles")
    scenes = scene_map.scenes(photos.place), scene_map.scenes(tiles.place), scene_map.scenes(validation.place)
    levels = hierarchy(config.levels)
    start = None
    if args.start is not None:
        start = GeoDecoder(network_config(levels, *photos.maps.shape[1:]))
        start.load_state_dict(torch.load(args.start, weights_only=True))
    checkpoint = args.maps / "geodecoder.pt"
    with ProgressBars() as bars:
        network = fit(photos, tiles, validation, scenes, levels, config, _progress(bars), checkpoint, start)
    torch.save(network.state_dict(), checkpoint)
    trunk_path, trunk = open_trunk(args.maps)
    maps, place = calibration(args.cache, trunk)
    with torch.inference_mode():
        answers = [network(torch.from_numpy(of_photo)) for of_photo in maps]
    logs = [cells[np.arange(len(cells)), scene.argmax(dim=1)].numpy() for scene, cells in answers]
    tree = Hierarchy(config.levels, [level.numbers for level in levels])
    exponents, floor, likelihood = calibrate_geodecoder(tree, logs, place, (1.0,) * len(levels))
    print(f"exponents {exponents}, floor {floor}: mean log probability {likelihood:.2f}")
    about = _about(photos, tiles, args, config)
    export_geodecoder(network, levels, maps[0], trunk_path, args.package, exponents, floor, about)


def _cosplace(args: argparse.Namespace) -> None:
    import torch

    from training.where.calibrate import calibrate_cosplace
    from training.where.data import joined, load_maps
    from training.where.export import export_cosplace
    from training.where.fit_cosplace import FitConfig, describe, fit

    trunk_path, trunk = open_trunk(args.maps)
    photos = joined([load_maps(args.maps, "photos"), load_maps(args.maps, "views")])
    tiles = load_maps(args.maps, "tiles")
    real = real_maps(args.real, trunk) if args.real is not None else photos.maps[:0]
    is_photo = np.arange(len(photos) + len(tiles)) < len(photos)
    config = FitConfig(seconds=args.seconds)
    with ProgressBars() as bars:
        head = fit(joined([photos, tiles]), is_photo, real, config, _progress(bars))
    torch.save(head.state_dict(), args.maps / "cosplace.pt")
    maps, place = calibration(args.cache, trunk)
    descriptors = describe(head, tiles.maps)
    with torch.inference_mode():
        similarity = np.stack([(head(torch.from_numpy(m)).numpy() @ descriptors.T).max(axis=0) for m in maps])
    kernels, likelihood = calibrate_cosplace(similarity, tiles.place, place)
    print(f"{kernels}: mean log probability {likelihood:.2f}")
    about = _about(photos, tiles, args, config)
    export_cosplace(head, descriptors, tiles.place, maps[0], trunk_path, args.package, asdict(kernels), about)


def calibration(cache: Path, trunk: Trunk) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Maps (n, 4, positions, channels) at four rotations, and places (n, 2), of simulated photos of held-out places.

    Raises:
        InputError: the cache holds none.
    """
    path = cache / "test-00000.npz"
    try:
        with np.load(path, allow_pickle=False) as chunk:
            pixels, place = chunk["pixels"][:_CALIBRATION_PHOTOS, 0], chunk["place"][:_CALIBRATION_PHOTOS, :2]
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise InputError(path, "cannot be read", "fill the picture cache first") from error
    maps = [trunk.maps([np.rot90(square, degrees // 90) for degrees in ROTATIONS_DEG]) for square in pixels]
    return np.stack(maps), place


def real_maps(folder: Path, trunk: Trunk) -> NDArray[np.float16]:
    """Maps (n, positions, channels) of the photos in a folder at four rotations; unreadable files are left out.

    Raises:
        InputError: there is none.
    """
    found = []
    for path in sorted(folder.iterdir()):
        try:
            found.append(trunk.of_photo(read_photo(path, max_px=_PHOTO_PX).pixels))
        except EarthLocError:
            continue
    if not found:
        raise InputError(folder, "holds no photo", "give a folder of photos")
    return np.concatenate(found).astype(np.float16)


def _about(photos: Maps, tiles: Maps, args: argparse.Namespace, config: Any) -> dict[str, Any]:
    trained = {"photos": len(photos), "tiles": len(tiles), "seconds": args.seconds}
    return {"trained_on": trained, "training": asdict(config)}


def _progress(bars: ProgressBars) -> Any:
    from engine.progress import Progress

    return Progress(bars.show, "the training")
