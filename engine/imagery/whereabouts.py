"""Where on this computer the imagery is that an index was made from.

An index that is passed on names its imagery but not where that lay. So the path is kept in a text file beside the
index's folder, which does not travel with it.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

_SUFFIX = ".imagery.txt"
_MAX_BYTES = 10_000


def note_imagery(index: Path, raster: Path) -> None:
    """Remembers that the index in folder `index` was made from `raster`; a folder that refuses is no matter."""
    with contextlib.suppress(OSError):
        _note(index).write_text(str(raster.resolve()) + "\n", encoding="utf-8")


def find_imagery(index: Path, stated: str) -> Path | None:
    """The raster of an index: as noted here, or beside its folder under the name stated in its manifest.

    An index may come from a stranger: a stated path elsewhere is not followed, nor a raster inside its folder, which
    could be one that refers to the network.
    """
    places = [index.parent / stated] if stated and Path(stated).name == stated else []
    with contextlib.suppress(OSError, UnicodeDecodeError), _note(index).open(encoding="utf-8") as file:
        places.insert(0, Path(file.read(_MAX_BYTES).strip()))
    return next((place for place in places if place.is_file()), None)


def _note(index: Path) -> Path:
    return index.with_name(index.name + _SUFFIX)
