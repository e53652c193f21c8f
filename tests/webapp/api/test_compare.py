"""Jobs side by side over REST."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from jobs.comparisons import pairs
from jobs.models import Dataset, Group, Job, Membership, Project, Role, User
from jobs.operations.groups import submit_group
from jobs.operations.jobs import submit
from jobs.operations.projects import create_project
from mtkd_engine.spec import parse
from tests.compared_double import ended
from tests.engine_double import TEACHERS
from tests.group_double import ious, of_cell
from tests.webapp.conftest import MakeJob

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/compare/"


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "_kept", pairs._Kept())


@pytest.fixture
def two(make_job: MakeJob) -> tuple[Job, Job]:
    """The second is better at every sample, and larger."""
    worse, better = make_job(taught=True), make_job(taught=True)
    spec = {**better.spec, "optim": {**better.spec["optim"], "epochs": 7}}
    Job.objects.filter(pk=better.pk).update(spec=spec, tags=["nightly"])
    better.refresh_from_db()
    return ended(worse, ious(0.4)), ended(better, ious(0.6, seed=2), parameters=5000)


@pytest.fixture
def group(project: Project, people: dict[str, User], make_job: MakeJob) -> Group:
    document = {
        "name": "study",
        "data": {"dataset": "world"},
        "teachers": TEACHERS,
        "method": {"kind": "emtm"},
        "seeds": [1, 2],
        "ablate": ["kau"],
    }
    made = submit_group(project=project, user=people["editor"], document=document)
    for seed in (1, 2):
        ended(of_cell(made, "", seed), ious(0.6, seed=seed))
        ended(of_cell(made, "kau", seed), ious(0.4, seed=seed))
    return made


def ask(api: APIClient, *jobs: Job, **more: Any) -> Any:
    given = {"jobs": ",".join(str(job.pk) for job in jobs), **more}
    answer = api.get(ADDRESS, given)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_two_jobs_stand_side_by_side(api: APIClient, two: tuple[Job, Job]) -> None:
    worse, better = two
    read = ask(api, better, worse)
    assert [job["id"] for job in read["jobs"]] == [better.pk, worse.pk]
    assert (read["jobs"][0]["tags"], read["jobs"][0]["method"], read["jobs"][0]["has_samples"]) == (
        ["nightly"],
        "emtm",
        True,
    )
    assert read["metrics"] == ["loss/total", "weight/map2d", "weight/span"]
    assert read["spec"]["fields"] == [{"path": "optim.epochs", "values": [7, 20]}]
    assert read["spec"]["same"] > 20
    final = dict(zip(read["final"]["names"], read["final"]["values"], strict=True))
    assert final["student.params"] == [5000.0, 1000.0]
    assert final["test/miou"] == pytest.approx([0.6, 0.4], abs=0.02)
    axes = {axis["name"]: axis for axis in read["axes"]}
    assert (axes["optim.epochs"]["kind"], axes["optim.epochs"]["values"]) == ("parameter", [7.0, 20.0])
    assert (axes["student.params"]["kind"], axes["student.params"]["better"]) == ("cost", "low")
    assert read["is_settled"]


def test_each_job_is_a_cell_that_is_held_against_the_first(api: APIClient, two: tuple[Job, Job]) -> None:
    worse, better = two
    cells = ask(api, worse, better)["cells"]
    assert (cells["metric"], cells["metrics"], cells["reference"]) == (
        "test/miou",
        ["test/miou", "test/r1@0.5"],
        worse.pk,
    )
    first, second = cells["rows"]
    assert (first["is_reference"], first["difference"], first["title"]) == (True, None, worse.name)
    assert second["difference"]["mean"] == pytest.approx(0.2, abs=0.02)
    assert second["difference"]["is_decided"]
    turned = ask(api, worse, better, reference=better.pk, metric="test/r1@0.5")["cells"]
    assert (turned["reference"], turned["metric"]) == (better.pk, "test/r1@0.5")
    assert turned["rows"][0]["difference"]["mean"] < 0


def test_jobs_that_differ_in_the_seed_alone_share_a_cell(api: APIClient, group: Group) -> None:
    read = ask(api, *group.jobs.order_by("-pk"))
    rows = {row["title"]: row for row in read["cells"]["rows"]}
    assert set(rows) == {"reference", "uniform weights"}
    place = read["final"]["names"].index("test/miou")
    assert rows["reference"]["is_reference"]
    assert rows["reference"]["n"][place] == 2
    assert rows["reference"]["sd"][place] is not None
    lost = rows["uniform weights"]["difference"]
    assert (lost["seeds"], lost["is_decided"]) == (2, True)
    assert lost["mean"] == pytest.approx(-0.2, abs=0.02)
    alone = ask(api, of_cell(group, "kau", 1))["cells"]["rows"]
    assert (len(alone), alone[0]["sd"][place]) == (1, None)


def test_jobs_that_still_run_have_no_numbers(api: APIClient, make_job: MakeJob) -> None:
    read = ask(api, make_job(), make_job())
    assert (read["final"], read["is_settled"]) == ({"names": [], "values": []}, False)
    assert [row["difference"] for row in read["cells"]["rows"]] == [None]  # same settings, one cell


def test_what_takes_long_is_left_open_and_there_the_next_time(
    api: APIClient, two: tuple[Job, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.api.compare.QUICK", 0.0)
    read = ask(api, *two, quick=1)
    assert [row["is_comparing"] for row in read["cells"]["rows"]] == [False, True]
    assert not read["is_settled"]
    ask(api, *two)
    assert ask(api, *two, quick=1)["is_settled"]


@pytest.mark.parametrize(
    ("more", "field", "sentence"),
    [
        ({"metric": "val/miou"}, "metric", "accepted is one of test/miou, test/r1@0.5."),
        ({"reference": 10**9}, "reference", "accepted is the id of one of the jobs."),
        ({"reference": "x"}, "reference", "accepted is a whole number"),
        ({"quick": "x"}, "quick", "accepted is 0 or 1."),
        ({"jobs": "1;2"}, "jobs", "accepted are the ids of 1 to 100 jobs"),
        ({"jobs": ",".join(map(str, range(1, 102)))}, "jobs", "accepted are the ids of 1 to 100 jobs"),
    ],
)
def test_what_cannot_be_compared_is_refused_at_its_field(
    api: APIClient, two: tuple[Job, Job], more: dict[str, Any], field: str, sentence: str
) -> None:
    answer = api.get(ADDRESS, {"jobs": f"{two[0].pk},{two[1].pk}", **more})
    assert answer.status_code == 400
    assert sentence in answer.json()["fields"][field]


def test_jobs_of_other_projects_are_compared_by_who_may_see_both(
    api: APIClient, people: dict[str, User], two: tuple[Job, Job]
) -> None:
    elsewhere = create_project(name="Another", user=people["admin"])
    Dataset.objects.create(project=elsewhere, name="world", content_hash="d" * 64)
    foreign = submit(
        project=elsewhere, user=people["admin"], spec=parse({"name": "f", "data": {"dataset": "world"}})
    )
    ended(foreign, ious(0.5))
    address = f"{ADDRESS}?jobs={two[0].pk},{foreign.pk}"
    refusal = api.get(address)
    assert (refusal.status_code, str(foreign.pk) in refusal.json()["detail"]) == (404, True)
    Membership.objects.create(project=elsewhere, user=people["editor"], role=Role.VIEWER)
    read = api.get(address).json()
    assert [job["project"] for job in read["jobs"]] == ["moments", "another"]
    # The same name of a dataset says nothing across projects.
    assert [row["difference"] for row in read["cells"]["rows"]] == [None, None]


def test_a_hundred_jobs_cost_as_many_queries_as_two(
    api: APIClient, make_job: MakeJob, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    jobs = [make_job() for _ in range(100)]
    with django_assert_max_num_queries(11):
        assert len(ask(api, *jobs)["jobs"]) == 100


def test_weights_of_all_jobs_share_one_scale(api: APIClient, two: tuple[Job, Job], make_job: MakeJob) -> None:
    bare = make_job()
    given = ",".join(str(job.pk) for job in (*two, bare))
    read = api.get(f"{ADDRESS}weights/?jobs={given}&columns=5").json()
    assert (read["low"], read["high"], read["last_step"]) == (0.0, 0.75, 19)
    assert read["teachers"] == TEACHERS
    assert [job["id"] for job in read["jobs"]] == [job.pk for job in two]
    values = dict(zip(read["jobs"][0]["teachers"], read["jobs"][0]["values"], strict=True))
    assert values == {"span": [0.25] * 5, "map2d": [0.75] * 5}
    empty = api.get(f"{ADDRESS}weights/?jobs={bare.pk}").json()
    assert (empty["jobs"], empty["high"]) == ([], 1.0)
