"""`make bench NAME=... [DATA=folder] [TEACHERS=folder]`: each benchmark prints the table that stands in RESULTS.md."""

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
    "classify",
    "training",
    "staged",
    "compressed",
    "video",
    "mutual",
)
WITH_DATA = ("gate", "grounding", "classify", "staged", "compressed", "video", "mutual")
"""Those that run on any folder in the right form."""
WITH_TEACHERS = ("classify", "mutual")
"""Those of them that may need a folder of checkpoints as well."""


def main(name: str | None = None, data: str | None = None, teachers: str | None = None) -> int:
    """This will run one benchmark, or all of them for the name `all`; `data` and `teachers` are folders."""
    name = name or "all"
    if teachers is not None and name not in WITH_TEACHERS:
        print(
            f"TEACHERS: given {teachers!r}, accepted for {' and '.join(WITH_TEACHERS)} only.", file=sys.stderr
        )
        return 2
    if data is not None and name not in WITH_DATA:
        print(f"DATA: given {data!r}, accepted for {' and '.join(WITH_DATA)} only.", file=sys.stderr)
        return 2
    if name not in (*NAMES, "all"):
        print(f"NAME: given {name!r}, accepted is one of {', '.join(NAMES)} or all.", file=sys.stderr)
        return 2
    for chosen in NAMES if name == "all" else (name,):
        print(f"\n## {chosen}\n", flush=True)
        run = importlib.import_module(f"tests.bench.{chosen}").main
        run(*(data, teachers)[: (chosen in WITH_DATA) + (chosen in WITH_TEACHERS)])
    return 0


if __name__ == "__main__":
    sys.exit(main(*(given or None for given in sys.argv[1:])))
