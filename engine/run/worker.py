"""A worker process of a run: `python -m engine.run.worker`. It gets one photo a line on stdin and answers on stdout.

The first line is the setting. Each answer is a JSON object: {"ready": identity} once, then {"outcome": [...]} for each
photo, or {"error": [...]} about all photos. It ends when stdin does, so it never outlives the run.
"""

from __future__ import annotations

import json
import os
import sys
from typing import IO, Any

from engine.errors import EarthLocError


def main() -> int:
    """Locates photos until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not come between the answers

    from engine.run.locate import Job, Locator
    from engine.run.setting import Setting

    try:
        locator = Locator(Setting.from_json(json.loads(sys.stdin.readline())))
        _say(answers, {"ready": locator.identity})
        for line in iter(sys.stdin.readline, ""):
            outcome = locator.locate(Job.from_json(json.loads(line)))
            _say(answers, {"outcome": [outcome.seq, outcome.row, outcome.trouble]})
    except EarthLocError as error:
        _say(answers, {"error": [type(error).__name__, error.path, error.problem, error.hint]})
        return error.exit_code
    return 0


def _say(answers: IO[str], what: dict[str, Any]) -> None:
    answers.write(json.dumps(what) + "\n")
    answers.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BrokenPipeError, KeyboardInterrupt):  # the run has ended
        os._exit(0)
