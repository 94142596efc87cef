"""Where on this computer the imagery of an index is.

The manifest of an index names its imagery, but not its folder. So the path is kept in a text file beside the index's
folder, which is not copied together with the index.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

_SUFFIX = ".imagery.txt"
_MAX_BYTES = 10_000


def note_imagery(index: Path, imagery: Path) -> None:
    """Remember that an index was made from `imagery`, a file or folder. A failure to write this is ignored."""
    with contextlib.suppress(OSError):
        _note(index).write_text(str(imagery.resolve()) + "\n", encoding="utf-8")


def find_imagery(index: Path, stated: str) -> Path | None:
    """The imagery of an index: as remembered by `note_imagery`, or beside its folder under the name in its manifest.

    An index may come from anybody. So these are not used: a path elsewhere; a raster inside the index's folder, which
    could refer to the network; the settings of a tile server, because a server is only asked when the user names it.
    """
    places = [index.parent / stated] if stated not in ("", "..") and Path(stated).name == stated else []
    with contextlib.suppress(OSError, UnicodeDecodeError), _note(index).open(encoding="utf-8") as file:
        places.insert(0, Path(file.read(_MAX_BYTES).strip()))
    return next((place for place in places if place.suffix.lower() != ".json" and place.exists()), None)


def _note(index: Path) -> Path:
    return index.with_name(index.name + _SUFFIX)
