"""CI in one line, for real: a whole server, a fresh shell with the client alone, and a network that is cut."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from xml.etree import ElementTree as Xml

import pytest

from jobs.demo.rest import Rest
from jobs.local.home import Home
from jobs.local.stopping import stop_tree
from mtkd_engine.client import Client
from tests.engine.client.line import Network, Server, Shell, install
from tests.noise import write_noise
from tests.waiting import until

pytestmark = pytest.mark.slow

SPEC = """
name: good
data: {dataset: noise}
student: {net: {family: span, clips: 8, width: 8, encoder_layers: 1}}
optim: {epochs: 6, batch_size: 8}
evaluation: {every_epochs: 3}
gates: ["student.params <= 1e5", "test/miou >= 0", "latency_ms.p50 <= 1e4"]
"""
ENDLESS = ("--set", "optim.epochs=5000")  # to be cancelled before it ends by itself
LONGER = ("--set", "optim.epochs=20")  # to be cut off while it runs
WORSE = (
    *("--set", "student.net.width=32", "--set", "name=worse"),
    *("--set", 'gates=["student.params <= baseline(main)", "test/miou >= 0"]'),
)


class Line:
    """What the tests of this file share."""

    def __init__(self, *, server: Server, network: Network, shell: Shell, token: str) -> None:
        self.server, self.network, self.shell = server, network, shell
        self.owner = Client(f"http://127.0.0.1:{server.port}", token, patience=20)

    def submitted(self) -> int:
        """This will return the id of the job that the running command has submitted."""
        until(lambda: "Submitted job" in self.shell.said(), what="a submission")
        found = re.search(r"Submitted job (\d+)", self.shell.said())
        assert found is not None
        return int(found[1])

    def named(self, name: str) -> list[int]:
        """This will return the ids of the jobs of a name."""
        return [job.id for job in self.owner.jobs(project="default") if job.name == name]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="mtkd-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    home = Home(folder / "home")
    home.make()
    running = Server(home.root)
    yield running
    running.stop()
    stop_tree(home)
    shutil.rmtree(home.outside, ignore_errors=True)


@pytest.fixture(scope="module")
def line(folder: Path, server: Server) -> Iterator[Line]:
    install(folder)
    token = server.token()
    asked = {"name": "CI", "project": "default", "scopes": ["jobs:read", "jobs:write"]}
    narrow = Rest(url=f"http://127.0.0.1:{server.port}", token=token).call("POST", "tokens/", asked)["secret"]
    network = Network(server.port)
    shell = Shell(folder, url=network.url, token=narrow)
    (folder / "spec.yaml").write_text(SPEC)
    write_noise(folder / "noise", train=60)
    found = Line(server=server, network=network, shell=shell, token=token)
    network.swallow(b"PATCH /api/v1/uploads/")  # a part that arrives, but nobody hears of it
    done = shell.run("dataset", "add", "noise", "--accept", "all", MTKD_TOKEN=token)
    assert done.returncode == 0, done.stderr
    assert network.swallowed == 1
    yield found
    found.owner.close()
    network.close()


@pytest.fixture(scope="module")
def good(line: Line) -> int:
    """The id of a job that passed its gate, whose client was without network until it had ended."""
    running = line.shell.start(
        *("submit", "spec.yaml", "--wait", "--set", "name=cut", *LONGER),
        *("--junit", "good.xml", "--json", "good.json"),
    )
    number = line.submitted()
    until(lambda: line.owner.job(number).step > 0, what="a step")
    line.network.cut()
    until(lambda: line.owner.job(number).is_final, what="an end")
    assert running.poll() is None
    line.network.mend()
    assert running.wait(timeout=120) == 0, line.shell.said()
    return number


@dataclass(frozen=True)
class TakenUp:
    """A job whose client was killed: who waited on, and who watched."""

    number: int
    again: int
    watched: CompletedProcess[str]


@pytest.fixture(scope="module")
def taken_up(line: Line) -> TakenUp:
    run = {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "5", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "distill"}
    command = ("submit", "spec.yaml", "--set", "name=killed", "--wait")
    running = line.shell.start(*command, **run)
    number = line.submitted()
    running.kill()
    running.wait()
    again = line.shell.start(*command, "--json", "again.json", **run)
    watched = line.shell.run("watch", number)
    return TakenUp(number, again.wait(timeout=120), watched)


@pytest.fixture(autouse=True)
def _mended(line: Line) -> Iterator[None]:
    line.network.mend()
    yield
    line.network.mend()


def test_the_client_alone_needs_neither_torch_nor_django(line: Line) -> None:
    for name in ("torch", "django", "pyarrow"):
        assert not list((line.shell.folder / "client").glob(f"lib/python*/site-packages/{name}"))
    assert line.shell.run("--version").stdout.startswith("mtkd ")


def test_a_good_spec_passes_its_gate_although_the_network_is_cut_until_the_job_has_ended(
    line: Line, good: int
) -> None:
    suite = Xml.parse(line.shell.folder / "good.xml").getroot()[0]
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["4", "0", "0", "0"]
    job = line.shell.read("good.json")["job"]
    assert job["gate_outcome"] == "passed"
    assert job["final_metrics"]["student.params"] <= 1e5
    assert line.named("cut") == [good]


def test_a_worse_spec_fails_the_gate_with_a_junit_file_and_a_summary(line: Line, good: int) -> None:
    line.owner.set_baseline("main", good, project="default")
    done = line.shell.run(
        *("submit", "spec.yaml", "--wait", *WORSE, "--junit", "worse.xml", "--json", "worse.json"),
        GITHUB_STEP_SUMMARY="summary.md",
    )
    assert done.returncode == 2, done.stderr
    suite = Xml.parse(line.shell.folder / "worse.xml").getroot()[0]
    assert [suite.get(name) for name in ("tests", "failures", "errors")] == ["3", "1", "0"]
    failed = [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None]
    assert failed == ["student.params <= baseline(main)"]
    summary = (line.shell.folder / "summary.md").read_text()
    assert "`student.params <= baseline(main)`" in summary
    assert "❌ failed" in summary
    compared = line.shell.run("compare", good, line.shell.read("worse.json")["job"]["id"])
    assert compared.returncode == 0, compared.stderr
    assert "student.net.width" in compared.stdout
    assert "student.params" in compared.stdout


def test_a_submission_whose_answer_is_lost_and_one_key_twice_give_one_job(line: Line) -> None:
    lost = line.network.swallowed
    line.network.swallow(b"POST /api/v1/jobs/")
    submit = ("submit", "spec.yaml", "--set", "name=once", *ENDLESS, "--key", "the-same", "--json")
    assert line.shell.run(*submit, "first.json").returncode == 0
    assert line.network.swallowed == lost + 1
    assert line.shell.run(*submit, "second.json").returncode == 0
    ids = {line.shell.read(name)["job"]["id"] for name in ("first.json", "second.json")}
    assert [*ids] == line.named("once")
    other = line.shell.run("submit", "spec.yaml", "--set", "name=other", "--key", "the-same")
    assert other.returncode == 64
    assert line.named("other") == []
    assert line.shell.run("cancel", *ids).returncode == 0
    assert line.shell.run("wait", *ids).returncode == 4


def test_a_killed_client_that_is_started_again_waits_on_for_the_same_job(
    line: Line, taken_up: TakenUp
) -> None:
    assert taken_up.again == 0
    assert line.shell.read("again.json")["job"]["id"] == taken_up.number
    assert line.named("killed") == [taken_up.number]
    assert line.shell.run("wait", taken_up.number).returncode == 0


def test_a_job_is_watched_to_its_end(taken_up: TakenUp) -> None:
    assert taken_up.watched.returncode == 0, taken_up.watched.stderr
    assert "loss/total" in taken_up.watched.stdout


def test_files_come_although_the_network_is_cut(line: Line, good: int) -> None:
    lost = line.network.swallowed
    line.network.swallow(f"GET /api/v1/jobs/{good}/artifacts/student.safetensors".encode())
    taken = line.shell.run("download", good, "--only", "student.safetensors", "result.json", "--out", "out")
    assert taken.returncode == 0, taken.stderr
    assert line.network.swallowed == lost + 1
    assert sorted(path.name for path in (line.shell.folder / "out").iterdir()) == [
        "result.json",
        "student.safetensors",
    ]
