"""Small networks of three substages, random images, teachers beside a student, and a method around them.

Shape suffixes: N samples, B of a batch, T teachers, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mtkd_engine.aggregators.classification import ClassSignals
from mtkd_engine.aggregators.registry import build_for_classes
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.evaluation.classification.asking import beliefs_on
from mtkd_engine.methods.classification.multi_teacher import Held
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.methods.classification.staged.cuts import Cut, Tutor
from mtkd_engine.methods.classification.staged.method import Staged
from mtkd_engine.methods.classification.staged.plan import plan_of
from mtkd_engine.methods.classification.staged.pseudo import PseudoLabels
from mtkd_engine.methods.classification.staged.sources import Sources
from mtkd_engine.methods.classification.staged.terms import Observed, SubstageTerms
from mtkd_engine.nets.classification import Classifier
from mtkd_engine.spec import AnyInput, ImageInput
from mtkd_engine.spec.classification.staged import StagedSpec
from mtkd_engine.tasks.classification.batches import CLEAN, ClassBatch, Mixed, Shared
from mtkd_engine.tasks.classification.belief import belief
from mtkd_engine.tasks.classification.classmap import ClassMap
from mtkd_engine.tasks.classification.draws import Whole
from mtkd_engine.tasks.classification.inputs import to_input
from mtkd_engine.tasks.classification.splits.base import ClassSplit

CLASSES, SIZE, SAMPLES = 4, 8, 48
READS = ImageInput(size=SIZE)
NAMES = tuple("abcd")


class Small(Classifier):
    """A stem and three substages of one convolution, with statistics that must not move unasked."""

    def __init__(self, widths: Sequence[int] = (4, 6, 8), *, classes: int = CLASSES) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, widths[0], 3, padding=1, bias=False), nn.BatchNorm2d(widths[0])
        )
        given = (widths[0], *widths)
        self.stages = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(given[place], width, 3, padding=1, stride=1 if place == 0 else 2, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            )
            for place, width in enumerate(widths)
        )
        self.linear = nn.Linear(widths[-1], classes)
        self.feature_width = widths[-1]

    def features(self, images_BCHW: Tensor) -> Tensor:
        """This will give the mean of the last maps."""
        return self.features_from(0, self.stem(images_BCHW))

    def head(self, features_BF: Tensor) -> Tensor:
        """This will give the logits."""
        logits_BC: Tensor = self.linear(features_BF)
        return logits_BC

    def stage_paths(self) -> tuple[str, ...]:
        """This will name the substages."""
        return tuple(f"stages.{place}" for place in range(len(self.stages)))

    def features_from(self, k: int, maps: Tensor, given: Any = None) -> Tensor:
        """This will give the features of maps after substage k."""
        for stage in self.stages[k:]:
            maps = stage(maps)
        return maps.mean(dim=(2, 3))


class Pictures(ClassSplit):
    """What is shared of some samples, by default coloured noise; `labels` are the true classes, whoever knows them."""

    def __init__(
        self,
        labels: Sequence[int],
        *,
        name: str = "train",
        labelled: Sequence[bool] | None = None,
        shared: Shared | None = None,
        mixes: bool = False,
    ) -> None:
        samples = [LabelledSample(f"{name} {n}", f"{n}", label, n) for n, label in enumerate(labels)]
        kept = None if labelled is None else np.array(labelled, np.bool_)
        super().__init__(samples, name=name, augment=None, seed=0, labelled_N=kept)
        self.shared: Any = coloured(len(labels)) if shared is None else shared
        self._mixes = mixes

    def _clean(self, rows_B: Whole) -> Shared:
        places_B = torch.from_numpy(rows_B)
        if isinstance(self.shared, Tensor):
            return self.shared[places_B]
        parts: Shared = type(self.shared)(*(part[places_B] for part in self.shared))
        return parts

    def _varied(self, view: int, rows_B: Whole) -> tuple[Shared, Tensor, Mixed | None]:
        raise AssertionError("these have no other views")

    def batch(self, indices: Sequence[int], *, epoch: int = 0) -> ClassBatch:
        """Each sample as it is, or mixed with the one seven places on, of which it keeps more."""
        own = self.at_view(CLEAN, indices)
        if not self._mixes:
            return own
        other = self.at_view(CLEAN, [(place + 7) % len(self) for place in indices])
        share_B = torch.linspace(0.6, 1.0, len(own.labels_B))
        shared = torch.lerp(other.images_BCHW.float(), own.images_BCHW.float(), share_B.view(-1, 1, 1, 1))
        return replace(
            own,
            inputs=shared,
            views_B=own.views_B + 1,
            mixed=Mixed(other.labels_B, share_B, other.labelled_B),
        )


def coloured(samples: int) -> Tensor:
    """Of a colour each: networks that have learned nothing say the same of all that is mere noise."""
    generator = torch.Generator().manual_seed(samples)
    colours = torch.rand(samples, 3, 1, 1, generator=generator)
    noise = torch.rand(samples, 3, SIZE, SIZE, generator=generator)
    return (200 * colours + 55 * noise).to(torch.uint8)


class Masters:
    """Teachers that run beside the student: a `TappedSource`."""

    def __init__(self, nets: Sequence[Classifier], *, reads: AnyInput = READS) -> None:
        self.names = [f"teacher {t}" for t in range(len(nets))]
        self.tutors = [
            Tutor(name=name, cut=Cut.of(net), reads=reads, temperature=1.5, classes=same_classes())
            for name, net in zip(self.names, nets, strict=True)
        ]
        self._sights = [Sight(tutor.cut.net, reads, paths=tutor.cut.paths) for tutor in self.tutors]

    def signals(self, batch: ClassBatch) -> ClassSignals:
        return self.look(batch)[0]

    def look(self, batch: ClassBatch) -> tuple[ClassSignals, Sequence[Mapping[str, Tensor]]]:
        with torch.no_grad():
            seen = [sight.look(batch.inputs) for sight in self._sights]
        said = [belief(one.logits_BC, temperature=1.5, classes=same_classes()) for one in seen]
        return ClassSignals(torch.stack(said), self.names), [one.taps for one in seen]


def same_classes() -> ClassMap:
    return ClassMap.of(NAMES, NAMES)


def small(seed: int, widths: Sequence[int] = (4, 6, 8)) -> Small:
    """A network with statistics as if it had been trained."""
    torch.manual_seed(seed)
    net = Small(widths)
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
        nn.init.uniform_(norm.weight, 0.7, 1.3)
    with torch.no_grad():
        net.train()(to_input(coloured(32), READS))
    for norm in norms:
        norm.momentum = 0.1
    nn.init.normal_(net.linear.weight, std=2.0)
    return net


def teachers() -> Masters:
    """One as wide as the student, and a wider one."""
    return Masters([small(1), small(2, (5, 7, 12))])


def true_labels() -> list[int]:
    return [(7 * n + 3) % CLASSES for n in range(SAMPLES)]


def apprentice(
    spec: StagedSpec | None = None,
    *,
    labels: Sequence[int] | None = None,
    labelled: Sequence[bool] | None = None,
    epochs: int = 8,
    masters: Masters | None = None,
    student: Classifier | None = None,
    reads: AnyInput = READS,
    splits: tuple[Pictures, Pictures] | None = None,
) -> tuple[Staged, Pictures]:
    """A student in its first stage, and the split that it learns from; `splits` are train and val."""
    spec, masters = spec or StagedSpec(), masters or teachers()
    student = student or small(3)
    own_splits = (
        Pictures(labels or true_labels(), labelled=labelled),
        Pictures([0, 1, 2, 3, 0, 1], name="val"),
    )
    train, val = splits or own_splits
    torch.manual_seed(4)
    own = Cut.of(student)
    substages = SubstageTerms(own, masters.tutors, temperature=spec.temperature)
    substages.begin(reads, masters, train.at_view(-1, range(12)))
    aggregator = build_for_classes(
        spec.aggregator,
        teachers=len(masters.names),
        classes=CLASSES,
        feature_width=student.feature_width,
        temperature=spec.temperature,
    )
    pseudo = None
    if labelled is not None and spec.pseudo.enabled:
        pseudo = PseudoLabels(spec.pseudo, labelled_N=torch.tensor(list(labelled)), classes=CLASSES)
    method = Staged(
        Sight(student, reads, paths=own.paths),
        spec=spec,
        plan=plan_of(spec, substages=len(own), epochs=epochs),
        substages=substages,
        aggregator=aggregator,
        learner=None,
        sources=Sources(signals=masters, tapped=masters),
        held=Held(val=val, signals=beliefs_on(masters, val), probe_rows=[0, 1]),
        pseudo=pseudo,
        labels_N=train.labels_N,
        clean=lambda rows: train.at_view(CLEAN, rows),
    )
    return method, train


def observed(method: Staged, batch: ClassBatch, weights_BT: Tensor) -> Observed:
    """What the method sees of a batch, under chosen weights."""
    signals, taps = method._tapped.look(batch)
    return Observed(batch, method._sight.look(batch.inputs), taps, signals, weights_BT)


def some_labelled(share: int = 4) -> list[bool]:
    """Every fourth sample, or whatever is said, has a label."""
    return [n % share == 0 for n in range(SAMPLES)]
