"""Photos to review: made-up pictures with known cameras, and a results GeoPackage as the engine writes it.

Everything is drawn and written with Qt and GDAL alone.
"""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

from osgeo import gdal, ogr, osr
from qgis.PyQt.QtCore import QPointF
from qgis.PyQt.QtGui import QColor, QImage, QPainter, QPolygonF
from sample_results import CANDIDATES, FOOTPRINTS, LOCATED_AT, PHOTOS, REVIEWS, SEARCH_AREAS, TIE_POINTS, _add, _layer

from earthloc_qgis.core.camera import PinholeCamera, offset, surface_point, upright
from earthloc_qgis.core.footprint import corners_of, outline, to_geojson

SIZE_PX = (640, 480)


def pose_over(lat: float, lon: float, rotation_deg: float = 0.0, altitude_km: float = 415.0, focal_px: float = 900.0,
              size_px=SIZE_PX) -> dict:  # fmt: skip
    """A camera that looks straight down; the photo's top points `rotation_deg` clockwise from north."""
    up = upright(lat, lon)
    phi, lam, rotation = math.radians(lat), math.radians(lon), math.radians(rotation_deg)
    east = (-math.sin(lam), math.cos(lam), 0.0)
    north = (-math.sin(phi) * math.cos(lam), -math.sin(phi) * math.sin(lam), math.cos(phi))
    x = [e * math.cos(rotation) - n * math.sin(rotation) for e, n in zip(east, north, strict=True)]
    y = [-n * math.cos(rotation) - e * math.sin(rotation) for e, n in zip(east, north, strict=True)]
    ground = surface_point(lat, lon)
    return {
        "width_px": size_px[0], "height_px": size_px[1], "focal_px": focal_px, "radial": 0.0,
        "position_ecef_km": [g + altitude_km * u for g, u in zip(ground, up, strict=True)],
        "rotation": [x, y, [-u for u in up]], "prior": {"focal_px": None, "focal_sd": None, "nadir": None},
        "determined": ["altitude"], "covariance": [[1e-6 * (i == j) for j in range(8)] for i in range(8)],
        "pixel_sd_km": {"center": 0.1, "corners": [0.2] * 4},
    }  # fmt: skip


def localization_of(photo: Path, pose: dict, confidence: float, photo_id: str, candidates: int = 5) -> dict:
    """The localization that the engine would answer; the camera was fitted to the first candidate."""
    camera = PinholeCamera(pose)
    center = camera.locate(SIZE_PX[0] / 2, SIZE_PX[1] / 2)
    listed = []
    for rank in range(1, candidates + 1):
        lat, lon = offset(center, 40.0 * (rank - 1), 25.0 * (rank - 1) * (-1) ** rank)
        ring = [offset((lat, lon), 150 * e, 150 * n) for e, n in ((-1, 1), (1, 1), (1, -1), (-1, -1))]
        listed.append({
            "rank": rank, "index": "mosaic", "tile": f"313_{rank}_7", "score": round(0.9 - rank / 25, 4),
            "rotation_deg": 0 if rank == 1 else 90 * (rank % 4), "center": [lat, lon], "width_km": 300.0,
            "nadir_distance_km": 20.0 * rank, "footprint": to_geojson(ring), "inliers": 45 if rank == 1 else 0,
        })  # fmt: skip
    ties = [
        {"x_px": x, "y_px": y, "lat": (at := camera.locate(x, y))[0], "lon": at[1], "residual_px": 0.4,
         "residual_km": 0.1, "origin": "matched"}
        for x, y in ((80, 60), (560, 90), (500, 400), (90, 420))
    ]  # fmt: skip
    return {
        "photo": str(photo), "photo_id": photo_id, "status": "located" if confidence > 0.9 else "uncertain",
        "confidence": confidence, "footprint": to_geojson(outline(camera)), "corners": corners_of(camera),
        "center": list(center), "camera": {"lat": center[0], "lon": center[1], "altitude_km": 415.0, "tilt_deg": 0.0,
                                           "azimuth_deg": 0.0, "focal_length_mm": None},
        "inliers": 45, "rms_km": 0.31, "candidates": listed, "nadir": list(center), "pose": pose,
        "tie_points": ties, "imagery": {"source": "mosaic.tif", "attribution": "made up", "licence": "CC0"},
        "model": {"name": "baseline", "version": "1", "sha256": "ab" * 32}, "engine": "0.1.0",
        "timings_ms": {"read": 0.0, "embed": 0.0, "search": 0.0, "register": 0.0, "total": 0.0},
        "message": "45 tie points, camera at 415 km.",
    }  # fmt: skip


def draw_photo(path: Path, number: int, size_px=SIZE_PX) -> None:
    """Draws a picture with recognisable shapes, different ones for each number."""
    rng = random.Random(number)
    image = QImage(*size_px, QImage.Format.Format_RGB32)
    image.fill(QColor.fromHsv(rng.randrange(360), 90, 120))
    painter = QPainter(image)
    for _ in range(40):
        painter.setBrush(QColor.fromHsv(rng.randrange(360), 120, rng.randrange(60, 220)))
        x, y = rng.randrange(size_px[0]), rng.randrange(size_px[1])
        painter.drawPolygon(QPolygonF([QPointF(x + rng.randrange(-90, 90), y + rng.randrange(-90, 90))
                                       for _ in range(5)]))  # fmt: skip
    painter.end()
    assert image.save(str(path), "JPEG", 90)


