"""The peers as the benchmark sees them: each writes, loads a curve, and answers for a chart over HTTP."""

from __future__ import annotations

import json
import secrets
import socket
import struct
import time
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from tests.bench.peers.curves import METRIC, SPIKE, names, table
from tests.bench.peers.environments import Program
from tests.bench.peers.line import Line

START_SECONDS = 120.0
MOST_RUNS = 64  # of one call to Trackio


class System(Protocol):
    """What stores points and draws charts; `why_not` says what it cannot do, and why."""

    name: str
    version: str
    why_not: dict[str, str]

    def write_rest(self, *, steps: int, seed: int) -> float | None:
        """This will write 8 metrics of so many steps over HTTP and return the seconds it took."""
        ...

    def write_here(self, *, steps: int, seed: int) -> float | None:
        """This will write them without a server between and return the seconds it took."""
        ...

    def load(self, *, points: int, seed: int) -> str:
        """This will store one curve by whatever way is fastest and return the id of its run."""
        ...

    def chart(self, runs: list[str], *, px: int) -> bytes:
        """This will ask for one metric of some runs, as its own pages do, and return the answer as it came."""
        ...

    def has_spike(self, answer: bytes) -> bool:
        """This will tell whether the spike stands in an answer."""
        ...

    def bytes_per_point(self, *, points: int) -> float:
        """This will return what each of the points written until now takes on the disk."""
        ...

    def end(self) -> None:
        """This will end what it started."""
        ...


def free_port() -> int:
    """This will return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Mlflow:
    """MLflow 3: tracking server with PostgreSQL, and its client on the same tables without a server."""

    name = "MLflow"

    def __init__(self, *, folder: Path, database: str) -> None:
        self.why_not: dict[str, str] = {}
        # Without its runners of other jobs, which take processor time from everybody.
        self._program = Program("mlflow", folder=folder, MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false")
        port = free_port()
        self._line = Line(port)
        self.version = self._program.ask("start", store=database, port=port)
        self._line.wait("/health", seconds=START_SECONDS)

    def write_rest(self, *, steps: int, seed: int) -> float:
        run = self._program.ask("new_run")
        made, called, batch = table(steps, seed=seed).tolist(), names(), 1000 // 8
        began = time.perf_counter()
        now = int(time.time() * 1000)
        for first in range(0, steps, batch):
            metrics = [
                {"key": name, "value": value, "timestamp": now + step, "step": step}
                for step, row in enumerate(made[first : first + batch], first)
                for name, value in zip(called, row, strict=True)
            ]
            body = json.dumps({"run_id": run, "metrics": metrics}).encode()
            self._line.ask("POST", "/api/2.0/mlflow/runs/log-batch", body)
        return time.perf_counter() - began

    def write_here(self, *, steps: int, seed: int) -> float:
        return float(self._program.ask("write", steps=steps, seed=seed))

    def load(self, *, points: int, seed: int) -> str:
        return str(self._program.ask("load", points=points, seed=seed))

    def chart(self, runs: list[str], *, px: int) -> bytes:
        asked = [("run_ids", run) for run in runs]
        query = urlencode([*asked, ("metric_key", METRIC), ("max_results", str(px))])
        return self._line.ask("GET", f"/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?{query}")

    def has_spike(self, answer: bytes) -> bool:
        return any(point["value"] == SPIKE for point in json.loads(answer)["metrics"])

    def bytes_per_point(self, *, points: int) -> float:
        return float(self._program.ask("bytes_per_point"))

    def end(self) -> None:
        self._program.end()


class Aim:
    """Aim: its SDK writes into a folder, its web server reads it."""

    name = "Aim"
    loads_as_it_writes = True

    def __init__(self, *, folder: Path) -> None:
        self.why_not = {"rest_points_per_s": "it has no REST address that takes points"}
        self._program = Program("aim", folder=folder)
        port = free_port()
        self._line = Line(port, {"X-Timezone-Offset": "0"})
        self.version = self._program.ask("start", port=port)
        self._line.wait("/api/projects/", seconds=START_SECONDS)

    def write_rest(self, *, steps: int, seed: int) -> None:
        return None

    def write_here(self, *, steps: int, seed: int) -> float:
        return float(self._program.ask("write", steps=steps, seed=seed))

    def load(self, *, points: int, seed: int) -> str:
        return str(self._program.ask("load", points=points, seed=seed))

    def chart(self, runs: list[str], *, px: int) -> bytes:
        query = quote(f'run.hash in {json.dumps(runs)} and metric.name == "{METRIC}"')
        path = f"/api/runs/search/metric/?q={query}&p={px}&report_progress=false"
        return self._line.ask("GET", path)

    def has_spike(self, answer: bytes) -> bool:
        return struct.pack("<d", SPIKE) in answer  # it sends arrays of float64

    def bytes_per_point(self, *, points: int) -> float:
        return float(self._program.ask("bytes_per_point", points=points))

    def end(self) -> None:
        self._program.end()


class Trackio:
    """Trackio: its library writes into SQLite, its web server reads it."""

    name = "Trackio"

    def __init__(self, *, folder: Path) -> None:
        self.why_not: dict[str, str] = {}
        token = secrets.token_hex(16)
        store = str(folder / "store")
        self._program = Program("trackio", folder=folder, TRACKIO_DIR=store, TRACKIO_WRITE_TOKEN=token)
        port = free_port()
        self._line = Line(port, {"X-Trackio-Write-Token": token})
        self.version = self._program.ask("start", port=port)
        self._line.wait("/", seconds=START_SECONDS)

    def write_rest(self, *, steps: int, seed: int) -> float:
        run = self._program.ask("new_run")
        made, called = table(steps, seed=seed).tolist(), names()
        began = time.perf_counter()
        for first in range(0, steps, 2500):  # 20,000 points a batch, as ours
            logs = [
                {"project": "bench", "run": run, "step": step, "metrics": dict(zip(called, row, strict=True))}
                for step, row in enumerate(made[first : first + 2500], first)
            ]
            self._call("bulk_log", {"logs": logs, "hf_token": None})
        return time.perf_counter() - began

    def write_here(self, *, steps: int, seed: int) -> float:
        return float(self._program.ask("write", steps=steps, seed=seed))

    def load(self, *, points: int, seed: int) -> str:
        return str(self._program.ask("load", points=points, seed=seed))

    def chart(self, runs: list[str], *, px: int) -> bytes:
        answers = []
        for first in range(0, len(runs), MOST_RUNS):
            some = [{"run": run, "run_id": None} for run in runs[first : first + MOST_RUNS]]
            asked = {"project": "bench", "runs": some, "max_points": px, "scalar_only": True}
            answers.append(self._call("get_logs_batch", asked))
        return b"".join(answers)

    def has_spike(self, answer: bytes) -> bool:
        return repr(SPIKE).encode() in answer

    def bytes_per_point(self, *, points: int) -> float:
        return float(self._program.ask("bytes_per_point", points=points))

    def _call(self, name: str, asked: dict[str, Any]) -> bytes:
        return self._line.ask("POST", f"/api/{name}", json.dumps(asked).encode())

    def end(self) -> None:
        self._program.end()
