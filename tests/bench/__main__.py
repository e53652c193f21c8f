"""`make bench NAME=...`: each benchmark prints the table that stands in RESULTS.md."""

from __future__ import annotations

import importlib
import sys

NAMES = ("world", "families", "fir_actions", "recorder", "registration", "watching", "metrics")


def main(name: str) -> int:
    """This will run one benchmark, or all of them for the name `all`."""
    if name not in (*NAMES, "all"):
        print(f"NAME: given {name!r}, accepted is one of {', '.join(NAMES)} or all.", file=sys.stderr)
        return 2
    for chosen in NAMES if name == "all" else (name,):
        print(f"\n## {chosen}\n", flush=True)
        importlib.import_module(f"tests.bench.{chosen}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "all"))
