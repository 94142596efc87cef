"""Plots of recall, as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from engine.errors import OutputError
from training.metrics import RANKS

_BAR_RANKS = ("1", "10", "100")


def plot_recall(recalls: Mapping[str, Mapping[str, float]], out: Path) -> None:
    """Plots recall over rank, one line for each kind of search or test set.

    Raises:
        OutputError: the file cannot be written.
    """
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    for name, recall in recalls.items():
        axes.plot(range(len(RANKS)), [recall[str(k)] for k in RANKS], marker="o", label=name)
    axes.set_xticks(range(len(RANKS)), [str(k) for k in RANKS])
    axes.set(xlabel="rank", ylabel="recall (%)", ylim=(0, 100))
    axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, out)


def plot_breakdown(tables: Mapping[str, Mapping[str, Mapping[str, Any]]], out: Path) -> None:
    """Plots recall by class, one panel for each table of `metrics.breakdown`.

    Raises:
        OutputError: the file cannot be written.
    """
    figure = Figure(figsize=(12, 4), layout="constrained")
    for panel, (kind, classes) in enumerate(tables.items(), start=1):
        axes = figure.add_subplot(1, len(tables), panel)
        for position, rank in enumerate(_BAR_RANKS):
            x = [number + 0.27 * (position - 1) for number in range(len(classes))]
            axes.bar(x, [row["recall"][rank] for row in classes.values()], width=0.25, label=f"R@{rank}")
        names = [f"{name}\n{row['photos']} photos" for name, row in classes.items()]
        axes.set_xticks(range(len(classes)), names, fontsize=7)
        axes.set(xlabel=kind, ylim=(0, 100))
        axes.grid(axis="y", alpha=0.3)
        if panel == 1:
            axes.legend()
            axes.set_ylabel("recall (%)")
    _save(figure, out)


def plot_area(sets: Mapping[str, Mapping[str, Sequence[float]]], out: Path) -> None:
    """Plots recall against the area searched, one panel for each set of photos and one line for each source.

    Args:
        sets: for each set the areas (km2) until its photos are found, by source, as `AreaRecall.areas_km2` has them.
        out: PNG to write.

    Raises:
        OutputError: the file cannot be written.
    """
    figure = Figure(figsize=(1.5 + 4 * len(sets), 4), layout="constrained")
    for panel, (name, by_source) in enumerate(sets.items(), start=1):
        axes = figure.add_subplot(1, len(sets), panel)
        for source, areas in by_source.items():
            if "without" not in source:
                recall = [100 * found / len(areas) for found in range(1, len(areas) + 1)]
                axes.step(sorted(areas), recall, where="post", label=source, linewidth=2.5 if source == "all" else 1)
        axes.set(xscale="log", xlabel="km² searched", title=name, xlim=(3e3, 6e8), ylim=(0, 100))
        axes.grid(alpha=0.3)
        if panel == 1:
            axes.set_ylabel("photos found (%)")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    _save(figure, out)


def _save(figure: Figure, out: Path) -> None:
    FigureCanvasAgg(figure)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(out, dpi=120)
    except OSError as error:
        raise OutputError.from_os_error(out, error) from error
