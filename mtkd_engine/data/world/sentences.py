"""How a deed is told: verbs, names, order words, each with paraphrases."""

from collections.abc import Sequence

import numpy as np

from mtkd_engine.data.world.cast import Action, Actor, Deed, Query

_VERBS: dict[Action, tuple[str, ...]] = {
    "right": ("crosses to the right", "moves right"),
    "left": ("crosses to the left", "moves left"),
    "jump": ("jumps", "hops"),
    "spin": ("spins", "turns around"),
    "grow": ("grows", "gets bigger"),
    "shrink": ("shrinks", "gets smaller"),
    "blink": ("blinks", "flashes"),
}
_STOPS: dict[Action, str] = {
    "right": "stops moving right",
    "left": "stops moving left",
    "jump": "stops jumping",
    "spin": "stops spinning",
    "grow": "stops growing",
    "shrink": "stops shrinking",
    "blink": "stops blinking",
}
_PLAIN = ("{deed}", "the moment when {deed}", "{deed} once")
_ORDINAL = ("{deed} for the {ordinal} time", "the {ordinal} time {deed}")
_RELATIVE = ("{word} {anchor}, {deed}", "{deed} {word} {anchor}")


def phrase_queries(
    rng: np.random.Generator, *, actors: Sequence[Actor], deeds: Sequence[Deed]
) -> tuple[Query, ...]:
    """Tell each deed once; a deed that occurs twice is told with the order word that singles it out."""
    queries = []
    for index, deed in enumerate(deeds):
        same = [i for i, d in enumerate(deeds) if (d.actor, d.action) == (deed.actor, deed.action)]
        teller = _Teller(rng, actors, deeds)
        if len(same) == 1:
            sentence = teller.one_of(_PLAIN).format(deed=teller.deed(deed))
            queries.append(Query(deed=index, kind="plain", sentence=sentence))
        else:
            queries.append(teller.ordered(index, early=same[0], late=same[1]))
    return tuple(queries)


class _Teller:
    def __init__(self, rng: np.random.Generator, actors: Sequence[Actor], deeds: Sequence[Deed]) -> None:
        self._rng, self._actors, self._deeds = rng, actors, deeds

    def one_of(self, options: Sequence[str]) -> str:
        return options[int(self._rng.integers(len(options)))]

    def ordered(self, index: int, *, early: int, late: int) -> Query:
        deed, other = self._deeds[index], early if index == late else late
        if self._rng.random() < 0.5:
            ordinal = self.one_of(_ORDINAL)
            if index == early:
                sentence = ordinal.format(deed=self.deed(deed), ordinal="first")
                return Query(deed=index, kind="first", sentence=sentence, other=other)
            sentence = ordinal.format(deed=self.deed(deed), ordinal="second")
            return Query(deed=index, kind="second", sentence=sentence, other=other)
        anchor = int(self._rng.integers(early + 1, late))
        template = self.one_of(_RELATIVE)
        if index == early:
            told = template.format(word="before", deed=self.deed(deed), anchor=self.deed(self._deeds[anchor]))
            return Query(deed=index, kind="before", sentence=told, anchor=anchor, other=other)
        told = template.format(word="after", deed=self.deed(deed), anchor=self._end_of(anchor))
        return Query(deed=index, kind="after", sentence=told, anchor=anchor, other=other)

    def deed(self, deed: Deed) -> str:
        return f"{self._name(deed.actor)} {self.one_of(_VERBS[deed.action])}"

    def _end_of(self, anchor: int) -> str:
        deed = self._deeds[anchor]
        if sum(d.actor == deed.actor for d in self._deeds) == 1:
            return f"{self._name(deed.actor)} stops"
        return f"{self._name(deed.actor)} {self.one_of([_STOPS[deed.action], *_VERBS[deed.action]])}"

    def _name(self, index: int) -> str:
        actor = self._actors[index]
        names = [f"the {actor.colour} {actor.shape}"] * 2
        names.append(f"the {actor.colour} shape")
        if sum(a.shape == actor.shape for a in self._actors) == 1:
            names.append(f"the {actor.shape}")
        return self.one_of(names)
