"""The REST API keeps its word: calls made up from its own description, one alone and one after another.

`MTKD_SCHEMATHESIS_SECONDS` has it look longer than a test run may take, `MTKD_SCHEMATHESIS_LOG` keeps what it said.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.local import programs
from jobs.local.child import Child
from jobs.local.home import Home
from jobs.models import ApiToken, Dataset, Job, Project, State, Teacher, User
from jobs.operations.jobs import submit
from jobs.operations.projects import create_project
from jobs.operations.tokens import create_token
from mtkd_engine.spec import parse

SECONDS = int(os.environ.get("MTKD_SCHEMATHESIS_SECONDS", "20"))
ENDLESS = "stream_job"
WALKS = "stateful"
OWN_ID = 10**15
"""Of the token, so that no made-up call revokes it."""
HERE = Path(__file__).parent
HOOKS = {"PYTHONPATH": str(HERE.parents[1]), "SCHEMATHESIS_HOOKS": "tests.security.made_up"}


@pytest.fixture
def project(transactional_db: None) -> Project:
    """A project with a dataset, a teacher, a queued job and a failed one."""
    user = User.objects.create_superuser(username="ada", password="correct horse battery")
    project = create_project(name="Moments", user=user)
    report = {"feature_width": 8, "problems": []}
    Dataset.objects.create(project=project, name="world", content_hash="d" * 64, report=report)
    Teacher.objects.create(project=project, name="span", content_hash="t" * 64, report={"card": {}})
    for state in (State.QUEUED, State.FAILED):
        job = submit(project=project, user=user, spec=parse({"data": {"dataset": "world"}}))
        Job.objects.filter(pk=job.pk).update(state=state)
    return project


@pytest.fixture
def token(project: Project) -> str:
    made, secret = create_token(user=User.objects.get(), name="schemathesis")
    ApiToken.objects.filter(pk=made.pk).update(id=OWN_ID)
    return secret


@pytest.fixture
def address(process_environment: dict[str, str]) -> Iterator[str]:
    listener = programs.listen({"MTKD_PORT": ""})
    unlimited = {"MTKD_RATE_READS": "1000000", "MTKD_RATE_WRITES": "1000000"}
    program = programs.web(listener=listener, environment={**process_environment, **unlimited})
    child = Child(program=program, home=Home.from_environment())
    try:
        programs.wait_for_web(child=child, listener=listener)
        yield programs.address(listener).rstrip("/")
    finally:
        child.stop()
        listener.close()


@pytest.mark.slow
def test_no_call_made_up_from_the_description_is_answered_otherwise_than_it_says(
    address: str, token: str, tmp_path: Path
) -> None:
    call(address, token, tmp_path, mode="all", phases="examples,coverage,fuzzing")


@pytest.mark.slow
def test_no_way_from_one_answer_to_the_next_call_is_answered_otherwise_than_the_description_says(
    address: str, token: str, tmp_path: Path
) -> None:
    for seconds in (3 * SECONDS // 2, 3 * SECONDS, 4 * SECONDS):  # a loaded machine needs longer to go as far
        said = call(address, token, tmp_path, mode="positive", phases=WALKS, seconds=seconds)
        links = re.search(r"(\d+) covered", said)
        if links and int(links[1]) > 5:
            return
    pytest.fail(said)


def call(address: str, token: str, folder: Path, *, mode: str, phases: str, seconds: int = SECONDS) -> str:
    """This will have calls made up for so long and give what is said of them."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--no-color"),
            *("--config-file", str(HERE / "schemathesis.toml")),
            *("run", f"{address}/api/schema/", "--url", address),
            *("--header", f"Authorization: Bearer {token}", "--exclude-operation-id", ENDLESS),
            *("--mode", mode, "--phases", phases, "--max-time", str(seconds), "--continue-on-failure"),
            *("--request-timeout", "20", "--no-shrink", "--warnings", "off"),
        ],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **HOOKS, **({"MTKD_MADE_UP": "1"} if phases == WALKS else {})},
        timeout=seconds + 120,
        check=False,
    )
    if kept := os.environ.get("MTKD_SCHEMATHESIS_LOG"):
        Path(f"{kept}.{phases.rpartition(',')[2]}").write_text(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
    return done.stdout
