"""The page on which a student is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jobs.models import Job, Prediction, PredictionState, Project, State, User
from tests.jobs.asking_students import a_finished_job, a_sealed_dataset

ANSWER: dict[str, Any] = {
    "video": {"duration": 20.0, "rows": 20, "width": 8},
    "notes": ["The student does not know which extractor made its features."],
    "answers": [
        {
            "query": "x",
            "windows": [
                {"start": 2.0, "end": 7.0, "score": 0.612},
                {"start": 11.0, "end": 12.5, "score": 0.2},
            ],
            "unknown_words": ["<dragon>"],
        }
    ],
}


@pytest.fixture
def asked_job(
    project: Project, people: dict[str, User], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Job:
    monkeypatch.setattr("jobs.operations.predictions.ring", lambda queue: None)
    dataset = a_sealed_dataset(project, tmp_path / "sealed")
    return a_finished_job(project, user=people["editor"], dataset=dataset, folder=tmp_path)


def address(job: Job, query: str = "") -> str:
    return f"/jobs/{job.pk}/prediction/{query}"


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def question(job: Job, **changes: Any) -> Prediction:
    """A question that somebody has asked about the first sample."""
    given: dict[str, Any] = {
        "sentence": "person 0 opens the door",
        "asked": {"row": 0, "video": "v0", "duration": 20.0},
    }
    return Prediction.objects.create(job=job, **(given | changes))


def test_the_job_leads_to_it_once_there_is_a_student(viewer: Client, asked_job: Job) -> None:
    link = f'href="{address(asked_job)}"'
    assert link in page(viewer, f"/jobs/{asked_job.pk}/")
    Job.objects.filter(pk=asked_job.pk).update(state=State.FAILED)
    assert link not in page(viewer, f"/jobs/{asked_job.pk}/")
    assert "There is no student to ask" in page(viewer, address(asked_job))


def test_the_first_sample_of_test_is_picked_and_others_are_offered(editor: Client, asked_job: Job) -> None:
    text = page(editor, address(asked_job))
    assert 'value="person 6 opens the door"' in text
    assert "1</span> of test" not in text
    assert "of test" in text
    found = page(editor, address(asked_job, "?row=2&q=person+6"))
    assert 'value="person 2 opens the door"' in found
    assert 'href="?row=6&amp;q=person%206"' in found
    assert "Nothing found" in page(editor, address(asked_job, "?q=nobody"))


@pytest.mark.parametrize(
    "query", ["?row=99", "?row=x", "?asked=x", "?asked=-1", "?q=%00", "?row=" + "9" * 30]
)
def test_an_address_that_means_nothing_shows_a_page(editor: Client, asked_job: Job, query: str) -> None:
    page(editor, address(asked_job, query))


def test_a_viewer_sees_the_page_but_asks_nothing(viewer: Client, asked_job: Job) -> None:
    text = page(viewer, address(asked_job))
    assert "Find the moment" not in text
    assert "Asking needs the role of an editor" in text
    assert viewer.post(address(asked_job), {"sentence": "a door", "row": "0"}).status_code == 403
    assert not Prediction.objects.exists()


def test_a_question_about_a_sample_is_taken_on(
    editor: Client, asked_job: Job, people: dict[str, User]
) -> None:
    answer = editor.post(address(asked_job), {"sentence": "a door opens", "row": "2"})
    made = Prediction.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, address(asked_job, f"?asked={made.pk}"))
    assert (made.sentence, made.asked["row"], made.user) == ("a door opens", 2, people["editor"])


def test_what_was_searched_for_is_still_there_with_the_answer(editor: Client, asked_job: Job) -> None:
    searched = page(editor, address(asked_job, "?q=the+door"))
    assert f'action="{address(asked_job, "?q=the%20door")}"' in searched
    answer = editor.post(address(asked_job, "?q=the%20door"), {"sentence": "a door opens", "row": "2"})
    made = Prediction.objects.get()
    assert answer["Location"] == address(asked_job, f"?asked={made.pk}&q=the+door")


def test_a_question_about_a_file_is_taken_on(editor: Client, asked_job: Job) -> None:
    file = SimpleUploadedFile("film.npy", b"rows")
    given = {"file-sentence": "a door opens", "file-features": file, "file-fps": "2"}
    assert editor.post(address(asked_job), given).status_code == 302
    made = Prediction.objects.get()
    assert made.asked == {"file": "film.npy", "fps": 2.0}
    again = page(editor, address(asked_job, f"?asked={made.pk}"))
    assert "try-own" in again
    assert "No samples can be picked" not in again
    assert 'value="2.0"' in again


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sentence": "?!", "row": "0"}, "accepted is a sentence"),
        ({"sentence": "", "row": "0"}, "This field is required"),
        ({"sentence": "a door", "row": "99"}, "accepted is a row from 0 to 6"),
        ({"file-sentence": "a door", "file-fps": "1"}, "This field is required"),
    ],
)
def test_a_refusal_stands_at_its_field(
    editor: Client, asked_job: Job, given: dict[str, str], said: str
) -> None:
    answer = editor.post(address(asked_job), given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Prediction.objects.exists()


def test_a_length_that_cannot_be_is_refused_in_our_words(editor: Client, asked_job: Job) -> None:
    file = SimpleUploadedFile("film.npy", b"rows")
    given = {"file-sentence": "a door", "file-features": file, "file-duration": "-4"}
    answer = editor.post(address(asked_job), given)
    assert answer.status_code == 422
    assert "Given -4, accepted is a number above 0, up to 604,800." in answer.content.decode()


def test_a_file_of_another_kind_is_refused_where_it_was_given(editor: Client, asked_job: Job) -> None:
    file = SimpleUploadedFile("film.zip", b"rows")
    answer = editor.post(
        address(asked_job), {"file-sentence": "a door", "file-features": file, "file-duration": "9"}
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "accepted is a file that ends in .npy" in text
    assert '<details class="card try-own" open>' in text


def test_while_a_question_waits_the_page_asks_again(viewer: Client, asked_job: Job) -> None:
    made = question(asked_job)
    part = page(viewer, address(asked_job, f"?asked={made.pk}&part=answer"))
    assert 'data-again="1"' in part
    assert "<html" not in part
    assert ">Waiting for a worker</p>" in part
    Prediction.objects.update(state=PredictionState.WORKING)
    assert "The student looks at the video" in page(
        viewer, address(asked_job, f"?asked={made.pk}&part=answer")
    )


def test_an_answer_shows_windows_best_first_beside_the_truth(viewer: Client, asked_job: Job) -> None:
    made = question(asked_job, state=PredictionState.ANSWERED, answer=ANSWER)
    text = page(viewer, address(asked_job, f"?asked={made.pk}"))
    assert "data-again" not in text
    assert text.index("2.0–7.0 s") < text.index("11.0–12.5 s")
    assert "61.2 %" in text
    assert "True moment" in text
    assert "0.0–4.5 s" in text
    assert "&lt;dragon&gt;" in text
    assert "does not know which extractor" in text
    assert "data-values=" in text


def test_the_truth_of_another_sentence_is_not_shown(viewer: Client, asked_job: Job) -> None:
    made = question(asked_job, state=PredictionState.ANSWERED, answer=ANSWER, sentence="a dog barks")
    assert "True moment" not in page(viewer, address(asked_job, f"?asked={made.pk}"))


@pytest.mark.parametrize(
    ("state", "title"), [("refused", "The student cannot answer that."), ("failed", "There is no answer.")]
)
def test_what_went_wrong_is_told(viewer: Client, asked_job: Job, state: str, title: str) -> None:
    made = question(asked_job, state=state, error="features: <b>too</b> wide.")
    text = page(viewer, address(asked_job, f"?asked={made.pk}"))
    assert title in text
    assert "&lt;b&gt;too" in text


def test_a_question_of_another_job_is_not_shown(viewer: Client, asked_job: Job, job: Job) -> None:
    other = question(job, sentence="somebody else's secret")
    assert "secret" not in page(viewer, address(asked_job, f"?asked={other.pk}"))
