"""Specs as they are handed in: read, changed, and named in runs of CI."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtkd_engine.client import RefusedError
from mtkd_engine.client.documents import key_of_run, read_document, with_changes

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "team/world",
    "GITHUB_RUN_ID": "5",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_JOB": "distill",
}
GITLAB = {"GITLAB_CI": "true", "CI_SERVER_HOST": "git.test", "CI_JOB_ID": "77"}


def test_settings_change_a_spec_as_yaml_says_and_null_takes_out() -> None:
    given = {"optim": {"epochs": 10, "learning_rate": 0.1}, "name": "a", "teachers": ["x"]}
    changes = ["optim.epochs=3", "optim.learning_rate=null", "teachers=[y, z]", "data.dataset=world"]
    assert with_changes(given, settings=changes, name="b") == {
        "optim": {"epochs": 3},
        "name": "b",
        "teachers": ["y", "z"],
        "data": {"dataset": "world"},
    }
    assert given["name"] == "a"


def test_another_kind_of_method_leaves_nothing_of_the_old_one() -> None:
    given = {"method": {"kind": "emtm", "folds": 4}}
    assert with_changes(given, settings=["method.kind=solo"]) == {"method": {"kind": "solo"}}


@pytest.mark.parametrize("setting", ["optim.epochs", "=3", "a..b=1", ".a=1", "a=[1"])
def test_a_setting_that_says_nothing_is_refused(setting: str) -> None:
    with pytest.raises(RefusedError, match="--set"):
        with_changes({}, settings=[setting])


@pytest.mark.parametrize(
    ("text", "words"),
    [(b"- 1", "mapping"), (b"a: [", "line 2|line 1"), (b"\xff\xfe", "UTF-8"), (b"a: &x 1", "anchors")],
)
def test_a_file_that_is_no_spec_is_refused_with_its_name(tmp_path: Path, text: bytes, words: str) -> None:
    file = tmp_path / "spec.yaml"
    file.write_bytes(text)
    with pytest.raises(RefusedError, match=words) as refused:
        read_document(file)
    assert "spec.yaml" in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="cannot be read: No such file"):
        read_document(tmp_path / "none.yaml")


@pytest.mark.parametrize(("run", "other"), [(GITHUB, "GITHUB_RUN_ATTEMPT"), (GITLAB, "CI_JOB_ID")])
def test_a_step_of_a_run_has_a_key_of_its_own(run: dict[str, str], other: str) -> None:
    key = key_of_run({"document": {"a": 1}}, run)
    assert key is not None
    assert key == key_of_run({"document": {"a": 1}}, dict(run))
    assert key != key_of_run({"document": {"a": 2}}, run)
    assert key != key_of_run({"document": {"a": 1}}, {**run, other: "9"})
    assert len(key) <= 255


def test_outside_of_ci_there_is_no_key() -> None:
    assert key_of_run({"document": {}}, {}) is None
