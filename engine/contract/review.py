"""Reviews: what a person decided on a photo, and which decision and localization are in effect.

The results file keeps decisions in two places: the table `reviews` is a history, to which rows are only added; the
columns `review`, `reviewer`, `reviewed_at` and `note` of `footprints` repeat the last one. The SQL below is the one
definition of what is in effect; the engine and the plugin put it into their statements.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from .localization import Candidate, Localization
from .status import DecisionKind

# Row id in `reviews` of the localization that is in effect for the photo `p`: that of the last decision since the
# photo was located that carries one. A decision without a localization leaves the one before in effect. NULL: the
# engine's own answer, photos.localization, is in effect.
EFFECTIVE_REVIEW = """(SELECT max(decided.fid) FROM reviews decided
    WHERE decided.photo = p.photo AND decided.localization IS NOT NULL AND decided.reviewed_at >= p.located_at)"""

# The decision in effect on the photos `p`: that of the footprint `f`, or the last of the history `r` where the photo
# has no footprint. NULL where the photo was located again since.
DECISION_COLUMNS = ",\n    ".join(
    f"CASE WHEN f.fid IS NOT NULL THEN f.{column} WHEN r.reviewed_at >= p.located_at THEN r.{history} END AS {column}"
    for column, history in (
        ("review", "decision"),
        ("reviewer", "reviewer"),
        ("reviewed_at", "reviewed_at"),
        ("note", "note"),
    )
)
DECISION_TABLES = """photos p LEFT JOIN footprints f ON f.photo = p.photo
    LEFT JOIN (SELECT photo, max(fid) AS last FROM reviews GROUP BY photo) l ON l.photo = p.photo
    LEFT JOIN reviews r ON r.fid = l.last"""


def photo_key(photo: str | os.PathLike[str], folder: str | os.PathLike[str]) -> str:
    """How a results file in `folder` names a photo: relative to the folder when below it, else absolute.

    With forward slashes. A file name that is not valid UTF-8 is escaped, because a database takes text only.
    """
    absolute, base = Path(os.path.abspath(photo)), Path(os.path.abspath(folder))
    name = absolute.relative_to(base) if base in absolute.parents else absolute
    return name.as_posix().encode("utf-8", "backslashreplace").decode()


def now() -> str:
    """The time in UTC as results have it (ISO 8601)."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class ReviewDecision:
    """What a person decided on a photo.

    Attributes:
        photo: path.
        decision: what was decided.
        reviewer: who decided.
        note: free text.
        localization: what was decided on; None leaves the localization in effect as it was.
        candidate: the candidate of the localization that its footprint is from, or None.
        replaces_footprint: whether footprint and tie points become those of `localization`.
        reviewed_at: UTC, ISO 8601.
    """

    photo: str
    decision: DecisionKind
    reviewer: str = ""
    note: str = ""
    localization: Localization | None = None
    candidate: Candidate | None = None
    replaces_footprint: bool = False
    reviewed_at: str = field(default_factory=now)
