"""The offset of a clock in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.messages import Message, Text, sentences

if TYPE_CHECKING:
    from engine.orbit.clock import ClockSolution, Offset

_ZONE_FROM_S = 1800.0
_ZONE_WITHIN_S = 600.0


def describe(found: ClockSolution) -> Text:
    """Such as "The clock of NIKON D4 was 3 min 15 s behind (± 1.2 s; 12 of 13 located photos agree)."."""
    camera = found.camera or "?"
    best = found.best
    if best is None:
        return Message("clock.none", {"camera": camera, "n": found.photos})
    if found.status == "ambiguous":
        listed: list[Text] = [how(one) for one in (best, *found.others)]
        return Message("clock.ambiguous", {"camera": camera, "parts": listed})
    if found.status == "two_clocks":
        other = found.others[0]
        params = {"camera": camera, "n": best.agreeing, "m": other.agreeing, "how": how(best), "other": how(other)}
        return Message("clock.two", params)
    if found.status == "none":
        return Message("clock.none", {"camera": camera, "n": found.photos})
    if found.status == "one_photo":
        return Message("clock.one_photo", {"camera": camera, "how": how(best), "sd": f"{best.sd_s:.1f}"})
    params = {"camera": camera, "how": how(best), "sd": f"{best.sd_s:.1f}", "n": best.agreeing, "total": found.photos}
    return sentences(Message("clock.solved", params), *_zone(best))


def how(offset: Offset) -> Message:
    """Such as "3 min 15 s behind"."""
    if abs(offset.seconds) < max(0.5, 2 * offset.sd_s):
        return Message("clock.right")
    return Message("clock.behind" if offset.seconds > 0 else "clock.ahead", {"time": in_units(abs(offset.seconds))})


def in_units(seconds: float) -> str:
    """Such as "3 min 15 s"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    parts = (whole // 3600, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _zone(offset: Offset) -> list[Message]:
    """That the clock may show the time of a zone: one that is ahead by three hours shows UTC+3."""
    hours = round(-offset.seconds / 3600.0)
    if abs(offset.seconds) < _ZONE_FROM_S or abs(offset.seconds + 3600.0 * hours) > _ZONE_WITHIN_S:
        return []
    return [Message("clock.zone", {"hours": f"{hours:+d}"})]
