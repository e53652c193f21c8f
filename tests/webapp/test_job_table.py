from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from jobs.models import FinalMetric, Job, Project, SavedView, State, User
from tests.webapp.conftest import MakeJob
from webapp.pages import job_table
from webapp.pages.job_cells import number

LIST = "/projects/moments/jobs/"


def shown(client: Client, query: str = "") -> list[str]:
    """The names of the jobs that the table shows."""
    page = client.get(f"{LIST}{query}").content.decode()
    return re.findall(r'class="job-name" href="[^"]+">([^<]+)<', page)


def linked(client: Client, query: str, rel: str) -> str:
    """Where the page of an address leads on, or back."""
    found = re.search(f'rel="{rel}" href="([^"]+)"', client.get(f"{LIST}{query}").content.decode())
    return html.unescape(found.group(1)) if found else ""


@pytest.fixture
def jobs(make_job: MakeJob) -> list[Job]:
    found = [
        make_job(state=State.SUCCEEDED, tags=["ci"], notes="kept"),
        make_job(state=State.FAILED),
        make_job(state=State.SUCCEEDED, gate_outcome="failed"),
    ]
    for job, value in ((found[0], 0.25), (found[2], 0.75)):
        FinalMetric.objects.create(job=job, name="val/miou", value=value)
    return found


def test_the_table_is_searched_and_sorted(viewer: Client, jobs: list[Job]) -> None:
    assert shown(viewer) == ["job 3", "job 2", "job 1"]
    assert shown(viewer, "?q=state:failed") == ["job 2"]
    assert shown(viewer, "?sort=-val/miou") == ["job 3", "job 1", "job 2"]
    assert shown(viewer, "?q=val/miou<30%25") == ["job 1"]
    assert "Nothing found" in viewer.get(f"{LIST}?q=tag:none").content.decode()


def test_an_order_by_a_column_that_is_not_shown_is_said(viewer: Client, jobs: list[Job]) -> None:
    said = "Sorted by val/miou, highest or last on top"
    assert said in viewer.get(f"{LIST}?sort=-val/miou").content.decode()
    assert said not in viewer.get(f"{LIST}?sort=-val/miou&columns=name,val/miou").content.decode()
    assert "Sorted by" not in viewer.get(LIST).content.decode()


def test_a_query_that_cannot_be_read_is_explained_and_finds_nothing(viewer: Client, jobs: list[Job]) -> None:
    page = viewer.get(f"{LIST}?q=stat:failed").content.decode()
    assert "given the key" in page.lower()
    assert "(at character 1)" in page
    assert 'aria-invalid="true"' in page
    assert shown(viewer, "?q=stat:failed") == []
    assert viewer.get(f"{LIST}table.csv?q=stat:failed").status_code == 422


@pytest.mark.parametrize("query", ["?cursor=x", "?sort=-tags", "?columns=" + "x" * 201, "?q=%00"])
def test_a_senseless_address_still_shows_a_page(viewer: Client, jobs: list[Job], query: str) -> None:
    assert viewer.get(f"{LIST}{query}").status_code == 200


def test_columns_are_chosen_and_named_in_the_address(viewer: Client, jobs: list[Job]) -> None:
    page = viewer.get(f"{LIST}?columns=state,val/miou,optim.epochs,gate,tags").content.decode()
    assert "75.0 %" in page
    assert '<td class="is-text"' not in page
    heads = re.findall(r'<th scope="col" class="[^"]*"[^>]*>(?:<a[^>]*>)?([^<]+)', page)
    assert heads == ["Job", "State", "val/miou", "optim.epochs", "Gate", "Tags"]
    offered = viewer.get(f"{LIST}columns/?columns=name,val/miou&q=tag:ci").content.decode()
    assert 'name="column" value="val/miou" checked' in offered
    assert 'value="optim.learning_rate"' in offered
    answer = viewer.get(f"{LIST}columns/?columns=state,name&column=name&column=seed&column=state&q=a")
    assert answer["Location"] == f"{LIST}?q=a&columns=state%2Cname%2Cseed"


def test_the_head_of_a_column_sorts_by_it_and_then_turns_around(viewer: Client, jobs: list[Job]) -> None:
    page = viewer.get(f"{LIST}?columns=name,val/miou").content.decode()
    assert "?sort=-val%2Fmiou&amp;columns=name%2Cval%2Fmiou" in page
    page = viewer.get(f"{LIST}?columns=name,val/miou&sort=-val/miou").content.decode()
    assert 'aria-sort="descending"' in page
    assert "?sort=val%2Fmiou&amp;columns=name%2Cval%2Fmiou" in page


