"""`earthloc serve`: the engine as a process that answers JSON-RPC over stdin and stdout.

The main thread reads requests and answers the immediate ones, each lane of the protocol has a worker thread that
answers its requests in turn, and one thread sends heartbeats. No message, however malformed, ends the process: only
the end of stdin or `shutdown` does.
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
from engine.contract import answers, protocol
from engine.contract.answers import RequestId
from engine.contract.protocol import LANES, PROTOCOL, REQUESTS, Lane
from engine.contract.validation import InvalidValueError, parsed
from engine.errors import CancelledError
from engine.log import start_log
from engine.methods import Methods, memory_mb
from engine.progress import Progress
from engine.resources import included_indexes
from engine.rpc import (
    Channel,
    Message,
    RpcError,
    invalid_params,
    invalid_request,
    is_id,
    parse_request,
    read_lines,
    unknown_method,
)

HEARTBEAT_MS = 1000
# How long running requests may take to notice that they are cancelled before the process ends without them.
_SHUTDOWN_TIMEOUT_S = 10.0
_IDLE_SHUTDOWN_TIMEOUT_S = 0.2
_BY_METHOD = {request.METHOD: request for request in REQUESTS}

log = logging.getLogger(__name__)


@dataclass
class Job:
    """A request for a worker. Its state changes under the service's lock only."""

    id: RequestId
    request: protocol.Request
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
        self._queues: dict[Lane, queue.Queue[Callable[[], None] | None]] = {lane: queue.Queue() for lane in LANES}
        self._stopping = threading.Event()
        self._workers = [
            threading.Thread(target=self._run_lane, args=(lane,), name=f"worker {lane}", daemon=True) for lane in LANES
        ]
        self._heartbeat = threading.Thread(target=self._send_heartbeats, name="heartbeat", daemon=True)
        self._immediate: dict[type[protocol.Request], Callable[[Any], Any]] = {
            protocol.Initialize: self._initialize,
            protocol.GetStatus: self._status,
            protocol.Cancel: self._cancel,
            protocol.Shutdown: self._shutdown,
        }

    def serve(self, stream: BinaryIO) -> bool:
        """Takes requests until the stream ends or `shutdown` comes, then cancels what is not done.

        Returns whether the workers have ended too; if not, only leaving the process will end them.
        """
        for worker in self._workers:
            worker.start()
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
        message: Message | None = None
        try:
            if isinstance(line, RpcError):
                raise line
            message = parse_request(line)
            request = _request_of(message)
            if request.LANE is not None and message.id is not None:
                self._enqueue(message.id, request, request.LANE)
                return
            self._channel.result(message.id, self._immediate[type(request)](request))
            if isinstance(request, protocol.Initialize):
                self._warm_up()
        except Exception as error:
            if isinstance(error, RpcError):
                log.warning("refused: %s", error)
                request_id = message.id if message is not None else error.request_id
            else:  # a bug of ours must not end the process
                log.exception("error while taking a request")
                request_id = message.id if message is not None else None
            self._channel.error(request_id, error)

    def _enqueue(self, request_id: RequestId, request: protocol.Request, lane: Lane) -> None:
        job = Job(request_id, request, Progress(self._progress_of(request_id), request.METHOD))
        with self._lock:
            known = request_id in self._jobs
            if not known:
                self._jobs[request_id] = job
        if known:
            # Answered without the id, which would pass for the answer to the first request.
            problem = f"the id {str(request_id)[:80]!r} is already that of an unanswered request"
            self._channel.error(None, invalid_request(problem))
        else:
            self._queues[lane].put(lambda: self._run(job))

    def _initialize(self, request: protocol.Initialize) -> answers.InitializeAnswer:
        log.info("client %s, protocol %d", request.client[:200], request.protocol)
        if request.protocol != PROTOCOL:
            raise RpcError(
                -32602,
                f"the client speaks protocol {request.protocol}, this engine {PROTOCOL}",
                "update the older of the two",
                "usage",
            )
        return {
            "protocol": PROTOCOL,
            "engine": engine.__version__,
            "capabilities": sorted(_BY_METHOD),
            "heartbeat_ms": HEARTBEAT_MS,
            "indexes": [str(path) for path in included_indexes()],
        }

    def _warm_up(self) -> None:
        if not self._heartbeat.is_alive():
            self._heartbeat.start()
            self._queues["locate"].put(self._preload)

    def _status(self, request: protocol.GetStatus) -> answers.StatusAnswer:
        return {
            "engine": engine.__version__,
            "uptime_s": self._uptime_s(),
            "busy": self._busy(),
            "model": self._methods.model_name,
            "indexes_open": self._methods.indexes_open,
            "memory_mb": memory_mb(),
        }

    def _cancel(self, request: protocol.Cancel) -> answers.CancelAnswer:
        if not is_id(request.id):
            raise invalid_params("'id' must be the id of a request")
        return {"cancelled": self._cancel_job(request.id)}

    def _shutdown(self, request: protocol.Shutdown) -> None:
        self._stopping.set()

    def _cancel_job(self, request_id: RequestId) -> bool:
        """Stops a running request at its next check; answers a waiting one at once."""
        with self._lock:
            job = self._jobs.get(request_id)
            if job is None:
                return False
            job.progress.cancel()
            if not job.running:
                del self._jobs[request_id]
        if not job.running:
            self._channel.error(request_id, CancelledError(job.request.METHOD))
        return True

    def _stop(self) -> bool:
        self._stopping.set()
        with self._lock:
            unanswered = list(self._jobs)
            running = any(job.running for job in self._jobs.values())
        for request_id in unanswered:
            self._cancel_job(request_id)
        for waiting in self._queues.values():
            waiting.put(None)
        deadline = time.monotonic() + (_SHUTDOWN_TIMEOUT_S if running else _IDLE_SHUTDOWN_TIMEOUT_S)
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        log.info("the engine ends")
        return not any(worker.is_alive() for worker in self._workers)

    # -- the worker threads ---------------------------------------------------------------------------

    def _run_lane(self, lane: Lane) -> None:
        while (task := self._queues[lane].get()) is not None:
            task()

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
            answer = self._methods.handlers[type(job.request)](job.request, job.progress)
        except Exception as error:
            answer = error
        with self._lock:
            del self._jobs[job.id]
        try:
            if isinstance(answer, Exception):
                raise answer
            self._channel.result(job.id, answer)
            log.info("%s %r: %.3f s", job.request.METHOD, job.id, time.monotonic() - start)
        except Exception as error:
            if isinstance(error, (RpcError, CancelledError)):
                log.info("%s %r: %s", job.request.METHOD, job.id, error)
            else:
                log.exception("%s %r", job.request.METHOD, job.id)
            self._channel.error(job.id, error)

    def _progress_of(self, request_id: RequestId) -> Callable[[str, int, int, str], None]:
        def notify(stage: str, done: int, total: int, message: str) -> None:
            params = {"id": request_id, "stage": stage, "done": done, "total": total, "message": message}
            self._channel.notify("progress", params)

        return notify

    # -- the heartbeat --------------------------------------------------------------------------------

    def _busy(self) -> list[RequestId]:
        with self._lock:
            return list(self._jobs)

    def _uptime_s(self) -> float:
        return round(time.monotonic() - self._started, 3)

    def _send_heartbeats(self) -> None:
        while not self._stopping.wait(HEARTBEAT_MS / 1000):
            self._channel.notify("heartbeat", {"busy": self._busy(), "uptime_s": self._uptime_s()})
            if self._channel.broken:  # nobody will ever read an answer
                self._stop()
                _leave(0)


def _request_of(message: Message) -> protocol.Request:
    """The request of a message. Raises RpcError."""
    kind = _BY_METHOD.get(message.method)
    if kind is None:
        raise unknown_method(message.method)
    if kind.LANE is not None and message.id is None:
        raise invalid_request(f"{message.method!r} needs an id to be answered to")
    try:
        return parsed(message.params, kind)
    except InvalidValueError as error:
        raise invalid_params(str(error)) from None


def serve(log_file: Path | None = None) -> int:
    """Runs the service on this process's stdin and stdout; the exit status.

    Args:
        log_file: where to log; by default a file in the user's state folder. Without one there is no log.
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
