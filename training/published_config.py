"""Configuration of the published recipes of EarthLoc and EarthLoc2. Every part can be switched on its own."""

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
    """The EarthLoc dataset as published.

    Attributes:
        folder: folder with `database` and `queries`; if it does not exist, places come from the mosaic.
        lat, lon, query_km, tile_km: validation after each epoch uses the photos whose nadir is within `query_km` of
            this point, and the tiles whose centre is within `tile_km` of it.
    """

    folder: str = ""
    lat: float = 30.0
    lon: float = -95.0
    query_km: float = 500.0
    tile_km: float = 1200.0


@dataclass(frozen=True)
class YearsConfig:
    """Several pictures of the same place.

    Attributes:
        count: number of pictures of a place of the mosaic; the dataset has one per year.
        seasonal: use months evenly spread over the year if the mosaic has seasons; False repeats the mosaic.
    """

    count: int = 4
    seasonal: bool = True


@dataclass(frozen=True)
class LossConfig:
    """The training loss.

    Attributes:
        kind: "multi_similarity", "info_nce" or "astroloc".
        neutral: exclude pairs of places that overlap; False treats them as negatives.
    """

    kind: str = "multi_similarity"
    neutral: bool = True


@dataclass(frozen=True)
class MiningConfig:
    """EarthLoc2's query mining: real photos as further pictures of the places they show, at most one per place.

    With the loss "astroloc" they are the photos of its pairs.

    Attributes:
        photos: folder of photos with EarthLoc names; "" or a missing folder switches mining off.
        min_iou: a photo shows a place if their intersection over union is above this.
        apart_km: photos whose centre is this near to the centre of one of EarthLoc's six test sets, or of the
            validation, are left out.
        weighted: draw a cluster or region with a probability proportional to the photos of its places (AstroLoc);
            False makes all equally likely.
    """

    photos: str = ""
    min_iou: float = 0.5
    apart_km: float = 2500.0
    weighted: bool = False


@dataclass(frozen=True)
class ScheduleConfig:
    """Training schedule.

    Attributes:
        epochs, iterations: number of epochs, and batches per epoch.
        patience: early stopping after this many epochs without better recall; 0 trains for all epochs.
        rate: learning rate of Adam.
        precision: "bf16" (autocast, where the device is fast at it) or "fp32".
        save_every: batches between two checkpoints.
        rotations: validation searches photos at four rotations; False at one.
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
    """Configuration of a published recipe.

    Attributes:
        recipe: "earthloc"; distinguishes this kind of configuration from that of the default model.
        sampling, augmentation, loss, mining, schedule: the parts of the recipe.
        dataset, years: source of the pictures in addition to the mosaic.
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
    """Tells whether a configuration file is that of a published recipe.

    Raises:
        InputError: the file cannot be read.
    """
    return "recipe" in load_toml(path)


def read_published(path: Path) -> PublishedConfig:
    """Reads the configuration of a recipe; see `config.read_config`.

    Raises:
        InputError: the file is missing or is not TOML. UsageError: a key is unknown, or a value has a wrong type.
    """
    table: dict[str, Any] = load_toml(path)
    return from_tables(PublishedConfig, _TABLES, table)
