"""What a job learns from; torch-free."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mtkd_engine.spec.base import Name, Part


class DataSpec(Part):
    """A dataset by name, and which of its samples take part."""

    dataset: Name = Field(
        min_length=1,
        max_length=300,
        title="Dataset",
        description="Name of a registered dataset (or a folder, for the engine alone).",
    )
    leave_out: tuple[Name, ...] = Field(
        (),
        max_length=20,
        title="Leave out",
        description="Names of selections whose samples are in no split of this job.",
    )
    test_on: Name | None = Field(
        None,
        min_length=1,
        max_length=120,
        title="Test on",
        description="Name of a selection that takes the place of the test split; its sources leave the others.",
    )


class GroundingDataSpec(DataSpec):
    """A dataset of sentences on videos, and how its sentences are read."""

    max_words: int = Field(
        20, ge=4, le=100, title="Words", description="Longer sentences are cut to this many words."
    )
    min_word_count: int = Field(
        1, ge=1, le=100, title="Rarest word", description="Words seen less often in training become <unk>."
    )
    word_vectors: Literal["auto", "learned"] = Field(
        "auto",
        title="Word vectors",
        description="auto: those of the dataset, where it has some; learned: none but what is learned.",
    )
