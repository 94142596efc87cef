"""A fake engine whose answers depend on the names of the photos. Plain Python; speaks the real protocol.

A photo whose name contains one of these words is answered so:
    crash       the process exits
    crashonce   the process exits the first time only; it leaves the file PHOTO.crashed
    hang        no answer and no heartbeats
    slow        ten progress messages, 0.1 s apart; can be cancelled
    quiet       answered after 4 s with heartbeats only
    tiles       together with slow: progress of fetching imagery; the answer credits that imagery
    garbage     other text on stdout before the answer
    unreadable  status `failed`
    full        found, but not saved
    damaged     error of kind `index`
    reviewed    skipped, unless reviewed photos are included
    early       with an orbit that says nothing about its time
    lost        status `not_found`; with where it could be, if asked
All other photos are `uncertain` at once.

Options: --protocol N, --die (exit at start), --mute (never answer `initialize`), --journal FILE (write every request
there, one a line), --indexes DIR... (indexes that come with the engine).
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import struct
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from where_results import where_at

from earthloc_qgis.contract import protocol
from earthloc_qgis.contract.validation import InvalidValueError, parsed

parser = argparse.ArgumentParser()
parser.add_argument("--protocol", type=int, default=protocol.PROTOCOL)
parser.add_argument("--die", action="store_true")
parser.add_argument("--mute", action="store_true")
parser.add_argument("--journal")
parser.add_argument("--indexes", nargs="*", default=[])
options, _ = parser.parse_known_args()

lock = threading.Lock()
requests: queue.Queue = queue.Queue()
cancelled: set = set()
hanging = threading.Event()


def send(**message) -> None:
    line = json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
    with lock:
        # In two pieces, so that the client has to join lines.
        sys.stdout.buffer.write(line[: len(line) // 2])
        sys.stdout.buffer.flush()
        sys.stdout.buffer.write(line[len(line) // 2 :])
        sys.stdout.buffer.flush()


def send_error(request_id, kind: str, message: str) -> None:
    data = {"kind": kind, "path": None, "problem": message, "hint": ""}
    send(id=request_id, error={"code": -32000, "message": message, "data": data})


def square(lat: float, lon: float) -> dict:
    ring = [[lon - 1, lat + 1], [lon + 1, lat + 1], [lon + 1, lat - 1], [lon - 1, lat - 1], [lon - 1, lat + 1]]
    return {"type": "MultiPolygon", "coordinates": [[ring]]}


def localization(request: protocol.Localize, status: str = "uncertain", message: str = "") -> dict:
    found = status == "uncertain"
    candidates = [
        {"rank": rank, "index": "fake", "tile": f"313_{rank}", "score": 1 - rank / 10, "rotation_deg": 90,
         "center": [40.0, 10.0 + rank], "width_km": 313.0, "footprint": square(40, 10 + rank), "inliers": 0,
         "nadir_distance_km": 100.0 * rank if request.nadir else None}
        for rank in range(1, request.top_k + 1 if found else 1)
    ]  # fmt: skip
    return {
        "photo": request.photo, "photo_id": None, "status": status, "confidence": 0.5 if found else 0.0,
        "footprint": square(40, 11) if found else None, "corners": None, "center": [40.0, 11.0] if found else None,
        "camera": None, "pose": None, "tie_points": [], "imagery": None, "inliers": 0, "rms_km": None,
        "candidates": candidates, "nadir": request.nadir,
        "model": {"name": "fake", "version": "1", "sha256": "0"}, "engine": "fake",
        "timings_ms": {"read": 0.0, "embed": 0.0, "search": 0.0, "register": 0.0, "total": 0.0},
        "message": message, "saved_to": None, "save_error": None,
    }  # fmt: skip


def localize(request_id, request: protocol.Localize) -> None:
    photo = request.photo
    name = os.path.basename(photo)
    if "crashonce" in name:
        if not os.path.exists(photo + ".crashed"):
            with open(photo + ".crashed", "w"):
                os._exit(9)
    elif "crash" in name:
        os._exit(9)
    if "hang" in name:
        hanging.set()
        time.sleep(600)
    if "quiet" in name:
        time.sleep(4)
    if "garbage" in name:
        with lock:
            sys.stdout.buffer.write(b"libtiff says hello\n\xff\xfe\x00\n[1, 2]\n17\n\n")
            sys.stdout.buffer.flush()
    for step in range(10 if "slow" in name else 1):
        progress = {"stage": "embed", "done": step, "total": 10, "message": ""}
        if "tiles" in name and step < 8:
            progress = {"stage": "imagery", "done": 4 * step, "total": 40, "message": "tiles from Ground"}
        send(method="progress", params={"id": request_id, **progress})
        if "slow" in name:
            time.sleep(0.1)
        if request_id in cancelled:
            send_error(request_id, "cancelled", "localize was cancelled")
            return
    if "damaged" in name:
        send_error(request_id, "index", "/indexes/europe: descriptors.f32 is damaged; build it again.")
    elif "unreadable" in name:
        send(id=request_id, result=localization(request, "failed", f"{photo}: cannot be read; export it again."))
    elif "full" in name:
        answer = localization(request)
        full = {"kind": "output", "path": request.out, "problem": "the disk is full", "hint": "make room"}
        answer["save_error"] = full
        send(id=request_id, result=answer)
    elif "reviewed" in name and not request.include_reviewed:
        send(id=request_id, result={**localization(request), "skipped": True, "saved_to": None})
    elif "lost" in name:
        answer = localization(request, "not_found", "Nothing fits.")
        if request.where:
            answer["where"] = where_at((36.2, 44.1))
        send(id=request_id, result=answer)
    else:
        answer = localization(request)
        if "early" in name:
            why = {"message_id": "orbit.before_station", "message_params": {"time": "1969-07-20 20:17:40 UTC"}}
            text = "the station did not fly yet on 1969-07-20 20:17:40 UTC; check the date."
            answer["orbit"] = {"nadir": None, "sd_km": None, "clock_offset_s": 0.0, "used": False,
                               "stated_off_km": None, "message": text, **why}  # fmt: skip
        if "tiles" in name:
            answer["imagery"] = {"source": "Ground Office", "attribution": "© Ground", "licence": "CC BY 4.0"}
        send(id=request_id, result=answer)


def photo_info(request_id, request: protocol.PhotoInfo) -> None:
    if "unreadable" in request.photo:
        send_error(request_id, "input", f"{request.photo}: cannot be read; export it again.")
        return
    send(
        id=request_id,
        result={
            "photo": request.photo, "photo_id": "ISS042-E-104433", "width_px": 640, "height_px": 480,
            "taken_at": "2015-02-01T10:22:33", "camera": "NIKON D4", "focal_length_mm": 24.0, "nadir": [41.5, 12.25],
        },
    )  # fmt: skip


def build_index(request_id, request: protocol.BuildIndex) -> None:
    """Ten batches, 0.1 s each. A build that was cancelled continues after its last batch."""
    partial = request.out + ".partial"
    os.makedirs(partial, exist_ok=True)
    for step in range(len(os.listdir(partial)), 10):
        message = {"id": request_id, "stage": "embed", "done": step, "total": 10, "message": f"{step} of 10 tiles"}
        send(method="progress", params=message)
        time.sleep(0.1)
        if request_id in cancelled:
            send_error(request_id, "cancelled", "index/build was cancelled")
            return
        with open(os.path.join(partial, str(step)), "w"):
            pass
    for name in os.listdir(partial):
        os.unlink(os.path.join(partial, name))
    os.rename(partial, request.out)
    info = {
        "format": 1, "name": os.path.basename(request.out), "count": 10, "region": request.bbox or [0, 40, 10, 48],
        "tile_km": request.tile_km, "model": {"name": "fake", "version": "1", "sha256": "0"},
        "source": {"path": os.path.basename(request.source), "attribution": request.attribution,
                   "licence": request.licence},
    }  # fmt: skip
    if request.feature_km:
        info |= {"format": 2, "features": {"count": 3077, "feature_km": request.feature_km, "vocabulary": "0"}}
    with open(os.path.join(request.out, "index.json"), "w", encoding="utf-8") as file:
        json.dump(info, file)
    send(id=request_id, result=info)


def plan_index(request_id, request: protocol.PlanIndex) -> None:
    """Ten tiles for each width, none south of 60° S; features as for a square of 100 km."""
    tiles = 10 * len(request.tile_km)
    if request.bbox and request.bbox[3] < -60:
        tiles = 0
    feature_km = request.feature_km
    if feature_km is None:
        feature_km = min(request.tile_km) / 256
    features = round((100 / feature_km) ** 2 / 130) if feature_km else 0
    result = {
        "tiles": tiles, "size_bytes": 100_000 * tiles + 24 * features, "features": features, "feature_km": feature_km,
        "narrowest_km": 256 * feature_km if feature_km else None,
    }  # fmt: skip
    send(id=request_id, result=result)


def index_tiles(request_id, request: protocol.IndexTiles) -> None:
    """Two outlines in the form that the engine writes."""
    if "damaged" in request.index:
        send_error(request_id, "index", f"{request.index}: tiles.bin is damaged; copy it again or build it again.")
        return
    from osgeo import ogr

    source = ogr.GetDriverByName("GPKG").CreateDataSource(request.out)
    layer = source.CreateLayer("tiles", geom_type=ogr.wkbMultiPolygon)
    layer.CreateField(ogr.FieldDefn("width_km", ogr.OFTReal))
    for width in (156.0, 313.0):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetField("width_km", width)
        feature.SetGeometry(ogr.CreateGeometryFromWkt("MULTIPOLYGON(((0 40, 10 40, 10 48, 0 40)))"))
        layer.CreateFeature(feature)
    del layer, source
    send(id=request_id, result={"out": request.out, "tiles": 2})


def verify_index(request_id, request: protocol.VerifyIndex) -> None:
    if "damaged" in request.index:
        send_error(request_id, "index", f"{request.index}: tiles.bin is damaged; copy it again or build it again.")
    else:
        send(id=request_id, result={"ok": True, "files": 2})


def link_index(request_id, request: protocol.LinkIndex) -> None:
    """A server whose address contains `gone` does not answer."""
    if "gone" in request.address:
        send_error(request_id, "input", f"{request.address}: no Milvus answers there; check the address.")
        return
    info = {
        "format": 1, "name": "continent", "count": 2_000_000, "region": [0, 40, 10, 48], "tile_km": [24.0],
        "model": {"name": "fake", "version": "1", "sha256": "0"}, "source": {"licence": "CC0"}, "files": {},
        "milvus": request.address,
    }  # fmt: skip
    os.makedirs(request.out)
    with open(os.path.join(request.out, "index.json"), "w", encoding="utf-8") as file:
        json.dump(info, file)
    send(id=request_id, result=info)


def list_indexes(request_id, request: protocol.ListIndexes) -> None:
    send(id=request_id, result={"indexes": []})


def check_imagery(request_id, request: protocol.CheckImagery) -> None:
    """A server whose settings contain `gone` does not answer."""
    with open(request.imagery, encoding="utf-8") as file:
        name = json.load(file)["name"]
    if "gone" in name:
        send_error(request_id, "input", f"imagery server {name}: cannot be reached; check your connection.")
    else:
        message = f"{name} works: a tile came in 12 ms."
        send(id=request_id, result={"name": name, "milliseconds": 12, "message": message})


def where_raster(request_id, request: protocol.WhereRaster) -> None:
    """A raster with all percentages from west to east. A photo whose name contains `refused` has none."""
    if "refused" in request.photo:
        send_error(request_id, "input", f"{request.results}: does not say where {request.photo} could be.")
        return
    from osgeo import gdal, osr

    columns, rows = 608, 256
    raster = gdal.GetDriverByName("GTiff").Create(request.out, columns, rows, 2, gdal.GDT_Float32)
    raster.SetGeoTransform((-17367530.4, 57130.0, 0, 7314540.8, 0, -57144.9))
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(6933)
    raster.SetProjection(crs.ExportToWkt())
    line = struct.pack(f"{columns}f", *(100.0 * column / columns for column in range(columns)))
    for band in (1, 2):
        raster.GetRasterBand(band).WriteRaster(0, 0, columns, rows, line * rows)
    del raster
    send(id=request_id, result={"photo": request.photo, "out": request.out, "area_km2": 264465.0})


def solve_clocks(request_id, request: protocol.SolveClocks) -> None:
    """A clock that is behind, of the camera and time of `photo_info`. An orbit whose path contains `mixed`: two."""
    clock = {
        "camera": "NIKON D4", "first": "2015-02-01T10:20:00+00:00", "last": "2015-02-01T10:30:00+00:00", "photos": 5,
        "located": 4, "status": "solved", "offset_s": 195.2, "sd_s": 0.6, "agreeing": 4, "others_s": [], "wrong": [],
        "message": "The clock of NIKON D4 was 3 min 15 s behind (± 0.6 s; 4 of 4 located photos agree).",
        "message_id": "clock.solved",
        "message_params": {
            "camera": "NIKON D4", "sd": "0.6", "n": 4, "total": 4,
            "how": {"id": "clock.behind", "params": {"time": "3 min 15 s"}, "text": "3 min 15 s behind"},
        },
    }  # fmt: skip
    if "mixed" in (request.orbit or ""):
        clock |= {"status": "two_clocks", "others_s": [-42.0], "message": "No single clock explains the photos."}
        del clock["message_id"], clock["message_params"]
    send(id=request_id, result={"clocks": [clock]})


def read_records(request_id, request: protocol.ReadRecords) -> None:
    """A catalogue that has a nadir, a time and a lens for every photo in the folder."""
    paths = [str(path) for path in sorted(Path(request.match).iterdir())] if request.match else []
    hints = {"taken_at": "2021-03-27T09:23:05Z", "focal_length_mm": 50.0, "camera": "N6", "altitude_km": 388.0}
    photos = [{"photo": path, "photo_id": Path(path).stem, "nadir": [-12.5, 130.25], "hints": hints} for path in paths]
    preview = [
        {"photo_id": "ISS064-E-1", "taken_at": "2021-03-27T09:23:05Z", "nadir": [-12.5, 130.25], "center": None,
         "has_footprint": False, "photo": None, "source": "ids.txt, line 1"}
    ]  # fmt: skip
    answer = {
        "rows": 3, "records": 3, "with_nadir": 3, "with_footprint": 0, "preview": preview, "photos": photos,
        "outcomes": {}, "complaints": [], "out": request.out,
    }  # fmt: skip
    send(id=request_id, result=answer)


def solve_passes(request_id, request: protocol.SolvePasses) -> None:
    """A pass of four photos, of which one that is not located gets a footprint. An orbit with `slow`: takes 6 s."""
    for step in range(60 if "slow" in (request.orbit or "") else 0):
        send(method="progress", params={"id": request_id, "stage": "passes", "done": step, "total": 60, "message": ""})
        time.sleep(0.1)
        if request_id in cancelled:
            send_error(request_id, "cancelled", "pass/solve was cancelled")
            return
    found = {
        "camera": "NIKON D4", "first": "2015-02-01T10:20:00+00:00", "last": "2015-02-01T10:21:00+00:00", "photos": 4,
        "located": 3, "status": "solved", "holding": "fixed", "holdings": {"fixed": 0.98}, "orbit": "photos",
        "clock_offset_s": None, "clock_sd_s": None, "focal_px": 1000.0, "wrong": ["/p/wrong.jpg"],
        "predicted": [{
            "photo": "/p/sea.jpg", "given": True, "center": [41.0, 12.0], "ellipse_major_km": 4.7,
            "ellipse_minor_km": 0.6, "ellipse_azimuth_deg": 131.0, "nadir": [40.5, 12.1], "visible_km": 2270.0,
            "nearest_s": 15.0,
        }],
        "leave_one_out": None,
        "message": "The camera was fixed: its 3 located photos say so with 98 %.",
        "message_id": "pass.fixed", "message_params": {"n": 3, "percent": "98"},
    }  # fmt: skip
    send(id=request_id, result={"passes": [found], "left_out": [{"photo": "/p/old.jpg", "why": "no_time"}]})


HANDLERS = {
    protocol.ReadRecords: read_records,
    protocol.SolvePasses: solve_passes,
    protocol.CheckImagery: check_imagery,
    protocol.Localize: localize,
    protocol.PhotoInfo: photo_info,
    protocol.SolveClocks: solve_clocks,
    protocol.BuildIndex: build_index,
    protocol.LinkIndex: link_index,
    protocol.ListIndexes: list_indexes,
    protocol.PlanIndex: plan_index,
    protocol.IndexTiles: index_tiles,
    protocol.VerifyIndex: verify_index,
    protocol.WhereRaster: where_raster,
}
METHODS = {kind.METHOD: kind for kind in HANDLERS}


def answer_requests() -> None:
    """Answers requests one after the other."""
    while True:
        message = requests.get()
        kind = METHODS[message["method"]]
        try:
            request = parsed(message["params"], kind)
        except InvalidValueError as error:
            send_error(message["id"], "usage", str(error))
        else:
            HANDLERS[kind](message["id"], request)


def send_heartbeats() -> None:
    while not hanging.is_set():
        time.sleep(0.3)
        send(method="heartbeat", params={"busy": [], "uptime_s": 0})


def receive(message: dict) -> None:
    """Answers at once what needs no work, and queues the rest."""
    method, request_id = message["method"], message.get("id")
    if options.journal:
        with open(options.journal, "a", encoding="utf-8") as journal:
            journal.write(json.dumps(message) + "\n")
    if method == "initialize":
        if not options.mute:
            send(id=request_id, result={"protocol": options.protocol, "engine": "fake", "capabilities": [],
                                        "heartbeat_ms": 300, "indexes": options.indexes})  # fmt: skip
    elif method == "status":
        status = {"engine": "fake", "uptime_s": 0.0, "busy": [], "model": None, "indexes_open": [], "memory_mb": None}
        send(id=request_id, result={**status, "environment": dict(os.environ), "arguments": sys.argv})
    elif method == "cancel":
        cancelled.add(message["params"]["id"])
        send(id=request_id, result={"cancelled": True})
    else:
        requests.put(message)


if options.die:
    sys.stderr.write("ImportError: libopenblas is missing\n")
    sys.exit(1)
threading.Thread(target=answer_requests, daemon=True).start()
threading.Thread(target=send_heartbeats, daemon=True).start()
for line in sys.stdin:
    receive(json.loads(line))
os._exit(0)
