"""What `learn` learns from: features of located and simulated photos, each kept when it is made (LearnState)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.photo.read import Photo, read_photo
from engine.progress import Progress
from engine.registration.prior import camera_prior
from engine.retrieval.index import RegionalIndex
from engine.retrieval.model import ModelPackage
from engine.retrieval.photo_views import square_views
from engine.retrieval.ranking import Expectation
from training.learn_state import Arrays, LearnState
from training.located import LocatedPhoto, LocatedPhotos
from training.mining import MIN_IOU, ShownTiles, View, cut_views, shown_tiles
from training.photo_head import Views, no_views
from training.photo_network import FeatureExtractor
from training.styles import Style, pick, restyle, style_of

READ_PX = 4  # photos are read at this many times the network's input size
_LOOK_PX = 512
_CHECK_VIEWS = 24
_UNREADABLE, _NO_TILE = "the photo cannot be read", "no tile of the index shows its ground at its size"


@dataclass(frozen=True, eq=False)
class Seen:
    """A photo as the search sees it: features of its views (28, features), and what its lens shows."""

    features: NDArray[np.float32]
    expectation: Expectation


@dataclass(frozen=True, eq=False)
class Real:
    """The located photos that can be used.

    Attributes:
        views: to learn from.
        seen: each photo to search with.
        photos: their numbers among the located photos.
        left_out: how many were left out for which reason.
        check: some prepared views to check a package with.
    """

    views: Views
    seen: list[Seen]
    photos: NDArray[np.int64]
    left_out: dict[str, int]
    check: list[NDArray[np.uint8]]


@dataclass(frozen=True)
class Reader:
    """Makes features of photos.

    Attributes:
        index, model, extract: the index and its network.
        views: cut from a located photo.
        seed: of all random choices.
        state: keeps what was made.
        progress: may be cancelled.
    """

    index: RegionalIndex
    model: ModelPackage
    extract: FeatureExtractor
    views: int
    seed: int
    state: LearnState
    progress: Progress

    def real(self, located: LocatedPhotos) -> Real:
        """Features of located photos.

        Raises:
            InputError: none can be used.
        """
        left_out = dict(located.left_out)
        found: list[Arrays] = []
        usable: list[int] = []
        for number, photo in enumerate(located.photos):
            self.progress.report("read photos", number, len(located.photos), photo.path.name)
            arrays = self.state.step(f"photo-{number}", partial(self._of_photo, photo, number))
            if (reason := str(arrays["left_out"])) != "":
                left_out[reason] = left_out.get(reason, 0) + 1
                continue
            found.append(arrays)
            usable.append(number)
        if not usable:
            reasons = "; ".join(f"{reason} ({count})" for reason, count in left_out.items())
            raise InputError(None, f"no photo is left to learn from: {reasons}", "give other photos, or another index")
        owners = np.repeat(np.arange(len(found)), [len(one["places"]) for one in found])
        shown = shown_tiles(np.concatenate([one["places"] for one in found]), self.index.tiles)
        views = Views(np.concatenate([one["features"] for one in found]), owners, shown)
        check = [one["check"] for one in found[:_CHECK_VIEWS]]
        return Real(views, [_seen(one) for one in found], np.array(usable, np.int64), left_out, check)

    def _of_photo(self, photo: LocatedPhoto, number: int) -> Arrays:
        try:
            read = read_photo(photo.path, max_px=READ_PX * self.model.input.size_px)
        except InputError:
            return {"left_out": np.array(_UNREADABLE)}
        pixels = self.model.photo_light(read.pixels)
        rng = np.random.default_rng([self.seed, 0, number])
        views = cut_views(pixels, photo.corners, self.model.input.size_px, self.views, rng)
        if not any(shown_tiles(np.array([view.place]), self.index.tiles).best(0)[1] > MIN_IOU for view in views):
            return {"left_out": np.array(_NO_TILE)}
        return {
            "left_out": np.array(""),
            "features": self.extract([view.pixels for view in views]),
            "places": np.array([view.place for view in views]),
            "check": views[0].pixels,
            **self._seen_arrays(read),
        }

    def see(self, photo: Path) -> Seen:
        """A photo to search with. Raises InputError: it cannot be read."""
        return _seen(self._seen_arrays(read_photo(photo, max_px=READ_PX * self.model.input.size_px)))

    def _seen_arrays(self, photo: Photo) -> Arrays:
        height_px, width_px = photo.pixels.shape[:2]
        focal_px = camera_prior(photo, width_px, height_px, None).focal_px
        field = min(height_px, width_px) / focal_px if focal_px else np.nan
        squares = list(square_views(self.model, self.model.photo_light(photo.pixels)))
        return {"seen": self.extract(squares), "field": np.array(field)}

    def looks(self, photos: Sequence[tuple[Path, str]]) -> list[Style]:
        """The looks of photos, given by path and pass; those that cannot be read have none."""
        found = []
        for number, (path, pass_name) in enumerate(photos):
            self.progress.report("read looks", number, len(photos), path.name)
            try:
                pixels = read_photo(path, max_px=_LOOK_PX).pixels
            except InputError:
                continue
            shrink = min(1.0, _LOOK_PX / max(pixels.shape[:2]))
            small = cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
            grey = self.model.photo_light(np.asarray(small, np.uint8)).mean(axis=2)
            found.append(style_of(grey.astype(np.uint8), pass_name))
        return found

    def simulated(self, parts: Sequence[Callable[[], Sequence[View]]], styles: Sequence[Style]) -> Views:
        """Features of simulated photos as they are, and with the look of a real photo."""
        found: list[Arrays] = []
        for number, part in enumerate(parts):
            self.progress.report("simulate photos", number, len(parts))
            found.append(self.state.step(f"simulated-{number}", partial(self._of_simulated, part, styles, number)))
        found = [one for one in found if len(one["features"])]
        if not found:
            return no_views(self.extract.last_layer.weight.shape[1])
        places = np.concatenate([one["places"] for one in found])
        shown = shown_tiles(places, self.index.tiles)
        twice = np.repeat(np.arange(len(places)), 2)
        of_both = ShownTiles([shown.rows[n] for n in twice], [shown.overlaps[n] for n in twice])
        look = tuple(str(name) for one in found for name in one["look"])
        return Views(np.concatenate([one["features"] for one in found]), twice, of_both, look)

    def _of_simulated(self, make: Callable[[], Sequence[View]], styles: Sequence[Style], part: int) -> Arrays:
        views = make()
        width = self.extract.last_layer.weight.shape[1]
        features, look, places = [np.empty((0, width), np.float32)], [], []
        shown = shown_tiles(np.array([view.place for view in views]), self.index.tiles)
        for number, view in enumerate(views):
            self.progress.check()
            if shown.best(number)[1] <= MIN_IOU:
                continue
            rng = np.random.default_rng([self.seed, 4, part, number])
            style = pick(styles, rng)
            features.append(self.extract([view.pixels, restyle(view.pixels, style, rng)]))
            look += ["", style.pass_name]
            places.append(view.place)
        return {
            "features": np.concatenate(features),
            "look": np.array(look, np.str_),
            "places": np.array(places, np.float64).reshape(-1, 3),
        }


def _seen(arrays: Arrays) -> Seen:
    field = float(arrays["field"])
    return Seen(arrays["seen"], Expectation(None, None if np.isnan(field) else field))
