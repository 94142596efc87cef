"""Localizations by a pass: a footprint with its ellipse, of a status that never counts as located."""

from __future__ import annotations

from typing import Any, cast

from engine.contract.localization import Localization
from engine.contract.status import BY_PASS, UNCERTAIN
from engine.messages import Message, Text, message_of, put_message
from engine.passes.ellipse import PROBABILITY, Ellipse
from engine.passes.solved import Predicted, SolvedPass
from engine.registration.footprint import footprint_ring
from engine.registration.pose import view_json


def answer_by_pass(predicted: Predicted, solved: SolvedPass, max_ellipse_km: float) -> Localization | None:
    """The localization of a frame by its pass; None where the pass does not say where it looked.

    The candidates of the answer before stay, for the review. There are no tie points and no pose: the photo itself was
    not fitted to anything.
    """
    ellipse, frame = predicted.ellipse, predicted.frame
    ring = footprint_ring(predicted.camera)
    if ellipse is None or ring is None or not predicted.is_known(max_ellipse_km) or solved.whole is None:
        return None
    before = without_pass(frame.answer)
    lat, lon, _ = predicted.camera.nadir()
    found: dict[str, Any] = {
        **before,
        "status": BY_PASS,
        "confidence": None,
        **view_json(predicted.camera, ring, frame.info),
        "center": [round(ellipse.lat, 6), round(ellipse.lon, 6)],
        "nadir": [round(lat, 6), round(lon, 6)],
        "pose": None,
        "tie_points": [],
        "imagery": None,
        "inliers": 0,
        "rms_km": None,
        "by_pass": {
            "probability": PROBABILITY,
            "ellipse_major_km": round(ellipse.major_km, 2),
            "ellipse_minor_km": round(ellipse.minor_km, 2),
            "ellipse_azimuth_deg": round(ellipse.azimuth_deg, 1),
            "holding": solved.whole.holding,
            "located": len(solved.used),
            "nearest_s": round(predicted.nearest_s, 1),
            "before": _kept(before),
        },
    }
    answer = cast(Localization, found)
    put_message(answer, _words(predicted, ellipse, solved))
    return answer


def without_pass(answer: Localization) -> Localization:
    """The answer as it was before a pass gave it a footprint."""
    by_pass = answer.get("by_pass")
    if answer["status"] != BY_PASS or by_pass is None:
        return answer
    found: dict[str, Any] = dict(answer)
    before = by_pass["before"]
    found.update(footprint=None, corners=None, center=None, camera=None, by_pass=None)
    found.update({name: before[name] for name in ("status", "confidence", "nadir")})
    if before["status"] == UNCERTAIN and answer["candidates"]:
        first = answer["candidates"][0]
        found.update(footprint=first["footprint"], corners=first.get("corners"), center=first["center"])
    restored = cast(Localization, found)
    put_message(restored, message_of(before))
    return restored


def _kept(answer: Localization) -> dict[str, Any]:
    names = ("status", "confidence", "nadir", "message", "message_id", "message_params")
    return {name: answer[name] for name in names if name in answer}  # type: ignore[literal-required]


def _words(predicted: Predicted, ellipse: Ellipse, solved: SolvedPass) -> Text:
    params = {
        "n": len(solved.used),
        "seconds": f"{predicted.nearest_s:.0f}",
        "major": _km(ellipse.major_km),
        "minor": _km(ellipse.minor_km),
        "percent": f"{100 * PROBABILITY:.0f}",
    }
    return Message("by_pass.footprint", params)


def _km(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"
