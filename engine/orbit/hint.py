"""The nadir of a photo from its time and the orbit, as a hint for the search and for registration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine import geo
from engine.contract.clocks import ClockOffset, holds_for
from engine.contract.localization import OrbitHint as OrbitHintJson
from engine.errors import InputError
from engine.messages import put_message
from engine.orbit import NADIR_SD_KM
from engine.orbit.frames import earth_velocity
from engine.orbit.state import Ephemeris
from engine.orbit.times import shifted, utc_of
from engine.photo.read import PhotoInfo

# Of a camera's clock that nobody has checked. Some are wrong by far more: hence heavy tails wherever it is used.
CLOCK_SD_S = 60.0
KNOWN_CLOCK_SD_S = 1.0  # of a clock whose offset is given; photos state whole seconds
_DISAGREE_SD = 3.0  # a stated nadir further than this from that of the orbit is taken for wrong


@dataclass(frozen=True, eq=False)
class OrbitHint:
    """An orbit, and what is known of the camera's clock.

    Attributes:
        orbit: where the station was.
        clock_offset_s: true time minus the camera's.
        clock_sd_s: standard deviation of that.
        clocks: offsets of particular cameras in particular times, which come first.
    """

    orbit: Ephemeris
    clock_offset_s: float = 0.0
    clock_sd_s: float = CLOCK_SD_S
    clocks: Sequence[ClockOffset] = ()

    def of_photo(self, camera: str | None, taken_at: str) -> OrbitHint:
        """The same with the offset of the photo's camera at that time (ISO 8601), if it is among `clocks`.

        Raises:
            ValueError: not a time.
        """
        for clock in self.clocks:
            if holds_for(clock, camera, taken_at):
                sd_s = float(np.hypot(clock["sd_s"], KNOWN_CLOCK_SD_S))
                return replace(self, clock_offset_s=clock["offset_s"], clock_sd_s=sd_s, clocks=())
        return self


@dataclass(frozen=True)
class Nadir:
    """The point below the station, from whatever is known.

    Attributes:
        nadir: (lat, lon) in degrees, or None.
        sd_km: its standard deviation in each direction.
        by_orbit: what the orbit says, as answers carry it; None where no orbit is given.
    """

    nadir: tuple[float, float] | None
    sd_km: float = NADIR_SD_KM
    by_orbit: OrbitHintJson | None = None

    @property
    def is_by_time(self) -> bool:
        """Whether it follows from the time and the orbit."""
        return self.by_orbit is not None and self.by_orbit["used"]

    @property
    def extra_km(self) -> float:
        """The standard deviation where it comes from the orbit; 0 otherwise, for the search allows for a stated one."""
        return self.sd_km if self.is_by_time else 0.0


def nadir_at(hint: OrbitHint, taken_at: str) -> tuple[tuple[float, float], float]:
    """Nadir (lat, lon) and its standard deviation along the track in km, at a time (ISO 8601) by the camera's clock.

    Raises:
        InputError: not a time, or the orbit says nothing about it.
    """
    try:
        moment = shifted(utc_of(taken_at), hint.clock_offset_s)
    except (ValueError, OverflowError) as error:
        raise InputError.of("orbit.not_a_time", time=taken_at) from error
    state = hint.orbit.state(moment)
    speed = float(np.linalg.norm(earth_velocity(state.position_km, state.velocity_km_s)))
    # The ground below is nearer to the Earth's centre than the station: 7.2 of 7.4 km/s. The difference is left out.
    return state.nadir(), float(np.hypot(state.sd_km[0], speed * hint.clock_sd_s))


def nadir_of(given: tuple[float, float] | None, photo: PhotoInfo, hint: OrbitHint | None) -> Nadir:
    """The nadir to use.

    A person's comes first. Then that of the photo's tags, unless the orbit contradicts it. Then the orbit's.

    Args:
        given: (lat, lon) by the user, or None.
        photo: its tags.
        hint: the orbit, or None.
    """
    stated, taken_at = photo.nadir, photo.taken_at
    if hint is None:
        return Nadir(given or stated)
    by_orbit: OrbitHintJson = {
        "nadir": None,
        "sd_km": None,
        "clock_offset_s": hint.clock_offset_s,
        "used": False,
        "stated_off_km": None,
        "message": None,
    }
    try:
        if taken_at is None:
            raise InputError.of("orbit.untimed")
        hint = _of_photo(hint, photo.camera, taken_at)
        by_orbit["clock_offset_s"] = hint.clock_offset_s
        nadir, sd_km = nadir_at(hint, taken_at)
    except InputError as error:
        put_message(by_orbit, error.text())
        return Nadir(given or stated, NADIR_SD_KM, by_orbit)
    by_orbit["nadir"], by_orbit["sd_km"] = [round(nadir[0], 5), round(nadir[1], 5)], round(sd_km, 2)
    off_km = None if stated is None else float(geo.distance_km(*stated, *nadir))
    by_orbit["stated_off_km"] = None if off_km is None else round(off_km, 1)
    if given is not None:
        return Nadir(given, NADIR_SD_KM, by_orbit)
    if stated is not None and off_km is not None and off_km <= _DISAGREE_SD * float(np.hypot(sd_km, NADIR_SD_KM)):
        return Nadir(stated, NADIR_SD_KM, by_orbit)
    by_orbit["used"] = True
    return Nadir(nadir, sd_km, by_orbit)


def _of_photo(hint: OrbitHint, camera: str | None, taken_at: str) -> OrbitHint:
    try:
        return hint.of_photo(camera, taken_at)
    except (ValueError, OverflowError) as error:
        raise InputError.of("orbit.not_a_time", time=taken_at) from error
