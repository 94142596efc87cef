"""Asks one server, politely: one request at a time, with pauses, time limits and retries that the server may delay.

Nothing here runs unless the user named an address or asked for photos. A key is sent to that address only, and is in no
message: errors never carry an address beyond the host.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from engine.errors import InputError, UsageError
from engine.progress import Progress
from engine.web_session import retry_after_s, web_session

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_MAX_REDIRECTS = 3
_CHUNK_BYTES = 65_536
_POLL_S = 0.1
_BUSY = (408, 425, 429, 500, 502, 503, 504)


class ServerError(InputError):
    """The server cannot be reached, refuses, or sends something that cannot be right."""


class NotThereError(ServerError):
    """The server answers, but has nothing at this address (404, 410)."""


class RetryableError(Exception):
    """A request that failed in a way that another try may mend."""

    def __init__(self, error: ServerError, wait_s: float = 0.0) -> None:
        super().__init__()
        self.error, self.wait_s = error, wait_s


class PoliteClient:
    """One server.

    Args:
        address: an address below which everything is fetched: https, or http on this computer.
        pause_s: between two requests.
        tries: of one request.
        backoff_s: before the second try, doubled each time. The server's Retry-After goes first.
        max_wait_s: a server that asks for a longer pause is given up.
        timeout_s: for a connection, and for each piece of an answer.

    Raises:
        UsageError: the address cannot be used.
    """

    def __init__(
        self,
        address: str,
        pause_s: float = 1.0,
        tries: int = 5,
        backoff_s: float = 2.0,
        max_wait_s: float = 300.0,
        timeout_s: float = 30.0,
    ) -> None:
        parts = urlsplit(address)
        local = parts.hostname in _LOOPBACK
        if not parts.hostname or parts.scheme not in ("https", "http") or "@" in parts.netloc:
            raise UsageError.of("archive.address", path=address[:80])
        if parts.scheme == "http" and not local:
            raise UsageError.of("archive.plain", path=parts.hostname)
        self.address = address
        self.host = parts.hostname
        self._origin = parts.scheme, parts.netloc.lower()
        self._pause_s, self._tries, self._backoff_s = pause_s, tries, backoff_s
        self._max_wait_s, self._timeout_s = max_wait_s, timeout_s
        self._next = 0.0  # time of the next request
        self._session = web_session()

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

    def get(self, params: Mapping[str, str], max_bytes: int, progress: Progress) -> bytes:
        """The content at the address with these parameters.

        Raises:
            ServerError: it cannot be had.
            CancelledError: of the progress.
        """

        def read() -> bytes:
            with self.opened(self.address, progress, params=params) as reply:
                return b"".join(self.pieces(reply, max_bytes, progress))

        return self.with_tries(read, progress)

    def with_tries(self, ask: Any, progress: Progress) -> Any:
        """What `ask()` returns; calls it again, after a pause, when the server is busy or breaks off."""
        pause_s = self._backoff_s
        for attempt in range(self._tries):
            try:
                return ask()
            except RetryableError as failed:
                wait_s = max(failed.wait_s, pause_s)
                if attempt == self._tries - 1 or wait_s > self._max_wait_s:
                    raise failed.error from None
                self._sleep(wait_s, progress)
                pause_s *= 2
        raise AssertionError("unreachable")

    @contextmanager
    def opened(
        self,
        address: str,
        progress: Progress,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[requests.Response]:
        """An answer with status 200, 206 or 416. To be called inside `with_tries`."""
        reply = self._ask(address, params or {}, headers or {}, progress)
        try:
            self._check_status(reply)
            yield reply
        finally:
            reply.close()

    def pieces(self, reply: requests.Response, max_bytes: int, progress: Progress) -> Iterator[bytes]:
        """The content of an answer in pieces, which must be as long as the server says.

        Raises:
            ServerError: it is longer than allowed.
        """
        size, begun = 0, time.monotonic()
        try:
            while piece := reply.raw.read1(_CHUNK_BYTES, decode_content=True):
                size += len(piece)
                if size > max_bytes:
                    raise ServerError.of("archive.too_much", path=self.host, mb=f"{max_bytes / 1e6:,.0f}")
                # Answers that trickle in keep a connection for ever: a minute to begin with, then 1 kB a second.
                if time.monotonic() - begun > 60 + size / 1000:
                    raise RetryableError(ServerError.of("archive.no_answer", path=self.host))
                progress.check()
                yield piece
        except (HTTPError, OSError):
            raise RetryableError(ServerError.of("archive.broken_off", path=self.host)) from None
        expected = reply.headers.get("Content-Length", "")
        if expected.isdecimal() and "Content-Encoding" not in reply.headers and int(expected) != size:
            raise RetryableError(ServerError.of("archive.broken_off", path=self.host))

    def _ask(
        self, address: str, params: Mapping[str, str], headers: Mapping[str, str], progress: Progress
    ) -> requests.Response:
        for _ in range(_MAX_REDIRECTS + 1):
            self._sleep(self._next - time.monotonic(), progress)
            try:
                reply = self._session.get(
                    address,
                    params=params,
                    headers=headers,
                    stream=True,
                    allow_redirects=False,
                    timeout=self._timeout_s,
                )
            except requests.RequestException as error:
                raise self._connection_error(error) from None  # its text has the address, with the key
            finally:
                self._next = time.monotonic() + self._pause_s
            if not reply.is_redirect:
                return reply
            reply.close()
            address = urljoin(address, reply.headers["Location"])
            params = {}
            there = urlsplit(address)
            if (there.scheme, there.netloc.lower()) != self._origin:
                where = f"{there.scheme}://{there.hostname or ''}"[:80]
                raise ServerError.of("archive.sends_on", path=self.host, where=where)
        raise ServerError.of("archive.redirects", path=self.host)

    def _check_status(self, reply: requests.Response) -> None:
        status = f"{reply.status_code} {reply.reason or ''}".strip()[:60]
        if reply.status_code in (200, 206, 416):
            return
        if reply.status_code in _BUSY:
            error = ServerError.of("archive.busy", path=self.host, status=status)
            raise RetryableError(error, retry_after_s(reply.headers.get("Retry-After", "")))
        if reply.status_code in (404, 410):
            raise NotThereError.of("archive.nothing", path=self.host, status=status)
        if reply.status_code in (401, 403, 407):
            raise ServerError.of("archive.refuses", path=self.host, status=status)
        raise ServerError.of("archive.odd_status", path=self.host, status=status)

    def _connection_error(self, error: requests.RequestException) -> Exception:
        if isinstance(error, requests.exceptions.SSLError):
            return ServerError.of("archive.no_certificate", path=self.host)
        if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
            return ServerError.of("archive.sends_on", path=self.host, where="an address that cannot be used")
        if isinstance(error, requests.Timeout):
            return RetryableError(ServerError.of("archive.no_answer", path=self.host))
        return RetryableError(ServerError.of("archive.unreachable", path=self.host))

    def _sleep(self, seconds: float, progress: Progress) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            progress.check()
            time.sleep(min(_POLL_S, left))
        progress.check()
