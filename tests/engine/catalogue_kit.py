"""Rows of catalogues for tests, and the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine import geo
from engine.catalogue.parquet import write_parquet
from engine.cli import main


def row(photo: str, status: str = "located", lat: float = 36.5, lon: float = 44.1, **values: Any) -> dict[str, Any]:
    """A row whose footprint is a square of 300 km."""
    corners = geo.square_corners(lat, lon, 300.0)
    found: dict[str, Any] = {
        "photo": photo,
        "photo_id": "ISS064-E-48617",
        "sha256": "ab" * 32,
        "file_bytes": 1234,
        "width_px": 4000,
        "height_px": 3000,
        "status": status,
        "confidence": 0.9994,
        "taken_at": "2021-03-01T09:30:15+02:00",
        "camera": "NIKON D5",
        "focal_length_mm": 50.0,
        "center_lat": lat,
        "center_lon": lon,
        "nadir_lat": 35.04,
        "nadir_lon": 43.26,
        "tilt_deg": 24.6,
        "azimuth_deg": 351.2,
        "cloud_percent": 12.4,
        "sun_azimuth_deg": 140.2,
        "sun_elevation_deg": 38.7,
        "inliers": 41,
        "geometry": geo.to_geojson(geo.square_ring(lat, lon, 300.0)),
    }
    for number, corner in enumerate(corners.tolist(), 1):
        found[f"lat{number}"], found[f"lon{number}"] = corner
    return {**found, **values}


def nowhere(photo: str, status: str = "not_found") -> dict[str, Any]:
    """A row without a place."""
    return {"photo": photo, "status": status, "message": "Nothing fits.", "geometry": None}


ROWS = (
    row("sea/Übung № 1.jpg"),
    row("sea/pacific.jpg", lat=-12.0, lon=179.6),
    row("b.tif", "uncertain", lat=10.0, photo_id=None, taken_at=None, sun_azimuth_deg=None, sun_elevation_deg=None),
    nowhere("night.jpg"),
    nowhere("torn.jpg", "failed"),
)


def catalogue(folder: Path, rows: Any = ROWS, name: str = "part.parquet") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_parquet(folder / name, list(rows))
    return folder


def run(capsys: Any, *arguments: Any) -> tuple[int, str, str]:
    """Exit code, output and errors of `earthloc catalogue ...`."""
    capsys.readouterr()
    code = main(["catalogue", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def export(capsys: Any, *arguments: Any) -> dict[str, Any]:
    """What `earthloc catalogue export ... --json` prints."""
    code, said, errors = run(capsys, "export", *arguments, "--json")
    assert code == 0, errors
    return json.loads(said)
