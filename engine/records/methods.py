"""What the service does for `records/read`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

from engine.contract.answers import FoundPhoto, PhotoHints, RecordComplaint, RecordPreview, RecordsAnswer
from engine.contract.parameters import NASA_API, NASA_ARCHIVE
from engine.contract.protocol import ReadRecords, RecordsQuery
from engine.progress import Progress

if TYPE_CHECKING:
    from engine.records.collect import Collected
    from engine.records.nasa_api import ApiQuery
    from engine.records.record import Complaint, Place, Record


def read_records(request: ReadRecords, progress: Progress) -> RecordsAnswer:
    """Reads catalogues, finds or fetches photos, and writes what was found."""
    from engine.records.collect import Task, collect
    from engine.records.sources import Source

    task = Task(
        sources=[Source(Path(path), request.kind) for path in request.sources],
        api=None if request.api is None else _query(request.api),
        files=[Path(path) for path in request.files or ()],
        match=None if request.match is None else Path(request.match),
        photos=None if request.photos is None else Path(request.photos),
        archive=request.archive or NASA_ARCHIVE,
        size=request.size,
        max_file_mb=request.max_file_mb,
        out=None if request.out is None else Path(request.out),
    )
    found = collect(task, progress)
    records = found.records.values()
    return {
        "rows": found.tally.rows,
        "records": found.photo_count,
        "with_nadir": sum(one.nadir is not None for one in records),
        "with_footprint": sum(one.corners is not None for one in records),
        "preview": _preview(records, found, request.preview),
        "photos": [_found(found.records[one], path) for one, path in found.photos.items()],
        "outcomes": found.outcomes,
        "complaints": [_complaint(one) for one in found.tally.complaints()],
        "out": request.out,
    }


def _complaint(one: Complaint) -> RecordComplaint:
    reason = one.reason
    return {
        "message": str(reason),
        "message_id": reason.id,
        "message_params": reason.json_params(),
        "count": one.count,
        "examples": list(one.examples),
        "rejected": one.rejected,
    }


def _query(given: RecordsQuery) -> ApiQuery:
    from engine.records.nasa_api import ApiQuery, key_from

    key = key_from(given["key_env"]) if given.get("key_env") else given.get("key", "")
    return ApiQuery(given.get("address") or NASA_API, given.get("query", ""), key)


def _preview(records: Iterable[Record], found: Collected, count: int) -> list[RecordPreview]:
    return [
        {
            "photo_id": one.photo_id,
            "taken_at": one.taken_at.text if one.taken_at is not None else None,
            "nadir": _list(one.nadir),
            "center": _list(one.center),
            "has_footprint": one.corners is not None,
            "photo": str(found.photos[one.photo_id]) if one.photo_id in found.photos else None,
            "source": one.source,
        }
        for one, _ in zip(records, range(count), strict=False)
    ]


def _found(record: Record, path: Path) -> FoundPhoto:
    said = {name: value for name, value in asdict(record.hints()).items() if value is not None}
    hints = cast(PhotoHints, said)
    return {"photo": str(path), "photo_id": record.photo_id, "nadir": _list(record.nadir), "hints": hints}


def _list(place: Place | None) -> list[float] | None:
    return None if place is None else [place[0], place[1]]
