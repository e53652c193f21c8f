"""From a GroundingSpec to everything the loop needs."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import nn

from mtkd_engine.aggregators import build as build_aggregator
from mtkd_engine.cache.beliefs import Faculty
from mtkd_engine.data.dataset import Dataset, Sample
from mtkd_engine.evaluation.lessons import decoded_as_on
from mtkd_engine.evaluation.targets import best_of_each
from mtkd_engine.methods.base import Method
from mtkd_engine.methods.emtm import Emtm
from mtkd_engine.methods.solo import Solo
from mtkd_engine.methods.twin import Twin
from mtkd_engine.nets.grounding.span import SpanModel
from mtkd_engine.nets.registry import build_for
from mtkd_engine.seeding import derived_seed
from mtkd_engine.spec import EmtmSpec, GroundingCard, GroundingSpec, Recipe, SpanNet
from mtkd_engine.tasks.grounding.batches import Batch, SplitData
from mtkd_engine.tasks.grounding.collate import Collator
from mtkd_engine.tasks.grounding.scale import fit_feature_scale
from mtkd_engine.tasks.grounding.words import choose_words, fit_word_vectors


@dataclass(frozen=True)
class Job:
    """A job ready to run: what is trained, on what, and what the student will say about itself."""

    method: Method[Batch]
    student: nn.Module
    card: GroundingCard
    splits: dict[str, SplitData]
    faculties: dict[str, Faculty]
    probe: list[Sample] = field(default_factory=list)


def build_job(spec: GroundingSpec, *, dataset: Dataset, faculties: dict[str, Faculty], device: str) -> Job:
    """This will build student, method and splits; parameters come from torch's global generator."""
    card = _card(spec, dataset=dataset)
    student = build_for(card)
    fit_word_vectors(student, card=card, vectors=dataset.word_vectors)
    features = dataset.needed_features()
    fit_feature_scale(student, samples=dataset.splits["train"], features=features)
    collator = Collator.of(card, features)
    splits = {name: SplitData(samples, collator, device=device) for name, samples in dataset.splits.items()}
    if faculties:
        faculties = decoded_as_on(faculties, splits["train"].samples, split="train", seed=spec.seed)
    probe = _probe(spec, dataset.splits["val"]) if faculties else []
    method = _method(spec, student, faculties=faculties, splits=splits, probe=probe).to(device)
    return Job(
        method=method,
        student=student,
        card=card,
        splits=splits,
        faculties=faculties,
        probe=probe,
    )


def _card(spec: GroundingSpec, *, dataset: Dataset) -> GroundingCard:
    train = dataset.splits["train"]
    alone = spec.method.kind == "solo"
    recipe = Recipe(
        optim=spec.optim,
        seed=spec.seed,
        dataset_hash=dataset.whole_hash,
        samples=len(train),
        measure_every=spec.evaluation.every_epochs,
    )
    vocabulary = choose_words(
        (sample.sentence for sample in train),
        min_count=spec.data.min_word_count,
        vectors=dataset.word_vectors if spec.data.word_vectors == "auto" else None,
    )
    return GroundingCard(
        net=spec.student.net,
        feature_width=dataset.needed_features().width,
        max_words=spec.data.max_words,
        vocabulary=vocabulary.words,
        learned_words=vocabulary.learned,
        word_width=vocabulary.width,
        extractor=dataset.extractor.name if dataset.extractor else None,
        longest_video=max(sample.duration for sample in train),
        # A distilled student is no recipe from labels alone: copies of it could not be trained the same way.
        recipe=recipe if alone else None,
    )


def _probe(spec: GroundingSpec, samples: tuple[Sample, ...]) -> list[Sample]:
    generator = torch.Generator().manual_seed(derived_seed("probe", spec.seed))
    chosen = torch.randperm(len(samples), generator=generator)[: spec.evaluation.probe_samples]
    return [samples[index] for index in sorted(chosen.tolist())]


def _method(
    spec: GroundingSpec,
    student: nn.Module,
    *,
    faculties: dict[str, Faculty],
    splits: dict[str, SplitData],
    probe: list[Sample],
) -> Method[Batch]:
    if not isinstance(spec.method, EmtmSpec):
        return Solo(student, val=splits["val"])
    assert isinstance(student, SpanModel)
    net = spec.student.net
    assert isinstance(net, SpanNet)
    isomorphic = spec.method.isomorphic
    twin = Twin(net, isomorphic, student=student.encoder) if isomorphic.enabled else None
    aggregator = build_aggregator(
        spec.method.aggregator, teachers=len(faculties["train"].names), feature_width=net.width
    )
    aggregator.told(torch.tensor(teachers_miou(faculties["val"], splits["val"])))
    return Emtm(
        student,
        twin=twin,
        aggregator=aggregator,
        spec=spec.method,
        faculties=faculties,
        splits=splits,
        probe_ids=[sample.sample_id for sample in probe],
    )


def teachers_miou(faculty: Faculty, split: SplitData) -> list[float]:
    """This will measure each teacher's best windows on a split: mIoU in 0..1, in the order of their names."""
    windows_TN2, _ = best_of_each(faculty, split.samples)
    return [split.score(windows_N2).values["miou"] for windows_N2 in windows_TN2]
