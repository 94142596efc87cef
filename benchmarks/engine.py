"""Seconds per photo, memory and tiles per second, each compared with its floor: the ONNX model alone on the same input.

    python benchmarks/engine.py [--json]

The engine runs as in use, as a process controlled over its protocol: cold (from the start of the process to the first
answer) and warm (further photos). The model alone gets as many pictures as a photo has views. Everything is measured in
one run; quote ratios, and on a busy machine processor time.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from _setting import REPOSITORY, WORK, Setting, index_of, setting

FLOOR = """
import sys, time, json
start = time.perf_counter()
import numpy as np, onnxruntime
options = onnxruntime.SessionOptions()
options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # as the engine does
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
shape = [7, *session.get_inputs()[0].shape[1:]]  # four times: the 28 views of a photo
feed = {session.get_inputs()[0].name: np.random.default_rng(0).random(shape, np.float32)}
session.run(None, feed)
cold = time.perf_counter() - start
warm = []
processor = time.process_time()
for _ in range(15):
    start = time.perf_counter()
    for _ in range(4):
        session.run(None, feed)
    warm.append(time.perf_counter() - start)
processor = (time.process_time() - processor) / 15
peak = next(int(l.split()[1]) / 1e3 for l in open("/proc/self/status") if l.startswith("VmHWM"))
print(json.dumps({"cold_s": cold, "warm_s": sorted(warm)[7], "processor_s": processor, "peak_mb": peak}))
"""


class Engine:
    """A process of `earthloc serve`; sends one request at a time."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine", "serve", "--log-file", str(WORK / "engine.log")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
        )
        self._id = 0

    def ask(self, method: str, **params: Any) -> Any:
        """Sends a request and returns its result; ignores progress and heartbeats."""
        self._id += 1
        message = {"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}
        self.process.stdin.write((json.dumps(message) + "\n").encode())
        self.process.stdin.flush()
        while True:
            answer = json.loads(self.process.stdout.readline())
            if answer.get("id") == self._id:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                return answer["result"]

    def peak_mb(self) -> float:
        """Peak resident memory of the process."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith("VmHWM"))

    def processor_s(self) -> float:
        """Processor time of the process, over all cores."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(30)


def measure_photos(chosen: Setting, index: Path) -> dict[str, float]:
    """Measures cold and warm answers, and the model alone."""
    from engine.retrieval.model import ModelPackage

    model_file = ModelPackage.open().path
    output = subprocess.run([sys.executable, "-c", FLOOR, str(model_file)], check=True, capture_output=True, text=True)
    floor = json.loads(output.stdout)
    request = {"indexes": [str(index)], "top_k": 10, "out": str(WORK / "results.gpkg"), "register": False}
    (WORK / "results.gpkg").unlink(missing_ok=True)
    start = time.perf_counter()
    engine = Engine()
    engine.ask("initialize", protocol=1, client="benchmark")
    ready = time.perf_counter() - start
    engine.ask("localize", photo=str(chosen.photos[0]), **request)
    cold = time.perf_counter() - start
    warm, embedding = [], []
    processor = engine.processor_s()
    for photo in (chosen.photos * 10)[1:21]:
        start = time.perf_counter()
        answer = engine.ask("localize", photo=str(photo), **request)
        warm.append(time.perf_counter() - start)
        embedding.append(answer["timings_ms"]["embed"] / 1e3)
    processor = (engine.processor_s() - processor) / len(warm)
    peak = engine.peak_mb()
    registering = []
    for photo in chosen.photos[:8]:
        answer = engine.ask("localize", photo=str(photo), **{**request, "register": True})
        registering.append(answer["timings_ms"]["register"] / 1e3)
    peak_registering = engine.peak_mb()
    engine.close()
    return {
        "initialize_s": ready,
        "cold_s": cold,
        "cold_floor_s": floor["cold_s"],
        "warm_s": statistics.median(warm),
        "warm_p95_s": sorted(warm)[int(0.95 * len(warm))],
        "warm_floor_s": floor["warm_s"],
        "warm_embed_s": statistics.median(embedding),
        "processor_s": processor,
        "processor_floor_s": floor["processor_s"],
        "peak_mb": peak,
        "register_s": statistics.median(registering),
        "register_peak_mb": peak_registering,
        "peak_floor_mb": floor["peak_mb"],
    }


def measure_building(chosen: Setting) -> dict[str, float]:
    """Tiles per second of the index builder, and of the model alone before and after it."""
    import numpy as np

    from engine.retrieval.build import BATCH, build_index
    from engine.retrieval.model import ModelPackage

    model = ModelPackage.open()
    size = model.input.size_px
    squares = np.random.default_rng(0).integers(0, 256, (BATCH, size, size, 3), dtype=np.uint8)

    def model_alone() -> float:
        model.embed(squares)
        start = time.perf_counter()
        for _ in range(10):
            model.embed(squares)
        return 10 * BATCH / (time.perf_counter() - start)

    rates, floors = [], []
    for _ in range(3):
        floors.append(model_alone())
        shutil.rmtree(WORK / "timed", ignore_errors=True)
        start = time.perf_counter()
        info = build_index(chosen.imagery, WORK / "timed", bbox=chosen.bbox, tile_km=(443.0, 626.0), model=model)
        rates.append(info["count"] / (time.perf_counter() - start))
        floors.append(model_alone())
    return {"tiles_per_s": statistics.median(rates), "tiles_floor_per_s": statistics.median(floors)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    chosen = setting()
    index = index_of(chosen)
    found = {**measure_photos(chosen, index), **measure_building(chosen)}
    if args.json:
        print(json.dumps({"setting": chosen.remark, **{key: round(value, 4) for key, value in found.items()}}))
        return
    print(chosen.remark)
    print(f"engine answers initialize  {found['initialize_s']:8.2f} s")
    print(f"first answer, cold         {found['cold_s']:8.2f} s   model alone {found['cold_floor_s']:.2f} s")
    print(f"a photo, warm (median)     {found['warm_s']:8.3f} s   model alone {found['warm_floor_s']:.3f} s")
    print(f"  of which embedding       {found['warm_embed_s']:8.3f} s")
    print(f"  processor time (mean)    {found['processor_s']:8.3f} s   model alone {found['processor_floor_s']:.3f} s")
    print(f"peak memory                {found['peak_mb']:8.0f} MB  model alone {found['peak_floor_mb']:.0f} MB")
    print(f"registering (median)       {found['register_s']:8.1f} s   peak {found['register_peak_mb']:.0f} MB")
    share = found["tiles_per_s"] / found["tiles_floor_per_s"]
    print(
        f"building                   {found['tiles_per_s']:8.0f} tiles/s  model alone "
        f"{found['tiles_floor_per_s']:.0f}: {share:.0%}"
    )


if __name__ == "__main__":
    main()
