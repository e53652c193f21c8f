"""Labelled samples with splits, stable ids and a source per sample, whatever a sample is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LabelledSample:
    """One sample of one class; `place` is where what is seen of it lies in the dataset's store."""

    sample_id: str
    source_id: str
    label: int
    place: int


@dataclass(frozen=True, kw_only=True)
class LabelledDataset:
    """A checked dataset: class names in their order, samples by split (train, val, test)."""

    name: str
    classes: tuple[str, ...]
    splits: dict[str, tuple[LabelledSample, ...]]
    content_hash: str
    """The sha256 of what the dataset says, whatever files it lies in; a selected part has one of its own."""
    selected_from: str | None = None
    """The content hash of the whole dataset that this is a part of, None where it is whole."""
    moved_to_test: frozenset[str] = frozenset()
    """The ids of test samples that are train or val samples of the whole dataset."""
    task: str = "classification"
    kind: str = "images"
    """What samples are: images, clips or features."""

    @property
    def whole_hash(self) -> str:
        """The content hash of the dataset as it was registered."""
        return self.selected_from or self.content_hash
