"""Exports a catalogue as a static STAC catalogue (1.1.0, https://stacspec.org) of the photos with a place."""

from __future__ import annotations

import contextlib
import hashlib
import json
import mimetypes
import os
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import engine
from engine.catalogue.columns import Row
from engine.catalogue.places import bbox, is_located, polygons, text_of
from engine.contract.status import LOCATED, STATUS_LABELS
from engine.orbit.times import utc_of

VERSION = "1.1.0"
ITEMS_A_FOLDER = 2000
COLLECTION_ID = "earthloc"
_PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
_VIEW = "https://stac-extensions.github.io/view/v1.0.0/schema.json"
_FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
_SHA256 = "1220"  # prefix of a multihash: SHA2-256, 32 bytes
_FIRST_FLIGHT = "1981-04-12T12:00:00Z"  # of the space shuttle: no photo here is older
_OWN = ("status", "confidence", "review", "reason", "message", "sd_km", "ellipse_major_km",
        "ellipse_minor_km", "ellipse_azimuth_deg", "inliers", "rms_km", "photo_id",
        "cloud_percent", "camera", "focal_length_mm", "camera_altitude_km", "nadir_lat", "nadir_lon", "imagery",
        "imagery_attribution", "engine")  # fmt: skip


class StacWriter:
    """Writes `catalog.json`, a collection, and folders of items, into an empty folder.

    Args:
        folder: to write to; it exists.
        final: the folder's path once it is complete, from which the photos are linked.
        photos: folder that the rows' photos are relative to; None if unknown.
    """

    def __init__(self, folder: Path, final: Path, photos: Path | None) -> None:
        self._root = folder
        self._final = final.absolute()
        self._photos = None if photos is None else photos.absolute()
        self._now = datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z")
        self._part: list[dict[str, str]] = []  # links of the items in the folder that is being filled
        self._parts: list[str] = []
        self._statuses: Counter[str] = Counter()
        self._bounds: list[float] | None = None
        self._times: tuple[str, str] | None = None

    @property
    def count(self) -> int:
        """How many items were written."""
        return sum(self._statuses.values())

    def add(self, row: Row) -> bool:
        """Writes the item of a row; False, with nothing written, for a photo without a place."""
        if row.get("geometry") is None:
            return False
        if not self._part:
            self._parts.append(f"part-{len(self._parts):05d}")
            (self._root / self._parts[-1]).mkdir()
        item = self._item(row)
        _write(self._root / self._parts[-1] / f"{item['id']}.json", item)
        self._part.append({"rel": "item", "href": f"./{item['id']}.json", "type": "application/geo+json"})
        self._statuses[row["status"]] += 1
        self._extend(item)
        if len(self._part) == ITEMS_A_FOLDER:
            self._finish_part()
        return True

    def finish(self) -> None:
        """Writes what names the items: the last folder's catalogue, the collection and the root catalogue."""
        if self._part:
            self._finish_part()
        known = sorted(self._statuses)
        counts = ", ".join(f"{self._statuses[name]} {STATUS_LABELS.get(name, name)}" for name in known)  # type: ignore[call-overload]
        _write(self._root / "collection.json", {
            "type": "Collection", "stac_version": VERSION, "id": COLLECTION_ID,
            "title": "Astronaut photographs placed by EarthLoc",
            "description": f"Footprints of astronaut photographs, by EarthLoc {engine.__version__} ({counts}). "
            "Only those whose earthloc:located is true are believed; the others are guesses to check.",
            "license": "other",
            "extent": {"spatial": {"bbox": [self._bounds or [-180, -90, 180, 90]]},
                       "temporal": {"interval": [list(self._times or (_FIRST_FLIGHT, self._now))]}},
            "summaries": {"earthloc:status": known} if known else {},
            "links": [_link("root", "./catalog.json"), _link("parent", "./catalog.json"),
                      *(_link("child", f"./{part}/catalog.json") for part in self._parts)],
        })  # fmt: skip
        _write(self._root / "catalog.json", {
            "type": "Catalog", "stac_version": VERSION, "id": "earthloc-catalogue",
            "description": "Photos placed by EarthLoc",
            "links": [_link("root", "./catalog.json"), _link("child", "./collection.json")],
        })  # fmt: skip

    def _finish_part(self) -> None:
        name = self._parts[-1]
        _write(self._root / name / "catalog.json", {
            "type": "Catalog", "stac_version": VERSION, "id": f"{COLLECTION_ID}-{name}",
            "description": f"{len(self._part)} photos",
            "links": [_link("root", "../catalog.json"), _link("parent", "../collection.json"), *self._part],
        })  # fmt: skip
        self._part = []

    def _item(self, row: Row) -> dict[str, Any]:
        footprint = polygons(row)
        assert footprint is not None  # nosec B101 - add() looked
        item_id = id_of(row["photo"])
        extensions = [_PROJECTION]
        located = is_located(row)
        status = row["status"] if row["status"] == LOCATED or not located else f"{row['status']}, {row['review']}"
        properties: dict[str, Any] = {
            "title": f"{text_of(row.get('photo_id') or row['photo'])} ({status})",
            **self._time(row.get("taken_at")),
            # Null, because a photo is not rectified: its pixels have no coordinate system.
            "proj:code": None,
            "earthloc:located": located,
            "earthloc:photo": text_of(row["photo"]),
        }
        if row.get("center_lat") is not None:
            properties["proj:centroid"] = {"lat": row["center_lat"], "lon": row["center_lon"]}
        view = _view(row)
        if view:
            extensions.append(_VIEW)
            properties.update(view)
        properties.update({f"earthloc:{name}": text_of(row[name]) for name in _OWN if row.get(name) is not None})
        asset: dict[str, Any] = {"href": self._href(row["photo"]), "roles": ["data"], "title": "Photo as taken"}
        kind = mimetypes.guess_type(row["photo"])[0]
        if kind:
            asset["type"] = kind
        if row.get("width_px") and row.get("height_px"):
            asset["proj:shape"] = [row["height_px"], row["width_px"]]
        if row.get("sha256"):
            extensions.append(_FILE)
            asset["file:checksum"] = _SHA256 + row["sha256"]
            if row.get("file_bytes") is not None:
                asset["file:size"] = row["file_bytes"]
        return {
            "type": "Feature", "stac_version": VERSION, "stac_extensions": extensions, "id": item_id,
            "geometry": row["geometry"], "bbox": list(bbox(footprint)), "properties": properties,
            "links": [_link("root", "../catalog.json"), _link("parent", "./catalog.json"),
                      _link("collection", "../collection.json")],
            "assets": {"photo": asset}, "collection": COLLECTION_ID,
        }  # fmt: skip

    def _time(self, taken_at: str | None) -> dict[str, Any]:
        if taken_at:
            with contextlib.suppress(ValueError, OverflowError):
                return {"datetime": utc_of(taken_at).strftime("%Y-%m-%dT%H:%M:%SZ")}
        # STAC wants an interval where the time is unknown: from the first flight to the day of the export.
        return {"datetime": None, "start_datetime": _FIRST_FLIGHT, "end_datetime": self._now}

    def _href(self, photo: str) -> str:
        """Address of the photo, relative to its item where possible."""
        if re.match(r"[A-Za-z]:/|/", photo):
            return "file://" + quote(text_of(photo if photo.startswith("/") else "/" + photo), safe="/:")
        if self._photos is None:
            return quote(text_of(photo))
        with contextlib.suppress(ValueError):  # another drive on Windows
            relative = os.path.relpath(self._photos / photo, self._final / "part-00000")
            return quote(text_of(Path(relative).as_posix()))
        return (self._photos / photo).as_uri()

    def _extend(self, item: dict[str, Any]) -> None:
        """Takes an item into the collection's extent."""
        west, south, east, north = item["bbox"]
        if west > east:
            west, east = -180.0, 180.0
        old = self._bounds or [west, south, east, north]
        self._bounds = [min(old[0], west), min(old[1], south), max(old[2], east), max(old[3], north)]
        time = item["properties"]["datetime"]
        if time is not None:
            first, last = self._times or (time, time)
            self._times = min(first, time), max(last, time)


