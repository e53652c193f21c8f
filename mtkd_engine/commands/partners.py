"""The command `partners`: which models know what others do not, before any training."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mtkd_engine.commands.given import add_split, refusing_models

if TYPE_CHECKING:
    from mtkd_engine.comparing.paired import Difference
    from mtkd_engine.comparing.partners import Pair
    from mtkd_engine.teachers.partners import Found

_SHARES = ("1st only", "2nd only", "both", "neither", "agree", "1st gains", "2nd gains")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """This will add the command to those of a parser."""
    parser = commands.add_parser(
        "partners", help="rank pairs of models by what they could learn from each other"
    )
    parser.add_argument("--dataset", type=Path, required=True, help="dataset folder")
    parser.add_argument(
        "--teachers",
        type=Path,
        nargs="+",
        required=True,
        metavar="MODEL",
        help="two or more models, or files that `check teacher --outcomes` wrote",
    )
    add_split(parser, default="val", what="split to compare on")
    parser.add_argument("--keep", type=Path, help="folder in which what is measured is found again")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(command=_partners)


def _partners(given: argparse.Namespace) -> int:
    from mtkd_engine.teachers.partners import find_partners

    with refusing_models():
        found = find_partners(given.teachers, dataset=given.dataset, split=given.split, keep=given.keep)
    print(json.dumps(found.as_dict()) if given.json else told(found))
    return 0


def told(found: Found) -> str:
    """This will lay out pairs as a table for a terminal; shares are in percent, gains with their 95 % interval."""
    models = [("model", "quality"), *((name, _percent(share)) for name, share in found.models.items())]
    pairs = [("1st + 2nd", "together", *_SHARES, "best third"), *(_row(pair) for pair in found.pairs)]
    head = f"{found.samples:,} samples of {found.split}; shares in percent, gains are the most that is attainable"
    return "\n".join([head, "", *_aligned(models), "", *_aligned(pairs), "", _sentence(found.pairs[0])])


def _row(pair: Pair) -> tuple[str, ...]:
    found = pair.complement
    shares = (found.first_only, found.second_only, found.both, found.neither, found.agreement)
    third = "" if pair.third is None else f"{pair.third.name} +{_percent(pair.third.adds)}"
    return (
        f"{pair.first} + {pair.second}",
        _percent(found.together.mean),
        *("" if share is None else _percent(share.mean) for share in shares),
        *(_judged(gain) for gain in (found.first_gain, found.second_gain)),
        third,
    )


def _sentence(best: Pair) -> str:
    beyond = _percent(best.complement.beyond.mean)
    more = "no more" if beyond == "0.0" else f"{beyond} points more"
    return f"{best.first} and {best.second} together know {more} than the better of them alone."


def _judged(gain: Difference) -> str:
    return f"{_percent(gain.mean)} ({_percent(gain.low)} to {_percent(gain.high)})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            word.ljust(width) if place == 0 else word.rjust(width)
            for place, (word, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
