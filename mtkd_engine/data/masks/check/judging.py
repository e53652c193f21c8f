"""What the values of all masks stand for, and what each mask tells by that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace

from mtkd_engine.data.masks.check.looking import SeenPair
from mtkd_engine.data.masks.coding import Coding
from mtkd_engine.data.masks.dataset import VOID
from mtkd_engine.data.masks.rows import HandedMasks
from mtkd_engine.data.masks.values import GREY, By, hexadecimal

_NAMED = 5


def coding_of(handed: HandedMasks, seen: Collection[SeenPair]) -> Coding:
    """This will decide which class each value is: as the dataset says, else as all masks together tell.

    Raises DataError where there are too many classes.
    """
    if handed.coding is not None:
        return handed.coding
    usable = [one for one in seen if not one.fault]
    by: By = "numbers"
    if handed.stated is not None:
        by = handed.stated.by
    elif any(one.told("numbers") is None for one in usable):
        by = "colours"
    found = {value for one in usable for value in (one.told(by) or ())}
    return Coding.of(handed.stated, by=by, found=found)


def colours_of(coding: Coding, seen: Collection[SeenPair]) -> list[str] | None:
    """This will give the colour that masks show each class in, as #rrggbb; None where they do not tell them apart."""
    if coding.by == "colours":
        shown = {number: value for value, number in coding.table.items()}
    else:
        palettes = [one.palette for one in seen if not one.fault and one.form == "palette"]
        shown = {coding.table.get(number, VOID): colour for palette in palettes for number, colour in palette}
    told = [shown.get(number) for number in range(len(coding.classes))]
    colours = [colour for colour in told if colour is not None]
    is_grey = all(colour == (colour & 0xFF) * GREY for colour in colours)
    if is_grey or len(set(colours)) < len(told):
        return None
    return [hexadecimal(colour) for colour in colours]


def judged(seen: Mapping[int, SeenPair], coding: Coding) -> dict[int, SeenPair]:
    """This will add to what was seen how many pixels each class has, and what is wrong with masks by that."""
    return {place: one if one.fault else _judged(one, coding) for place, one in seen.items()}


def _judged(one: SeenPair, coding: Coding) -> SeenPair:
    told = one.told(coding.by)
    if told is None:
        return replace(
            one, fault="colour_masks", said="its mask is in colours while classes are given by numbers."
        )
    pixels: Counter[int] = Counter()
    for value, count in told.items():
        pixels[coding.table.get(value, VOID)] += count
    unknown = coding.unknown(told)
    if set(pixels) == {VOID}:
        some = ", ".join(coding.written(value) for value in sorted(told)[:_NAMED])
        return replace(one, fault="void_masks", said=f"its mask says no class anywhere, only {some}.")
    listed = [f"{coding.written(value)} ({told[value]:,} pixels)" for value in unknown[:_NAMED]]
    more = [f"{len(unknown) - _NAMED:,} more"] if len(unknown) > _NAMED else []
    return replace(one, pixels=dict(pixels), unknown=", ".join(listed + more))
