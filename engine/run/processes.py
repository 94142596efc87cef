"""Worker processes on this computer. One that dies is replaced, and it is known which photo it had."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess  # nosec B404
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any, cast

import engine
from engine import errors
from engine.errors import EarthLocError
from engine.messages import Message
from engine.run.locate import Job, Outcome
from engine.run.row import failed_row
from engine.run.setting import Setting

# A worker is replaced after so many photos, so that no leak of a library grows with the run.
_PHOTOS_PER_WORKER = 1000
# Workers that die one after the other before they are ready: something else than a photo is wrong.
_MAX_FALSE_STARTS = 3
_END_S = 5.0


class Processes:
    """Some worker processes.

    Args:
        setting: how to locate.
        jobs: how many.
        debug: let their error messages through.
    """

    def __init__(self, setting: Setting, jobs: int, debug: bool = False) -> None:
        self._setting = setting
        self._debug = debug
        self._said: queue.SimpleQueue[tuple[_Worker, dict[str, Any] | None]] = queue.SimpleQueue()
        self._false_starts = 0
        self._workers = [self._start() for _ in range(jobs)]

    @property
    def free(self) -> int:
        """How many photos can be submitted now."""
        return sum(worker.job is None for worker in self._workers)

    def submit(self, job: Job) -> None:
        """Gives a photo to a free worker."""
        place = next(i for i, worker in enumerate(self._workers) if worker.job is None)
        if self._workers[place].located >= _PHOTOS_PER_WORKER:
            self._workers[place].end()
            self._workers[place] = self._start()
        self._workers[place].take(job)

    def next(self, timeout_s: float) -> Outcome | None:
        """The next outcome; None when none comes in time.

        Raises:
            EarthLocError: an index, a model or the imagery cannot be used, or workers cannot be started.
        """
        end = time.monotonic() + timeout_s
        while True:
            try:
                worker, said = self._said.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                return None
            if said is None:
                if (died := self._replace(worker)) is not None:
                    return died
            elif "ready" in said:
                self._false_starts = 0
            elif "error" in said:
                kind, path, problem, hint = said["error"]
                raise getattr(errors, kind)(path, problem, hint)
            else:
                seq, row, trouble = said["outcome"]
                worker.job = None
                worker.located += 1
                return Outcome(seq, row, trouble)

    def close(self) -> None:
        """Ends all workers; what they work on is lost."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.end()

    def _start(self) -> _Worker:
        return _Worker(self._setting, self._said, self._debug)

    def _replace(self, worker: _Worker) -> Outcome | None:
        """Starts another worker for one that has ended; the outcome of the photo that it had, if it had one."""
        if worker not in self._workers:  # it was replaced on purpose
            return None
        how = _how_it_ended(worker.process.wait())
        if not worker.ready:
            self._false_starts += 1
            if self._false_starts >= _MAX_FALSE_STARTS:
                raise EarthLocError(None, f"worker processes end at once ({how})", "use fewer --jobs, or run --debug")
        self._workers[self._workers.index(worker)] = fresh = self._start()
        if worker.job is None:
            return None
        if not worker.ready:  # the photo was never looked at
            fresh.take(worker.job)
            return None
        listed = worker.job.listed
        return Outcome(
            worker.job.seq, failed_row(listed, Message("run.worker_died", {"path": listed.path, "how": how})), "died"
        )


class _Worker:
    """A process, the photo that it has, and a thread that listens to it."""

    def __init__(
        self, setting: Setting, said: queue.SimpleQueue[tuple[_Worker, dict[str, Any] | None]], debug: bool
    ) -> None:
        self.job: Job | None = None
        self.located = 0
        self.ready = False
        self._said = said
        here = str(Path(engine.__file__).parent.parent)
        paths = [here, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        self.process = subprocess.Popen(  # nosec B603 - this Python and this program
            # -P: a folder named engine where the command is run is not this one.
            [sys.executable, "-P", "-m", "engine.run.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if debug else subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "OMP_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl+C is for the run, which ends its workers
        )
        self._stdin = cast(IO[bytes], self.process.stdin)
        self._send(setting.as_json())
        threading.Thread(target=self._listen, name="worker", daemon=True).start()

    def take(self, job: Job) -> None:
        """Starts with a photo."""
        self.job = job
        self._send(job.as_json())

    def end(self) -> None:
        """Lets it end, and waits for that."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        try:
            self.process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _send(self, what: Any) -> None:
        with contextlib.suppress(OSError):  # it has died, which is told when its answers end
            self._stdin.write(json.dumps(what).encode() + b"\n")
            self._stdin.flush()

    def _listen(self) -> None:
        with cast(IO[bytes], self.process.stdout) as answers:
            for line in answers:
                try:
                    said = json.loads(line)
                except ValueError:  # cut off by its death
                    break
                self.ready = self.ready or "ready" in said
                self._said.put((self, said))
        self._said.put((self, None))


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
