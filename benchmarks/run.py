"""Measures `earthloc run`: kills, pace on cores and on Dask workers, memory (docs/mass-production.md).

python benchmarks/run.py kills [--count 200] | pace | workers | memory [--photos 20000]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
from _setting import REPOSITORY, WORK, setting

from tests.engine.run_kit import files_of, night_photos

_FOLDER = WORK / "run" / str(os.getpid())
_ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(REPOSITORY),
    # A client and a worker notice soon that the scheduler is gone.
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "2s",
    "DASK_DISTRIBUTED__ADMIN__LOG_LENGTH": "0",
}
_STEPS = (0.3, 9.0)  # seconds from one kill to the next
_KILLS_EACH = 20  # catalogue
_DEADLINE_S = 600.0


class Run:
    """A running `earthloc run`, whose events go to a file."""

    def __init__(self, photos: Path, out: Path, *options: str) -> None:
        self.events_path = out.with_name(out.name + ".events")
        self._events = self.events_path.open("w")
        command = [sys.executable, "-m", "engine", "run", str(photos), "--out", str(out), "--json", *options]
        self.process = subprocess.Popen(command, stdout=self._events, stderr=subprocess.PIPE, env=_ENVIRONMENT)

    def wait(self) -> dict[str, Any] | None:
        """The last event if the run came to its end; None if it was killed or gave up."""
        _, errors = self.process.communicate(timeout=_DEADLINE_S)
        self._events.close()
        last = self.events()[-1:] or [{}]
        if last[0].get("event") == "end":
            return last[0]
        if self.process.returncode > 0:
            print(f"  {errors.decode().strip()[:160]}", file=sys.stderr)
        return None

    def events(self) -> list[dict[str, Any]]:
        """What it said; a kill may cut off the last line."""
        lines = self.events_path.read_text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]


class Cluster:
    """A Dask scheduler and workers, each of which can be killed and is started again."""

    def __init__(self, workers: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = str(free.getsockname()[1])
        self.address = f"tcp://127.0.0.1:{self._port}"
        self.scheduler = self._scheduler()
        self.workers = [self._worker() for _ in range(workers)]

    def tend(self) -> None:
        """Starts what has ended."""
        if self.scheduler.poll() is not None:
            self.scheduler = self._scheduler()
        self.workers = [one if one.poll() is None else self._worker() for one in self.workers]

    def cpu_s(self) -> float:
        """That the workers have used so far."""
        times = [psutil.Process(one.pid).cpu_times() for one in self.workers]
        return sum(one.user + one.system for one in times)

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def _scheduler(self) -> subprocess.Popen[bytes]:
        return self._start("scheduler", "--port", self._port, "--host", "127.0.0.1", "--no-dashboard")

    def _worker(self) -> subprocess.Popen[bytes]:
        options = ("--no-nanny", "--nthreads", "1", "--memory-limit", "0", "--no-dashboard")
        return self._start("worker", self.address, *options, "--local-directory", str(_FOLDER / "dask"))

    def _start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_ENVIRONMENT)


def kills(count: int) -> None:
    """Kills driver, workers and scheduler at random moments, and compares with an undisturbed run."""
    photos = night_photos(_FOLDER / "photos", 800)
    for number, real in enumerate(setting().photos[:6]):
        shutil.copy(real, photos / f"pass{number % 3}" / f"0{number}9999{real.suffix}")
    (photos / "pass0" / "00003.png").write_bytes((photos / "pass1" / "00700.png").read_bytes())
    (photos / "pass1" / "00001.png").write_bytes(b"\x89PNG\r\n\x1a\n torn")
    print(f"undisturbed: {Run(photos, _FOLDER / 'undisturbed', '--no-register', '--jobs', '1').wait()}")
    undisturbed = files_of(_FOLDER / "undisturbed")
    dice = random.Random(200)
    killed: Counter[str] = Counter()
    different, catalogues, begun = 0, 0, time.monotonic()
    while killed.total() < count:
        out = _FOLDER / f"catalogue{catalogues}"
        cluster = None if catalogues % 2 else Cluster(2)
        try:
            again = _disturbed(photos, out, cluster, dice, killed, min(count, killed.total() + _KILLS_EACH))
        finally:
            if cluster is not None:
                cluster.close()
        catalogues += 1
        different += files_of(out) != undisturbed or again > 0
        where = "cluster" if cluster else "processes"
        print(f"{where}: {dict(killed)}, told twice {again}, different {different}", flush=True)
        shutil.rmtree(out)
    minutes = (time.monotonic() - begun) / 60
    print(
        f"{killed.total()} kills ({dict(killed)}), {catalogues} catalogues of {len(list(photos.rglob('*.*')))} photos"
    )
    print(f"{different} catalogues differ from the undisturbed one; {minutes:.0f} minutes")


def _disturbed(
    photos: Path, out: Path, cluster: Cluster | None, dice: random.Random, killed: Counter[str], count: int
) -> int:
    """Runs to the end, with kills between; returns how many photos were told to be finished more than once."""
    options = ["--no-register"] + (["--scheduler", cluster.address] if cluster else ["--jobs", "2"])
    finished: Counter[str] = Counter()
    while True:
        if cluster is not None:
            cluster.tend()
        run = Run(photos, out, *options)
        while run.process.poll() is None:
            time.sleep(dice.uniform(*_STEPS))
            if killed.total() >= count or run.process.poll() is not None:
                break
            victim = dice.choice(["driver", "worker"] if cluster is None else ["driver", "worker", "scheduler"])
            if _kill(victim, run, cluster, dice):
                killed[f"{victim}, {'cluster' if cluster else 'processes'}"] += 1
            if victim != "worker":
                break
            if cluster is not None:
                cluster.tend()
        end = run.wait()
        finished.update(event["photo"] for event in run.events() if event["event"] == "photo")
        if end is not None:
            return sum(times - 1 for times in finished.values())


def _kill(victim: str, run: Run, cluster: Cluster | None, dice: random.Random) -> bool:
    if victim == "driver":
        run.process.kill()
    elif victim == "scheduler":
        cluster.scheduler.kill()
        cluster.scheduler.wait()
    elif cluster is not None:
        one = dice.choice(cluster.workers)
        one.kill()
        one.wait()
    else:
        try:
            dice.choice(psutil.Process(run.process.pid).children()).kill()
        except (IndexError, psutil.Error):  # it has none yet, or has ended
            return False
    return True


def _finish(photos: Path, name: str, *options: str) -> str:
    """Photos an hour, without the start of the processes, and the statuses."""
    shutil.rmtree(_FOLDER / name, ignore_errors=True)
    run = Run(photos, _FOLDER / name, *options)
    first: tuple[float, int] | None = None
    while run.process.poll() is None:
        time.sleep(0.1)
        if first is None and (done := _finished(run)):
            first = time.monotonic(), done
    now, (then, before) = time.monotonic(), first or (0.0, 0)
    end = run.wait()
    assert end is not None, f"{name} did not end well"
    pace = 3600 * (_finished(run) - before) / (now - then)
    return f"{pace:.0f} photos an hour, {end['statuses']}"


def _cpu_s() -> float:
    """Of all processes that have ended; a busy computer changes it less than the pace."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _finished(run: Run) -> int:
    return sum(event["event"] == "photo" for event in run.events())


