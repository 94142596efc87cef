"""The configuration of a published recipe: EarthLoc's and EarthLoc2's, every part with a switch of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import UsageError
from training.augmentation import AugmentationConfig
from training.config import COMMON_TABLES, CommonConfig, from_tables, load_toml
from training.losses import make_loss
from training.sampling import SamplingConfig

PRECISIONS = ("bf16", "fp32")


@dataclass(frozen=True)
class DatasetConfig:
    """The EarthLoc data set as published.

    Attributes:
        folder: holds `database` and `queries`; where there is no such folder, places come from the mosaic.
        lat, lon, query_km, tile_km: photos with their nadir this near to that point, and tiles with their middle
            this near, tell after each epoch how good the network is.
    """

    folder: str = ""
    lat: float = 30.0
    lon: float = -95.0
    query_km: float = 500.0
    tile_km: float = 1200.0


@dataclass(frozen=True)
class YearsConfig:
    """Pictures of the same place.

    Attributes:
        count: of a mosaic's places; the data set has as many as it has years.
        seasonal: months a year's share apart, where the mosaic has seasons; False repeats the mosaic.
    """

    count: int = 4
    seasonal: bool = True


@dataclass(frozen=True)
class LossConfig:
    """What is minimised.

    Attributes:
        kind: "multi_similarity" or "info_nce".
        neutral: leaves out pairs of places that overlap; False takes them for unlike.
    """

    kind: str = "multi_similarity"
    neutral: bool = True


@dataclass(frozen=True)
class MiningConfig:
    """EarthLoc2's query mining: real photos as further pictures of the places they show, one a place.

    Attributes:
        photos: folder of photos with EarthLoc's names; "", or a folder that is not there, switches it off.
        min_iou: a photo shows a place when their intersection over union is above this.
        apart_km: photos with their middle this near to the middle of one of EarthLoc's six test sets, or of the
            validation, are left out.
    """

    photos: str = ""
    min_iou: float = 0.5
    apart_km: float = 2500.0


@dataclass(frozen=True)
class ScheduleConfig:
    """How long and how fast.

    Attributes:
        epochs, iterations: so many epochs of so many batches.
        patience: epochs without a better recall after which it ends; 0 goes through all of them.
        rate: Adam's learning rate.
        precision: "bf16", which computes under autocast, or "fp32".
        save_every: batches from one checkpoint to the next.
        rotations: photos are searched at four rotations when recall is measured; False at one.
    """

    epochs: int = 20
    iterations: int = 500
    patience: int = 10
    rate: float = 1e-4
    precision: str = "bf16"
    save_every: int = 50
    rotations: bool = True


@dataclass(frozen=True)
class PublishedConfig(CommonConfig):
    """A recipe as `python -m training fit` runs it.

    Attributes:
        recipe: "earthloc"; tells this kind of configuration from that of the default model.
        sampling, augmentation, loss, mining, schedule: the parts of the recipe.
        dataset, years: where pictures come from, beside the mosaic.
    """

    recipe: str = "earthloc"
    name: str = "earthloc-recipe"
    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    mining: MiningConfig = field(default_factory=MiningConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    years: YearsConfig = field(default_factory=YearsConfig)

    def __post_init__(self) -> None:
        schedule = self.schedule
        if self.recipe != "earthloc":
            raise UsageError(None, f"recipe {self.recipe!r} is unknown", "use earthloc")
        if schedule.precision not in PRECISIONS:
            raise UsageError(
                None, f"schedule.precision {schedule.precision!r} is unknown", f"use {' or '.join(PRECISIONS)}"
            )
        if min(schedule.epochs, schedule.iterations, schedule.save_every) < 1 or schedule.patience < 0:
            raise UsageError(None, "schedule has a count below 1", "give 1 or more")
        if self.years.count < 2:
            raise UsageError(None, f"years.count is {self.years.count}", "give 2 or more: a place needs two pictures")
        make_loss(self.loss.kind)


_TABLES: dict[str, type] = {
    **COMMON_TABLES,
    "sampling": SamplingConfig,
    "augmentation": AugmentationConfig,
    "loss": LossConfig,
    "mining": MiningConfig,
    "schedule": ScheduleConfig,
    "dataset": DatasetConfig,
    "years": YearsConfig,
}


def is_published(path: Path) -> bool:
    """Whether a configuration is that of a published recipe. Raises InputError where it cannot be read."""
    return "recipe" in load_toml(path)


def read_published(path: Path) -> PublishedConfig:
    """Reads a recipe's configuration; see `config.read_config`.

    Raises:
        InputError: no such file, or no TOML. UsageError: an unknown key, or a value of another type.
    """
    table: dict[str, Any] = load_toml(path)
    return from_tables(PublishedConfig, _TABLES, table)
