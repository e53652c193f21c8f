"""The services of compose.yaml without containers: the same commands and variables, on ports of this host."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import psutil
import psycopg
from moto.server import ThreadedMotoServer

from jobs.local.account import drop_to
from jobs.local.binaries import postgres_programs, valkey_program
from jobs.local.child import Child, Program
from jobs.local.home import CHECKOUT, Home, own_folder
from tests.docker.conftest import command_of, compose, secrets
from tests.waiting import until

PLACES = {"database:5432": "database", "broker:6379": "broker", "storage:8333": "storage"}
ONE_BY_ONE = """
import os, sys
from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
for command in sys.argv[1:]:
    execute_from_command_line(["manage.py", *command.split()])
"""


class Topology:
    """Servers that answer, and a way to start machines beside them."""

    def __init__(self, folder: Path, ports: dict[str, int]) -> None:
        self.folder = folder
        self.ports = ports
        self.machines: dict[str, Child] = {}
        self._services = compose(secrets())["services"]

    def environment(self, service: str, machine: str) -> dict[str, str]:
        """What the compose file gives a service, with addresses of this host and a home of the machine's own."""
        given = dict(self._services[service]["environment"])
        for name, value in given.items():
            for place, server in PLACES.items():
                given[name] = given[name].replace(place, f"127.0.0.1:{self.ports[server]}")
            assert isinstance(value, str)
        own = {"MTKD_HOME": str(self.home(machine).root), "MTKD_WORKER": machine, "MTKD_THREADS": "1"}
        return {**given, **own, "MTKD_TIME_SCALE": "0.1", "MTKD_DATA_ROOTS": "", "MTKD_PROCESS": ""}

    def home(self, machine: str) -> Home:
        """The disk of a machine."""
        return Home(self.folder / machine)

    def run(self, service: str, *command: str) -> str:
        """What a command says that ends by itself."""
        given = self._services[service]["command"] if not command else ["python", "manage.py", *command]
        return self._said(service, *given[1:])

    def run_each(self, service: str, *commands: str) -> str:
        """What commands of `manage.py` say, one after the other in one process: each would load for seconds."""
        return self._said(service, "-c", ONE_BY_ONE, *commands)

    def _said(self, service: str, *given: str) -> str:
        done = subprocess.run(
            [sys.executable, *given],
            cwd=CHECKOUT,
            env={**dict(psutil.Process().environ()), **self.environment(service, "once")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, service: str, machine: str) -> Child:
        """This will start a service on a new machine whose disk is empty."""
        command = self._services[service].get("command") or self._web()
        self.home(machine).make()
        program = Program(
            name=machine,
            command=[sys.executable, *command[1:]],
            environment={
                **self.environment(service, machine),
                "MTKD_PROCESS": "web" if service == "web" else "",
            },
            folder=CHECKOUT,
        )
        self.machines[machine] = Child(program=program, home=self.home(machine))
        return self.machines[machine]

    def lose(self, machine: str) -> None:
        """This will end all processes of a machine at once, and take its disk away."""
        child = self.machines.pop(machine)
        descendants = psutil.Process(child.pid).children(recursive=True)
        child.kill()
        for process in descendants:
            if process.is_running():
                process.kill()
        psutil.wait_procs(descendants, timeout=10)
        shutil.rmtree(self.home(machine).root)

    def _web(self) -> list[str]:
        swapped = {"0.0.0.0": "127.0.0.1", "8000": str(self.ports["web"])}
        return [swapped.get(part, part) for part in command_of("web")]


@contextmanager
def topology(folder: Path) -> Iterator[Topology]:
    """This will run database, broker and store on ports with passwords, and end whatever was started beside them."""
    made = Topology(folder, {name: free_port() for name in ("database", "broker", "web")})
    servers = [_postgres(folder, made.ports["database"]), _valkey(folder, made.ports["broker"])]
    store = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    store.start()
    urlopen(Request(f"http://127.0.0.1:{store.get_host_and_port()[1]}/moto-api/reset", method="POST")).close()
    made.ports["storage"] = store.get_host_and_port()[1]
    try:
        yield made
    finally:
        for name, machine in made.machines.items():
            print(
                f"--- {name}, {machine.exit_code()}\n{machine.last_lines(40)}"
            )  # shown where the test fails
        for child in [*made.machines.values(), *reversed(servers)]:
            child.kill()
        store.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _home(folder: Path, name: str) -> Home:
    home = Home(folder / name)
    home.make()
    return home


def _postgres(folder: Path, port: int) -> Child:
    home, password = _home(folder, "database"), secrets()["DATABASE_PASSWORD"]
    programs, account = postgres_programs(home.account), home.account
    place = folder / "postgres"
    own_folder(place, mode=0o700, account=account)
    file = folder / "password"
    file.write_text(password)
    file.chmod(0o644)
    subprocess.run(
        [
            *(programs / "initdb", "-D", place / "data", "--username", "mtkd", "--pwfile", file),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-sync", "--locale", "C"),
        ],
        check=True,
        capture_output=True,
        cwd="/",
        **drop_to(account),
    )
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
    command = [str(programs / "postgres"), "-D", str(place / "data")]
    command += [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
    child = Child(program=Program(name="database", command=command, account=account, folder=place), home=home)

    def made() -> bool:
        try:
            address = f"postgresql://mtkd:{password}@127.0.0.1:{port}/postgres"
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute("CREATE DATABASE mtkd")
        except psycopg.OperationalError:
            return False
        return True

    until(made, seconds=30, what="a database")
    return child


def _valkey(folder: Path, port: int) -> Child:
    home = _home(folder, "broker")
    options = {"port": port, "bind": "127.0.0.1", "dir": home.root, "save": "", "requirepass": ""}
    options["requirepass"] = secrets()["BROKER_PASSWORD"]
    command = [
        str(valkey_program()),
        *(str(p) for key, value in options.items() for p in (f"--{key}", value)),
    ]
    return Child(program=Program(name="broker", command=command), home=home)
