from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from jobs.models import Baseline, Dataset, FinalMetric, Group, Job, Project, Teacher, User
from jobs.operations.jobs import submit
from jobs.operations.lifecycle import delete_job
from jobs.operations.projects import create_project
from jobs.queries.table.columns import DEFAULT, OF_ROW, column_of, columns_of
from jobs.queries.table.exports import table_csv
from jobs.queries.table.offered import spec_paths_in
from jobs.queries.table.query import read_query
from jobs.queries.table.rows import Row, order_of, rows_after
from mtkd_engine.spec import parse
from tests.cheaper import rows_of_many_tests

Find = Callable[..., list[str]]


@dataclass(frozen=True)
class World:
    """The rows of all tests here, by their numbers: each test looks them up itself."""

    user: int
    project: int
    dataset: int
    jobs: dict[str, int]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with rows_of_many_tests(django_db_blocker, make_world) as made:
        yield made


@pytest.fixture
def user(world: World, db: None) -> User:
    return User.objects.get(pk=world.user)


@pytest.fixture
def project(world: World, db: None) -> Project:
    return Project.objects.get(pk=world.project)


@pytest.fixture
def dataset(world: World, db: None) -> Dataset:
    return Dataset.objects.get(pk=world.dataset)


@pytest.fixture
def jobs(world: World, db: None) -> dict[str, Job]:
    found = Job.objects.in_bulk(world.jobs.values())
    return {name: found[number] for name, number in world.jobs.items()}


def make_world() -> World:
    """Five jobs that differ in most of what can be asked for."""
    user = User.objects.create_user(username="ada")
    bob = User.objects.create_user(username="bob")
    project = create_project(name="Moments", user=user)
    report = {"feature_width": 8}
    dataset = Dataset.objects.create(project=project, name="world", content_hash="d" * 64, report=report)
    other = Dataset.objects.create(project=project, name="charades", version=2, content_hash="c" * 64)
    teacher = Teacher.objects.create(project=project, name="span", content_hash="e" * 64, report={"card": {}})
    group = Group.objects.create(project=project, name="study", document={})
    make = partial(make_job_of, project)
    found = {
        "good": make("good", state="succeeded", tags=["nightly", "paper"], gate_outcome="passed"),
        "bad": make("bad", state="failed", tags=["nightly"], submitted_by=bob, notes="the DOOR jammed"),
        "fast": make("fast", state="succeeded", dataset=other, gate_outcome="failed", priority=3),
        "elsewhere": make("away", state="running", elsewhere=True, dataset=None, group=group),
        "old": make("old", state="succeeded", archived_at=timezone.now()),
    }
    rate = {"optim": {"learning_rate": 0.01, "epochs": 5}}
    Job.objects.filter(pk=found["fast"].pk).update(spec={**found["fast"].spec, **rate, "seed": 3})
    parameters = {"lr": "warm", "depth": 12, "layers": [{"width": 8}, {"width": 16}]}
    Job.objects.filter(pk=found["elsewhere"].pk).update(spec={"elsewhere": True, "parameters": parameters})
    found["good"].teachers.add(teacher)
    Baseline.objects.create(project=project, name="main", job=found["good"])
    measure(found["good"], {"test/miou": 0.5, "val/miou": 0.45, "student.params": 2e6})
    measure(found["fast"], {"test/miou": 0.4, "val/miou": 0.5, "student.params": 5e5})
    measure(found["old"], {"miou": 0.9})
    numbers = {name: job.pk for name, job in found.items()}
    return World(user=user.pk, project=project.pk, dataset=dataset.pk, jobs=numbers)


def make_job_of(project: Project, name: str, **changes: Any) -> Job:
    """This will submit a job to a project as `ada`, and change its row."""
    user, spec = User.objects.get(username="ada"), parse({"name": name, "data": {"dataset": "world"}})
    job = submit(project=project, user=user, spec=spec)
    Job.objects.filter(pk=job.pk).update(**changes)
    return Job.objects.get(pk=job.pk)


def measure(job: Job, values: dict[str, float]) -> None:
    FinalMetric.objects.bulk_create(FinalMetric(job=job, name=name, value=at) for name, at in values.items())


@pytest.fixture
def find(jobs: dict[str, Job], project: Project) -> Find:
    names = {job.pk: name for name, job in jobs.items()}

    def found(text: str, sort: str = "") -> list[str]:
        return [names[row.job.pk] for row in read(project, text, sort)]

    return found


