"""What the service answers about passes."""

from __future__ import annotations

from pathlib import Path

from engine.contract import protocol
from engine.contract.passes import SolvePassesAnswer
from engine.progress import Progress


def solve_passes(request: protocol.SolvePasses, progress: Progress) -> SolvePassesAnswer:
    """Solves the passes of a results file, and writes footprints by the pass into it."""
    from engine.orbit.opening import open_orbit_file
    from engine.passes.results import solve_results

    orbit = None if request.orbit is None else open_orbit_file(Path(request.orbit))
    return solve_results(
        Path(request.results), orbit, request.max_ellipse_km, leave_out=request.leave_one_out, progress=progress
    )