def test_the_table_goes_on_behind_a_page(viewer: Client, jobs: list[Job], monkeypatch: Any) -> None:
    monkeypatch.setattr(job_table, "PAGE", 2)
    page = viewer.get(f"{LIST}?sort=name").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    assert shown(viewer, following.group(1).replace("&amp;", "&")) == ["job 3"]
    assert shown(viewer, following.group(1).replace("&amp;", "&").replace("sort=name", "sort=id")) == [
        "job 1",
        "job 2",
    ]


def test_the_table_goes_back_to_the_page_before(
    viewer: Client, jobs: list[Job], make_job: MakeJob, monkeypatch: Any
) -> None:
    monkeypatch.setattr(job_table, "PAGE", 2)
    make_job(state=State.QUEUED)
    make_job(state=State.QUEUED)
    assert linked(viewer, "?sort=name", "prev") == ""
    second = linked(viewer, "?sort=name", "next")
    third = linked(viewer, second, "next")
    assert shown(viewer, third) == ["job 5"]
    again = linked(viewer, third, "prev")
    assert shown(viewer, again) == ["job 3", "job 4"]
    assert shown(viewer, linked(viewer, again, "next")) == ["job 5"]
    first = linked(viewer, again, "prev")
    assert shown(viewer, first) == ["job 1", "job 2"]
    assert linked(viewer, first, "prev") == ""
    assert shown(viewer, linked(viewer, first, "next")) == ["job 3", "job 4"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?q=val/miuo>0.1", ["'val/miuo'; near names are val/miou"]),
        ("?sort=-val/miuo", ["'val/miuo'; near names are val/miou"]),
        ("?q=val/miou>0.9", []),
        ("?q=tag:none", []),
        ("?sort=-val/miou", []),
    ],
)
def test_a_metric_that_no_job_has_is_named_with_those_that_were_meant(
    viewer: Client, jobs: list[Job], query: str, names: list[str]
) -> None:
    page = html.unescape(viewer.get(f"{LIST}{query}").content.decode())
    assert re.findall(r"lately has a final metric (.*)\.<", page) == names


def test_the_csv_is_what_is_shown(viewer: Client, jobs: list[Job]) -> None:
    answer = viewer.get(f"{LIST}table.csv?q=state:succeeded&columns=name,val/miou&sort=val/miou")
    assert answer.content.decode().splitlines() == [
        "id,name,val/miou",
        f"{jobs[0].pk},job 1,0.25",
        f"{jobs[2].pk},job 3,0.75",
    ]
    assert "moments-jobs.csv" in answer["Content-Disposition"]


@pytest.mark.usefixtures("jobs")
def test_a_page_costs_a_bounded_number_of_queries(
    viewer: Client, make_job: MakeJob, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        make_job(state=State.QUEUED)
    with django_assert_max_num_queries(20):
        viewer.get(f"{LIST}?q=-tag:x&sort=-val/miou&columns=name,state,val/miou,optim.epochs,by,group,tags")


def test_a_view_is_saved_shown_and_deleted(editor: Client, jobs: list[Job]) -> None:
    assert "Save as view" not in editor.get(LIST).content.decode()
    answer = editor.post(f"{LIST}views/", {"name": "nightly", "query": "q=tag:ci&cursor=x"})
    assert answer["Location"] == f"{LIST}?q=tag%3Aci"
    view = SavedView.objects.get()
    page = editor.get(answer["Location"]).content.decode()
    assert '<a href="?q=tag%3Aci" aria-current="page">nightly</a>' in page
    assert "Delete view “nightly”" in page
    again = editor.post(f"{LIST}views/", {"name": "nightly", "query": "q=tag:ci"}, follow=True)
    assert "which this project has already" in again.content.decode()
    assert editor.post(f"{LIST}views/{view.pk}/deletion/")["Location"] == f"{LIST}?q=tag%3Aci"
    assert not SavedView.objects.exists()


def test_ticked_jobs_are_acted_on_and_each_says_what_came_of_it(editor: Client, jobs: list[Job]) -> None:
    ticked = {"row": [jobs[0].pk, jobs[1].pk], "which": "ticked", "query": "sort=name"}
    page = editor.post(f"{LIST}actions/", {**ticked, "action": "retry"}).content.decode()
    assert "1 of 2 jobs done" in page
    assert f"Job {jobs[1].pk} waits in its queue again." in page
    assert "only a failed or cancelled job can be retried" in page
    assert f'href="{LIST}?sort=name"' in page
    editor.post(f"{LIST}actions/", {**ticked, "action": "tag", "tags": "b, a"})
    assert Job.objects.get(pk=jobs[0].pk).tags == ["a", "b", "ci"]


def test_all_that_were_found_are_acted_on(editor: Client, jobs: list[Job]) -> None:
    body = {"which": "all", "query": "q=state:succeeded", "action": "archive", "row": [jobs[1].pk]}
    assert "2 of 2 jobs done" in editor.post(f"{LIST}actions/", body).content.decode()
    assert shown(editor) == ["job 2"]
    assert shown(editor, "?q=is:archived") == ["job 3", "job 1"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"action": "archive"}, "given 0, accepted are 1 to 1,000"),
        ({"action": "explode", "row": [1]}, "accepted is one of cancel"),
        ({"action": "tag", "row": [1], "tags": " , "}, "tag needs one"),
        ({"action": "archive", "which": "all", "query": "q=a:b"}, "given 0"),
        ({"action": "archive", "row": ["x", "9" * 30]}, "given 0"),
    ],
)
def test_an_action_that_cannot_be_leads_back_with_a_sentence(
    editor: Client, jobs: list[Job], body: dict[str, Any], sentence: str
) -> None:
    page = editor.post(f"{LIST}actions/", body, follow=True).content.decode()
    assert sentence in page


