"""The columns of a catalogue. docs/catalogue.md explains them.

They hold only what follows from the photo, the index, the imagery and the engine, never times of day or names of
computers: the same photos give the same rows, however often and wherever they are located.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "number", "whole"]


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        name: of the column.
        kind: of its values, each of which may be missing, but for `photo` and `status`.
        nasa: name of the field in NASA's Photos Database, `table.field`; "" where it has none.
    """

    name: str
    kind: Kind
    nasa: str = ""


# One row of a catalogue: values by column, and `geometry`, the footprint as GeoJSON or None.
Row = Mapping[str, Any]
GEOMETRY = "geometry"

ELLIPSE = ("ellipse_major_km", "ellipse_minor_km", "ellipse_azimuth_deg")
REQUIRED = ("photo", "status", GEOMETRY)  # files of older versions may lack the other columns
COLUMNS: tuple[Column, ...] = (
    Column("photo", "text"),  # path below the folder that was run, with "/"; or as the list names it. No two are equal
    Column("photo_id", "text"),
    Column("sha256", "text"),  # of the file
    Column("file_bytes", "whole"),
    Column("duplicate_of", "text"),  # photo of the first row with the same sha256; missing in that row
    Column("width_px", "whole", "images.width"),
    Column("height_px", "whole", "images.height"),
    Column("status", "text"),
    Column("confidence", "number"),
    Column("review", "text"),  # decision in effect, engine/contract/status.py; missing without one
    Column("reason", "text"),  # id of the message, engine/contract/messages.py
    Column("message", "text"),
    Column("taken_at", "text"),  # ISO 8601
    Column("camera", "text", "frames.camera"),
    Column("focal_length_mm", "number", "frames.fclt"),
    Column("center_lat", "number", "frames.lat"),
    Column("center_lon", "number", "frames.lon"),
    # Corners: top-left, top-right, bottom-right, bottom-left of the stored pixel array.
    Column("lat1", "number", "mlcoord.ul_lat"),
    Column("lon1", "number", "mlcoord.ul_lon"),
    Column("lat2", "number", "mlcoord.ur_lat"),
    Column("lon2", "number", "mlcoord.ur_lon"),
    Column("lat3", "number", "mlcoord.lr_lat"),
    Column("lon3", "number", "mlcoord.lr_lon"),
    Column("lat4", "number", "mlcoord.ll_lat"),
    Column("lon4", "number", "mlcoord.ll_lon"),
    Column("sd_km", "number"),  # standard deviation of the centre
    # Where status is `by_pass`: semi-axes of the ellipse that holds the centre with 90 %, and the direction of the
    # longer one, degrees from north over east.
    *(Column(name, "number") for name in ELLIPSE),
    Column("nadir_lat", "number", "frames.nlat"),
    Column("nadir_lon", "number", "frames.nlon"),
    Column("camera_lat", "number"),
    Column("camera_lon", "number"),
    Column("camera_altitude_km", "number"),
    Column("tilt_deg", "number", "frames.tilt"),
    Column("azimuth_deg", "number"),
    Column("inliers", "whole"),
    Column("rms_km", "number"),
    Column("cloud_percent", "number", "frames.cldp"),
    Column("sun_azimuth_deg", "number", "frames.azi"),
    Column("sun_elevation_deg", "number", "frames.elev"),
    Column("index_name", "text"),
    Column("tile", "text"),
    Column("model", "text"),
    Column("model_sha256", "text"),
    Column("imagery", "text"),
    Column("imagery_attribution", "text"),
    Column("engine", "text"),
)
