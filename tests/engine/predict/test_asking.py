"""A student is asked: what fits, what it answers, and how pieces of a long video come together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from mtkd_engine.__main__ import main
from mtkd_engine.data.errors import DataError
from mtkd_engine.modelfile import save_model
from mtkd_engine.nets.grounding import GroundingInputs, SpanOutput
from mtkd_engine.nets.masking import NEG
from mtkd_engine.predict import Video, ask
from mtkd_engine.predict.command import EXTRACTOR_UNKNOWN, predict
from tests.engine.export.networks import WIDTH, card_of, student

SENTENCE = "word1 meets word2"


class _Bright(nn.Module):
    """Starts where the first feature is 1 and ends where the second is; the surer, the higher they are."""

    def forward(self, inputs: GroundingInputs) -> SpanOutput:
        """This will score clips by their own features."""
        start_BL, end_BL = (10.0 * inputs.features_BLD[..., place] for place in (0, 1))
        mask_BL = inputs.clip_mask_BL
        return SpanOutput(start_BL.masked_fill(~mask_BL, NEG), end_BL.masked_fill(~mask_BL, NEG), mask_BL)


def film(rows: int, moments: list[tuple[int, int, float]], *, duration: float | None = None) -> Video:
    """A video of one row a second in which these moments (first, last row, strength) are marked."""
    rows_TD = np.zeros((rows, WIDTH), np.float32)
    for first, last, strength in moments:
        rows_TD[first, 0] = rows_TD[last, 1] = strength
    return Video(rows_TD, duration=float(rows) if duration is None else duration)


def spans(video: Video, *, seconds: float | None, top: int = 3) -> list[tuple[float, float]]:
    """The windows that a student of twelve clips which sees bright marks finds."""
    (answer,) = ask(_Bright(), card_of("span"), video, [SENTENCE], top=top, seconds=seconds)
    return [(window.start, window.end) for window in answer.windows]


def test_a_short_video_is_asked_about_as_a_whole() -> None:
    assert spans(film(10, [(3, 5, 1.0)]), seconds=12.0, top=1) == [(3.0, 6.0)]


def test_windows_of_one_answer_do_not_repeat_each_other() -> None:
    (answer,) = ask(_Bright(), card_of("span"), film(10, [(3, 5, 1.0)]), [SENTENCE], top=5, seconds=None)
    scores = [window.score for window in answer.windows]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[-1] < scores[0] <= 1
    for place, window in enumerate(answer.windows):
        for other in answer.windows[:place]:
            shared = min(window.end, other.end) - max(window.start, other.start)
            union = max(window.end, other.end) - min(window.start, other.start)
            assert shared / union <= 0.5 + 1e-6


def test_a_moment_in_a_long_video_keeps_its_own_seconds() -> None:
    assert spans(film(100, [(57, 59, 1.0)]), seconds=12.0, top=1) == [(57.0, 60.0)]


def test_the_same_moment_is_lost_where_a_long_video_is_squeezed() -> None:
    start, end = spans(film(100, [(57, 59, 1.0)]), seconds=None, top=1)[0]
    assert end - start > 8.0


def test_the_piece_that_is_surest_wins() -> None:
    found = spans(film(100, [(13, 15, 0.6), (80, 83, 1.0)]), seconds=12.0, top=2)
    assert found == [(80.0, 84.0), (13.0, 16.0)]


def test_a_moment_that_two_pieces_see_is_said_once() -> None:
    found = spans(film(36, [(14, 15, 1.0)]), seconds=12.0, top=4)
    assert found.count((14.0, 16.0)) == 1


def test_several_sentences_have_an_answer_each_with_the_words_that_are_unknown() -> None:
    queries = ["word1 WORD2", "a word3, a dragon", "the dragon"]
    answers = ask(_Bright(), card_of("span"), film(40, [(3, 5, 1.0)]), queries, top=2, seconds=12.0)
    assert [answer.query for answer in answers] == queries
    assert [answer.unknown_words for answer in answers] == [(), ("a", "dragon"), ("the", "dragon")]
    assert all(answer.windows[0].start == 3.0 for answer in answers)


@pytest.mark.parametrize("family", ["map2d", "proposal", "regression"])
def test_students_of_other_families_answer_inside_the_video(family: str) -> None:
    torch.manual_seed(1)
    card = card_of(family)
    rows_TD = np.random.default_rng(0).normal(size=(70, WIDTH)).astype(np.float32)
    (answer,) = ask(student(card), card, Video(rows_TD, 35.0), [SENTENCE], top=5, seconds=10.0)
    assert answer.windows
    assert all(0 <= window.start < window.end <= 35.0 for window in answer.windows)


def test_features_of_another_width_are_refused_with_one_sentence() -> None:
    video = Video(np.zeros((5, WIDTH + 2), np.float32), 5.0)
    with pytest.raises(DataError, match=r"^features: given 8 numbers a row, accepted are 6, the width"):
        ask(_Bright(), card_of("span"), video, [SENTENCE], top=1, seconds=None)


@pytest.mark.parametrize("query", ["", " ?! ", "word " * 500])
def test_a_query_without_a_word_or_end_is_refused(query: str) -> None:
    with pytest.raises(DataError, match=r"^query: given"):
        ask(_Bright(), card_of("span"), film(5, []), [query], top=1, seconds=None)


def saved(folder: Path, **known: Any) -> Path:
    """A folder as a job leaves it, with a student that nobody has trained."""
    torch.manual_seed(0)
    card = card_of("span", **known)
    (folder / "artifacts").mkdir(parents=True)
    path = folder / "artifacts" / "student.safetensors"
    save_model(path, parameters=student(card).state_dict(), card=card)
    np.save(folder / "film.npy", np.random.default_rng(0).normal(size=(60, WIDTH)).astype(np.float32))
    return folder


def test_a_student_that_knows_little_of_itself_says_so(tmp_path: Path) -> None:
    job = saved(tmp_path / "job")
    said = predict(job, features=job / "film.npy", queries=[SENTENCE], duration=60.0)
    assert said["piece"] is None
    assert said["notes"][0] == EXTRACTOR_UNKNOWN
    assert "does not know how long its training videos were" in said["notes"][1]
    cut = predict(job, features=job / "film.npy", queries=[SENTENCE], duration=60.0, piece=20.0)
    assert cut["piece"] == 20.0
    assert "windows of 20.0 s" in cut["notes"][1]


def test_a_student_that_knows_its_longest_video_cuts_longer_ones(tmp_path: Path) -> None:
    job = saved(tmp_path / "job", extractor="resnet-50", longest_video=30.0)
    long = predict(job, features=job / "film.npy", queries=[SENTENCE], duration=60.0)
    assert long["piece"] == 30.0
    assert long["notes"][0] == "Features must come from resnet-50."
    short = predict(job, features=job / "film.npy", queries=[SENTENCE], duration=30.0)
    assert (short["piece"], len(short["notes"])) == (None, 1)


def test_the_command_line_prints_or_writes_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = saved(tmp_path / "job")
    given = ["predict", "--student", str(job), "--features", str(job / "film.npy"), "--fps", "2"]
    given += ["--query", SENTENCE, "--query", "word4", "--top", "2"]
    assert main(given) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["video"] == {"duration": 30.0, "rows": 60, "width": WIDTH}
    assert [len(answer["windows"]) for answer in printed["answers"]] == [2, 2]
    assert main([*given, "--report", str(tmp_path / "answer.json")]) == 0
    assert json.loads((tmp_path / "answer.json").read_text()) == printed


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (["--window", "0"], "window: given 0"),
        (["--student", "nowhere"], "nowhere does not exist"),
        (["--student", "."], "no student lies there"),
        (["--features", "nowhere.npy"], "nothing lies there"),
    ],
)
def test_refusals_are_one_sentence_and_exit_2(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    changed: list[str],
    sentence: str,
) -> None:
    job = saved(tmp_path / "job")
    monkeypatch.chdir(tmp_path)
    given = ["predict", "--student", str(job), "--features", str(job / "film.npy"), "--duration", "9"]
    assert main([*given, "--query", SENTENCE, *changed]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert len(said.splitlines()) == 1
