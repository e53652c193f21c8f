"""Registering by hand: uploads that survive, refusals, repairs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from jobs.local.child import Child
from jobs.models import Dataset, Project, Registration, RegistrationState, Upload, User
from tests.browser.conftest import Site

MB = 1_000_000
UPLOADED = re.compile("[Uu]ploaded \\(")


@pytest.fixture
def form(logged_in: Page, site: Site, project: Project) -> Page:
    logged_in.goto(f"{site.url}/projects/moments/datasets/new/")
    return logged_in


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of three parts."""
    path = tmp_path / "features.npz"
    path.write_bytes(bytes(range(256)) * (20 * MB // 256))
    return path


def choose(page: Page, *files: Path) -> None:
    page.locator('input[data-part="files"]').set_input_files(list(files))


def test_files_are_uploaded_and_the_form_waits_for_them(
    form: Page, tmp_path: Path, large: Path, until: Callable[..., None]
) -> None:
    small = tmp_path / "train.json"
    small.write_text("{}")
    form.get_by_label("Name", exact=True).fill("mine")
    choose(form, small, large)
    form.get_by_role("button", name="Register dataset").click()
    expect(form.get_by_role("heading", name="mine")).to_be_visible()
    made = Registration.objects.get()
    assert {row.name for row in made.uploads.all()} == {"train.json", "features.npz"}
    assert {row.received for row in made.uploads.all()} == {2, large.stat().st_size}
    assert form.evaluate("() => Object.keys(localStorage).filter((key) => key.startsWith('upload:'))") == []


def test_the_form_can_be_sent_the_moment_the_last_file_arrives(form: Page, tmp_path: Path) -> None:
    small = tmp_path / "train.json"
    small.write_text("{}")
    form.get_by_label("Name", exact=True).fill("mine")
    form.evaluate(
        """() => {
             const upload = document.querySelector("file-upload");
             const timer = setInterval(() => {
               if (upload.queue.transfers[0]?.way !== "done") return;
               clearInterval(timer);
               upload.closest("form").requestSubmit();
             }, 1);
           }"""
    )
    choose(form, small)
    expect(form.get_by_role("heading", name="mine")).to_be_visible()
    assert Registration.objects.get().uploads.count() == 1


def test_a_lost_connection_is_waited_for(
    form: Page, context: BrowserContext, large: Path, until: Callable[..., None]
) -> None:
    seen: list[str] = []

    def lose_the_second(route: Route) -> None:
        seen.append(route.request.headers["upload-offset"])
        if len(seen) == 2:
            context.set_offline(True)
            route.abort()
        else:
            route.continue_()

    form.route(re.compile("/api/v1/uploads/[0-9a-f-]+/"), lambda route: _patches(route, lose_the_second))
    choose(form, large)
    expect(form.locator(".upload-row")).to_have_attribute("data-way", "retrying")
    expect(form.locator(".upload-row")).to_contain_text("No connection.")
    context.set_offline(False)
    expect(form.locator('[data-part="summary"]')).to_have_text(UPLOADED)
    assert seen == ["0", "8000000", "8000000", "16000000"]
    assert Upload.objects.get().is_complete


def _patches(route: Route, then: Callable[[Route], None]) -> None:
    then(route) if route.request.method == "PATCH" else route.continue_()


def test_the_same_file_goes_on_after_a_reload_and_a_restart_of_the_site(
    form: Page, site: Site, large: Path
) -> None:
    stop_after_the_first_part(form)
    choose(form, large)
    expect(form.locator(".upload-row")).to_contain_text("paused at 4")
    before = Upload.objects.get()
    site.kill()
    site.start()
    form.unroute_all()
    form.reload()
    expect(form.locator("left-uploads")).to_contain_text("1 file")
    sent: list[str] = []
    form.on(
        "request", lambda request: sent.append(f"{request.method} {request.headers.get('upload-offset')}")
    )
    choose(form, large)
    expect(form.locator('[data-part="summary"]')).to_have_text(UPLOADED)
    expect(form.locator("left-uploads")).to_be_hidden()
    assert [line for line in sent if line[:5] in {"POST ", "PATCH"}] == ["PATCH 8000000", "PATCH 16000000"]
    assert Upload.objects.get().pk == before.pk


def stop_after_the_first_part(page: Page) -> None:
    def pause(route: Route) -> None:
        if route.request.headers["upload-offset"] == "0":
            route.continue_()
        else:
            page.get_by_role("button", name="Pause features.npz").click()
            route.abort()

    page.route(re.compile("/api/v1/uploads/[0-9a-f-]+/"), lambda route: _patches(route, pause))


def test_many_files_of_a_folder_share_a_line_and_its_name_is_left_out(form: Page, tmp_path: Path) -> None:
    folder = tmp_path / "charades"
    (folder / "clips").mkdir(parents=True)
    (folder / "train.txt").write_text("A 0 1##x")
    (folder / ".hidden").write_text("x")
    for number in range(20):
        (folder / "clips" / f"{number}.npy").write_bytes(b"x" * 100)
    form.locator('input[data-part="folder"]').set_input_files(folder)
    expect(form.locator(".upload-row")).to_have_count(2)
    expect(form.locator(".upload-list")).to_contain_text("20 files in clips/")
    expect(form.locator('[data-part="summary"]')).to_have_text(UPLOADED)
    assert set(Upload.objects.values_list("name", flat=True)) == {
        "train.txt",
        *(f"clips/{n}.npy" for n in range(20)),
    }
    form.get_by_role("button", name="Remove 20 files in clips/").click()
    expect(form.locator(".upload-row")).to_have_count(1)


def test_a_refusal_of_the_form_keeps_the_files(form: Page, sources: Dataset, tmp_path: Path) -> None:
    form.reload()
    small = tmp_path / "train.json"
    small.write_text("{}")
    choose(form, small)
    expect(form.locator('[data-part="summary"]')).to_have_text(UPLOADED)
    name = form.get_by_label("Name", exact=True)
    version = form.get_by_role("checkbox", name="new version")
    expect(version).to_be_hidden()
    name.fill("world")
    expect(version).to_be_visible()
    form.get_by_role("button", name="Register dataset").click()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(form.locator(".upload-row")).to_contain_text("train.json")
    version.check()
    form.get_by_role("button", name="Register dataset").click()
    expect(form.get_by_role("heading", name="world")).to_be_visible()
    assert Registration.objects.get().new_version_of == sources


def test_a_pickle_is_refused_before_it_is_sent(
    logged_in: Page, site: Site, sources: Dataset, tmp_path: Path
) -> None:
    page = logged_in
    page.goto(f"{site.url}/projects/moments/teachers/new/")
    pickle = tmp_path / "model.pkl"
    pickle.write_bytes(b"x")
    choose(page, pickle)
    expect(page.get_by_role("alert")).to_contain_text("model.pkl was not taken")
    assert not Upload.objects.exists()


def test_what_was_dropped_is_uploaded(form: Page) -> None:
    data = form.evaluate_handle(
        """() => {
             const data = new DataTransfer();
             data.items.add(new File(["{}"], "val.json"));
             return data;
           }"""
    )
    form.dispatch_event("h1", "drop", {"dataTransfer": data})
    expect(form.locator('[data-part="summary"]')).to_have_text(UPLOADED)
    assert Upload.objects.get().name == "val.json"


def test_watching_keeps_the_focus_and_ends_with_the_decision(
    logged_in: Page, site: Site, project: Project, user: User
) -> None:
    page = logged_in
    row = Registration.objects.create(project=project, user=user, kind="dataset", name="mine")
    rows = Registration.objects.filter(pk=row.pk)
    rows.update(state=RegistrationState.CHECKING, part="features", done=1, of=9)
    page.goto(f"{site.url}/registrations/{row.pk}/")
    cancel = page.get_by_role("button", name="Cancel")
    cancel.focus()
    rows.update(done=5)
    expect(page.locator('[data-live="doing"]')).to_have_text("Reading features, 5 of 9")
    expect(page.get_by_role("progressbar")).to_have_js_property("value", 5)
    expect(cancel).to_be_focused()
    repair = {"name": "clip_windows", "title": "Cut windows", "count": 3, "needed": True, "accepted": False}
    rows.update(state=RegistrationState.WAITING, report={"repairs": [repair]})
    expect(page.get_by_role("heading", name="mine")).to_be_focused()
    box, warning = page.get_by_role("checkbox"), page.get_by_text("Without the needed repairs")
    expect(box).to_be_checked()
    expect(warning).to_be_hidden()
    box.uncheck()
    expect(warning).to_be_visible()
    expect(page.get_by_role("button", name="Register as it is")).to_be_visible()


def test_the_pages_fit_a_phone_and_break_no_rule_of_the_policy(
    form: Page, site: Site, project: Project, user: User, tmp_path: Path
) -> None:
    form.add_init_script(
        """window.violations = [];
           document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.blockedURI));"""
    )
    form.set_viewport_size({"width": 360, "height": 740})
    long = tmp_path / f"{'features_' * 12}.npz"
    long.write_bytes(b"x")
    place = {"file": "annotations/" * 9, "row": 3, "detail": "x" * 90}
    problem = {"message": "m" * 99, "severity": "error", "count": 1, "places": [place], "repair": None}
    row = Registration.objects.create(
        project=project,
        user=user,
        kind="dataset",
        name="w" * 110,
        state="waiting",
        report={"problems": [problem]},
    )
    for path in ("projects/moments/datasets/new", "projects/moments/teachers/new", f"registrations/{row.pk}"):
        form.goto(f"{site.url}/{path}/")
        for summary in form.locator("main summary").all():
            summary.click()
        assert form.evaluate("() => document.documentElement.scrollWidth") <= 360, path
        if path.endswith("new"):
            choose(form, long)
            expect(form.locator('[data-part="summary"]')).to_have_text(UPLOADED)
        assert form.evaluate("() => document.documentElement.scrollWidth") <= 360, path
        assert form.evaluate("() => window.violations") == []


def charades(folder: Path, *, last_end: float) -> list[Path]:
    """Annotations without features; the last moment ends where it is told to."""
    folder.mkdir(exist_ok=True)
    videos = [f"V{number:03}" for number in range(12)]
    ends = [10.0] * 11 + [last_end]
    (folder / "durations.csv").write_text("id,length\n" + "".join(f"{name},30.0\n" for name in videos))
    for split in ("train", "test"):
        lines = (f"{split}{v} 1.5 {end}##a person sits down.\n" for v, end in zip(videos, ends, strict=True))
        (folder / f"charades_sta_{split}.txt").write_text("".join(lines))
    names = "".join(f"{split}{v},30.0\n" for split in ("train", "test") for v in videos)
    (folder / "durations.csv").write_text("id,length\n" + names)
    return sorted(folder.iterdir())


@pytest.mark.slow
def test_repairs_are_decided_on_and_the_card_opens(form: Page, tmp_path: Path, intake: Child) -> None:
    form.get_by_label("Name", exact=True).fill("charades")
    choose(form, *charades(tmp_path / "raw", last_end=31.0))
    form.get_by_role("button", name="Register dataset").click()
    expect(form.get_by_role("heading", name="charades")).to_be_visible()
    form.evaluate("() => { window.sameDocument = true; }")
    repairs = form.get_by_role("heading", name=re.compile("repair"))
    expect(repairs).to_be_visible()
    assert form.evaluate("() => window.sameDocument") is True
    form.get_by_role("checkbox").first.check()
    form.get_by_role("button", name="Register with these repairs").click()
    form.wait_for_url(re.compile(r"/datasets/\d+/$"))
    assert Dataset.objects.get().name == "charades"
    assert Registration.objects.get().accepted == ["clip_windows"]
    assert not Upload.objects.exists()


@pytest.mark.slow
def test_what_the_engine_refuses_is_told_with_its_sentence(form: Page, tmp_path: Path, intake: Child) -> None:
    broken = tmp_path / "train.json"
    broken.write_text("{ this is no json")
    form.get_by_label("Name", exact=True).fill("broken")
    choose(form, broken)
    form.get_by_role("button", name="Register dataset").click()
    refusal = form.get_by_role("alert")
    expect(refusal).to_contain_text("Refused.")
    expect(refusal).to_contain_text("train.json")
    form.get_by_role("link", name="Try again").click()
    expect(form.get_by_label("Name", exact=True)).to_have_value("broken")
