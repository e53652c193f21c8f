"""The pages of groups, and how the job form makes them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from jobs.models import Group, Job, Project, State, User
from jobs.operations.groups import submit_group
from tests.engine_double import TEACHERS
from tests.group_double import end_well, ious, of_cell
from tests.webapp.conftest import MakeJob
from tests.webapp.test_spec_form import posted_back
from webapp.forms.spec import SpecForm

NEW = "/projects/moments/jobs/new/"
EMTM: dict[str, Any] = {
    "name": "study",
    "data": {"dataset": "world"},
    "teachers": TEACHERS,
    "method": {"kind": "emtm"},
}


@pytest.fixture(autouse=True)
def _world(make_job: MakeJob) -> None:
    """A dataset, teachers, and a silent doorbell."""


@pytest.fixture
def group(project: Project, people: dict[str, User]) -> Group:
    document = {
        **EMTM,
        "seeds": [1, 2],
        "ablate": ["kau", {"cell": "<b>odd", "change": {"optim": {"epochs": 2}}}],
    }
    return submit_group(project=project, user=people["editor"], document=document)


def filled(*, more: list[tuple[str, str]] | None = None, **changes: str) -> str:
    form = SpecForm(datasets=["world"], teachers=["map2d", "span"])
    return "&".join([posted_back(form, mode="form", yaml="", **changes), urlencode(more or [])])


def send(client: Client, body: str) -> Any:
    return client.post(NEW, body, content_type="application/x-www-form-urlencoded")


TAUGHT = [("teachers", "span"), ("teachers", "map2d")]


def test_seeds_in_the_form_make_a_group(editor: Client) -> None:
    answer = send(editor, filled(name="by hand", more=[("group.seeds", "3, 4 5")]))
    group = Group.objects.get()
    assert answer["Location"] == f"/groups/{group.pk}/"
    assert (group.name, group.document["seeds"]) == ("by hand", [3, 4, 5])
    assert "3 jobs" in editor.get(answer["Location"]).content.decode()


def test_ticked_parts_are_left_out_one_by_one(editor: Client) -> None:
    ticks = [("group.ablate", value) for value in ("kau", "solo", "teacher:*")]
    send(editor, filled(more=[*TAUGHT, *ticks], **{"method.kind": "emtm"}))
    assert Group.objects.get().document["ablate"] == ["kau", "solo", "teacher:span", "teacher:map2d"]


def test_ticks_of_another_method_count_for_nothing(editor: Client) -> None:
    send(editor, filled(more=[("group.ablate", "kau")]))
    assert not Group.objects.exists()
    assert Job.objects.get().group is None


@pytest.mark.parametrize(
    ("more", "place", "sentence"),
    [
        ([("group.seeds", "1, x")], 'id="f-seeds-error"', "Given &#x27;x&#x27;, accepted is a whole number"),
        ([("group.seeds", "1, 1")], 'id="f-seeds-error"', "Given 1 twice"),
        (
            [("group.ablate", "static")],
            'tabindex="-1" aria-labelledby="f-ablate"',
            "which this spec does not have",
        ),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    editor: Client, more: list[tuple[str, str]], place: str, sentence: str
) -> None:
    changes = {"method.kind": "emtm", "method[emtm].aggregator.kind": "static"}
    answer = send(editor, filled(more=[*TAUGHT, *more], name="kept", **changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    for text in (place, sentence, 'value="kept"'):
        assert text in page
    value = more[0][1]
    assert f'name="group.seeds" value="{value}"' in page or f'value="{value}" checked' in page
    assert not Job.objects.exists()


def test_an_error_of_the_spec_itself_stands_where_it_does_for_one_job(editor: Client) -> None:
    page = send(editor, filled(more=[("group.seeds", "1 2")], **{"optim.epochs": "none"})).content.decode()
    assert 'id="f-optim-epochs-error"' in page
    assert not Group.objects.exists()


def test_yaml_with_seeds_or_changes_makes_a_group(editor: Client) -> None:
    text = "name: by yaml\ndata: {dataset: world}\nablate: [{cell: long, change: {optim: {epochs: 40}}}]\n"
    answer = editor.post(NEW, {"mode": "yaml", "yaml": text, "priority": "2"})
    group = Group.objects.get()
    assert answer["Location"] == f"/groups/{group.pk}/"
    assert set(group.jobs.values_list("priority", flat=True)) == {2}
    wrong = editor.post(NEW, {"mode": "yaml", "yaml": text.replace("epochs", "epoks")})
    assert wrong.status_code == 422
    assert "ablate.0.change.optim.epoks: this key is not known here" in wrong.content.decode()


def test_a_group_is_submitted_again_from_its_page(editor: Client, group: Group) -> None:
    assert f"{NEW}?group={group.pk}" in editor.get(f"/groups/{group.pk}/").content.decode()
    page = editor.get(f"{NEW}?group={group.pk}").content.decode()
    assert 'name="group.seeds" value="1, 2"' in page
    assert re.search(r'value="kau" checked', page)
    assert "had 1 change of its own besides" in page
    assert "cell: &lt;b&gt;odd" in page
    assert f"group study #{group.pk}" in page


def test_a_group_of_strangers_is_no_template(editor: Client, group: Group) -> None:
    Group.objects.filter(pk=group.pk).update(project=Project.objects.create(name="Secret", slug="secret"))
    assert "study" not in editor.get(f"{NEW}?group={group.pk}").content.decode()
    assert editor.get(f"{NEW}?group=what").status_code == 200


def test_a_job_of_a_group_is_the_template_of_a_job_alone(editor: Client, group: Group) -> None:
    job = of_cell(group, "kau", 1)
    page = editor.get(f"{NEW}?like={job.pk}").content.decode()
    assert "group:" not in page
    assert 'name="group.seeds" value=""' in page


def test_the_page_shows_cells_jobs_and_no_numbers_while_nothing_is_done(viewer: Client, group: Group) -> None:
    page = viewer.get(f"/groups/{group.pk}/").content.decode()
    assert "0 of 6 jobs are done: 6 wait." in page
    assert 'data-again="3"' in page
    assert "uniform weights" in page
    assert "&lt;b&gt;odd" in page
    assert "<b>odd" not in page
    assert page.count('class="seed"') == 6
    assert "plan-group" not in page
    assert "Cancel what has not ended" not in page  # a viewer


def test_the_page_fills_as_jobs_end(viewer: Client, group: Group) -> None:
    for seed in (1, 2):
        end_well(of_cell(group, "", seed), iou=ious(0.5, seed=seed))
        end_well(of_cell(group, "kau", seed), iou=ious(0.4, seed=seed))
    part = viewer.get(f"/groups/{group.pk}/?part=table&metric=miou").content.decode()
    assert "<html" not in part
    assert "4 of 6 jobs are done: 2 wait." in part
    assert re.search(r"KAU brings \+10\.0 mIoU over uniform weights \(95 % [^)]*\): clear with 2 seeds", part)
    assert 'data-judged="below">−10.0<' in part
    assert 'id="plan-group"' in part
    r1 = viewer.get(f"/groups/{group.pk}/?metric=r1@0.5").content.decode()
    assert '<a href="?metric=r1%400.5" aria-current="page">R1@0.5</a>' in r1


def test_a_settled_page_asks_no_more(viewer: Client, group: Group) -> None:
    group.jobs.update(state=State.CANCELLED)
    page = viewer.get(f"/groups/{group.pk}/").content.decode()
    assert "data-again" not in page
    assert "6 cancelled" in page


def test_a_group_without_jobs_says_so(viewer: Client, group: Group) -> None:
    group.jobs.all().delete()
    assert "The jobs of this group were deleted." in viewer.get(f"/groups/{group.pk}/").content.decode()
    assert "No groups yet" in viewer.get("/projects/moments/groups/").content.decode()


def test_an_editor_cancels_what_has_not_ended(editor: Client, group: Group) -> None:
    assert "Cancel what has not ended" in editor.get(f"/groups/{group.pk}/").content.decode()
    answer = editor.post(f"/groups/{group.pk}/cancellation/", follow=True)
    assert "You asked to cancel 6 jobs." in answer.content.decode()
    assert set(group.jobs.values_list("state", flat=True)) == {"cancelled"}
    assert (
        "have ended already" in editor.post(f"/groups/{group.pk}/cancellation/", follow=True).content.decode()
    )


def test_lists_and_jobs_lead_to_the_group(viewer: Client, group: Group) -> None:
    job = of_cell(group, "kau", 1)
    link = f'href="/groups/{group.pk}/"'
    for path in (
        "/projects/moments/",
        "/projects/moments/groups/",
        "/projects/moments/jobs/",
        f"/jobs/{job.pk}/",
    ):
        assert link in viewer.get(path).content.decode(), path
    assert "cell “kau” of group" in viewer.get(f"/jobs/{job.pk}/").content.decode()


def test_groups_are_listed_a_page_at_a_time(
    viewer: Client, project: Project, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.pages.groups.PAGE", 1)
    first, second = (
        submit_group(project=project, user=people["editor"], document={**EMTM, "name": name, "seeds": [1]})
        for name in ("older", "newer")
    )
    page = viewer.get("/projects/moments/groups/").content.decode()
    assert "newer" in page
    assert f"?before={second.pk}" in page
    assert first.name in viewer.get(f"/projects/moments/groups/?before={second.pk}").content.decode()
    assert viewer.get("/projects/moments/groups/?before=x").status_code == 200


def test_tables_are_taken_away_as_csv(viewer: Client, group: Group) -> None:
    end_well(of_cell(group, "", 1), iou=ious(0.5))
    answer = viewer.get(f"/groups/{group.pk}/table.csv?metric=miou")
    assert answer["Content-Type"].startswith("text/csv")
    assert f"group-{group.pk}-miou.csv" in answer["Content-Disposition"]
    assert answer.content.decode().splitlines()[0].startswith("cell,title,metric,jobs,done,mean")
    jobs = viewer.get(f"/groups/{group.pk}/table.csv?rows=jobs").content.decode().splitlines()
    assert jobs[0] == "cell,seed,job,name,state,miou,r1@0.5"
    assert len(jobs) == 7
