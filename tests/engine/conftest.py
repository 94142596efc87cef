"""Fixtures of the engine's doors: photos to locate, and the engine's process to talk to."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DEADLINE_S = 120.0  # without a sign of progress; a busy computer is slow, but not silent


def engine_environment(state_folder: Path) -> dict[str, str]:
    """The environment of a child that runs the engine; its log goes below `state_folder`."""
    paths = [str(REPOSITORY), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "XDG_STATE_HOME": str(state_folder),
        "XDG_CACHE_HOME": str(state_folder),
        "LOCALAPPDATA": str(state_folder),
    }


class EngineProcess:
    """A running `earthloc serve`, with what it says collected in the background."""

    def __init__(self, state_folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine", "serve", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=engine_environment(state_folder),
            cwd=state_folder,
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        self.seen: list[dict] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(b"")

    def send_bytes(self, line: bytes) -> None:
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def send(self, request_id, method: str, params: dict | None = None) -> None:
        message = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params or {}}
        self.send_bytes(json.dumps(message).encode() + b"\n")

    def next(self) -> dict:
        """The next message of any kind; every line of stdout has to be one."""
        line = self._lines.get(timeout=DEADLINE_S)
        assert line, "the engine's stdout ended"
        message = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        self.seen.append(message)
        return message

    def until(self, wanted) -> dict:
        """Reads on to the first message for which `wanted(message)` holds, while there are others than heartbeats."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            message = self.next()
            if wanted(message):
                return message
            if message.get("method") != "heartbeat":
                deadline = time.monotonic() + DEADLINE_S
        raise AssertionError("the message did not come")

    def answer(self, request_id) -> dict:
        """The answer to a request, read already or still to come."""

        def wanted(message: dict) -> bool:
            return "method" not in message and message["id"] == request_id

        found = next(filter(wanted, self.seen), None) or self.until(wanted)
        self.seen.remove(found)
        return found

    def call(self, request_id, method: str, params: dict | None = None) -> dict:
        self.send(request_id, method, params)
        return self.answer(request_id)

    def end(self) -> int:
        """Closes stdin; the exit status."""
        if not self.process.stdin.closed:
            self.process.stdin.close()
        status = self.process.wait(timeout=DEADLINE_S)
        self._reader.join(DEADLINE_S)
        self.process.stdout.close()
        return status

    def rest(self) -> list[dict]:
        """What it said since it was last read from; for when it has ended."""
        return [json.loads(line) for line in iter(self._lines.get, b"")]


@pytest.fixture
def start_engine(tmp_path_factory):
    """start_engine(*arguments) starts `earthloc serve`; every process is ended after the test."""
    started: list[EngineProcess] = []

    def start(*arguments: str) -> EngineProcess:
        started.append(EngineProcess(tmp_path_factory.mktemp("state"), *arguments))
        return started[-1]

    yield start
    for process in started:
        process.process.kill()
        process.end()


@pytest.fixture(scope="session")
def earthloc(tmp_path_factory):
    """earthloc(*arguments) runs the command line in a process of its own; the completed process."""
    state = tmp_path_factory.mktemp("state")

    def run(*arguments, cwd=None, **options) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "engine", *map(str, arguments)],
            capture_output=True,
            encoding="utf-8",
            env=engine_environment(state),
            cwd=cwd,
            timeout=120,
            check=False,
            **options,
        )

    return run


@pytest.fixture(scope="session")
def photo(tmp_path_factory, land_raster) -> Path:
    """A photo of 313 km around 44.3 N 4.9 E, turned by 90 degrees, as large as the network sees it.

    Kept without loss: this texture has no detail near the size of a pixel, so the noise of a JPEG would be all there is
    of it, and the network looks at it. test_compressed_photos.py has texture with detail, as real imagery has.
    """
    import numpy as np
    from PIL import Image

    from engine.imagery.raster import RasterSource

    with RasterSource.open(land_raster) as raster:
        pixels, _ = raster.square(44.296875, 4.891304, 313.0, 192)
    path = tmp_path_factory.mktemp("photos") / "ISS064-E-48617 é.jpg"
    Image.fromarray(np.rot90(pixels)).save(path, format="PNG")  # told by its first bytes, not by its name
    return path
