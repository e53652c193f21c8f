"""How the classes of a teacher fit those of a dataset, by their names; torch-free."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

MOST_NAMED = 10
_MOST_COMPARED = 500


def places_of(given: Sequence[str], wanted: Sequence[str], *, teacher: str = "") -> tuple[int, ...]:
    """This will tell at which output of a teacher each wanted class stands, in the order of the wanted ones.

    Names are compared as they are written; classes that only the teacher knows are left out. Raises ValueError with a
    sentence for the field `teachers` that names up to ten of the classes it does not know, with names of its own that
    are near, and how many more there are.
    """
    places = {name: place for place, name in enumerate(given)}
    missing = [name for name in wanted if name not in places]
    if missing:
        raise ValueError(_refusal(given, wanted, missing, teacher=teacher))
    return tuple(places[name] for name in wanted)


def _refusal(given: Sequence[str], wanted: Sequence[str], missing: Sequence[str], *, teacher: str) -> str:
    known = set(wanted)
    spare = [name for name in given if name not in known]
    named = ", ".join(_named(name, spare) for name in missing[:MOST_NAMED])
    more = f" and {len(missing) - MOST_NAMED:,} more" if len(missing) > MOST_NAMED else ""
    who = repr(teacher) if teacher else "a teacher"
    return (
        f"teachers: given {who}, which does not know {len(missing):,} of the {len(wanted):,} classes of the dataset: "
        f"{named}{more}; accepted are teachers that know every class by the same name."
    )


def _named(name: str, spare: Sequence[str]) -> str:
    near = _near(name, spare)
    return repr(name) if near is None else f"{name!r} (it knows {near!r})"


def _near(name: str, spare: Sequence[str]) -> str | None:
    """The likeliest other spelling of a class among those that nobody asked for."""
    plain = _plain(name)
    for other in spare:
        if _plain(other) == plain:
            return other
    found = difflib.get_close_matches(name, spare[:_MOST_COMPARED], n=1, cutoff=0.8)
    return found[0] if found else None


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
