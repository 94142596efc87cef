"""Times of photos, and since when the station has flown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from engine.errors import InputError

# Zarya's launch. The first crew came two years later.
STATION_FLIES_SINCE = datetime(1998, 11, 20, 6, 40, tzinfo=UTC)


def utc_of(taken_at: str) -> datetime:
    """A time (ISO 8601) with a time zone, in UTC.

    A time without a zone counts as UTC, which the station's clocks show. If the camera was set to another zone, that
    is a clock offset of whole hours, which the located photos reveal (engine/orbit/clock.py).

    Raises:
        ValueError: not a time.
    """
    moment = datetime.fromisoformat(taken_at)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def shifted(moment: datetime, seconds: float) -> datetime:
    """A time that is so many seconds later.

    Raises:
        InputError: that time is outside the calendar.
    """
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError as error:
        raise InputError.of("orbit.no_time", time=moment.isoformat()) from error


def check_station_flew(moment: datetime) -> None:
    """Refuse a time before the station flew.

    Raises:
        InputError: it did not fly then.
    """
    if moment < STATION_FLIES_SINCE:
        raise InputError.of("orbit.before_station", time=in_short(moment))


def in_short(moment: datetime) -> str:
    """Such as "2024-02-12 23:25:18 UTC"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
