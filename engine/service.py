"""`earthloc serve`: the engine as a process that answers JSON-RPC over stdin and stdout.

Three threads: the main thread reads requests and answers the quick ones, one worker does the others in turn,
one sends heartbeats. Whatever comes in, the process goes on until stdin closes or `shutdown` is asked for.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import engine
from engine.errors import CancelledError
from engine.log import start_log
from engine.methods import Methods, memory_mb
from engine.progress import Progress
from engine.resources import own_indexes
from engine.rpc import (
    Channel,
    Params,
    Request,
    RequestId,
    RpcError,
    invalid_request,
    parse_request,
    read_lines,
    unknown_method,
)

PROTOCOL = 1
HEARTBEAT_MS = 1000
# How long running work may take to notice that it is cancelled before the process ends without it.
_PATIENCE_S = 10.0

log = logging.getLogger(__name__)


@dataclass
class Job:
    """A request for the worker. Its state changes under the service's lock only."""

    id: RequestId
    request: Request
    progress: Progress
    running: bool = False


class Service:
    """Takes requests from one stream and answers them through a channel."""

    def __init__(self, channel: Channel, methods: Methods) -> None:
        self._channel = channel
        self._methods = methods
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._jobs: dict[RequestId, Job] = {}  # unanswered, in the order they came
        self._queue: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._stopping = threading.Event()
        self._worker = threading.Thread(target=self._work_off, name="worker", daemon=True)
        self._heart = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._quick: dict[str, Callable[[Params], Any]] = {
            "initialize": self._initialize,
            "status": self._status,
            "cancel": self._cancel,
            "shutdown": self._shutdown,
        }

    def serve(self, stream: BinaryIO) -> bool:
        """Takes requests until the stream ends or `shutdown` comes, then cancels what is not done.

        Returns whether the worker has ended too; if not, only leaving the process will end it.
        """
        self._worker.start()
        try:
            for line in read_lines(stream):
                self._take(line)
                if self._stopping.is_set():
                    break
        except KeyboardInterrupt:  # the terminal that the client was started from
            log.info("interrupted")
        return self._stop()

    # -- the reading thread ---------------------------------------------------------------------------

    def _take(self, line: bytes | RpcError) -> None:
        request: Request | None = None
        try:
            if isinstance(line, RpcError):
                raise line
            request = parse_request(line)
            if request.method in self._quick:
                result = self._quick[request.method](request.params)
                self._channel.result(request.id, result)
                if request.method == "initialize":
                    self._warm_up()
            elif request.method in self._methods.table:
                self._enqueue(request)
            else:
                raise unknown_method(request.method)
        except Exception as error:
            if isinstance(error, RpcError):
                log.warning("refused: %s", error)
                request_id = request.id if request is not None else error.request_id
            else:  # a fault of ours must not end the process
                log.exception("fault while taking a request")
                request_id = request.id if request is not None else None
            self._channel.error(request_id, error)

    def _enqueue(self, request: Request) -> None:
        if request.id is None:
            raise invalid_request(f"{request.method!r} needs an id to be answered to")
        job = Job(request.id, request, Progress(self._progress_of(request.id), request.method))
        with self._lock:
            known = request.id in self._jobs
            if not known:
                self._jobs[job.id] = job
        if known:
            # Answered without the id, which would pass for the answer to the first request.
            problem = f"the id {str(request.id)[:80]!r} is already that of an unanswered request"
            self._channel.error(None, invalid_request(problem))
        else:
            self._queue.put(lambda: self._run(job))

    def _initialize(self, params: Params) -> dict[str, Any]:
        protocol, client = params.whole("protocol", 0, 1 << 31), params.text("client", "")
        params.done()
        log.info("client %s, protocol %d", client[:200], protocol)
        if protocol != PROTOCOL:
            raise RpcError(
                -32602,
                f"the client speaks protocol {protocol}, this engine {PROTOCOL}",
                "update the older of the two",
                "usage",
            )
        return {
            "protocol": PROTOCOL,
            "engine": engine.__version__,
            "capabilities": sorted([*self._quick, *self._methods.table]),
            "heartbeat_ms": HEARTBEAT_MS,
            "indexes": [str(path) for path in own_indexes()],
        }

    def _warm_up(self) -> None:
        if not self._heart.is_alive():
            self._heart.start()
            self._queue.put(self._preload)

    def _status(self, params: Params) -> dict[str, Any]:
        params.done()
        return {
            "engine": engine.__version__,
            **self._pulse(),
            "model": self._methods.model_name,
            "indexes_open": self._methods.indexes_open,
            "memory_mb": memory_mb(),
        }

    def _cancel(self, params: Params) -> dict[str, bool]:
        request_id = params.request_id("id")
        params.done()
        return {"cancelled": self._cancel_job(request_id)}

    def _shutdown(self, params: Params) -> None:
        params.done()
        self._stopping.set()

    def _cancel_job(self, request_id: RequestId) -> bool:
        """Stops running work at its next check; a request still waiting is answered at once."""
        with self._lock:
            job = self._jobs.get(request_id)
            if job is None:
                return False
            job.progress.cancel()
            if not job.running:
                del self._jobs[request_id]
        if not job.running:
            self._channel.error(request_id, CancelledError(job.request.method))
        return True

    def _stop(self) -> bool:
        self._stopping.set()
        with self._lock:
            unanswered = list(self._jobs)
            running = any(job.running for job in self._jobs.values())
        for request_id in unanswered:
            self._cancel_job(request_id)
        self._queue.put(None)
        self._worker.join(_PATIENCE_S if running else 0.2)
        log.info("the engine ends")
        return not self._worker.is_alive()

    # -- the working thread ---------------------------------------------------------------------------

    def _work_off(self) -> None:
        while (piece := self._queue.get()) is not None:
            piece()

    def _preload(self) -> None:
        start = time.monotonic()
        try:
            self._methods.preload()
            log.info("ready after %.2f s", time.monotonic() - start)
        except Exception:  # the request that needs it will be told
            log.exception("the default model could not be loaded ahead")

    def _run(self, job: Job) -> None:
        with self._lock:
            if self._jobs.get(job.id) is not job:
                return  # cancelled while it waited
            job.running = True
        start = time.monotonic()
        answer: dict[str, Any] | Exception
        try:
            answer = self._methods.table[job.request.method](job.request.params, job.progress)
        except Exception as error:
            answer = error
        with self._lock:
            del self._jobs[job.id]
        try:
            if isinstance(answer, Exception):
                raise answer
            self._channel.result(job.id, answer)
            log.info("%s %r: %.3f s", job.request.method, job.id, time.monotonic() - start)
        except Exception as error:
            if isinstance(error, (RpcError, CancelledError)):
                log.info("%s %r: %s", job.request.method, job.id, error)
            else:
                log.exception("%s %r", job.request.method, job.id)
            self._channel.error(job.id, error)

    def _progress_of(self, request_id: RequestId) -> Callable[[str, int, int, str], None]:
        def notify(stage: str, done: int, total: int, message: str) -> None:
            params = {"id": request_id, "stage": stage, "done": done, "total": total, "message": message}
            self._channel.notify("progress", params)

        return notify

    # -- the heartbeat --------------------------------------------------------------------------------

    def _pulse(self) -> dict[str, Any]:
        with self._lock:
            busy = list(self._jobs)
        return {"busy": busy, "uptime_s": round(time.monotonic() - self._started, 3)}

    def _beat(self) -> None:
        while not self._stopping.wait(HEARTBEAT_MS / 1000):
            self._channel.notify("heartbeat", self._pulse())
            if self._channel.broken:  # nobody will ever read an answer
                self._stop()
                _leave(0)


def serve(log_file: Path | None = None) -> int:
    """Runs the service on this process's stdin and stdout; the exit status.

    Args:
        log_file: where to log; by default a file in the user's state folder. Goes on without one.
    """
    requests, answers = _claim_stdio()
    start_log(log_file)
    log.info("engine %s starts, Python %s, %s", engine.__version__, sys.version.split()[0], sys.platform)
    if not Service(Channel(answers), Methods()).serve(requests):
        _leave(0)
    return 0


def _claim_stdio() -> tuple[BinaryIO, BinaryIO]:
    """Takes stdin and stdout for the protocol alone.

    Descriptor 1 becomes stderr and descriptor 0 the null device, so that whatever a library prints or
    reads, in Python or in C, leaves the protocol untouched. To be called before any library is loaded.
    """
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    try:
        os.dup2(2, 1)
    except OSError:  # stderr is closed
        os.dup2(null, 1)
        os.dup2(null, 2)
    os.close(null)
    sys.stdout = sys.stderr
    return requests, answers


def _leave(status: int) -> None:
    """Ends the process although a thread is deep in some library. Saved results are on disk already."""
    logging.shutdown()
    os._exit(status)
