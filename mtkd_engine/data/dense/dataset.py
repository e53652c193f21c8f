"""Samples whose truth is told pixel by pixel: splits, stable ids and a source each, whatever a sample is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DenseSample:
    """One picture or video; `place` is where what is seen of it, and its truth, lie in the dataset's stores."""

    sample_id: str
    source_id: str
    place: int


@dataclass(frozen=True, kw_only=True)
class DenseDataset:
    """A checked dataset: samples by split (train, val, test)."""

    name: str
    splits: dict[str, tuple[DenseSample, ...]]
    content_hash: str
    """The sha256 of what the dataset says, whatever files it lies in; a selected part has one of its own."""
    selected_from: str | None = None
    """The content hash of the whole dataset that this is a part of, None where it is whole."""
    moved_to_test: frozenset[str] = frozenset()
    """The ids of test samples that are train or val samples of the whole dataset."""
    task: str
    kind: str
    """What samples are: masks, gaze or gaze_video."""

    @property
    def whole_hash(self) -> str:
        """The content hash of the dataset as it was registered."""
        return self.selected_from or self.content_hash
