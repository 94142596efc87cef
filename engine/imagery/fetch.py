"""Fetches tiles politely: few at a time, at a limited rate, patient with a server that is busy, and never for long.

What it promises: it ends. Every request has a time limit, the whole has one when the caller gives it, cancelling takes
hold between tiles (and within one, for who waits), and a server that has failed is not asked again by the same
source.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

import engine
from engine.errors import InputError
from engine.imagery.picture import MAX_TILE_BYTES, NotAPictureError
from engine.progress import Progress

USER_AGENT = f"EarthLoc/{engine.__version__} (+https://github.com/earthloc/earthloc-qgis)"
PARALLEL = 4
_CONNECT_S, _READ_S = 5.0, 10.0
_REQUEST_S = 30.0  # a request that trickles in is given up
_STALL_S = 60.0  # nothing at all has come: given up whatever the threads are doing
_TRIES = 4
_BACKOFF_S = 0.5  # doubled each time
_BUSY = (429, 500, 502, 503, 504)
_NOTHING_THERE = (204, 404, 410)
_REDIRECTS = 3
_CHUNK_BYTES = 65_536
_LOOK_S = 0.05  # how often a waiting caller looks whether the work was cancelled


class ImageryServerError(InputError):
    """A tile server that cannot be reached, refuses, or sends what is no picture."""

    def __init__(self, server: str, problem: str, hint: str) -> None:
        super().__init__(f"imagery server {server}", problem, hint)


class _FaultError(Exception):
    """One request came to nothing. `again` says whether another try may help, `wait_s` how long the server asks for."""

    def __init__(self, problem: str, hint: str, again: bool = False, wait_s: float = 0.0) -> None:
        super().__init__(problem)
        self.problem, self.hint, self.again, self.wait_s = problem, hint, again, wait_s


class _Pace:
    """Lets requests to one host go at a limited rate, whoever makes them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self, per_s: float, stop: threading.Event) -> None:
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + 1.0 / per_s
        stop.wait(turn - now)


_PACES: dict[str, _Pace] = {}
_PACES_LOCK = threading.Lock()


class _NoLogin(AuthBase):
    """Keeps requests from looking for passwords in the user's .netrc."""

    def __call__(self, request: Any) -> Any:
        return request


@dataclass
class _Errand:
    """What the threads of one `fetch` share."""

    addresses: queue.SimpleQueue[str]
    prove: Callable[[bytes], Any]
    until: float
    max_bytes: int
    stop: threading.Event = field(default_factory=threading.Event)
    brought: queue.SimpleQueue[tuple[str, bytes | None, Any]] = field(default_factory=queue.SimpleQueue)


