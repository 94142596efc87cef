"""The engine's log: a rotating file in the user's state folder."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import os
import sys
from pathlib import Path

_BYTES, _OLD_FILES = 1_000_000, 3


def default_log_file() -> Path:
    """The log file in the folder where this system's programs keep their logs."""
    home = Path.home()
    if sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "earthloc"
    elif sys.platform == "darwin":
        folder = home / "Library" / "Logs" / "earthloc"
    else:
        folder = Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "earthloc"
    return folder / "engine.log"


def start_log(path: Path | None) -> None:
    """Sends the log to a rotating file, by default `default_log_file()`. Without write access there is no log."""
    logging.raiseExceptions = False  # a log that cannot be written must not disturb the service
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(logging.NullHandler())
    with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: this user has no home folder
        path = path or default_log_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=_BYTES, backupCount=_OLD_FILES, encoding="utf-8", errors="backslashreplace"
        )
        handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s"))
        root.addHandler(handler)
