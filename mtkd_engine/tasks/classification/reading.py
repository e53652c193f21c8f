"""Whether a network reads what samples are seen as."""

from __future__ import annotations

from mtkd_engine.data.clips.dataset import FeatureDataset
from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.spec import AnyInput
from mtkd_engine.spec.classification.kinds import SEEN_AS, misfit_of

__all__ = ["SEEN_AS", "misread"]


def misread(reads: AnyInput, dataset: LabelledDataset, *, seen_as: str | None = None) -> str | None:
    """This will say in half a sentence why a network cannot read a dataset; None where it can.

    `seen_as` is what a job sees samples as, without it they are seen as the network reads them.
    """
    accepted = SEEN_AS[dataset.kind] if seen_as is None else (seen_as,)
    width = dataset.features.width if isinstance(dataset, FeatureDataset) else None
    return misfit_of(reads, seen_as=accepted, width=width)
