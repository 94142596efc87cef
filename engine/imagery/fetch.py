"""Fetches tiles: a few at a time, at a limited rate, with retries for a busy server.

Fetching always ends. Every request has a time limit, and so has the whole job if the caller sets one. Cancelling works
between tiles, and while the caller waits for one. A server that has failed is not asked again by the same source.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from engine.errors import InputError
from engine.imagery.picture import MAX_TILE_BYTES, NotAPictureError
from engine.progress import Progress
from engine.web_session import retry_after_s, web_session

PARALLEL = 4
_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S = 5.0, 10.0
_REQUEST_TIMEOUT_S = 30.0  # also ends a request whose content trickles in
_STALL_TIMEOUT_S = 60.0  # without any result the job fails, whatever the threads are doing
_MAX_TRIES = 4
_BACKOFF_S = 0.5  # before the first retry, doubled each time
_BUSY = (429, 500, 502, 503, 504)
_NO_CONTENT = (204, 404, 410)
_PROXY_LOGIN = 407
_MAX_REDIRECTS = 3
_CHUNK_BYTES = 65_536
_POLL_S = 0.05  # interval at which a waiting caller checks for cancelling


class ImageryServerError(InputError):
    """A tile server that cannot be reached, refuses, or sends something other than a picture."""

    def __init__(self, server: str, problem: str, hint: str) -> None:
        super().__init__(f"imagery server {server}", problem, hint)


class _RequestError(Exception):
    """A failed request.

    Args:
        message_id: of the error; the name of the server is added to its parameters.
        retryable: whether a retry may help.
        wait_s: how long the server asks to wait.
        params: of the message.
    """

    def __init__(self, message_id: str, retryable: bool = False, wait_s: float = 0.0, **params: object) -> None:
        super().__init__(message_id)
        self.message_id, self.retryable, self.wait_s, self.params = message_id, retryable, wait_s, params


class _RateLimiter:
    """Limits the rate of requests to one host, over all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self, per_s: float, stop: threading.Event) -> None:
        with self._lock:
            now = time.monotonic()
            slot = max(now, self._next)
            self._next = slot + 1.0 / per_s
        stop.wait(slot - now)


_LIMITERS: dict[str, _RateLimiter] = {}
_LIMITERS_LOCK = threading.Lock()


@dataclass
class _FetchJob:
    """The state that the threads of one `fetch` share."""

    addresses: queue.SimpleQueue[str]
    decode: Callable[[bytes], Any]
    until: float
    max_bytes: int
    stop: threading.Event = field(default_factory=threading.Event)
    results: queue.SimpleQueue[tuple[str, bytes | None, Any]] = field(default_factory=queue.SimpleQueue)


