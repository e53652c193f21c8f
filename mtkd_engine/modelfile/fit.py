"""Whether the tensors of a file are those of its card's architecture, and what a person can do where they are not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from mtkd_engine.modelfile.errors import Misfit, What
from mtkd_engine.modelfile.header import Described
from mtkd_engine.modelfile.infer import infer_card
from mtkd_engine.nets.registry import AnyCard, expected_tensors
from mtkd_engine.spec import ClassifierCard, GroundingCard, ImageInput
from mtkd_engine.spec.model import SPECIAL

SHOWN = 3
LISTED = 500
MOST_TRIALS = 60
MOST_CHANGES = 3
LARGEST_TRIED_VOCABULARY = 500_000
_CARD_SIZES = ("feature_width", "word_width", "learned_words")
_SIZES = ("width", "clips", "kernel", "encoder_layers", "attention_layers", "map_layers", "layers", "anchors")

Tensors = Mapping[str, Described]


def misfits(wanted: Tensors, found: Tensors) -> list[Misfit]:
    """This will list every difference between the architecture's tensors and those found."""
    listed = [
        Misfit(name, "missing", None, said(wanted[name])) for name in sorted(wanted.keys() - found.keys())
    ]
    listed += [
        Misfit(name, "unexpected", said(found[name]), None) for name in sorted(found.keys() - wanted.keys())
    ]
    for name in sorted(wanted.keys() & found.keys()):
        if wanted[name] != found[name]:
            what: What = "shape" if wanted[name][0] != found[name][0] else "dtype"
            listed.append(Misfit(name, what, said(found[name]), said(wanted[name])))
    return listed


def said(tensor: Described) -> str:
    """This will write a shape and a dtype for a person."""
    return f"{list(tensor[0])} {tensor[1]}"


def sentence(listed: list[Misfit]) -> str:
    """This will name one difference of each kind first, then others up to three, and count the rest."""
    first = [
        next(item for item in listed if item.what == what) for what in dict.fromkeys(i.what for i in listed)
    ]
    chosen = (first + [item for item in listed if item not in first])[:SHOWN]
    more = len(listed) - len(chosen)
    return "; ".join(_named(item) for item in chosen) + (f" and {more} more" if more else "")


def advice(card: AnyCard, found: Tensors) -> str | None:
    """This will say what makes the file fit, where something does: a prefix, a dtype, other sizes in the card."""
    wanted = expected_tensors(card)
    prefix = _prefix(wanted, found)
    bare = {name.removeprefix(prefix): tensor for name, tensor in found.items()} if prefix else dict(found)
    hints = [f"remove {prefix!r} from the start of every name"] if prefix else []
    floats = {
        name: (shape, wanted[name][1] if name in wanted else dtype) for name, (shape, dtype) in bare.items()
    }
    if floats != bare:
        hints.append("convert its tensors to the dtypes wanted, as tensor.float() does")
    if isinstance(card, ClassifierCard):
        return _joined([*hints, *_other_classifier(card, bare)])
    if not isinstance(card, GroundingCard):
        return _joined(hints)
    changes = _changes(card, floats)
    hints += [
        f"give the card a vocabulary of {value} words"
        if name == "vocabulary"
        else f"give the card {name} {value}"
        for name, value in changes.items()
    ]
    fits = not misfits(expected_tensors(_changed(card, changes) or card), floats)
    return _joined(hints, better=not fits)


def _joined(hints: list[str], *, better: bool = False) -> str | None:
    return f"to make it fit{' better' if better else ''}, {' and '.join(hints)}" if hints else None


def _other_classifier(card: ClassifierCard, found: Tensors) -> Iterator[str]:
    """What the card must say for tensors that are those of another classifier, and of how many classes."""
    proposed = infer_card(found)
    if proposed is None:
        return
    if proposed.net != card.net:
        yield f"give the card the net {json.dumps(proposed.net.model_dump())}"
    if proposed.classes != len(card.classes):
        yield f"give the card the names of {proposed.classes} classes"
    if isinstance(card.input, ImageInput) and proposed.channels != card.input.channels:
        yield f"give the card an input of {proposed.channels} channel(s)"
    if proposed.renamed:
        given, here = next(iter(proposed.renamed.items()))
        yield f"rename {len(proposed.renamed)} tensors, such as {given} to {here}"
    if proposed.counters:
        yield f"add {len(proposed.counters)} tensors of 0 (int64), such as {proposed.counters[0]}"


