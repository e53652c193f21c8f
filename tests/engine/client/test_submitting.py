"""`mtkd submit` and `mtkd wait`: what is sent, what is written, and how they end."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as Xml

import httpx
import pytest

from tests.engine.client.answering import Script, cut, ended, job, ok, problem

Serve = Callable[..., Script]
Call = Callable[..., int]


@pytest.fixture
def spec(shell: Path) -> Path:
    file = shell / "spec.yaml"
    file.write_text("name: span\ndata: {dataset: world}\noptim: {epochs: 5}\n")
    return file


def asked(server: Script, place: int = 0) -> dict[str, object]:
    found: dict[str, object] = json.loads(server.asked[place].content)
    return found


def test_a_job_is_submitted_with_what_the_command_line_changes(served: Serve, mtkd: Call, spec: Path) -> None:
    server = served(ok(job(), status=201), ok(job(tags=["ci"])))
    code = mtkd(
        *("submit", spec, "--project", "team", "--set", "optim.epochs=3", "--name", "fast"),
        *("--queue", "gpu", "--priority", 5, "--deadline", "2h", "--tag", "ci"),
    )
    assert code == 0
    assert asked(server) == {
        "project": "team",
        "spec": {"name": "fast", "data": {"dataset": "world"}, "optim": {"epochs": 3}},
        "queue": "gpu",
        "priority": 5,
        "deadline": "2h",
    }
    assert server.asked[1].method == "PATCH"
    assert asked(server, 1) == {"tags": ["ci"]}


def test_the_token_says_which_project_is_meant(served: Serve, mtkd: Call, spec: Path) -> None:
    account = {"user": "ada", "is_operator": False, "token": {"project": "team"}}
    server = served(ok(account), ok(job(), status=201))
    assert mtkd("submit", spec) == 0
    assert asked(server, 1)["project"] == "team"


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (ended(), 0),
        (ended(gate="failed"), 2),
        (job(state="failed", failure="Out of memory."), 3),
        (job(state="cancelled"), 4),
    ],
)
def test_a_wait_ends_with_the_code_of_what_came_out(
    served: Serve, mtkd: Call, spec: Path, end: dict[str, object], code: int
) -> None:
    server = served(ok(job(), status=201), ok(job()), httpx.ReadError("cut"), ok(end))
    found = mtkd(
        "submit",
        spec,
        "--project",
        "p",
        "--wait",
        "--json",
        "job.json",
        "--junit",
        "out/j.xml",
        "--markdown",
        "j.md",
    )
    assert found == code
    assert server.asked[1].url.params["wait"] == "15"
    assert json.loads(Path("job.json").read_text())["exit_code"] == code
    assert Xml.parse("out/j.xml").getroot().tag == "testsuites"
    assert Path("j.md").read_text().startswith("### Job 7 (span)")


def test_the_summary_of_a_run_gets_a_part_of_its_own(
    served: Serve, mtkd: Call, spec: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("summary.md").write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    served(ok(ended(gate="failed")), ok(ended(gate="failed")))
    assert mtkd("wait", 7) == 2
    assert (
        Path("summary.md").read_text().startswith("before\n### Job 7 (span) succeeded, but its gate failed")
    )
    said = capsys.readouterr().out
    assert "- student.params is 2,000,000, more than 1,000,000." in said
    assert "https://mtkd.test/jobs/7/" in said


def test_baselines_that_rules_speak_of_stand_beside(served: Serve, mtkd: Call) -> None:
    rule = {"rule": "test/miou >= baseline(main) - 0.01", "passed": True, "left": 0.5, "right": 0.48}
    end = {**ended(), "gates": [rule]}
    baseline = ended(id=3) | {"final_metrics": {"test/miou": 0.49}}
    served(ok(end), ok(end), ok([{"name": "main", "job": 3}]), ok(baseline))
    assert mtkd("wait", 7, "--markdown", "j.md") == 0
    assert "| test/miou | 0.5 | 0.49 | 0.47 |" in Path("j.md").read_text()


def test_a_wait_that_takes_too_long_ends_with_5_and_leaves_the_job(
    served: Serve, mtkd: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    served(ok(job()), ok(job()), ok(job()))
    assert mtkd("wait", 7, "--timeout", "0", "--junit", "j.xml") == 5
    assert "`mtkd wait 7` waits for it again" in capsys.readouterr().err
    assert 'errors="1"' in Path("j.xml").read_text()


def test_a_server_that_is_away_ends_with_75_and_says_with_which_key_to_go_on(
    served: Serve, mtkd: Call, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = served(cut())
    assert mtkd("submit", spec, "--project", "p", "--patience", 0) == 75
    assert f"--key {server.keys[0]}" in capsys.readouterr().err


def test_a_server_that_fails_is_none_of_the_callers_fault(served: Serve, mtkd: Call) -> None:
    served(httpx.Response(500, text="oops"))
    assert mtkd("wait", 7) == 75


def test_a_refused_spec_ends_with_64_and_a_sentence_for_each_field(
    served: Serve, mtkd: Call, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    served(problem(400, "All.", fields={"optim.epochs": "given 0.", "student.net": "no such family."}))
    assert mtkd("submit", spec, "--project", "p") == 64
    assert capsys.readouterr().err == "optim.epochs: given 0.\nstudent.net: no such family.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("submit",),
        ("submit", "none.yaml"),
        ("submit", "spec.yaml", "--junit", "x.xml"),
        ("submit", "spec.yaml", "--wait", "--timeout", "soon"),
        ("wait", "-3"),
        ("compare", "3", "3"),
        ("conquer",),
    ],
)
def test_a_command_that_is_not_understood_ends_with_64(
    served: Serve, mtkd: Call, spec: Path, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    served()
    assert mtkd(*arguments) == 64
    assert capsys.readouterr().err.strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_cancelled_run_leave_the_job_and_say_how_to_go_on(
    served: Serve, mtkd: Call, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    def interrupted(_request: httpx.Request) -> httpx.Response:
        signal.raise_signal(number)
        return ok(job())

    served(ok(job()), interrupted)
    # Who runs the tests in the background may have Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert mtkd("wait", 7) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert (
        "Job 7 goes on. `mtkd wait 7` waits for it again; `mtkd cancel 7` stops it."
        in capsys.readouterr().err
    )


def test_the_same_step_of_a_run_has_the_same_key(
    served: Serve, mtkd: Call, spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("CI_JOB_ID", "77")
    server = served(*(ok(job(), status=201) for _ in range(4)))
    mtkd("submit", spec, "--project", "p")
    mtkd("submit", spec, "--project", "p")
    mtkd("submit", spec, "--project", "other")
    mtkd("submit", spec, "--project", "p", "--key", "mine")
    first, second, third, fourth = server.keys
    assert first == second != third
    assert fourth == "mine"


def test_a_group_is_submitted_and_waited_for_like_a_job(
    served: Serve, mtkd: Call, shell: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shell / "group.yaml").write_text("data: {dataset: world}\nseeds: [0, 1]\n")
    jobs = [{"id": number, "seed": number, "state": "succeeded"} for number in (0, 1)]
    begun = {
        "id": 3,
        "project": "p",
        "name": "g",
        "cells": [{"cell": "", "jobs": [{**jobs[0], "state": "queued"}]}],
    }
    over = {**begun, "gate_outcome": "failed", "cells": [{"cell": "", "jobs": jobs}]}
    server = served(ok(begun, status=201), ok(begun), ok(over))
    assert mtkd("submit", "group.yaml", "--project", "p", "--wait", "--json", "-") == 2
    assert asked(server)["document"] == {"data": {"dataset": "world"}, "seeds": [0, 1]}
    assert [request.url.path for request in server.asked] == ["/api/v1/groups/", *["/api/v1/groups/3/"] * 2]
    assert json.loads(capsys.readouterr().out)["group"]["id"] == 3
