"""The other side of `environments.Program`: does what a line of JSON says and answers with one.

Whatever the peer prints goes to the log, for standard output carries the answers.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any


def serve(deeds: dict[str, Callable[..., Any]]) -> None:
    """This will do what is asked until the other side closes."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"answer": deeds[asked.pop("what")](**asked)}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"[:1000]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