def read(
    project: Project,
    text: str = "",
    sort: str = "",
    *,
    columns: Sequence[str] = (),
    after: Any = None,
    before: Any = None,
    limit: int = 50,
) -> list[Row]:
    return rows_after(
        project=project,
        query=read_query(text, now=timezone.now()),
        order=order_of(sort),
        columns=columns_of(columns),
        after=after,
        before=before,
        limit=limit,
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", {"good", "bad", "fast", "elsewhere"}),
        ("is:archived", {"old"}),
        ("is:any", {"good", "bad", "fast", "elsewhere", "old"}),
        ("-is:archived", {"good", "bad", "fast", "elsewhere"}),
        ("is:active", {"elsewhere"}),
        ("is:ended", {"good", "bad", "fast"}),
        ("is:elsewhere", {"elsewhere"}),
        ("is:baseline", {"good"}),
        ("baseline:main", {"good"}),
        ("baseline:other", set()),
        ("door", {"bad"}),
        ("FAS", {"fast"}),
        ("-door", {"good", "fast", "elsewhere"}),
        ('name:"go",fa', {"good", "fast"}),
        ("notes:jammed", {"bad"}),
        ("state:failed,running", {"bad", "elsewhere"}),
        ("-state:failed state:failed", set()),
        ("tag:nightly", {"good", "bad"}),
        ("tag:nightly tag:paper", {"good"}),
        ("tag:night", set()),
        ("-tag:nightly", {"fast", "elsewhere"}),
        ("by:bob", {"bad"}),
        ("-by:bob", {"good", "fast", "elsewhere"}),
        ("method:SOLO", {"good", "bad", "fast"}),
        ("dataset:charades", {"fast"}),
        ("dataset:charades@2", {"fast"}),
        ("dataset:charades@1", set()),
        ("dataset:world,charades", {"good", "bad", "fast"}),
        ("teacher:span", {"good"}),
        ("-teacher:span", {"bad", "fast", "elsewhere"}),
        ("group:study", {"elsewhere"}),
        ("group:none", {"good", "bad", "fast"}),
        ("gate:failed", {"fast"}),
        ("gate:none", {"bad", "elsewhere"}),
        ("queue:gpu", set()),
        ("priority>0", {"fast"}),
        ("priority>-0.5", {"good", "bad", "fast", "elsewhere"}),
        ("val/miou>0.45", {"fast"}),
        ("val/miou>=45%", {"good", "fast"}),
        ("val/miou!=0.5", {"good", "bad", "elsewhere"}),
        ("miou>0.45", {"good"}),
        ("miou:0.4,0.5", {"good", "fast"}),
        ("miou>0.8 is:any", {"old"}),
        ("student.params<=1M", {"fast"}),
        ("optim.learning_rate>=0.01", {"fast"}),
        ("optim.learning_rate:1e-2", {"fast"}),
        ("optim.learning_rate<1", {"good", "bad", "fast"}),
        ("seed:3", {"fast"}),
        ("student.net.family:span", {"good", "bad", "fast"}),
        ("parameters.lr:WARM", {"elsewhere"}),
        ("parameters.lr<1", set()),
        ("parameters.layers.width:16", {"elsewhere"}),
        ("parameters.layers.1.width:16", {"elsewhere"}),
        ("parameters.layers.0.width:16", set()),
        ("after:2020-01-31", {"good", "bad", "fast", "elsewhere"}),
        ("before:2020-01-31", set()),
        ("newer:1h", {"good", "bad", "fast", "elsewhere"}),
        ("older:1h", set()),
        ("finished>2020-01-31", set()),
        ("method:solo val/miou>0.4 tag:nightly", {"good"}),
    ],
)
def test_a_query_finds(find: Find, text: str, names: set[str]) -> None:
    assert set(find(text)) == names


def test_a_number_of_a_job_finds_it(find: Find, jobs: dict[str, Job]) -> None:
    assert find(f"#{jobs['fast'].pk}") == ["fast"]
    assert find(f"id:{jobs['fast'].pk},{jobs['bad'].pk}") == ["fast", "bad"]


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("", ["elsewhere", "fast", "bad", "good"]),
        ("id", ["good", "bad", "fast", "elsewhere"]),
        ("name", ["elsewhere", "bad", "fast", "good"]),
        ("-val/miou", ["fast", "good", "elsewhere", "bad"]),
        ("val/miou", ["good", "fast", "elsewhere", "bad"]),
        ("-miou", ["good", "fast", "elsewhere", "bad"]),
        ("student.params", ["fast", "good", "elsewhere", "bad"]),
        ("-optim.learning_rate", ["fast", "bad", "good", "elsewhere"]),
        ("parameters.lr", ["elsewhere", "fast", "bad", "good"]),
        ("parameters.layers", ["elsewhere", "fast", "bad", "good"]),
        ("-priority", ["fast", "elsewhere", "bad", "good"]),
        ("by", ["elsewhere", "fast", "good", "bad"]),
        ("gate", ["fast", "good", "elsewhere", "bad"]),
        ("dataset", ["fast", "bad", "good", "elsewhere"]),
        ("nothing/known", ["elsewhere", "fast", "bad", "good"]),
    ],
)
def test_jobs_are_sorted_with_those_without_a_value_last_and_equals_newest_first(
    find: Find, sort: str, names: list[str]
) -> None:
    assert find("", sort) == names


