"""The line that says how the photo under review stands."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtWidgets import QLabel, QWidget

from ...core.reviews import UNREVIEWED, Reviewed
from ..plain_text import escaped
from .decisions import word
from .working import Working

_WORST_FROM = 4  # points from which one can be the worst


class StatusLine(QLabel):
    """A sentence: the decision, what is changed, how well the camera fits."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setObjectName("review_status")
        self.setWordWrap(True)
        self.setAccessibleName(self.tr("State"))

    def describe(self, working: Working, item: Optional[Reviewed], editing: bool) -> None:
        """Says how a photo stands; while its tie points are edited also which of them fits worst."""
        parts = []
        if item is not None and item.review != UNREVIEWED:
            who = escaped(item.reviewer or self.tr("somebody"))
            parts.append(self.tr("<b>{decision}</b> by {who}").format(decision=word(item.review), who=who))
        if working.is_unsaved:
            parts.append(self.tr("<b>Changed</b>: accept it to keep it, or undo"))
        shown = working.shown
        if not shown.get("footprint"):
            parts.append(escaped(shown.get("message") or self.tr("no footprint")))
        elif shown.get("pose"):
            n, rms_km = shown.get("inliers", 0), shown.get("rms_km")
            if rms_km is None:  # so few points are met by any camera: what is left over is no error
                text = self.tr("tie points: {n}, <b>too few to tell the error</b>: set a fourth, far from the others")
                parts.append(text.format(n=n))
            else:
                parts.append(self.tr("tie points: {n}, error {km} km").format(n=n, km=f"{rms_km:.2f}"))
            points = shown.get("tie_points") or []
            far = [(point.get("residual_km") or 0.0, number) for number, point in enumerate(points, start=1)]
            if editing and len(far) >= _WORST_FROM:
                parts.append(self.tr("worst: point {n}, {km} km").format(n=max(far)[1], km=f"{max(far)[0]:.2f}"))
        elif working.is_by_hand:
            parts.append(self.tr("placed by hand"))
        elif (candidate := working.candidate() or {}).get("z") is not None:
            z = f"{candidate['z']:.1f}"
            parts.append(self.tr("where its local features point (z-score {z}), not fitted to the ground").format(z=z))
        else:
            parts.append(self.tr("a tile that looks alike, not fitted to the ground"))
        text = " · ".join(parts)
        self.setText(text[:1].upper() + text[1:])