def id_of(photo: str) -> str:
    """Id of a photo's item: its name in plain characters, and a digest that tells photos of one name apart."""
    name = re.sub(r"[^A-Za-z0-9.-]+", "_", photo.rsplit("/", 1)[-1].rsplit(".", 1)[0]).strip("._")[:80]
    digest = hashlib.sha256(photo.encode("utf-8", "backslashreplace")).hexdigest()[:12]
    return f"{name}-{digest}" if name else digest


def _view(row: Row) -> dict[str, float]:
    """The fields of the view extension that are known and within its limits."""
    found: dict[str, float] = {}
    for field, column, low, high in (
        ("view:off_nadir", "tilt_deg", 0, 90),
        ("view:azimuth", "azimuth_deg", -360, 360),
        ("view:sun_azimuth", "sun_azimuth_deg", 0, 360),
        ("view:sun_elevation", "sun_elevation_deg", -90, 90),
    ):
        value = row.get(column)
        if value is not None and low <= value <= high:
            found[field] = value % 360 if column == "azimuth_deg" else value
    return found


def _link(rel: str, href: str) -> dict[str, str]:
    return {"rel": rel, "href": href, "type": "application/json"}


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def to_stac(rows: Iterable[Row], folder: Path, final: Path, photos: Path | None) -> int:
    """Writes the items of `rows` below `folder`, which is empty; returns how many photos have a place."""
    writer = StacWriter(folder, final, photos)
    for row in rows:
        writer.add(row)
    writer.finish()
    return writer.count
