"""Groups: one spec becomes sibling jobs, with several seeds and with parts of it left out; torch-free.

A group document is a spec with two more keys. `seeds` lists whole numbers. `ablate` lists what is changed in a cell of
its own: the name of a switch (`mtkd_engine.spec.switches`) or {cell: a label, change: a merge patch of the spec}.
`aggregator:KIND` puts another aggregator in the place of the spec's, `aggregator:*` every other one in turn. The
document itself is the reference, the cell without a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mtkd_engine.spec.base import MOST_PROBLEMS
from mtkd_engine.spec.in_turn import AGGREGATOR, EACH, CellText, aggregator_text, each_of
from mtkd_engine.spec.job import GroupCell, Spec
from mtkd_engine.spec.load import GROUP_KEYS, parse
from mtkd_engine.spec.patches import changed
from mtkd_engine.spec.switches import change_of, text_of
from mtkd_engine.spec.text import TextError, read_yaml
from mtkd_engine.spec_error import SpecError

MOST_SEEDS = MOST_CHANGES = 50
MOST_JOBS = 200
LONGEST_NAME = 120
REFERENCE = ""
_OF_THE_GROUP = ("name", "seed", "group", "gates")
_LARGEST_SEED = 2**31 - 1


class Cell(NamedTuple):
    """One job of a group."""

    cell: str
    seed: int
    spec: Spec


@dataclass(frozen=True, kw_only=True)
class Expanded:
    """The jobs of a group: those of the first seed come first, the reference leading.

    `places` says which path of the document each cell comes from: "" for the reference, "ablate.2" or
    "ablate.2.change" for others.
    """

    name: str
    cells: tuple[Cell, ...]
    places: Mapping[str, str]


@dataclass
class _Problems:
    fields: dict[str, str] = field(default_factory=dict)

    def note(self, path: str, sentence: str) -> None:
        if len(self.fields) < MOST_PROBLEMS:
            self.fields.setdefault(path, sentence)

    def refuse(self) -> None:
        if self.fields:
            raise SpecError(self.fields)


def is_group(raw: Any) -> bool:
    """This will tell whether plain data is a group document rather than the spec of one job."""
    return isinstance(raw, dict) and any(key in raw for key in GROUP_KEYS)


def load_group(text: str) -> dict[str, Any]:
    """This will read the YAML (or JSON) of a group document into plain data; raises SpecError."""
    try:
        raw = read_yaml(text)
    except TextError as error:
        raise SpecError({"": str(error)}) from None
    if not is_group(raw):
        raise SpecError({"": "A group is a spec with the key seeds or ablate; given was none."})
    return dict(raw)


def expand(document: Any) -> Expanded:
    """This will validate a group document and give the spec of each of its jobs.

    Raises SpecError, whose paths name the entry: "ablate.2.change.method.folds".
    """
    reference = reference_of(document)
    problems = _Problems()
    seeds = _seeds(document, reference, problems)
    cells: dict[str, Spec] = {REFERENCE: reference}
    places = {REFERENCE: ""}
    for place, cell, spec in _changed_specs(document, reference, problems):
        same = next((name for name, known in cells.items() if known == spec), None)
        if cell in cells:
            problems.note(place, f"given {cell!r} twice, accepted is each cell once.")
        elif same is not None:
            as_what = f"the cell {same!r}" if same else "the group's own spec"
            problems.note(place, f"it changes nothing: the result is {as_what}.")
        cells.setdefault(cell, spec)
        places.setdefault(cell, place)
    if len(seeds) * len(cells) > MOST_JOBS:
        asked = f"{len(cells)} cells with {len(seeds)} seeds are {len(seeds) * len(cells):,} jobs"
        problems.note("", f"{asked}; a group has {MOST_JOBS} at most.")
    problems.refuse()
    name = reference.name or f"{reference.method.kind} on {reference.data.dataset}"[:LONGEST_NAME]
    jobs = [
        Cell(cell, seed, _of_group(spec, name, cell, seed)) for seed in seeds for cell, spec in cells.items()
    ]
    return Expanded(name=name, cells=tuple(jobs), places=places)


def reference_of(document: Any) -> Spec:
    """This will give the spec that the cells of a group are held against; raises SpecError."""
    if not isinstance(document, dict):
        return parse(document)  # says what it is
    spec = parse({key: value for key, value in document.items() if key not in GROUP_KEYS})
    if spec.group is not None:
        raise SpecError({"group": "it is set where a group is submitted; remove this key."})
    return spec


def cell_texts(document: Any) -> dict[str, CellText]:
    """This will say of each cell but the reference what it is called and what it is held against.

    Documents that are no longer accepted have none.
    """
    try:
        reference = reference_of(document)
    except SpecError:
        return {}
    found: dict[str, CellText] = {}
    for _, entry in _entries(document.get("ablate") or [], reference):
        try:
            cell = _label(entry)
            found[cell] = text_of(entry, reference) if isinstance(entry, str) else _own_text(cell, reference)
        except (ValueError, KeyError):
            continue
    return found


def _own_text(cell: str, reference: Spec) -> CellText:
    """A change of one's own may be labelled as an aggregator: one with other settings than its usual ones."""
    if cell.startswith(AGGREGATOR):
        return aggregator_text(cell.removeprefix(AGGREGATOR), reference)
    return CellText(cell, "The reference", f"“{cell}”")