class Fetcher:
    """Fetches from one server.

    Args:
        server: its name, for messages.
        per_s: at most this many requests a second.
    """

    def __init__(self, server: str, per_s: float) -> None:
        self._server = server
        self._per_s = per_s
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "image/*,*/*;q=0.5"})
        self._session.auth = _NoLogin()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._given_up: ImageryServerError | None = None

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

    def fetch(
        self,
        addresses: Sequence[str],
        prove: Callable[[bytes], Any],
        came: Callable[[str, bytes | None, Any], None],
        progress: Progress,
        until: float | None = None,
        max_bytes: int = MAX_TILE_BYTES,
    ) -> None:
        """Fetches all addresses.

        Args:
            addresses: what to fetch, each once.
            prove: makes of a content what is wanted, or raises NotAPictureError; called by several threads.
            came: called in this thread as `came(address, content, made)`; content and made are None where the server
                has nothing.
            work: looked at for cancelling.
            until: time (`time.monotonic`) to be done by; None for no limit.
            max_bytes: a content larger than this is refused.

        Raises:
            ImageryServerError: something failed for good; it fails at once when called again.
        """
        if self._given_up is not None:
            raise self._given_up
        errand = _Errand(queue.SimpleQueue(), prove, until or float("inf"), max_bytes)
        for address in addresses:
            errand.addresses.put(address)
        for _ in range(min(PARALLEL, len(addresses))):
            # Daemons: one that hangs in a connection must not keep the program from ending.
            threading.Thread(target=self._run, args=(errand,), name="tiles", daemon=True).start()
        try:
            self._collect(errand, len(addresses), came, progress)
        except ImageryServerError as error:
            self._given_up = error
            raise
        finally:
            errand.stop.set()

    def fetch_one(self, address: str, max_bytes: int, progress: Progress, until: float | None) -> bytes:
        """The content of one address that is no tile.

        Raises ImageryServerError, also when there is nothing.
        """
        content: list[bytes | None] = []
        self.fetch([address], len, lambda _, body, __: content.append(body), progress, until, max_bytes)
        if content[0] is None:
            raise ImageryServerError(self._server, "has nothing at that address (404)", "check the address")
        return content[0]

    def _collect(
        self, errand: _Errand, count: int, came: Callable[[str, bytes | None, Any], None], progress: Progress
    ) -> None:
        done = 0
        last = time.monotonic()
        while done < count:
            progress.check()
            now = time.monotonic()
            if now > errand.until:
                problem = f"is too slow: {done} of {count} tiles came in the time allowed"
                raise ImageryServerError(self._server, problem, "try again, what came is kept")
            if now - last > _STALL_S:
                raise ImageryServerError(self._server, "has stopped answering", "try again later")
            try:
                address, content, made = errand.brought.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            last = time.monotonic()
            if isinstance(made, _FaultError):
                raise ImageryServerError(self._server, made.problem, made.hint) from made
            if isinstance(made, Exception):
                raise made
            done += 1
            came(address, content, made)

    # -- in the threads -----------------------------------------------------------------------------

    def _run(self, errand: _Errand) -> None:
        while not errand.stop.is_set():
            try:
                address = errand.addresses.get_nowait()
            except queue.Empty:
                return
            try:
                content = self._patiently(address, errand)
                made = None if content is None else errand.prove(content)
                errand.brought.put((address, content, made))
            except NotAPictureError as error:
                hint = "check its address and whether it wants a key"
                errand.brought.put((address, None, _FaultError(f"sent {error} instead of a tile", hint)))
            except Exception as error:
                errand.brought.put((address, None, error))

    def _patiently(self, address: str, errand: _Errand) -> bytes | None:
        """The content of an address, None when nothing is there; tries again when the server is busy."""
        tries, pause_s = 0, _BACKOFF_S
        while True:
            try:
                return self._once(address, errand)
            except _FaultError as fault:
                tries += 1
                wait_s = max(fault.wait_s, pause_s)
                in_vain = wait_s > _REQUEST_S or time.monotonic() + wait_s > errand.until
                if not fault.again or tries == _TRIES or in_vain or errand.stop.wait(wait_s):
                    raise
                pause_s *= 2

    def _once(self, address: str, errand: _Errand) -> bytes | None:
        end = min(errand.until, time.monotonic() + _REQUEST_S)
        target = address
        for _ in range(_REDIRECTS + 1):
            _pace(target).wait(self._per_s, errand.stop)
            if errand.stop.is_set():
                raise _FaultError("was not needed any more", "try again")
            try:
                reply = self._session.get(target, stream=True, allow_redirects=False, timeout=(_CONNECT_S, _READ_S))
            except requests.RequestException as error:
                raise _unreachable(error) from error
            with reply:
                if reply.is_redirect:
                    target = _next_address(target, reply.headers["Location"])
                    continue
                return self._body(reply, end, errand)
        raise _FaultError("sends from one address to the next", "check its address")

    def _body(self, reply: requests.Response, end: float, errand: _Errand) -> bytes | None:
        status = reply.status_code
        if status in _NOTHING_THERE:
            return None
        if status in _BUSY:
            raise _FaultError(f"answers {_status(reply)}", "try again later", again=True, wait_s=_retry_after_s(reply))
        if status in (401, 403):
            raise _FaultError(f"refuses ({_status(reply)})", "check whether it wants a key and what its terms allow")
        if status != 200:
            raise _FaultError(f"answers {_status(reply)}", "check its address")
        pieces, size = [], 0
        try:
            while piece := reply.raw.read1(_CHUNK_BYTES, decode_content=True):
                pieces.append(piece)
                size += len(piece)
                if size > errand.max_bytes:
                    raise _FaultError("sends more than can be right", "check its address")
                if errand.stop.is_set() or time.monotonic() > end:
                    raise _FaultError("is too slow", "try again later", again=True)
        except (HTTPError, OSError) as error:
            raise _unreachable(error) from error
        expected = reply.headers.get("Content-Length", "")
        if expected.isdecimal() and "Content-Encoding" not in reply.headers and int(expected) != size:
            raise _FaultError("breaks off in the middle of a tile", "try again later", again=True)
        return b"".join(pieces)


def _pace(address: str) -> _Pace:
    host = urlsplit(address).netloc
    with _PACES_LOCK:
        return _PACES.setdefault(host, _Pace())


def _next_address(address: str, location: str) -> str:
    """Where a redirect leads: on the same host, by http or https."""
    here, there = urlsplit(address), urlsplit(urljoin(address, location))
    if there.scheme not in ("http", "https") or here.hostname != there.hostname:
        where = f"{there.scheme}://{there.hostname or ''}"
        raise _FaultError(f"sends on to {where}", "if you trust that one, give its address instead")
    return there.geturl()


def _unreachable(error: Exception) -> _FaultError:
    if isinstance(error, requests.exceptions.SSLError):
        return _FaultError("has no valid certificate", "check its address")
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return _FaultError("has an address that cannot be used", "check it")
    if isinstance(error, requests.Timeout) or "timed out" in str(error).lower():
        return _FaultError("does not answer in time", "try again later", again=True)
    return _FaultError("cannot be reached", "check its address and your connection", again=True)


def _status(reply: requests.Response) -> str:
    return f"{reply.status_code} {reply.reason or ''}".strip()[:60]


def _retry_after_s(reply: requests.Response) -> float:
    text = reply.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0
