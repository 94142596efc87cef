"""Statuses of a localization and decisions of a review: the words, their English labels, their order."""

from __future__ import annotations

from typing import Literal

# Registered with imagery, and believed.
LOCATED: Literal["located"] = "located"
# Not located itself: where its pass says that it looked, with the ellipse of that. Nothing in the photo confirms it.
BY_PASS: Literal["by_pass"] = "by_pass"
# A place to check against a basemap.
UNCERTAIN: Literal["uncertain"] = "uncertain"
# Nothing in the indexes fits.
NOT_FOUND: Literal["not_found"] = "not_found"
# The photo could not be read.
FAILED: Literal["failed"] = "failed"
Status = Literal["located", "by_pass", "uncertain", "not_found", "failed"]
# A less confident localization, in percent 0, is no place that is likelier than chance.
CHANCE = 0.005
# In the order in which lists show them. The plugin translates the labels.
STATUS_LABELS: dict[Status, str] = {
    LOCATED: "located",
    BY_PASS: "by the pass, not located",
    UNCERTAIN: "uncertain",
    NOT_FOUND: "not found",
    FAILED: "failed",
}
STATUSES: tuple[Status, ...] = tuple(STATUS_LABELS)

UNREVIEWED: Literal["unreviewed"] = "unreviewed"  # also a decision that was undone
ACCEPTED: Literal["accepted"] = "accepted"
CORRECTED: Literal["corrected"] = "corrected"  # accepted with another footprint than the engine's
REJECTED: Literal["rejected"] = "rejected"
UNSURE: Literal["unsure"] = "unsure"
NOT_LAND: Literal["not_land"] = "not_land"
CLOUD: Literal["cloud"] = "cloud"
NIGHT: Literal["night"] = "night"
DecisionKind = Literal["unreviewed", "accepted", "corrected", "rejected", "unsure", "not_land", "cloud", "night"]
DECISION_LABELS: dict[DecisionKind, str] = {
    UNREVIEWED: "Not reviewed",
    ACCEPTED: "Accepted",
    CORRECTED: "Corrected",
    REJECTED: "Rejected",
    UNSURE: "Unsure",
    NOT_LAND: "No land",
    CLOUD: "Cloud",
    NIGHT: "Night",
}
DECISIONS: tuple[DecisionKind, ...] = tuple(DECISION_LABELS)
USABLE: tuple[DecisionKind, ...] = (ACCEPTED, CORRECTED)  # decisions whose footprint may be exported