def _entries(given: list[Any], reference: Spec) -> Iterator[tuple[int, Any]]:
    """Entries with their places; one that stands for several gives those that are not there by themselves."""
    named = {
        entry if isinstance(entry, str) else entry.get("cell") if isinstance(entry, dict) else None
        for entry in given
        if not isinstance(entry, dict) or isinstance(entry.get("cell"), str)
    }
    for index, entry in enumerate(given):
        if entry == EACH and each_of(reference):
            yield from ((index, one) for one in each_of(reference) if one not in named)
        else:
            yield index, entry


def _seeds(document: dict[str, Any], reference: Spec, problems: _Problems) -> list[int]:
    given = document.get("seeds")
    if given is None:
        return [reference.seed]
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_SEEDS:
        shown = f"{len(given)} of them" if isinstance(given, list) else _shown(given)
        problems.note("seeds", f"given {shown}, accepted is a list of 1 to {MOST_SEEDS} whole numbers.")
        return []
    for place, seed in enumerate(given):
        if not _is_seed(seed):
            problems.note(
                f"seeds.{place}",
                f"given {_shown(seed)}, accepted is a whole number from 0 to {_LARGEST_SEED}.",
            )
        elif seed in given[:place]:
            problems.note(f"seeds.{place}", f"given {seed} twice, accepted is each seed once.")
    return [seed for seed in given if _is_seed(seed)]


def _changed_specs(
    document: dict[str, Any], reference: Spec, problems: _Problems
) -> Iterator[tuple[str, str, Spec]]:
    """Path, cell and spec of each entry that can be read; what is wrong with the others is noted."""
    given = document.get("ablate")
    if given is None:
        return
    if not isinstance(given, list) or len(given) > MOST_CHANGES:
        shown = f"{len(given)} of them" if isinstance(given, list) else _shown(given)
        problems.note("ablate", f"given {shown}, accepted is a list of at most {MOST_CHANGES} entries.")
        return
    plain = reference.model_dump(mode="json")
    for index, entry in _entries(given, reference):
        place = f"ablate.{index}" if isinstance(entry, str) else f"ablate.{index}.change"
        try:
            cell = _label(entry)
            patch = change_of(entry, reference) if isinstance(entry, str) else _own_change(entry)
            yield place, cell, parse(changed(plain, patch))
        except SpecError as error:
            for path, sentence in error.fields.items():
                problems.note(f"{place}.{path}" if path else place, sentence)
        except RecursionError:
            problems.note(place, "it is nested too deeply for a spec.")
        except ValueError as error:
            problems.note(f"ablate.{index}", str(error))


def _label(entry: Any) -> str:
    """The name of the cell that an entry makes; raises ValueError."""
    if isinstance(entry, str):
        return entry if len(entry) <= LONGEST_NAME else entry[: LONGEST_NAME - 1] + "…"
    if not isinstance(entry, dict) or set(entry) != {"cell", "change"}:
        raise ValueError(
            f"given {_shown(entry)}, accepted is the name of a switch or {{cell: a label, change: a merge patch}}."
        )
    label = entry["cell"]
    if (
        not isinstance(label, str)
        or not label.strip()
        or len(label) > LONGEST_NAME
        or not label.isprintable()
    ):
        raise ValueError(
            f"given the cell {_shown(label)}, accepted are 1 to {LONGEST_NAME} printable characters."
        )
    return label


def _own_change(entry: dict[str, Any]) -> dict[str, Any]:
    change = entry["change"]
    if not isinstance(change, dict) or not change:
        raise SpecError({"": f"given {_shown(change)}, accepted is a mapping of what differs from the spec."})
    taken = [key for key in (*_OF_THE_GROUP, *GROUP_KEYS) if key in change]
    if taken:
        raise SpecError(dict.fromkeys(taken, "it is the group's and the same for all cells; remove it here."))
    return change


def _of_group(spec: Spec, name: str, cell: str, seed: int) -> Spec:
    """A job's own spec: its name tells it from its siblings, and both ends of a long one stay."""
    tail = f": {cell or 'reference'}, seed {seed}"
    tail = tail if len(tail) < LONGEST_NAME - 20 else f"{tail[: LONGEST_NAME - 40]}…, seed {seed}"
    room = LONGEST_NAME - len(tail)
    own = (name if len(name) <= room else name[: room - 1] + "…") + tail
    return spec.model_copy(update={"name": own, "seed": seed, "group": GroupCell(name=name, cell=cell)})


def _is_seed(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_SEED


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