def _named(item: Misfit) -> str:
    if item.what in {"missing", "unexpected"}:
        return f"{item.what} {item.tensor}"
    return f"{item.tensor} is {item.found}, wanted {item.wanted}"


def _prefix(wanted: Tensors, found: Tensors) -> str:
    """The dotted words all names start with, where names fit better without them."""
    names = list(found)
    best, best_shared = "", len(wanted.keys() & found.keys())
    prefix = ""
    while names and "." in (rest := names[0][len(prefix) :]):
        prefix += rest.split(".", 1)[0] + "."
        if not all(name.startswith(prefix) for name in names):
            break
        shared = len(wanted.keys() & {name.removeprefix(prefix) for name in names})
        if shared > best_shared:
            best, best_shared = prefix, shared
    return best


def _changes(card: GroundingCard, found: Tensors) -> dict[str, int]:
    """Card values under which fewer tensors differ, best first; one value is changed at a time."""
    changes: dict[str, int] = {}
    left = len(misfits(expected_tensors(card), found))
    trials = MOST_TRIALS
    while left and len(changes) < MOST_CHANGES:
        best: tuple[int, str, int] | None = None
        for name, value in _candidates(_changed(card, changes) or card, found):
            trials -= 1
            other = _changed(card, {**changes, name: value}) if trials >= 0 and name not in changes else None
            count = len(misfits(expected_tensors(other), found)) if other is not None else left
            if count < (best[0] if best else left):
                best = (count, name, value)
        if best is None:
            break
        left, changes = best[0], {**changes, best[1]: best[2]}
    return changes


def _candidates(card: GroundingCard, found: Tensors) -> Iterator[tuple[str, int]]:
    """Sizes that the differing tensors suggest, likelier ones first."""
    wanted = expected_tensors(card)
    pairs: dict[tuple[int, int], int] = {}
    for name in wanted.keys() & found.keys():
        if len(wanted[name][0]) == len(found[name][0]):
            for given, here in zip(wanted[name][0], found[name][0], strict=True):
                if given != here:
                    pairs[given, here] = pairs.get((given, here), 0) + 1
    sizes = {"vocabulary": len(card.vocabulary)}
    sizes |= {name: value for name in _CARD_SIZES if (value := getattr(card, name)) is not None}
    sizes |= {f"net.{size}": getattr(card.net, size) for size in _SIZES if hasattr(card.net, size)}
    for (given, here), _ in sorted(pairs.items(), key=lambda item: (-item[1], item[0])):
        yield from ((name, here) for name, value in sizes.items() if value == given)
    for name, value in sizes.items():
        if name.endswith("layers"):
            yield from ((name, other) for other in range(9) if other != value)


def _changed(card: GroundingCard, changes: Mapping[str, int]) -> GroundingCard | None:
    """The card with other sizes, checked without its words: a card may hold hundreds of thousands."""
    if changes.get("vocabulary", 0) > LARGEST_TRIED_VOCABULARY:
        return None
    stated = card.model_dump(exclude={"vocabulary"}) | {n: v for n, v in changes.items() if n in _CARD_SIZES}
    stated["net"] |= {n.removeprefix("net."): v for n, v in changes.items() if n.startswith("net.")}
    words = card.vocabulary
    if "vocabulary" in changes:
        words += tuple(f"<{n}>" for n in range(len(words), changes["vocabulary"]))
        words = words[: changes["vocabulary"]]
    learned = stated.pop("learned_words", None)
    if len(words) < len(SPECIAL) or (learned is not None and not len(SPECIAL) <= learned < len(words)):
        return None
    few = {"vocabulary": (*SPECIAL, "word"), "learned_words": None if learned is None else len(SPECIAL)}
    try:
        changed = GroundingCard.model_validate(stated | few)
    except ValidationError:
        return None
    return changed.model_copy(update={"vocabulary": words, "learned_words": learned})