def write_review_results(path: Path, count: int = 10, given=(), change=lambda number, found: None,
                         only_first_is_drawn: bool = False) -> list[str]:  # fmt: skip
    """Writes `count` photos over central Europe to a GeoPackage and returns their paths. The last has no footprint.

    Args:
        path: of the GeoPackage.
        count: how many photos are drawn.
        given: existing photos, used instead of drawing some.
        change: called with the number and the localization of each photo before it is written.
        only_first_is_drawn: the files of the other photos do not exist.
    """
    gdal.UseExceptions()
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    wgs84 = osr.SpatialReference()
    wgs84.ImportFromEPSG(4326)
    wgs84.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    tables = {
        name: _layer(source, wgs84, name, geometry, columns)
        for name, geometry, columns in (
            ("photos", ogr.wkbPoint, PHOTOS), ("footprints", ogr.wkbMultiPolygon, FOOTPRINTS),
            ("candidates", ogr.wkbMultiPolygon, CANDIDATES), ("tie_points", ogr.wkbPoint, TIE_POINTS),
            ("search_areas", ogr.wkbMultiPolygon, SEARCH_AREAS),
        )
    }  # fmt: skip
    reviews = _layer(source, None, "reviews", ogr.wkbNone, REVIEWS)
    folder = path.parent / "photos"
    folder.mkdir(exist_ok=True)
    photos = []
    source.StartTransaction()
    count = len(given) or count
    for number in range(count):
        photo = Path(given[number]) if given else folder / f"ISS0{42 + number % 3}-E-{100 + number}.jpg"
        if not photo.exists() and not (only_first_is_drawn and number):
            draw_photo(photo, number)
        photos.append(str(photo))
        photo_id, confidence = photo.stem, round(0.97 - 0.9 * number / max(count, 2), 3)
        pose = pose_over(44.0 + 0.3 * (number % 9), 4.0 + 0.4 * (number % 11), 20.0 * number)
        found = localization_of(photo, pose, confidence, photo_id)
        last = number == count - 1
        if last:
            found.update(status="not_found", footprint=None, corners=None, center=None, camera=None, pose=None,
                         tie_points=[], candidates=[], message="Nothing fits.")  # fmt: skip
        change(number, found)
        key = photo.relative_to(path.parent).as_posix()
        common = {"photo": key, "photo_id": photo_id, "status": found["status"], "confidence": confidence}
        lat, lon = found["nadir"]
        taken_at = f"2015-0{1 + number % 9}-01T10:00:00"
        _add(tables["photos"], {**common, "message": found["message"], "taken_at": taken_at, "nadir_lat": lat,
                                "nadir_lon": lon, "located_at": LOCATED_AT, "localization": json.dumps(found)},
             f"POINT({lon} {lat})")  # fmt: skip
        for area in (found.get("where") or {}).get("areas", []):
            shape = ogr.CreateGeometryFromJson(json.dumps(area["outline"])).ExportToWkt()
            values = {"photo": key, "photo_id": photo_id, "percent": area["percent"], "area_km2": area["area_km2"]}
            _add(tables["search_areas"], values, shape)
        if last:
            continue
        wkt = ogr.CreateGeometryFromJson(json.dumps(found["footprint"])).ExportToWkt()
        corners = {f"{axis}{n}": pair[i] for n, pair in enumerate(found["corners"], start=1)
                   for i, axis in enumerate(("lat", "lon"))}  # fmt: skip
        center_lat, center_lon = found["center"]
        rest = {"index_name": "mosaic", "tile": "313_1_7", "review": "unreviewed", "inliers": 45}
        _add(tables["footprints"], {**common, **corners, **rest, "center_lat": center_lat, "center_lon": center_lon,
                                    "located_at": LOCATED_AT}, wkt)  # fmt: skip
        for candidate in found["candidates"]:
            shape = ogr.CreateGeometryFromJson(json.dumps(candidate["footprint"])).ExportToWkt()
            _add(tables["candidates"], {"photo": key, "photo_id": photo_id, "rank": candidate["rank"],
                                        "score": candidate["score"], "rotation_deg": candidate["rotation_deg"],
                                        "inliers": candidate["inliers"]}, shape)  # fmt: skip
        for tie in found["tie_points"]:
            named = {"photo": key, "photo_id": photo_id}
            _add(tables["tie_points"], {**named, **tie}, f"POINT({tie['lon']} {tie['lat']})")
    source.CommitTransaction()
    tables.clear()
    del reviews, source  # closes the file
    return photos


def review_window(canvas):
    """A review window with an engine of its own, which ends with the window."""
    from earthloc_qgis import settings
    from earthloc_qgis.core.engine_client import EngineClient
    from earthloc_qgis.gui.review.window import ReviewWindow

    client = EngineClient(settings.engine_command())
    window = ReviewWindow(canvas, client, list)
    close_window = window.close_down

    def close_down():
        close_window()
        client.close()

    window.client, window.close_down = client, close_down
    return window
