"""An engine that does as it is told by the names of the photos: plain Python, speaks the real protocol.

Photos whose name contains ... are answered so:
    crash   the process dies           crashonce  it dies the first time only (leaves PHOTO.crashed behind)
    hang    no answer, no heartbeat    slow       ten stages of progress, 0.1 s each; can be cancelled
    quiet   answered after 4 s of heartbeats only
    tiles   with slow: its progress is that of fetching imagery, and the answer credits that
    garbage nonsense on stdout first   unreadable status `failed`
    full    found, but not saved       damaged    error of kind `index`
    reviewed  skipped, unless reviewed photos are included
Anything else is `uncertain` at once.

Options: --protocol N, --die (at start), --mute (never answers initialize), --journal FILE (one line a request),
--indexes DIR... (that come along with the engine).
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import sys
import threading
import time

parser = argparse.ArgumentParser()
parser.add_argument("--protocol", type=int, default=1)
parser.add_argument("--die", action="store_true")
parser.add_argument("--mute", action="store_true")
parser.add_argument("--journal")
parser.add_argument("--indexes", nargs="*", default=[])
options, _ = parser.parse_known_args()

lock = threading.Lock()
work: queue.Queue = queue.Queue()
cancelled: set = set()
hanging = threading.Event()


def send(**message) -> None:
    line = json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
    with lock:
        # In two pieces, so that the other side must put lines together.
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


def localization(photo: str, params: dict, status: str = "uncertain", message: str = "") -> dict:
    found = status == "uncertain"
    candidates = [
        {"rank": rank, "index": "fake", "tile": f"313_{rank}", "score": 1 - rank / 10, "rotation_deg": 90,
         "center": [40.0, 10.0 + rank], "width_km": 313.0, "footprint": square(40, 10 + rank), "inliers": 0,
         "nadir_distance_km": 100.0 * rank if params["nadir"] else None}
        for rank in range(1, params["top_k"] + 1 if found else 1)
    ]  # fmt: skip
    return {
        "photo": photo, "photo_id": None, "status": status, "confidence": 0.5 if found else 0.0,
        "footprint": square(40, 11) if found else None, "corners": None, "center": [40.0, 11.0] if found else None,
        "camera": None, "pose": None, "tie_points": [], "imagery": None, "inliers": 0, "rms_km": None,
        "candidates": candidates, "timings_ms": {},
        "nadir": params["nadir"], "message": message, "saved_to": None, "save_error": None,
    }  # fmt: skip


def localize(request_id, params: dict) -> None:
    photo = params["photo"]
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
        send(id=request_id, result=localization(photo, params, "failed", f"{photo}: cannot be read; export it again."))
    elif "full" in name:
        answer = localization(photo, params)
        full = {"kind": "output", "path": params["out"], "problem": "the disk is full", "hint": "make room"}
        answer["save_error"] = full
        send(id=request_id, result=answer)
    elif "reviewed" in name and not params["include_reviewed"]:
        send(id=request_id, result={**localization(photo, params), "skipped": True, "saved_to": None})
    else:
        answer = localization(photo, params)
        if "tiles" in name:
            answer["imagery"] = {"source": "Ground Office", "attribution": "© Ground", "licence": "CC BY 4.0"}
        send(id=request_id, result=answer)


def photo_info(request_id, params: dict) -> None:
    if "unreadable" in params["photo"]:
        send_error(request_id, "input", f"{params['photo']}: cannot be read; export it again.")
        return
    send(
        id=request_id,
        result={
            "photo": params["photo"], "photo_id": "ISS042-E-104433", "width_px": 640, "height_px": 480,
            "taken_at": "2015-02-01T10:22:33", "camera": "NIKON D4", "focal_length_mm": 24.0, "nadir": [41.5, 12.25],
        },
    )  # fmt: skip


def index_build(request_id, params: dict) -> None:
    """Ten batches of 0.1 s; what was done before a cancel is not done again."""
    partial = params["out"] + ".partial"
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
    os.rename(partial, params["out"])
    info = {
        "format": 1, "name": os.path.basename(params["out"]), "count": 10, "region": params["bbox"] or [0, 40, 10, 48],
        "tile_km": params["tile_km"], "model": {"name": "fake", "version": "1", "sha256": "0"},
        "source": {"path": os.path.basename(params["source"]), "attribution": params["attribution"],
                   "licence": params["licence"]},
    }  # fmt: skip
    if params["feature_km"]:
        info |= {"format": 2, "features": {"count": 3077, "feature_km": params["feature_km"], "vocabulary": "0"}}
    with open(os.path.join(params["out"], "index.json"), "w", encoding="utf-8") as file:
        json.dump(info, file)
    send(id=request_id, result=info)


def index_plan(request_id, params: dict) -> None:
    """Ten tiles a width, none in the far south; features as they would be on a square of 100 km."""
    tiles = 10 * len(params["tile_km"])
    if params["bbox"] and params["bbox"][3] < -60:
        tiles = 0
    feature_km = params["feature_km"]
    if feature_km is None:
        feature_km = min(params["tile_km"]) / 256
    features = round((100 / feature_km) ** 2 / 130) if feature_km else 0
    result = {
        "tiles": tiles, "size_bytes": 100_000 * tiles + 24 * features, "features": features, "feature_km": feature_km,
        "narrowest_km": 256 * feature_km if feature_km else None,
    }  # fmt: skip
    send(id=request_id, result=result)


def index_tiles(request_id, params: dict) -> None:
    """Two outlines, as the engine writes them."""
    if "damaged" in params["index"]:
        send_error(request_id, "index", f"{params['index']}: tiles.bin is damaged; copy it again or build it anew.")
        return
    from osgeo import ogr

    layer_of = ogr.GetDriverByName("GPKG").CreateDataSource(params["out"])
    layer = layer_of.CreateLayer("tiles", geom_type=ogr.wkbMultiPolygon)
    layer.CreateField(ogr.FieldDefn("width_km", ogr.OFTReal))
    for width in (156.0, 313.0):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetField("width_km", width)
        feature.SetGeometry(ogr.CreateGeometryFromWkt("MULTIPOLYGON(((0 40, 10 40, 10 48, 0 40)))"))
        layer.CreateFeature(feature)
    del layer, layer_of
    send(id=request_id, result={"out": params["out"], "tiles": 2})


def index_verify(request_id, params: dict) -> None:
    if "damaged" in params["index"]:
        send_error(request_id, "index", f"{params['index']}: tiles.bin is damaged; copy it again or build it anew.")
    else:
        send(id=request_id, result={"ok": True, "files": 2})


def index_link(request_id, params: dict) -> None:
    """A server called `gone` does not answer."""
    if "gone" in params["address"]:
        send_error(request_id, "input", f"{params['address']}: no Milvus answers there; check the address.")
        return
    info = {
        "format": 1, "name": "continent", "count": 2_000_000, "region": [0, 40, 10, 48], "tile_km": [24.0],
        "model": {"name": "fake", "version": "1", "sha256": "0"}, "source": {"licence": "CC0"}, "files": {},
        "milvus": params["address"],
    }  # fmt: skip
    os.makedirs(params["out"])
    with open(os.path.join(params["out"], "index.json"), "w", encoding="utf-8") as file:
        json.dump(info, file)
    send(id=request_id, result=info)


def index_list(request_id, params: dict) -> None:
    send(id=request_id, result={"indexes": []})


METHODS = {
    "localize": localize,
    "photo/info": photo_info,
    "index/build": index_build,
    "index/link": index_link,
    "index/list": index_list,
    "index/plan": index_plan,
    "index/tiles": index_tiles,
    "index/verify": index_verify,
}


def work_off() -> None:
    while True:
        request = work.get()
        METHODS[request["method"]](request["id"], request["params"])


def beat() -> None:
    while not hanging.is_set():
        time.sleep(0.3)
        send(method="heartbeat", params={"busy": [], "uptime_s": 0})


def take(request: dict) -> None:
    method, request_id = request["method"], request.get("id")
    if options.journal:
        with open(options.journal, "a", encoding="utf-8") as journal:
            journal.write(json.dumps(request) + "\n")
    if method == "initialize":
        if not options.mute:
            send(id=request_id, result={"protocol": options.protocol, "engine": "fake", "capabilities": [],
                                        "heartbeat_ms": 300, "indexes": options.indexes})  # fmt: skip
    elif method == "status":
        send(id=request_id, result={"environment": dict(os.environ), "arguments": sys.argv})
    elif method == "cancel":
        cancelled.add(request["params"]["id"])
        send(id=request_id, result={"cancelled": True})
    else:
        work.put(request)


if options.die:
    sys.stderr.write("ImportError: libopenblas is missing\n")
    sys.exit(1)
threading.Thread(target=work_off, daemon=True).start()
threading.Thread(target=beat, daemon=True).start()
for line in sys.stdin:
    take(json.loads(line))
os._exit(0)
