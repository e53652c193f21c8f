"""Which samples one of two jobs won, over REST."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.models import Artifact, Blob, Dataset, Job
from tests.compared_double import ended
from tests.webapp.conftest import MakeJob

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/compare/samples/"
OWN = [0.9, 0.5, 0.2, 0.5, 0.7, 0.0]
OTHER = [0.1, 0.5, 0.8, 0.4, 0.5, 0.0]
SENTENCES = [f"a person opens door {number}" for number in range(6)]


@pytest.fixture
def two(make_job: MakeJob) -> tuple[Job, Job]:
    """The tables of the two are in different orders, and one knows a sample more."""
    own = ended(make_job(), OWN, sentence=[*SENTENCES, "of val"])
    turned = ["s5", "s4", "s3", "s2", "s1", "s0", "of-val"]
    return own, ended(make_job(), OTHER[::-1], sample_id=turned)


def ask(api: APIClient, *jobs: Job, **more: Any) -> Any:
    answer = api.get(ADDRESS, {"jobs": ",".join(str(job.pk) for job in jobs), **more})
    assert answer.status_code == 200, answer.content
    return answer


def test_samples_are_joined_by_their_ids_and_the_largest_gain_comes_first(
    api: APIClient, two: tuple[Job, Job]
) -> None:
    read = ask(api, *two).json()
    assert (read["total"], read["won"], read["lost"], read["equal"]) == (6, 3, 1, 2)
    assert [sample["sample_id"] for sample in read["samples"]] == ["s0", "s4", "s3", "s1", "s5", "s2"]
    best = read["samples"][0]
    assert (best["gain"], best["own"]["iou"], best["other"]["iou"]) == (pytest.approx(0.8), 0.9, 0.1)
    assert (best["sentence"], best["source"], best["split"]) == (SENTENCES[0], "v0", "test")
    assert best["own"]["inspect"] == f"/jobs/{two[0].pk}/samples/0/"
    assert best["other"]["inspect"] == f"/jobs/{two[1].pk}/samples/5/"
    assert (best["own"]["start"], best["duration"]) == (None, None)
    assert read["difference"]["mean"] == pytest.approx(sum(OWN) / 6 - sum(OTHER) / 6)
    assert sum(read["histogram"]["counts"]) == 6
    assert (read["histogram"]["edges"][0], read["histogram"]["edges"][-1]) == (-1.0, 1.0)
    assert read["splits"] == ["test", "val"]


def test_the_other_way_round_gains_are_losses(api: APIClient, two: tuple[Job, Job]) -> None:
    read = ask(api, two[1], two[0]).json()
    assert (read["own"], read["won"], read["lost"]) == (two[1].pk, 1, 3)
    assert read["samples"][0]["sample_id"] == "s2"
    lost = ask(api, *two, sort="gain").json()["samples"]
    assert lost[0]["sample_id"] == "s2"
    assert ask(api, *two, sort="-other").json()["samples"][0]["sample_id"] == "s2"


def test_pages_follow_each_other(api: APIClient, two: tuple[Job, Job]) -> None:
    answer = ask(api, *two, limit=4)
    seen = [sample["sample_id"] for sample in answer.json()["samples"]]
    link = answer["Link"].partition(">")[0].lstrip("<")
    rest = api.get(link)
    assert "Link" not in rest
    assert [*seen, *(sample["sample_id"] for sample in rest.json()["samples"])] == [
        *("s0", "s4", "s3", "s1", "s5", "s2")
    ]
    changed = api.get(link.replace("sort=-gain", "").replace("jobs=", "sort=gain&jobs="))
    assert (changed.status_code, list(changed.json()["fields"])) == (400, ["cursor"])


def test_words_and_splits_choose_samples(api: APIClient, two: tuple[Job, Job]) -> None:
    read = ask(api, *two, q="DOOR 4").json()
    assert ([sample["sample_id"] for sample in read["samples"]], read["difference"]) == (["s4"], None)
    assert ask(api, *two, source="v1").json()["total"] == 3
    assert ask(api, *two, split="val").json()["total"] == 1
    assert ask(api, *two, split="all").json()["total"] == 7


@pytest.mark.parametrize(
    ("more", "field"), [({"sort": "size"}, "sort"), ({"split": "x"}, "split"), ({"limit": "0"}, "limit")]
)
def test_what_cannot_be_is_refused_at_its_field(
    api: APIClient, two: tuple[Job, Job], more: dict[str, str], field: str
) -> None:
    answer = api.get(ADDRESS, {"jobs": f"{two[0].pk},{two[1].pk}", **more})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_it_takes_two_jobs_on_the_same_samples(
    api: APIClient, two: tuple[Job, Job], make_job: MakeJob
) -> None:
    answer = api.get(ADDRESS, {"jobs": str(two[0].pk)})
    assert "given 1, accepted are two jobs." in answer.json()["fields"]["jobs"]
    other = Dataset.objects.create(project=two[0].project, name="kitchens", content_hash="e" * 64)
    Job.objects.filter(pk=two[1].pk).update(dataset=other)
    answer = api.get(ADDRESS, {"jobs": f"{two[0].pk},{two[1].pk}"})
    assert f"job {two[1].pk} on kitchens" in answer.json()["fields"]["jobs"]
    bare = make_job()
    answer = api.get(ADDRESS, {"jobs": f"{two[0].pk},{bare.pk}"})
    assert (answer.status_code, f"Job {bare.pk} left no table" in answer.json()["detail"]) == (404, True)


def test_a_table_that_is_gone_is_said_in_a_sentence(api: APIClient, two: tuple[Job, Job]) -> None:
    lost = Blob.objects.create(sha256="f" * 64, size=10, touched_at=timezone.now())
    Artifact.objects.filter(job=two[1]).update(blob=lost)
    answer = api.get(ADDRESS, {"jobs": f"{two[0].pk},{two[1].pk}"})
    assert answer.status_code == 404
    assert f"of job {two[1].pk}" in answer.json()["detail"]