def _real_photos(step: int) -> Path:
    """One of so many real photos, and some of cloud."""
    folder = _FOLDER / "real"
    folder.mkdir(parents=True, exist_ok=True)
    chosen = setting()
    clouds = sorted((chosen.photos[0].parent / "negatives").glob("cloud_*.jpg"))
    for photo in (*chosen.photos[::step], *clouds[::4]):
        shutil.copy(photo, folder)
    return folder


def pace() -> None:
    """Photos an hour on this computer."""
    photos = _real_photos(4)
    for options in (("--no-register",), ()):
        for jobs in ("1", "2"):
            cpu_s = _cpu_s()
            told = _finish(photos, "pace", *options, "--jobs", jobs)
            words = " ".join(options) or "with registration"
            print(f"{words}, {jobs} jobs: {told}, {_cpu_s() - cpu_s:.0f} s of CPU", flush=True)


def workers() -> None:
    """Photos an hour on 1, 2 and 4 Dask workers of this computer."""
    photos, quick = _real_photos(2), night_photos(_FOLDER / "quick", 60)
    for count in (1, 2, 4):
        cluster = Cluster(count)
        try:
            _finish(quick, "first", "--no-register", "--scheduler", cluster.address)  # opens index and model
            cpu_s = cluster.cpu_s()
            told = _finish(photos, "workers", "--no-register", "--scheduler", cluster.address)
            print(f"{count} workers: {told}, {cluster.cpu_s() - cpu_s:.0f} s of CPU", flush=True)
        finally:
            cluster.close()


def memory(count: int) -> None:
    """Memory of the driver and its workers over many photos."""
    photos = night_photos(_FOLDER / "many", count)
    real = setting().photos
    for number in range(count // 100):  # every hundredth is searched
        shutil.copy(real[number % len(real)], photos / f"pass{number % 3}" / f"{number * 100:05d}.jpg")
    run = Run(photos, _FOLDER / "memory", "--no-register", "--jobs", "2")
    samples: list[tuple[int, float, float]] = []
    driver = psutil.Process(run.process.pid)
    while run.process.poll() is None:
        time.sleep(2.0)
        try:
            done = next((e["done"] for e in reversed(run.events()) if e["event"] == "progress"), 0)
            mine = driver.memory_info().rss / 1e6
            samples.append((done, mine, max((one.memory_info().rss / 1e6 for one in driver.children()), default=0.0)))
        except psutil.Error:
            continue
    total = len(list(photos.rglob("*.*")))
    for part in range(10):
        among = [sample for sample in samples if part * total / 10 <= sample[0] < (part + 1) * total / 10]
        if among:
            driver_mb = statistics.median(sample[1] for sample in among)
            worker_mb = max(sample[2] for sample in among)
            print(f"{part * 10:3} % of {total}: driver {driver_mb:.0f} MB, largest worker {worker_mb:.0f} MB")
    print(run.wait())


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("what", choices=("kills", "pace", "workers", "memory"))
    arguments.add_argument("--count", type=int, default=200)
    arguments.add_argument("--photos", type=int, default=20_000)
    given = arguments.parse_args()
    _FOLDER.mkdir(parents=True)
    if given.what == "kills":
        kills(given.count)
    elif given.what == "memory":
        memory(given.photos)
    else:
        {"pace": pace, "workers": workers}[given.what]()
    shutil.rmtree(_FOLDER)


if __name__ == "__main__":
    main()
