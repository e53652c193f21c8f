"""The other commands of `mtkd`."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.engine.client.answering import Script, ended, job, ok, problem

Serve = Callable[..., Script]
Call = Callable[..., int]
COMMANDS = ("login", "submit", "wait", "watch", "jobs", "cancel", "logs", "compare", "download", "predict")
ACCOUNT = {"user": "ada", "is_operator": False, "token": None}


def test_every_command_is_listed_and_explains_itself(mtkd: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert mtkd("--help") == 0
    listed = capsys.readouterr().out
    for command in (*COMMANDS, "dataset", "teacher", "baseline"):
        assert f"    {command} " in listed
    for command in (*COMMANDS, "dataset add", "teacher add", "baseline set"):
        assert mtkd(*command.split(), "--help") == 0
        assert f"usage: mtkd {command}" in capsys.readouterr().out


def test_neither_torch_nor_numpy_nor_django_is_loaded() -> None:
    program = (
        "import sys; from mtkd_engine.client.commands import _parser; _parser(); "
        "sys.exit(bool({'torch', 'numpy', 'django', 'pyarrow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


def test_a_login_is_tried_and_kept(
    served: Serve, mtkd: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = served(ok(ACCOUNT), ok([]))
    assert mtkd("login", "mtkd.test/", "--token", "mtkd_new") == 0
    assert server.asked[0].headers["Authorization"] == "Bearer mtkd_new"
    assert "Logged in to https://mtkd.test as ada." in capsys.readouterr().out
    monkeypatch.delenv("MTKD_URL")
    monkeypatch.delenv("MTKD_TOKEN")
    assert mtkd("jobs", "--project", "p") == 0
    assert server.asked[1].headers["Authorization"] == "Bearer mtkd_new"


def test_a_wrong_token_is_not_kept(served: Serve, mtkd: Call, shell: Path) -> None:
    served(problem(401, "This token is not known."))
    assert mtkd("login", "https://mtkd.test", "--token", "mtkd_new") == 64
    assert not list(shell.rglob("client.json"))
    assert mtkd("login", "https://mtkd.test", "--token", "two lines\n") == 64


def test_jobs_are_listed_as_they_were_asked_for(
    served: Serve, mtkd: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    server = served(ok([ended(name="a\x1b[2Jb")]), ok([job()]))
    assert mtkd("jobs", "--project", "p", "-q", "gate:failed", "--sort", "-test/miou") == 0
    assert dict(server.asked[0].url.params) == {
        "project": "p",
        "q": "gate:failed",
        "sort": "-test/miou",
        "limit": "50",
    }
    said = capsys.readouterr().out
    assert "a�[2Jb" in said
    assert "passed" in said
    assert mtkd("jobs", "--project", "p", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == 7


def test_jobs_and_groups_are_cancelled_by_their_ids(served: Serve, mtkd: Call) -> None:
    group = {"id": 3, "project": "p", "name": "g", "cells": []}
    server = served(ok(job()), ok(job(state="cancelled")), ok(group))
    assert mtkd("cancel", 7, 8) == 0
    assert mtkd("cancel", "--group", 3) == 0
    assert [request.url.path for request in server.asked] == [
        "/api/v1/jobs/7/cancellation/",
        "/api/v1/jobs/8/cancellation/",
        "/api/v1/groups/3/cancellation/",
    ]


def test_logs_are_followed_until_the_job_has_ended(
    served: Serve, mtkd: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    def page(after: int, text: str, *, more: bool = False) -> httpx.Response:
        return ok({"after": after, "more": more, "lines": [{"attempt": 1, "byte": 0, "text": text}]})

    server = served(page(1, "one", more=True), page(2, "two"), ok(ended()), page(3, "three\x1b[31m"))
    assert mtkd("logs", 7, "--follow", "--tail", 5) == 0
    assert capsys.readouterr().out == "one\ntwo\nthree�[31m\n"
    assert [request.url.params.get("after") for request in server.asked] == [None, "1", None, "2"]


def test_jobs_are_compared_by_what_differs(
    served: Serve, mtkd: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {
        "jobs": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}],
        "spec": {"fields": [{"path": "optim.epochs", "values": [3, None]}], "same": 40},
        "final": {"names": ["test/miou"], "values": [[0.41, 0.4356789]]},
    }
    server = served(ok(found), ok(found))
    assert mtkd("compare", 1, 2) == 0
    assert server.asked[0].url.params["jobs"] == "1,2"
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["optim.epochs", "3", "–"] in lines
    assert ["test/miou", "0.41", "0.4357"] in lines
    assert mtkd("compare", 1, 2, "--json") == 0
    assert json.loads(capsys.readouterr().out) == found


def test_own_metrics_come_before_those_of_the_baselines_of_a_result(
    served: Serve, mtkd: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["aggregated/miou", "best_step", "test/miou", "uniform/miou", "val/miou"]
    jobs = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]
    final = {"names": names, "values": [[0.5, 0.5]] * 5}
    served(ok({"jobs": jobs, "spec": {"fields": []}, "final": final}))
    assert mtkd("compare", 1, 2) == 0
    told = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.endswith("0.5")]
    assert told == ["test/miou", "val/miou", "best_step", "aggregated/miou", "uniform/miou"]


def test_files_are_downloaded_by_their_names(
    served: Serve, mtkd: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [
        {"name": name, "size": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}
        for name in ("a.onnx", "b.json")
    ]
    served(ok(files), ok(ended()), httpx.Response(200, content=b"abc"), ok(files), ok(ended()))
    assert mtkd("download", 7, "--only", "a.onnx", "--out", "out") == 0
    assert [path.name for path in Path("out").iterdir()] == ["a.onnx"]
    assert mtkd("download", 7, "--only", "c.onnx") == 64
    assert "accepted are a.onnx, b.json" in capsys.readouterr().err


def registration(state: str, **more: object) -> dict[str, object]:
    return {"id": 5, "project": "p", "kind": "dataset", "name": "world", "state": state, **more}


REPAIRS = {"repairs": [{"name": "clip_windows", "title": "Cut windows at the end", "count": 1200}]}


def begun() -> list[httpx.Response]:
    return [
        httpx.Response(201, headers={"Location": "/api/v1/uploads/u1/", "Upload-Offset": "0"}),
        httpx.Response(200, headers={"Upload-Offset": "0"}),
        httpx.Response(204, headers={"Upload-Offset": "1"}),
        ok(registration("queued"), status=202),
    ]


def test_a_dataset_is_uploaded_registered_and_waited_for(served: Serve, mtkd: Call, shell: Path) -> None:
    (shell / "world.zip").write_bytes(b"x")
    server = served(*begun(), ok(registration("checking", part="reading")), ok(registration("registered")))
    assert (
        mtkd("dataset", "add", "world.zip", "--project", "p", "--accept", "clip_windows", "--new-version")
        == 0
    )
    posted = json.loads(server.asked[3].content)
    assert posted == {
        "project": "p",
        "name": "world",
        "uploads": ["u1"],
        "accept": ["clip_windows"],
        "new_version": True,
    }


def test_repairs_wait_for_a_decision_unless_all_are_accepted(
    served: Serve, mtkd: Call, shell: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shell / "world.zip").write_bytes(b"x")
    waiting = registration("waiting", report=REPAIRS)
    served(*begun(), ok(waiting))
    assert mtkd("dataset", "add", "world.zip", "--project", "p") == 3
    assert "--accept clip_windows: Cut windows at the end (1,200)" in capsys.readouterr().err
    server = served(*begun(), ok(waiting), ok(registration("queued")), ok(registration("registered")))
    assert mtkd("dataset", "add", "world.zip", "--project", "p", "--accept", "all") == 0
    assert json.loads(server.asked[5].content) == {"accept": ["clip_windows"]}


def test_a_refused_teacher_ends_with_the_sentence_of_the_check(
    served: Serve, mtkd: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    server = served(
        ok(registration("queued"), status=202), ok(registration("refused", sentence="It is a pickle."))
    )
    code = mtkd(
        "teacher",
        "add",
        "/data/t.safetensors",
        "--on-server",
        "--project",
        "p",
        "--dataset",
        "world",
        "--split",
        "test",
    )
    assert code == 3
    assert json.loads(server.asked[0].content) == {
        "project": "p",
        "name": "t",
        "path": "/data/t.safetensors",
        "dataset": "world",
        "split": "test",
    }
    assert "The registration was refused. It is a pickle." in capsys.readouterr().err
    assert mtkd("teacher", "add", "none.safetensors", "--project", "p") == 64


def test_a_student_is_asked_about_a_file_of_features(
    served: Serve, mtkd: Call, shell: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shell / "video.npy").write_bytes(b"features")
    asked = {"id": 9, "job": 7, "sentence": "a door", "state": "queued"}
    windows = [{"start": 1.25, "end": 3.5, "score": 0.625}]
    said = {"answers": [{"query": "a door", "windows": windows, "unknown_words": ["ajar"]}], "notes": []}
    server = served(ok(asked, status=202), ok({**asked, "state": "answered", "answer": said}))
    assert mtkd("predict", 7, "--features", "video.npy", "--fps", 2, "--query", "a door") == 0
    body = server.asked[0].content
    assert b"features" in body
    assert b'name="fps"\r\n\r\n2.0' in body
    out = capsys.readouterr()
    assert ["1.25", "3.5", "0.625"] in [line.split() for line in out.out.splitlines()]
    assert "does not know ajar" in out.err


def test_a_question_that_is_refused_says_why(
    served: Serve, mtkd: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {"id": 9, "job": 7, "sentence": "?", "state": "queued"}
    served(ok(asked, status=202), ok({**asked, "state": "refused", "error": "There is no word in it."}))
    assert mtkd("predict", 7, "--row", 0, "--query", "?") == 3
    assert "There is no word in it." in capsys.readouterr().err
    assert mtkd("predict", 7, "--row", 0, "--fps", 2, "--query", "?") == 64


def test_a_baseline_is_set_in_the_project_of_the_job(served: Serve, mtkd: Call) -> None:
    server = served(ok(ended(project="team")), ok({"name": "main", "job": 7}))
    assert mtkd("baseline", "set", "main", 7) == 0
    assert server.asked[1].url.path == "/api/v1/projects/team/baselines/main/"
    assert json.loads(server.asked[1].content) == {"job": 7}


def events(*messages: tuple[str, object]) -> httpx.Response:
    text = "".join(
        f"id: {place}\nevent: {kind}\ndata: {json.dumps(data)}\n\n"
        for place, (kind, data) in enumerate(messages)
    )
    return httpx.Response(200, text=text)


def test_watching_goes_on_after_a_cut_and_ends_with_the_code_of_the_job(
    served: Serve, mtkd: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    points = {"replace": True, "series": {"loss/total": {"steps": [1], "values": [2.0]}}}
    weights = {"kind": "weights", "teachers": ["span"], "mean": [1.0]}
    state = {"state": "running", "part": "training", "step": 40, "total_steps": 100}
    server = served(
        ok(job()),
        events(("metrics", points), ("event", weights), ("job", state)),
        events(("end", {**state, "state": "succeeded", "step": 100})),
        ok(ended(gate="failed", step=100)),
    )
    assert mtkd("watch", 7) == 2
    said = capsys.readouterr().out
    assert "job 7 running: training, step 10 of 100" in said
    assert "step 100 of 100" in said
    assert "loss/total" in said
    assert "gate failed" in said
    assert server.asked[2].headers["Last-Event-ID"] == "2"