@pytest.mark.parametrize("down", ["", "-"])
@pytest.mark.parametrize(
    "sort",
    [*(name for name, column in OF_ROW.items() if column.order), "val/miou", "miou", "optim.epochs", "seed"],
)
@pytest.mark.usefixtures("jobs")
def test_pages_of_one_row_hold_the_same_as_one_page(project: Project, sort: str, down: str) -> None:
    whole = [row.job.pk for row in read(project, "is:any", down + sort)]
    paged: list[Row] = []
    after = None
    while rows := read(project, "is:any", down + sort, after=after, limit=1):
        paged.append(rows[0])
        after = list(rows[0].key)
    assert [row.job.pk for row in paged] == whole
    assert len(whole) == 5
    for place, row in enumerate(paged):
        ahead = read(project, "is:any", down + sort, before=list(row.key), limit=2)
        assert [other.job.pk for other in ahead] == whole[max(0, place - 2) : place]


def test_columns_read_what_they_name(jobs: dict[str, Job], project: Project) -> None:
    names = ["method", "tags", "miou", "val/miou", "optim.learning_rate", "parameters.layers.width", "by"]
    of_job = {row.job.name: row.values for row in read(project, columns=names)}
    assert of_job["fast"] == {
        "method": "solo",
        "tags": [],
        "miou": 0.4,
        "val/miou": 0.5,
        "optim.learning_rate": 0.01,
        "parameters.layers.width": None,
        "by": "ada",
    }
    assert of_job["away"]["parameters.layers.width"] == [8, 16]
    assert of_job["away"]["method"] == "elsewhere"


@pytest.mark.parametrize("name", ["", "a,b", "x" * 201, "a\nb"])
def test_what_can_be_no_column_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(ValueError, match="accepted is one of id, state"):
        column_of(name)


def test_nothing_is_sorted_by_many_words() -> None:
    with pytest.raises(ValueError, match="accepted is a column with one value"):
        order_of("-tags")


@pytest.mark.usefixtures("jobs")
def test_a_page_costs_three_queries_whatever_it_shows(
    project: Project, django_assert_max_num_queries: Any
) -> None:
    columns = [*DEFAULT, "val/miou", "student.params", "optim.epochs", "tags", "group", "by"]
    with django_assert_max_num_queries(3):
        rows = read(project, "method:solo,emtm val/miou>0.1 -tag:x", "-val/miou", columns=columns)
    assert len(rows) == 2


def test_deleted_jobs_and_those_of_other_projects_are_not_found(
    find: Find, jobs: dict[str, Job], user: User, project: Project
) -> None:
    delete_job(job=jobs["bad"], user=user)
    Job.objects.create(project=Project.objects.create(name="Other", slug="other"), name="good", spec={})
    assert set(find("is:any")) == {"good", "fast", "elsewhere", "old"}


@pytest.mark.usefixtures("jobs")
def test_the_csv_holds_all_that_is_found_and_no_formula(project: Project, monkeypatch: Any) -> None:
    monkeypatch.setattr("jobs.queries.table.exports.AT_ONCE", 1)
    Job.objects.filter(name="fast").update(name='=HYPERLINK("x")')
    text = table_csv(
        project=project,
        query=read_query("method:solo", now=timezone.now()),
        order=order_of("-val/miou"),
        columns=columns_of(["name", "id", "val/miou", "tags", "created", "optim.epochs"]),
    )
    head, *lines = csv.reader(io.StringIO(text))
    assert head == ["id", "name", "val/miou", "tags", "created", "optim.epochs"]
    assert [line[1] for line in lines] == ['\'=HYPERLINK("x")', "good", "bad"]
    assert lines[1][2:4] == ["0.45", "nightly, paper"]
    assert lines[2][2] == ""


@pytest.mark.usefixtures("jobs")
def test_fields_of_specs_are_offered_by_their_paths(project: Project) -> None:
    paths = spec_paths_in(project)
    assert {"optim.learning_rate", "method.kind", "parameters.depth", "parameters.layers.width"} <= set(paths)
    assert not {"name", "group", "elsewhere"} & set(paths)


def test_seeds_of_a_reference_are_found_and_shown_by_the_gates_of_their_group(
    user: User,
) -> None:
    project = create_project(name="Another", user=user)
    Dataset.objects.create(project=project, name="world", content_hash="f" * 64, report={"feature_width": 8})
    make_job = partial(make_job_of, project)
    group = Group.objects.create(project=project, name="study", document={}, gate_outcome="failed")
    of_group = {cell: make_job(f"cell {cell}", state="succeeded", group=group) for cell in ("", "solo")}
    for cell, job in of_group.items():
        Job.objects.filter(pk=job.pk).update(spec={**job.spec, "group": {"name": "study", "cell": cell}})
    make_job("alone", state="succeeded", gate_outcome="passed")
    assert [row.job.pk for row in read(project, "gate:failed")] == [of_group[""].pk]
    assert [row.job.name for row in read(project, "-gate:failed")] == ["alone", "cell solo"]
    assert [row.job.name for row in read(project, "gate:none")] == ["cell solo"]
    shown = [row.values["gate"] for row in read(project, sort="gate", columns=["gate"])]
    assert shown == ["failed", "passed", None]
