"""Arguments that several commands share: converters for argparse, and options of the same meaning."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.contract.parameters import LAT, LON, LON_OF_REGION, RADIUS_KM, RESOLUTION_M, TILE_KM


def numbers(text: str, ranges: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """Numbers separated by commas, each within its range."""
    parts = text.split(",")
    with contextlib.suppress(ValueError):
        values = tuple(float(part) for part in parts)
        if len(values) == len(ranges) and all(
            low <= value <= high for value, (low, high) in zip(values, ranges, strict=True)
        ):
            return values
    limits = ", ".join(f"{low:g} to {high:g}" for low, high in ranges)
    raise argparse.ArgumentTypeError(f"{text!r} is not {len(ranges)} numbers within {limits}")


def place(text: str) -> tuple[float, ...]:
    """LAT,LON in degrees."""
    return numbers(text, [LAT, LON])


def bbox(text: str) -> tuple[float, ...]:
    """W,S,E,N in degrees."""
    return numbers(text, [LON_OF_REGION, LAT] * 2)


def widths(text: str) -> tuple[float, ...]:
    """Tile widths in kilometres, separated by commas."""
    return numbers(text, [TILE_KM] * len(text.split(",")))


def width(text: str) -> float:
    """A width on the ground in kilometres."""
    return numbers(text, [TILE_KM])[0]


def resolution(text: str) -> float:
    """The ground size of a pixel in metres."""
    return numbers(text, [RESOLUTION_M])[0]


def radius(text: str) -> float:
    """A distance from the nadir in kilometres."""
    return numbers(text, [RADIUS_KM])[0]


def within(low: float, high: float) -> Any:
    """A converter for a number within a range."""
    return lambda text: numbers(text, [(low, high)])[0]


def whole(low: float, high: float) -> Any:
    """Converts a whole number within limits."""

    def convert(text: str) -> int:
        with contextlib.suppress(ValueError):
            if low <= int(text) <= high:
                return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low:g} to {high:g}")

    return convert


def add_index(command: argparse.ArgumentParser) -> None:
    """Adds `--index`, as `indexes`."""
    command.add_argument(
        "--index",
        dest="indexes",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="regional index to search; may be repeated (default: the included ones)",
    )


def add_radius(command: argparse.ArgumentParser) -> None:
    """Adds `--radius-km`."""
    command.add_argument(
        "--radius-km", type=radius, default=1000.0, metavar="KM", help="how far from the nadir to search (1000)"
    )


def add_where_package(command: argparse.ArgumentParser) -> None:
    """Adds `--where-package`."""
    command.add_argument(
        "--where-package",
        type=Path,
        metavar="DIR",
        help="sources that tell where a photo could be, made by python -m training.where (default: the included ones)",
    )


def add_include_reviewed(command: argparse.ArgumentParser) -> None:
    """Adds `--include-reviewed`."""
    command.add_argument(
        "--include-reviewed",
        action="store_true",
        help="also replace photos in that file that a review decided on (default: leave them alone)",
    )