def test_deleting_many_jobs_is_confirmed_and_for_admins(
    editor: Client, jobs: list[Job], people: dict[str, User]
) -> None:
    body = {"action": "delete", "row": [job.pk for job in jobs]}
    assert editor.post(f"{LIST}actions/", body).status_code == 403
    admin = Client()
    admin.force_login(people["admin"])
    page = admin.post(f"{LIST}actions/", body).content.decode()
    assert "Delete 3 jobs" in page
    assert "cannot be undone" in page
    assert Job.objects.filter(deleted_at=None).count() == 3
    assert "3 of 3 jobs done" in admin.post(f"{LIST}actions/", {**body, "confirmed": "1"}).content.decode()
    assert shown(admin, "?q=is:any") == []


def test_ticked_jobs_are_compared(viewer: Client, jobs: list[Job]) -> None:
    ids = [jobs[0].pk, jobs[2].pk]
    answer = viewer.post(f"{LIST}comparison/", {"row": ids})
    assert answer["Location"] == f"/compare/?jobs={ids[0]},{ids[1]}"
    page = viewer.post(f"{LIST}comparison/", {"row": ids[:1]}, follow=True).content.decode()
    assert "You chose 1 job; 2 to 100 can be compared at a time." in page


def test_a_viewer_is_offered_only_to_compare(viewer: Client, jobs: list[Job]) -> None:
    page = viewer.get(LIST).content.decode()
    assert "Compare" in page
    assert "Archive" not in page
    assert viewer.post(f"{LIST}actions/", {"action": "archive", "row": [1]}).status_code == 403


def test_the_page_of_a_job_changes_what_is_said_of_it(editor: Client, job: Job, project: Project) -> None:
    address = f"/jobs/{job.pk}/"
    editor.post(f"{address}description/", {"name": "renamed", "tags": "b, a", "notes": "<b>seen</b>"})
    page = editor.get(address).content.decode()
    assert "<h1>renamed</h1>" in page
    assert "&lt;b&gt;seen&lt;/b&gt;" in page
    assert f'href="{LIST}?q=tag%3Aa"' in page
    refused = editor.post(f"{address}description/", {"archived": "1"}, follow=True).content.decode()
    assert "only a job that has ended can be archived" in refused
    Job.objects.update(state=State.FAILED)
    archived = editor.post(f"{address}description/", {"archived": "1"}, follow=True).content.decode()
    assert "lists leave it out" in archived
    assert "renamed" not in editor.get("/projects/moments/").content.decode()


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        (0.4567, "val/miou", "45.7 %"),
        (0.5, "test/r1@0.5", "50.0 %"),
        (1_234_567.0, "student.params", "1,234,567"),
        (0.0001424, "", "0.0001424"),
        (3.14159, "", "3.142"),
        (0.001, "", "0.001"),
        (1.5e9 + 0.5, "", "1.5e+09"),
        (-2.5, "", "−2.5"),
        (0.0, "", "0"),
        (999.94, "", "999.9"),
        (1199.7, "", "1200"),
    ],
)
def test_numbers_are_written_as_people_read_them(value: float, name: str, text: str) -> None:
    assert number(value, name=name) == text
