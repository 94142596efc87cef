"""How good predictions by a pass are: each located frame predicted from the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine import geo
from engine.contract.parameters import DEFAULT_ELLIPSE_KM
from engine.orbit.state import Ephemeris
from engine.passes.frames import Frame, Pass
from engine.passes.solved import Predicted, solve_pass, spread


@dataclass(frozen=True, eq=False)
class LeftOutFrame:
    """A located frame and what its pass says of it without it.

    Attributes:
        frame: the frame.
        predicted: by the others; None where they say nothing of it.
        error_km: distance of the ground in the middle of the photo from where its own tie points put it.
        inside: whether that lies in the ellipse.
    """

    frame: Frame
    predicted: Predicted | None
    error_km: float = float("nan")
    inside: bool = False


def leave_one_out(
    frames: Pass, orbit: Ephemeris | None = None, max_ellipse_km: float = DEFAULT_ELLIPSE_KM
) -> Iterator[LeftOutFrame]:
    """Predicts each located frame of a pass from its other frames, with everything decided anew without it.

    In a pass with many located frames, `MOST_LOCATED` of them.
    """
    for left_out in spread(frames.located):
        own = left_out.own
        hidden = Frame(left_out.at_s, left_out.info, left_out.answer, None)
        rest = Pass([hidden if frame is left_out else frame for frame in frames.frames if frame.measured is not None])
        solved = solve_pass(rest, orbit)
        predicted = next((one for one in solved.predicted if one.is_known(max_ellipse_km)), None)
        if predicted is None or predicted.ellipse is None:
            yield LeftOutFrame(left_out, None)
            continue
        camera, ellipse = own.solution.camera, predicted.ellipse
        lat, lon = (float(one) for one in camera.locate(camera.width_px / 2, camera.height_px / 2))
        error_km = float(geo.distance_km(ellipse.lat, ellipse.lon, lat, lon))
        yield LeftOutFrame(left_out, predicted, error_km, bool(np.isfinite(lat)) and ellipse.holds(lat, lon))
