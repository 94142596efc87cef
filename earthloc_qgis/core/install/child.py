"""Runs `python -m MODULE ARGUMENTS...`, but ends with QGIS. Run by the engine's Python, never imported by QGIS.

    python -I child.py MODULE ARGUMENTS...

QGIS keeps the pipe to stdin open. When QGIS ends, even by a crash, the pipe closes, and this process ends with its
children: nothing continues to write to an installation that nobody waits for. For that it leads a process group.
"""

import os
import runpy
import signal
import sys
import threading


def _end_with_pipe(pipe: int) -> None:
    while os.read(pipe, 1):  # returns b"" when the other end closes
        pass
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def main() -> None:
    """Watches the pipe and runs the module."""
    if hasattr(os, "setsid"):
        os.setsid()
    # Children must not inherit the pipe: on Windows they would block while this process reads it.
    pipe = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=_end_with_pipe, args=(pipe,), daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
