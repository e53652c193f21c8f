"""`make bench NAME=... [DATA=folder]`: each benchmark prints the table that stands in RESULTS.md."""

from __future__ import annotations

import importlib
import sys

NAMES = (
    "world",
    "families",
    "fir_actions",
    "recorder",
    "registration",
    "watching",
    "metrics",
    "gate",
    "grounding",
    "inspect",
    "table",
)
WITH_DATA = ("gate", "grounding")
"""Those that run on any folder in the right form."""


def main(name: str, data: str | None = None) -> int:
    """This will run one benchmark, or all of them for the name `all`; `data` is a folder for those that take one."""
    if data is not None and name not in WITH_DATA:
        print(f"DATA: given {data!r}, accepted for {' and '.join(WITH_DATA)} only.", file=sys.stderr)
        return 2
    if name not in (*NAMES, "all"):
        print(f"NAME: given {name!r}, accepted is one of {', '.join(NAMES)} or all.", file=sys.stderr)
        return 2
    for chosen in NAMES if name == "all" else (name,):
        print(f"\n## {chosen}\n", flush=True)
        run = importlib.import_module(f"tests.bench.{chosen}").main
        run(data) if chosen in WITH_DATA else run()
    return 0


if __name__ == "__main__":
    sys.exit(main(*(sys.argv[1:3] or ["all"])))
