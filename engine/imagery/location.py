"""Where on this computer the imagery is that an index was made from.

An index that is passed on names its imagery but not where that lay. So the path is kept in a text file beside the
index's folder, which does not travel with it.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

_SUFFIX = ".imagery.txt"
_MAX_BYTES = 10_000


def note_imagery(index: Path, imagery: Path) -> None:
    """Remembers that an index was made from `imagery`, a file or folder; that this cannot be written is no matter."""
    with contextlib.suppress(OSError):
        _note(index).write_text(str(imagery.resolve()) + "\n", encoding="utf-8")


def find_imagery(index: Path, stated: str) -> Path | None:
    """The imagery of an index: as noted here, or beside its folder under the name stated in its manifest.

    An index may come from a stranger: a stated path elsewhere is not followed, nor a raster inside its folder, which
    could be one that refers to the network, nor the settings of a tile server: a server is asked only when it is named.
    """
    places = [index.parent / stated] if stated not in ("", "..") and Path(stated).name == stated else []
    with contextlib.suppress(OSError, UnicodeDecodeError), _note(index).open(encoding="utf-8") as file:
        places.insert(0, Path(file.read(_MAX_BYTES).strip()))
    return next((place for place in places if place.suffix.lower() != ".json" and place.exists()), None)


def _note(index: Path) -> Path:
    return index.with_name(index.name + _SUFFIX)
