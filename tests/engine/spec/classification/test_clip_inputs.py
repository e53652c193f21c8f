"""What networks read of clips, as specs: defaults, and refusals of what no memory would hold."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from mtkd_engine.spec.classification.inputs import ClipInput, FeatureInput, StreamsInput

KINDS: dict[str, type[BaseModel]] = {"clip": ClipInput, "streams": StreamsInput, "features": FeatureInput}


@pytest.mark.parametrize("kind", KINDS)
def test_every_input_has_defaults_and_a_word_for_its_kind(kind: str) -> None:
    reads = KINDS[kind]()
    assert KINDS[kind].model_validate_json(reads.model_dump_json()) == reads
    assert reads.model_dump()["kind"] == kind
    with pytest.raises(ValidationError):
        KINDS[kind].model_validate({"kind": "image"})


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_says_what_it_is(kind: str) -> None:
    for field in KINDS[kind].model_fields.values():
        assert field.title
        assert field.description


def test_published_defaults_stand_where_nothing_is_said() -> None:
    assert ClipInput().channels == 3
    assert StreamsInput().segments == 3
    assert StreamsInput().size == ClipInput().size == 112


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        ("clip", {"frames": 65}, "less than or equal to 64"),
        ("clip", {"frames": 64, "size": 512}, "frames: given 64 of 512 pixels a side, accepted are up to 16"),
        ("clip", {"std": [0.2, 0.0, 0.2]}, r"given \[0.2, 0.0, 0.2\], accepted are numbers above 0"),
        ("clip", {"mean": [0.5], "std": [0.5]}, "Field required"),
        ("streams", {"segments": 25, "size": 512}, "segments: given 25 of 512 pixels a side, .* up to 16"),
        ("streams", {"segments": 0}, "greater than or equal to 1"),
        ("features", {"width": 16_385}, "less than or equal to 16384"),
        ("features", {"width": 4096, "frames": 2000}, "frames: given 2000 of width 4096, .* up to 1024"),
    ],
)
def test_what_no_memory_would_hold_is_refused(kind: str, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        KINDS[kind].model_validate(given)
