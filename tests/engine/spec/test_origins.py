"""What a spec, and the card of a student, say of the papers behind it."""

from __future__ import annotations

from pathlib import Path

from mtkd_engine.export.modelcard import write_model_card
from mtkd_engine.spec import ClassifierCard
from mtkd_engine.spec.origins import OWN_MEAN, SNAPSHOT, STAGED, STREAMS, TAUGHT_STREAMS, origins_of

STREAMS_OF_TWO = {"data": {"kind": "streams"}, "method": {"kind": "staged"}, "teachers": ["a", "b"]}


def test_only_what_papers_left_open_is_told() -> None:
    assert origins_of({"data": {"kind": "images"}, "method": {"kind": "multi_teacher"}}) == ()
    assert origins_of({}) == ()
    assert origins_of({**STREAMS_OF_TWO, "method": {"kind": "solo"}, "teachers": []}) == (STREAMS,)
    assert origins_of(STREAMS_OF_TWO) == (STAGED, STREAMS, TAUGHT_STREAMS)


def test_what_is_ours_of_teaching_oneself_is_told() -> None:
    assert origins_of({"method": {"kind": "self"}}) == (OWN_MEAN,)
    assert origins_of({"method": {"kind": "self", "teacher": "snapshot"}}) == (SNAPSHOT,)
    assert origins_of({"method": {"kind": "ensemble"}}) == ()
    assert all("our own choice" in sentence for sentence in (OWN_MEAN, SNAPSHOT))


def test_no_sentence_claims_a_table() -> None:
    for sentence in (STAGED, TAUGHT_STREAMS):
        assert " after " in sentence
        assert "not public" in sentence
        assert "our own design" in sentence


def test_the_card_of_a_student_says_whose_idea_it_is(tmp_path: Path) -> None:
    card = ClassifierCard.model_validate(
        {"net": {"family": "cifar_resnet", "depth": 8}, "classes": ["a", "b"]}
    )
    path = write_model_card(
        tmp_path / "MODEL_CARD.md", card=card, result={"spec": STREAMS_OF_TWO}, onnx="none"
    )
    assert f"## Whose idea\n\n- {STAGED}\n- {STREAMS}\n- {TAUGHT_STREAMS}\n" in path.read_text()
    plain = write_model_card(
        tmp_path / "MODEL_CARD.md", card=card, result={"spec": {"name": "x"}}, onnx="none"
    )
    assert "Whose idea" not in plain.read_text()
