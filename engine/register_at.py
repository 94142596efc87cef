"""Registers a photo at a known place: photo, place, imagery -> localization, without retrieval."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from engine.answer import failed, without_place
from engine.contract.localization import Localization
from engine.contract.status import NOT_FOUND
from engine.errors import InputError
from engine.imagery.opening import open_imagery
from engine.messages import Message
from engine.photo.read import read_photo
from engine.progress import Progress
from engine.registration.candidates import Outcome, add_registration, imagery_credit
from engine.registration.prepare import PHOTO_PX, find_place_features, prepare
from engine.registration.register import register


@dataclass(frozen=True)
class Place:
    """The approximate place of a photo.

    Attributes:
        photo: path.
        lat, lon: about the centre of the ground that it shows.
        width_km: about the length of its longer side on the ground; within a factor of two.
        imagery: what to register with, see `open_imagery`.
        nadir: (lat, lon) under the station, if known; otherwise that of the photo's EXIF.
    """

    photo: Path
    lat: float
    lon: float
    width_km: float
    imagery: str | Path
    nadir: tuple[float, float] | None = None


def register_at(place: Place, progress: Progress | None = None) -> Localization:
    """The localization of a photo at a place, as `localize` answers it, but without candidates or a model.

    A photo that cannot be read gives status `failed`; one that does not fit there, `not_found`.

    Raises:
        InputError: the imagery cannot be read. UsageError: it is not imagery.
    """
    progress = progress or Progress()
    start = time.perf_counter()
    progress.report("read", 0, 1)
    with open_imagery(place.imagery, progress) as source:
        try:
            photo = read_photo(place.photo, PHOTO_PX)
        except InputError as error:
            return failed(place.photo, error)
        nadir = place.nadir or photo.nadir
        read = time.perf_counter()
        progress.report("register", 0, 1)
        surroundings = find_place_features(source, place.lat, place.lon, place.width_km)
        progress.check()
        found = register(prepare(photo, nadir), surroundings, source)
        progress.report("register", 1, 1)
    reach_km = 1.2 * place.width_km
    answer = without_place(
        place.photo,
        NOT_FOUND,
        Message("unfit.place", {"km": f"{reach_km:.0f}", "lat": f"{place.lat:.2f}", "lon": f"{place.lon:.2f}"}),
    )
    answer["photo_id"] = photo.photo_id
    answer["nadir"] = list(nadir) if nadir is not None else None
    if found is not None:
        add_registration(answer, Outcome(found, 0, (), 1, imagery_credit(source, {})), photo)
    end = time.perf_counter()
    answer["timings_ms"]["read"] = round((read - start) * 1000, 1)
    answer["timings_ms"]["register"] = round((end - read) * 1000, 1)
    answer["timings_ms"]["total"] = round((end - start) * 1000, 1)
    return answer
