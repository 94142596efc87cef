"""Asks NASA's Photos Database API, or a server that answers like it. Only when the user gives its address."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.errors import UsageError
from engine.progress import Progress
from engine.records.client import PoliteClient
from engine.records.nasa import parse_reply, reply_records
from engine.records.record import Record, Tally

# What is asked for, as `table|field`.
RETURNED = tuple(
    f"{table}|{field}"
    for table, fields in (
        ("frames", "mission roll frame tilt pdate ptime cldp azi elev fclt lat lon nlat nlon camera"),
        ("images", "directory filename width height filesize"),
        ("mlcoord", "lat lon orientation ul_lat ul_lon ur_lat ur_lon lr_lat lr_lon ll_lat ll_lon"),
    )
    for field in fields.split()
)
_OPERATORS = ("eq", "ne", "gt", "ge", "lt", "le", "like", "not like")
_MAX_REPLY_BYTES = 1 << 28


@dataclass(frozen=True)
class ApiQuery:
    """A question to the API.

    Attributes:
        address: of the API.
        query: conditions `table|field|operator|value`, several joined by "|".
        key: of the user; not shown in any text of this object.
        returned: `table|field` of the values asked for.
    """

    address: str
    query: str
    key: str = field(default="", repr=False)
    returned: tuple[str, ...] = RETURNED

    def __post_init__(self) -> None:
        parts = self.query.split("|")
        whole = len(parts) % 4 == 0 and all(
            re.fullmatch(r"[a-z]+", parts[i], re.ASCII)
            and re.fullmatch(r"[a-z_]+", parts[i + 1], re.ASCII)
            and parts[i + 2] in _OPERATORS
            and parts[i + 3]
            for i in range(0, len(parts), 4)
        )
        if not whole or any(not letter.isprintable() for letter in self.query):
            raise UsageError.of("records.query", query=self.query[:80])

    def records(self, tally: Tally, progress: Progress, client: PoliteClient | None = None) -> Iterator[Record]:
        """The records of the answer.

        Args:
            tally: of rows that are rejected.
            progress: reported while the answer is awaited, checked for cancelling.
            client: that of `address`, for tests without pauses.

        Raises:
            InputError: the server cannot be reached or refuses, or the answer is none.
            UsageError: the address cannot be used.
        """
        client = client or PoliteClient(self.address)
        progress.report("records", 0, 0, client.host)
        params = {"query": self.query, "return": "|".join(self.returned)}
        if self.key:
            params["key"] = self.key
        try:
            content = client.get(params, _MAX_REPLY_BYTES, progress)
        finally:
            client.close()
        text = content.decode("utf-8", "replace")
        if self.key:  # a server may repeat the request in its answer
            text = text.replace(self.key, "***")
        yield from reply_records(parse_reply(text, client.host), client.host, tally)


def key_from(variable: str) -> str:
    """The user's key in an environment variable.

    Raises:
        UsageError: there is none.
    """
    key = os.environ.get(variable, "").strip()
    if not key:
        raise UsageError.of("records.no_key", name=variable[:80])
    return key