class Fetcher:
    """Fetches from one server.

    Args:
        server: its name, for messages.
        per_s: limit of requests per second.
    """

    def __init__(self, server: str, per_s: float) -> None:
        self._server = server
        self._per_s = per_s
        self._session = web_session()
        self._session.headers["Accept"] = "image/*,*/*;q=0.5"
        self._failure: ImageryServerError | None = None

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def fetch(
        self,
        addresses: Sequence[str],
        decode: Callable[[bytes], Any],
        on_content: Callable[[str, bytes | None, Any], None],
        progress: Progress,
        until: float | None = None,
        max_bytes: int = MAX_TILE_BYTES,
    ) -> None:
        """Fetch all addresses.

        Args:
            addresses: what to fetch, each once.
            decode: converts a content to the result, or raises NotAPictureError; called by several threads.
            on_content: called in this thread as `on_content(address, content, decoded)`. Both `content` and `decoded`
                are None where the server has nothing.
            progress: checked for cancelling.
            until: deadline (`time.monotonic`); None for no limit.
            max_bytes: a larger content is an error.

        Raises:
            ImageryServerError: something failed permanently. Further calls then fail at once.
        """
        if self._failure is not None:
            raise self._failure
        job = _FetchJob(queue.SimpleQueue(), decode, until or float("inf"), max_bytes)
        for address in addresses:
            job.addresses.put(address)
        for _ in range(min(PARALLEL, len(addresses))):
            # Daemon threads: one that hangs in a connection must not keep the program from ending.
            threading.Thread(target=self._run, args=(job,), name="tiles", daemon=True).start()
        try:
            self._collect(job, len(addresses), on_content, progress)
        except ImageryServerError as error:
            self._failure = error
            raise
        finally:
            job.stop.set()

    def fetch_one(self, address: str, max_bytes: int, progress: Progress, until: float | None) -> bytes:
        """The content of one address that is not a tile.

        Raises:
            ImageryServerError: it cannot be fetched, or there is nothing.
        """
        content: list[bytes | None] = []
        self.fetch([address], len, lambda _, body, __: content.append(body), progress, until, max_bytes)
        if content[0] is None:
            raise ImageryServerError.of("server.nothing", server=self._server)
        return content[0]

    def _collect(
        self, job: _FetchJob, count: int, on_content: Callable[[str, bytes | None, Any], None], progress: Progress
    ) -> None:
        done = 0
        last = time.monotonic()
        while done < count:
            progress.check()
            now = time.monotonic()
            if now > job.until:
                raise ImageryServerError.of("server.slow_tiles", server=self._server, done=done, total=count)
            if now - last > _STALL_TIMEOUT_S:
                raise ImageryServerError.of("server.stopped", server=self._server)
            try:
                address, content, decoded = job.results.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            last = time.monotonic()
            if isinstance(decoded, _RequestError):
                raise ImageryServerError.of(decoded.message_id, server=self._server, **decoded.params) from decoded
            if isinstance(decoded, Exception):
                raise decoded
            done += 1
            on_content(address, content, decoded)

    # -- in the threads -----------------------------------------------------------------------------

    def _run(self, job: _FetchJob) -> None:
        while not job.stop.is_set():
            try:
                address = job.addresses.get_nowait()
            except queue.Empty:
                return
            try:
                content = self._with_retries(address, job)
                decoded = None if content is None else job.decode(content)
                job.results.put((address, content, decoded))
            except NotAPictureError as error:
                job.results.put((address, None, _RequestError("server.not_a_tile", what=str(error))))
            except Exception as error:
                job.results.put((address, None, error))

    def _with_retries(self, address: str, job: _FetchJob) -> bytes | None:
        """The content of an address, or None when nothing is there; retries when the server is busy."""
        tries, pause_s = 0, _BACKOFF_S
        while True:
            try:
                return self._request(address, job)
            except _RequestError as error:
                tries += 1
                wait_s = max(error.wait_s, pause_s)
                is_hopeless = wait_s > _REQUEST_TIMEOUT_S or time.monotonic() + wait_s > job.until
                if not error.retryable or tries == _MAX_TRIES or is_hopeless or job.stop.wait(wait_s):
                    raise
                pause_s *= 2

    def _request(self, address: str, job: _FetchJob) -> bytes | None:
        end = min(job.until, time.monotonic() + _REQUEST_TIMEOUT_S)
        target = address
        for _ in range(_MAX_REDIRECTS + 1):
            _limiter(target).wait(self._per_s, job.stop)
            if job.stop.is_set():
                raise _RequestError("server.stopped")  # nobody waits for it any more
            try:
                reply = self._session.get(
                    target, stream=True, allow_redirects=False, timeout=(_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S)
                )
            except requests.RequestException as error:
                raise _connection_error(error) from error
            with reply:
                if reply.is_redirect:
                    target = _next_address(target, reply.headers["Location"])
                    continue
                return self._body(reply, end, job)
        raise _RequestError("server.redirects")

    def _body(self, reply: requests.Response, end: float, job: _FetchJob) -> bytes | None:
        status = reply.status_code
        if status in _NO_CONTENT:
            return None
        if status in _BUSY:
            raise _RequestError(
                "server.busy", True, retry_after_s(reply.headers.get("Retry-After", "")), status=_status(reply)
            )
        if status == _PROXY_LOGIN:
            raise _RequestError("server.proxy_login", status=_status(reply))
        if status in (401, 403):
            raise _RequestError("server.refuses", status=_status(reply))
        if status != 200:
            raise _RequestError("server.odd_status", status=_status(reply))
        pieces, size = [], 0
        try:
            while piece := reply.raw.read1(_CHUNK_BYTES, decode_content=True):
                pieces.append(piece)
                size += len(piece)
                if size > job.max_bytes:
                    raise _RequestError("server.too_much")
                if job.stop.is_set() or time.monotonic() > end:
                    raise _RequestError("server.slow", retryable=True)
        except (HTTPError, OSError) as error:
            raise _connection_error(error) from error
        expected = reply.headers.get("Content-Length", "")
        if expected.isdecimal() and "Content-Encoding" not in reply.headers and int(expected) != size:
            raise _RequestError("server.broken_off", retryable=True)
        return b"".join(pieces)


def _limiter(address: str) -> _RateLimiter:
    host = urlsplit(address).netloc
    with _LIMITERS_LOCK:
        return _LIMITERS.setdefault(host, _RateLimiter())


def _next_address(address: str, location: str) -> str:
    """The target of a redirect, which must be on the same host, by http or https."""
    here, there = urlsplit(address), urlsplit(urljoin(address, location))
    if there.scheme not in ("http", "https") or here.hostname != there.hostname:
        where = f"{there.scheme}://{there.hostname or ''}"
        raise _RequestError("server.sends_on", where=where)
    return there.geturl()


def _connection_error(error: Exception) -> _RequestError:
    if isinstance(error, requests.exceptions.ProxyError):
        if str(_PROXY_LOGIN) in str(error):
            return _RequestError("server.proxy_login", status=_PROXY_LOGIN)
        return _RequestError("server.proxy", retryable=True)
    if isinstance(error, requests.exceptions.SSLError):
        return _RequestError("server.no_certificate")
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return _RequestError("server.bad_address")
    if isinstance(error, requests.Timeout) or "timed out" in str(error).lower():
        return _RequestError("server.no_answer", retryable=True)
    return _RequestError("server.unreachable", retryable=True)


def _status(reply: requests.Response) -> str:
    return f"{reply.status_code} {reply.reason or ''}".strip()[:60]
