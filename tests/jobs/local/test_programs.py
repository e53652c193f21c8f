from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from jobs.local import programs
from jobs.local.child import Child, Program
from jobs.local.home import Home, LocalError


def test_two_copies_listen_on_different_ports() -> None:
    with programs.listen({}) as one, programs.listen({}) as two:
        ports = [one.getsockname()[1], two.getsockname()[1]]
    assert programs.FIRST_PORT <= ports[0] < ports[1]


def test_a_given_port_is_taken_or_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LocalError, match=f"Port {port} of 127.0.0.1, which MTKD_PORT names, is in use"):
            programs.listen({"MTKD_PORT": str(port)})
    with programs.listen({"MTKD_PORT": str(port)}) as listener:
        assert programs.address(listener) == f"http://127.0.0.1:{port}/"


@pytest.mark.parametrize("given", ["0", "65536", "http"])
def test_a_port_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(LocalError, match="MTKD_PORT must be a number from 1 to 65535"):
        programs.listen({"MTKD_PORT": given})


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(LocalError, match=r"of 192\.0\.2\.1 cannot be opened"):
        programs.listen({"MTKD_HOST": "192.0.2.1"})


def test_an_address_for_everybody_is_shown_as_one_to_open() -> None:
    with programs.listen({"MTKD_HOST": "0.0.0.0"}) as listener:
        assert programs.address(listener).startswith("http://127.0.0.1:")


def test_a_web_process_that_ends_at_once_shows_the_end_of_its_log(home: Home) -> None:
    broken = Program(name="web", command=[sys.executable, "-c", "raise SystemExit('no such module')"])
    with (
        programs.listen({}) as listener,
        pytest.raises(LocalError, match="The web process did not start:\nno such module"),
    ):
        programs.wait_for_web(child=Child(program=broken, home=home), listener=listener)


def test_migrations_that_fail_show_the_end_of_their_output(home: Home) -> None:
    with pytest.raises(LocalError, match=r"could not be brought up to date:\n(.*\n)*.*does not run"):
        programs.migrate(home=home, environment={"MTKD_HOME": str(home.root), "DATABASE_URL": ""})


def test_the_programs_of_the_application_run_in_the_checkout() -> None:
    worker = programs.worker(number=2, environment={"A": "b"})
    assert worker.name == "worker-2"
    assert worker.environment["A"] == "b"
    assert (Path(worker.folder or "") / "manage.py").is_file()
    intake = programs.intake(environment={"A": "b"})
    assert intake.name == "intake"
    assert intake.command[2:] == ["worker", "--name=intake", "--queues=intake", "--device=cpu"]


def test_workers_of_a_tree_serve_what_the_environment_says_under_its_name() -> None:
    given = {"MTKD_WORKER": "box", "MTKD_QUEUES": "gpu,cpu", "MTKD_DEVICE": "cuda:1"}
    worker = programs.worker(number=2, environment=given)
    assert worker.command[2:] == ["worker", "--name=box-2", "--queues=gpu,cpu", "--device=cuda:1"]
    assert programs.intake(environment=given).command[3] == "--name=box-intake"
