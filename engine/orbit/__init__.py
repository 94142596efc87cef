"""The orbit of the International Space Station: where a camera is expected when nothing better is known."""

from __future__ import annotations

ALTITUDE_KM = 415.0
ALTITUDE_SD_KM = 15.0  # of most photos; with a heavy tail, for the station has been at 350 and at 460 km too
# Of a stated nadir, from orbit elements and clocks. It may also be entirely wrong, hence a heavy tail.
NADIR_SD_KM = 30.0
