"""Tells whether the frames of a pass come from two cameras: two attitudes, or two clocks, in turns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.spatial.transform import Rotation

from engine.orbit.state import Array

_WITHIN_RAD = np.radians(3.0)  # of frames of one camera on a mount
_BETWEEN_RAD = np.radians(6.0)
_LEAST = 2  # frames of each camera
_LEAST_TURNS = 2  # from one camera to the other: a camera that is moved once is one camera


def two_mounts(attitudes: Array) -> NDArray[np.bool_] | None:
    """The frames of one of two cameras, each on a mount of its own; None for one camera.

    Args:
        attitudes: (n, 3) rotation vectors relative to the track and the vertical, in the order of the times.
    """
    n = len(attitudes)
    if n < 2 * _LEAST:
        return None
    held = Rotation.from_rotvec(attitudes)
    apart = np.array([(held * one.inv()).magnitude() for one in held])
    group = fcluster(linkage(squareform(apart, checks=False), "complete"), 2, "maxclust") == 2
    within = max(apart[np.ix_(group, group)].max(initial=0.0), apart[np.ix_(~group, ~group)].max(initial=0.0))
    between = apart[np.ix_(group, ~group)].min(initial=np.inf)
    if within > _WITHIN_RAD or between < _BETWEEN_RAD:
        return None
    return group if take_turns(group) else None


def take_turns(group: NDArray[np.bool_]) -> bool:
    """Whether two groups of frames, in the order of their times, are mixed."""
    enough = min(int(group.sum()), int((~group).sum())) >= _LEAST
    return enough and int((group[1:] != group[:-1]).sum()) >= _LEAST_TURNS
