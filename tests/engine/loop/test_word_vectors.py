"""Jobs on a dataset with word vectors: the vectors reach students, their files and the copies of teachers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from mtkd_engine import checkpoint
from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.modelfile import load_model
from mtkd_engine.spec import Spec
from tests.engine.attempts import run

from .conftest import SOLO, WORDS, write_planted

MakeSpec = Callable[..., Spec]
OTHERS = {"alpha": "delta", "beta": "epsilon", "gamma": "zeta"}
LONG = {"epochs": 12, "batch_size": 8, "learning_rate": 5e-3}
SHORT = {**SOLO["optim"], "epochs": 2}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The planted dataset, in whose test split other words say the same; their vectors are alike."""
    base = tmp_path_factory.mktemp("spoken")
    folder = write_planted(base / "planted", videos={"train": 24, "val": 4, "test": 8})
    content = (folder / "test.json").read_text()
    for word, other in OTHERS.items():
        content = content.replace(word, other)
    (folder / "test.json").write_text(content)
    rng = np.random.default_rng(0)
    lines = ["where " + " ".join(f"{value:.4f}" for value in rng.normal(size=10))]
    for word in WORDS:
        vector = rng.normal(size=10)
        for spelled in (word, OTHERS[word]):
            lines.append(
                f"{spelled} " + " ".join(f"{value:.4f}" for value in vector + 0.02 * rng.normal(size=10))
            )
    (folder / "glove.txt").write_text("\n".join(lines) + "\n")
    return base


def train(spec: Spec, *, base: Path, folder: Path, **how: Any) -> Path:
    """The student of an attempt."""
    run(spec, base=base, folder=folder, **how)
    return folder / "artifacts" / "student.safetensors"


def trained_once(spec: Spec, *, base: Path, name: str) -> Path:
    """The student of a job that several tests ask for, trained by the one thread that each test has."""
    path = base / name / "artifacts" / "student.safetensors"
    return path if path.exists() else train(spec, base=base, folder=base / name)


def test_the_dataset_knows_the_words_of_all_splits(base: Path) -> None:
    known = load_dataset(base / "planted").word_vectors
    assert known is not None
    assert set(known.words) == {"where", *WORDS, *OTHERS.values()}


@pytest.fixture
def taught(base: Path, spec_of: MakeSpec) -> Path:
    """A student with the vectors."""
    return trained_once(spec_of(optim=LONG), base=base, name="taught")


def test_a_student_says_in_its_card_which_words_were_given(taught: Path) -> None:
    model, card = load_model(taught)
    assert card.word_width == 10
    assert card.vocabulary[: card.learned_words] == ("<pad>", "<unk>", "is")
    assert set(card.vocabulary[card.learned_words :]) == {"where", *WORDS, *OTHERS.values()}
    given = model.state_dict()["encoder.words.given_GW"]
    place = {word: row for row, word in enumerate(card.vocabulary[card.learned_words :])}
    alike = torch.nn.functional.cosine_similarity(given[place["alpha"]], given[place["delta"]], dim=0)
    assert alike > 0.99


def test_words_that_training_never_saw_are_understood_by_their_vectors(
    base: Path, taught: Path, tmp_path: Path, spec_of: MakeSpec
) -> None:
    spec = spec_of(optim=LONG, data={"dataset": "planted", "word_vectors": "learned"})
    learned = train(spec, base=base, folder=tmp_path)
    assert load_model(learned)[1].word_width is None
    with_vectors, without = (load_model(path)[1].metrics["test/miou"] for path in (taught, learned))
    assert with_vectors > without + 0.1


@pytest.mark.parametrize(
    "net",
    [
        {"family": "map2d", "clips": 8, "width": 8, "map_layers": 1},
        {"family": "proposal", "clips": 16, "width": 8, "layers": 1},
    ],
)
def test_other_families_train_twice_to_the_same_bits(
    base: Path, tmp_path: Path, spec_of: MakeSpec, net: dict[str, object]
) -> None:
    spec = spec_of(student={"net": net}, optim=SHORT)
    first, second = (train(spec, base=base, folder=tmp_path / name) for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    assert load_model(first)[1].word_width == 10


@pytest.fixture
def one(base: Path, spec_of: MakeSpec) -> Path:
    """A student of a shorter job with the vectors."""
    return trained_once(spec_of(optim=SHORT), base=base, name="one")


def test_stop_and_resume_keeps_the_bits_with_given_vectors(
    base: Path, one: Path, tmp_path: Path, spec_of: MakeSpec
) -> None:
    spec = spec_of(optim=SHORT)
    train(spec, base=base, folder=tmp_path, stop_at=7)
    newest = checkpoint.latest(tmp_path / "checkpoint")
    halves = train(spec, base=base, folder=tmp_path, resume=newest)
    assert one.read_bytes() == halves.read_bytes()


def test_copies_of_a_teacher_hold_its_given_vectors_and_a_student_learns_from_them(
    base: Path, one: Path, tmp_path: Path, spec_of: MakeSpec
) -> None:
    two = train(spec_of(seed=2, optim=SHORT), base=base, folder=base / "two")
    spec = spec_of(
        optim=SHORT,
        teachers=[str(path.relative_to(base)) for path in (one, two)],
        method={"kind": "emtm", "folds": 2},
    )
    student = load_file(train(spec, base=base, folder=tmp_path))
    copies = [load_file(path) for path in (base / "cache" / "folds").rglob("*.safetensors")]
    assert len(copies) == 4
    for copy in copies:
        assert torch.equal(copy["encoder.words.given_GW"], student["encoder.words.given_GW"])
