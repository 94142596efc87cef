"""Addresses of indexes on Milvus, and a client whose errors tell the user what to do.

Addresses are `milvus://HOST:PORT/NAME`, or `milvus:///FOLDER/FILE.db/NAME` for Milvus Lite. If a server needs a token,
it is taken from the environment variable MILVUS_TOKEN.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.errors import InputError, UsageError, in_short

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"


def is_milvus(address: str | Path) -> bool:
    """Whether this names an index on Milvus rather than a folder."""
    return re.match(r"milvus:/", as_text(address)) is not None


def parts_of(address: str | Path) -> tuple[str, str]:
    """The address that pymilvus connects to, and the name of the collection."""
    server = re.fullmatch(rf"milvus:/+([^/]+:\d+)/({_NAME})", as_text(address))
    if server:
        return f"http://{server[1]}", server[2]
    lite = re.fullmatch(rf"milvus:/+((?:[A-Za-z]:/)?.+\.db)/({_NAME})", as_text(address))
    if lite:
        return (lite[1] if re.match("[A-Za-z]:/", lite[1]) else f"/{lite[1]}"), lite[2]
    raise UsageError(
        as_text(address),
        "is not the address of an index",
        "write milvus://HOST:PORT/NAME or milvus:///FOLDER/FILE.db/NAME",
    )


def as_text(address: str | Path) -> str:
    """An address as it was written, even if it was converted to a path."""
    return address.as_posix() if isinstance(address, Path) else address


class MilvusServer:
    """A MilvusClient whose failures are errors that tell the user what to do.

    Args:
        uri: what it connects to.

    Raises:
        InputError: no Milvus answers. UsageError: pymilvus is not installed.
    """

    def __init__(self, uri: str) -> None:
        try:
            from pymilvus import MilvusClient
            from pymilvus.exceptions import MilvusException
        except ImportError as error:
            raise UsageError(
                None, "an index on Milvus needs the package pymilvus", "install it with `pip install earthloc[milvus]`"
            ) from error
        self._uri = uri
        self._failures = (MilvusException, OSError, ValueError)
        self._client = self._try(lambda: MilvusClient(uri=uri, token=os.environ.get("MILVUS_TOKEN", "")))

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        return lambda *args, **kwargs: self._try(lambda: method(*args, **kwargs))

    def _try(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except self._failures as error:
            problem = f"no Milvus answers there ({in_short(error)})"
            raise InputError(self._uri, problem, "check the address and that the server runs") from error
