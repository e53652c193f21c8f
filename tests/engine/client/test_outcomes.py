"""What came out, as exit codes, JUnit and Markdown."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from mtkd_engine.client import Group, Job
from mtkd_engine.client.junit import junit
from mtkd_engine.client.markdown import escaped, markdown, number
from mtkd_engine.client.outcomes import Outcome
from tests.engine.client.answering import URL, ended, job


def outcome(data: dict[str, Any], **more: Any) -> Outcome:
    return Outcome(subject=Job.model_validate(data), url=URL, **more)


def group(*states: str, gate: str = "") -> Outcome:
    jobs = [{"id": number, "seed": number, "state": state} for number, state in enumerate(states)]
    cells = [
        {"cell": "", "title": "reference", "mean": 0.5, "sd": 0.01, "difference": None, "jobs": jobs[:2]},
        {
            "cell": "kau",
            "title": "without kau",
            "mean": 0.48,
            "sd": 0.02,
            "difference": {"mean": -0.02, "low": -0.03, "high": -0.01},
            "jobs": jobs[2:],
        },
    ]
    data = {"id": 3, "project": "default", "name": "ablation", "metric": "miou", "cells": cells}
    return Outcome(
        subject=Group.model_validate({**data, "gate_outcome": gate, "verdicts": ["kau brings 0.02."]}),
        url=URL,
    )


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (ended(), 0, "succeeded and passed its gate"),
        (job(state="succeeded"), 0, "succeeded"),
        (ended(gate="failed"), 2, "succeeded, but its gate failed"),
        (job(state="failed", failure="Out of memory."), 3, "failed"),
        (job(state="cancelled"), 4, "was cancelled"),
        (job(state="paused"), 5, "has not ended in time"),
    ],
)
def test_every_end_of_a_job_has_a_code_and_a_line(data: dict[str, Any], code: int, words: str) -> None:
    found = outcome(data)
    assert found.code == code
    assert found.title == f"Job 7 (span) {words}"
    assert found.plain()["exit_code"] == code
    assert found.plain()["job"]["id"] == 7


@pytest.mark.parametrize(
    ("states", "gate", "code"),
    [
        (("succeeded",) * 4, "passed", 0),
        (("succeeded",) * 4, "failed", 2),
        (("succeeded", "failed", "cancelled"), "failed", 3),
        (("succeeded", "cancelled", "running"), "", 4),
        (("succeeded", "running"), "", 5),
    ],
)
def test_a_group_is_as_bad_as_the_worst_of_its_jobs(states: tuple[str, ...], gate: str, code: int) -> None:
    assert group(*states, gate=gate).code == code


def test_junit_has_a_case_for_the_job_and_one_for_each_rule() -> None:
    suite = Xml.fromstring(junit(outcome(ended(gate="failed")))).find("testsuite")
    assert suite is not None
    assert [suite.get(name) for name in ("tests", "errors", "failures", "skipped", "time")] == [
        "3",
        "0",
        "1",
        "0",
        "60.000",
    ]
    assert [case.get("name") for case in suite.iter("testcase")] == [
        "job 7: span",
        "test/miou >= 0.4",
        "student.params <= 1e6",
    ]
    failures = list(suite.iter("failure"))
    assert failures[0].get("message") == "student.params is 2,000,000, more than 1,000,000."
    assert failures[0].get("type") == "gate of the policy"


def test_junit_of_a_failed_job_is_an_error_and_its_rules_are_skipped() -> None:
    failed = job(state="failed", name="<b>\x00\x1b[31m", failure="It ran out of memory: 9 GB > 8 GB.")
    suite = Xml.fromstring(junit(outcome(failed))).find("testsuite")
    assert suite is not None
    assert [suite.get(name) for name in ("tests", "errors", "failures", "skipped")] == ["3", "1", "0", "2"]
    error = suite.find("testcase/error")
    assert error is not None
    assert error.text == "It ran out of memory: 9 GB > 8 GB."


def test_rules_of_a_group_are_not_those_of_its_jobs() -> None:
    assert outcome(job(state="succeeded", group=3)).unjudged == []
    assert len(outcome(job(state="failed")).unjudged) == 2


def test_junit_of_a_job_that_did_not_end_in_time_is_an_error() -> None:
    assert 'errors="1"' in junit(outcome(job()))


def test_markdown_holds_final_metrics_against_baselines_and_gates() -> None:
    text = markdown(
        outcome(ended(gate="failed"), baselines={"main": {"test/miou": 0.49, "student.params": 1.5e6}})
    )
    lines = text.splitlines()
    assert lines[0] == "### Job 7 (span) succeeded, but its gate failed"
    assert "| `test/miou >= 0.4` | 0.5 | 0.4 | ✅ passed |" in lines
    assert "| `student.params <= 1e6` | 2,000,000 | 1,000,000 | ❌ failed |" in lines
    assert "| Final metric | job 7 | baseline(main) | uniform |" in lines
    assert "| test/miou | 0.5 | 0.49 | 0.47 |" in lines
    assert "| student.params | 2,000,000 | 1,500,000 | – |" in lines


def test_markdown_says_why_a_rule_does_not_hold() -> None:
    data = ended(gate="failed")
    data["gates"][-1] |= {"left": None, "right": None, "sentence": "The job has no final metric 'solo/miou'."}
    text = markdown(outcome(data))
    assert text.count("\n- ") == 1
    assert "\n\n- The job has no final metric 'solo/miou'.\n\n" in text


def test_markdown_of_a_group_has_a_row_for_each_cell() -> None:
    text = markdown(group("succeeded", "succeeded", "succeeded", gate="passed"))
    assert "| reference | 0.5 | 0.01 | – | 2 succeeded |" in text
    assert "| without kau | 0.48 | 0.02 | -0.0200 (-0.0300 to -0.0100) | 1 succeeded |" in text
    assert "kau brings 0.02." in text


def test_names_mean_nothing_to_markdown() -> None:
    assert escaped("a|b\n# <img> *x*") == r"a\|b \# \<img\> \*x\*"
    assert number(1234.56) == "1,234.6"
    assert number(None) == "–"
