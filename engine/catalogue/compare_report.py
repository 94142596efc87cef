"""The report of a comparison with NASA's footprints: JSON, text, a page, and a table of its photos."""

from __future__ import annotations

import csv
import html
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from engine.catalogue.compare import Compared
from engine.catalogue.places import text_of

_PHOTO_COLUMNS = ("photo", "photo_id", "status", "review", "iou", "distance_km", "corners_km", "area_ratio", "differs")
_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #ccc}
th:first-child,td:first-child{text-align:left}.bar{background:#0072b2;height:.9rem;display:inline-block}
.bars td:last-child{text-align:left;width:24rem}"""


def write_photos(path: Path, compared: Iterable[Compared]) -> None:
    """Writes one line a photo as CSV; the file appears when it is complete.

    Raises:
        OSError: it cannot be written.
    """

    def write(file: TextIO) -> None:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_PHOTO_COLUMNS)
        for one in compared:
            row, found = one.row, one.agreement
            corners = "" if found.corners_km is None else f"{found.corners_km:.2f}"
            facts = [text_of(row.get(name)) or "" for name in _PHOTO_COLUMNS[:4]]
            figures = [f"{found.iou:.4f}", f"{found.distance_km:.2f}", corners, f"{found.area_ratio:.3f}"]
            writer.writerow([*facts, *figures, int(one.differs)])

    _write(path, write)


def write_report(folder: Path, summary: dict[str, Any]) -> None:
    """Writes agreement.json, agreement.txt and agreement.html.

    Raises:
        OSError: one cannot be written.
    """
    as_json = json.dumps(summary, indent=1, allow_nan=False) + "\n"
    _write(folder / "agreement.json", lambda file: file.write(as_json))
    _write(folder / "agreement.txt", lambda file: file.write(text(summary) + "\n"))
    _write(folder / "agreement.html", lambda file: file.write(_page(summary)))


def text(summary: dict[str, Any]) -> str:
    """The report for a terminal."""
    lines = [*_sentences(summary), ""]
    if summary["by_status"]:
        table = _table(summary)
        widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
        for line in table:
            cells = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
            lines.append("  ".join([line[0].ljust(widths[0]), *cells]))
    for status, group in summary["by_status"].items():
        for title, name in _HISTOGRAMS:
            lines += ["", f"{status}: {title}"]
            lines += [f"{label:>14} {count:>8,} {'#' * width}" for label, count, width in _bars(group[name], 40)]
    return "\n".join(lines)


_HISTOGRAMS = (("intersection over union", "iou_histogram"), ("distance of the centres, km", "distance_km_histogram"))
_HEADER = ("status", "photos", "differ", "IoU 10 %", "median", "90 %", "centres km, median", "90 %",
           "corners km, median", "area ours/NASA")  # fmt: skip


def _sentences(summary: dict[str, Any]) -> list[str]:
    found = [
        f"{summary['compared']:,} photos have a footprint here and one of NASA's; {summary['differ']:,} of them "
        f"differ: they overlap by less than {summary['iou_below']:g} (intersection over union).",
        f"{summary['only_ours']:,} photos have a footprint only here, {summary['only_nasa']:,} only at NASA, "
        f"{summary['neither']:,} in neither.",
    ]
    if summary["without_id"]:
        found.append(f"{summary['without_id']:,} photos have no id and cannot be looked up.")
    if summary["nasa_unusable"]:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in summary["nasa_unusable"].items())
        found.append(f"What cannot be used of NASA's entries: {reasons}.")
    if summary.get("queued") is not None:
        found.append(f"{summary['queued']:,} photos are in the review queue.")
    return found


def _table(summary: dict[str, Any]) -> list[list[str]]:
    table = [list(_HEADER)]
    for status, group in summary["by_status"].items():
        corners = group["corners_km"]
        table.append([
            status, f"{group['compared']:,}", f"{group['differ']:,}",
            *(f"{group['iou'][name]:.3f}" for name in ("p10", "p50", "p90")),
            *(f"{group['distance_km'][name]:,.1f}" for name in ("p50", "p90")),
            "" if corners is None else f"{corners['p50']:,.1f}", f"{group['area_ratio']['p50']:.2f}",
        ])  # fmt: skip
    return table


def _bars(histogram: list[dict[str, Any]], most: int) -> list[tuple[str, int, int]]:
    """Label, count and width of each bar, at most `most` wide; a bar of one photo can be seen."""
    highest = max(bar["photos"] for bar in histogram) or 1
    return [
        (
            f"{bar['from']:g} and more" if bar["to"] is None else f"{bar['from']:g} to {bar['to']:g}",
            bar["photos"],
            max(round(bar["photos"] / highest * most), bar["photos"] > 0),
        )
        for bar in histogram
    ]


def _page(summary: dict[str, Any]) -> str:
    header, *lines = _table(summary)
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Agreement with NASA's footprints</title>",
        f"<style>{_STYLE}</style><h1>Agreement with NASA's footprints</h1>",
        *(f"<p>{html.escape(sentence)}</p>" for sentence in _sentences(summary)),
        "<table><tr>" + "".join(f"<th>{html.escape(name)}</th>" for name in header) + "</tr>",
        *("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>" for line in lines),
        "</table>",
    ]
    for status, group in summary["by_status"].items():
        for title, name in _HISTOGRAMS:
            parts.append(f"<h2>{html.escape(status)}: {title}</h2><table class=bars>")
            parts += [
                f'<tr><td>{label}</td><td>{count:,}</td><td><span class=bar style="width:{width}%"></span></td></tr>'
                for label, count, width in _bars(group[name], 100)
            ]
            parts.append("</table>")
    return "\n".join([*parts, "</html>", ""])


def _write(path: Path, write: Any) -> None:
    part = path.with_name(path.name + ".part")
    try:
        with open(part, "w", encoding="utf-8", newline="") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
