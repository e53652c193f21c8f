from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mtkd_engine.spec import (
    DenseAugmentSpec,
    DenseOptimSpec,
    DenseRecipe,
    DenseStatement,
    FilmInput,
    PictureInput,
    PyramidNet,
    SaliencyCard,
    SegmenterCard,
    is_dense_statement,
)
from mtkd_engine.spec.base import explain

PYRAMID = {"family": "pyramid"}
FILMS = {"family": "conv3d_maps"}


def sentence(kind: Any, given: dict[str, Any], *, subject: str) -> str:
    with pytest.raises(ValidationError) as refused:
        kind.model_validate(given)
    return str(explain(refused.value, subject=subject))


def test_a_card_reads_back_as_it_was_written() -> None:
    recipe = DenseRecipe(
        optim=DenseOptimSpec(), augment=DenseAugmentSpec(), seed=3, dataset_hash="d" * 64, samples=12
    )
    for card in (
        SegmenterCard(net=PyramidNet(), classes=("a", "b"), recipe=recipe),
        SaliencyCard.model_validate({"net": FILMS, "input": {"kind": "film"}}),
    ):
        assert type(card).model_validate_json(card.model_dump_json()) == card


@pytest.mark.parametrize(
    ("net", "reads", "words"),
    [
        (FILMS, {"kind": "picture"}, "input: given an input of kind 'picture', but networks of family"),
        (PYRAMID, {"kind": "film"}, "read kind 'picture'"),
        ({"family": "space_time", "width": 10, "heads": 3}, {"kind": "film"}, "net.heads: given 3"),
        ({"family": "upernet", "backbone": {"model_type": "vit"}}, {}, "accepted are 'convnext'"),
        ({"family": "upernet", "pool_scales": [0]}, {}, "numbers from 1 to 32"),
        ({"family": "pyramid", "width": 2}, {}, "accepted is 4 or more"),
        ({"family": "pyramid", "depth": 2}, {}, "net.depth: this key is not known"),
    ],
)
def test_a_card_that_cannot_be_is_refused_in_a_sentence(
    net: dict[str, Any], reads: dict[str, Any], words: str
) -> None:
    given = {"net": net, "input": {"kind": "picture", **reads}}
    assert words in sentence(SaliencyCard, given, subject="saliency")


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (PictureInput, {"height": 4096, "width": 2048}, "width: given 2048 beside a height of 4096"),
        (FilmInput, {"frames": 64, "height": 1024, "width": 96}, "frames: given 64 of 1024 x 96 pixels"),
        (PictureInput, {"std": [0.1, 0, 0.1]}, "std: given [0.1, 0.0, 0.1], accepted are numbers above 0"),
        (PictureInput, {"mean": [0.5]}, "mean"),
    ],
)
def test_an_input_is_held_to_what_memory_allows(kind: Any, given: dict[str, Any], words: str) -> None:
    assert words in sentence(kind, given, subject="saliency")


def test_a_class_named_twice_is_refused() -> None:
    given = {"net": PYRAMID, "classes": ["sky", "sea", "sky"]}
    assert "given the class 'sky' twice" in sentence(SegmenterCard, given, subject="segmentation")


@pytest.mark.parametrize(
    ("said", "is_dense"),
    [
        ({"task": "segmentation"}, True),
        ({"task": "saliency", "net": None}, True),
        ({"net": {"family": "pyramid"}}, True),
        ({"net": {"family": "cifar_resnet"}}, False),
        ({"task": "classification", "net": {"family": "pyramid"}}, False),
        ({"classes": ["a"]}, False),
    ],
)
def test_what_is_said_tells_its_task(said: dict[str, Any], is_dense: bool) -> None:
    assert is_dense_statement(said) is is_dense


def test_a_statement_takes_the_datasets_classes_where_it_names_none() -> None:
    assert DenseStatement().names(("a", "b")) == ("a", "b")
    assert DenseStatement(classes=("c", "d")).names(("a", "b")) == ("c", "d")
