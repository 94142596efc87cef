"""Photos that are located at once, and `earthloc run` on them."""

from __future__ import annotations

import functools
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.catalogue.parquet import read_rows
from engine.cli import main
from tests.engine.conftest import engine_environment


def night_photo(path: Path, seed: int) -> None:
    """A city at night, told apart by its lights. The engine sees at once that it shows no ground in daylight."""
    generator = np.random.default_rng(seed)
    pixels = np.full((48, 64, 3), 6, np.uint8)
    pixels[generator.integers(0, 48, 30), generator.integers(0, 64, 30)] = generator.integers(150, 255, (30, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())


def night_photos(folder: Path, count: int) -> Path:
    for number in range(count):
        night_photo(folder / f"pass{number % 3}" / f"{number:05d}.png", number)
    return folder


def run(capsys: Any, *arguments: Any) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, events and errors of `earthloc run ... --json`."""
    capsys.readouterr()
    code = main(["run", *map(str, arguments), "--json"])
    said = capsys.readouterr()
    return code, [json.loads(line) for line in said.out.splitlines()], said.err


def run_for_people(capsys: Any, *arguments: Any) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["run", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def start(state: Path, *arguments: Any) -> subprocess.Popen[str]:
    """`earthloc run ... --json` in a process of its own."""
    heeding = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # background jobs of a shell do not
    return subprocess.Popen(
        [sys.executable, "-m", "engine", "run", *map(str, arguments), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=engine_environment(state),
        preexec_fn=heeding,
    )


def rows_of(catalogue: Path) -> list[dict[str, Any]]:
    return list(read_rows(catalogue))


def files_of(catalogue: Path) -> dict[str, bytes]:
    """The Parquet files by name."""
    return {path.relative_to(catalogue).as_posix(): path.read_bytes() for path in catalogue.rglob("*.parquet")}
