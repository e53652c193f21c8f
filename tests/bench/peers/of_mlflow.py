"""MLflow: its tracking server on PostgreSQL over REST, and its store without a server in this process."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import mlflow
import psycopg2
from curves import MANY, METRIC, names, table, values
from mlflow.entities import Metric
from told import serve

BATCH = 1000  # the most that one call of its API takes
_state: dict[str, Any] = {}


def start(*, store: str, port: int) -> str:
    """This will start the server, make its tables and an experiment, and return the version."""
    _state["store"] = store
    _state["client"] = mlflow.MlflowClient(tracking_uri=store)
    experiment()  # makes the tables, before the server would do the same
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store, "--workers", "1"]
    options = ["--host", "127.0.0.1", "--port", str(port), "--artifacts-destination", "artifacts"]
    _state["server"] = subprocess.Popen([*command, *options], stdout=2, start_new_session=True)
    return str(mlflow.__version__)


def experiment() -> str:
    """This will return the experiment that all runs belong to."""
    if "experiment" not in _state:
        _state["experiment"] = _state["client"].create_experiment("bench")
    return str(_state["experiment"])


def new_run() -> str:
    """This will begin a run and return its id."""
    return str(_state["client"].create_run(experiment()).info.run_id)


def write(*, steps: int, seed: int) -> float:
    """This will log 8 metrics of a new run in this process, a batch at a time, and return the seconds it took."""
    made, run, client = table(steps, seed=seed).tolist(), new_run(), _state["client"]
    began = time.perf_counter()
    for rows in batches(made):
        client.log_batch(run, metrics=[Metric(*row) for row in rows])
    return time.perf_counter() - began


def batches(made: list[list[float]]) -> Iterator[list[tuple[str, float, int, int]]]:
    """This will cut a table into batches of (name, value, time, step)."""
    now, called = int(time.time() * 1000), names()
    for first in range(0, len(made), BATCH // MANY):
        rows = enumerate(made[first : first + BATCH // MANY], first)
        yield [
            (name, value, now + step, step)
            for step, row in rows
            for name, value in zip(called, row, strict=True)
        ]


def load(*, points: int, seed: int) -> str:
    """This will put a run with a long curve into its tables, past its API, which would take minutes."""
    run = new_run()
    made, now = values(points, seed=seed), int(time.time() * 1000)
    rows = io.StringIO()
    for step, value in enumerate(made.tolist()):
        rows.write(f"{METRIC}\t{value!r}\t{now + step}\t{run}\t{step}\tf\n")
    rows.seek(0)
    address = _state["store"].replace("postgresql+psycopg2://", "postgresql://")
    with psycopg2.connect(address) as connection, connection.cursor() as cursor:
        columns = ("key", "value", "timestamp", "run_uuid", "step", "is_nan")
        cursor.copy_from(rows, "metrics", columns=columns)
        cursor.execute(
            "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) "
            "VALUES (%s, %s, %s, %s, false, %s)",
            [METRIC, float(made[-1]), now + points, points - 1, run],
        )
    connection.close()
    return run


def bytes_per_point() -> float:
    """This will return what its tables of metrics take on the disk for each point, indexes included."""
    address = _state["store"].replace("postgresql+psycopg2://", "postgresql://")
    connection = psycopg2.connect(address)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE metrics")
        cursor.execute("SELECT pg_total_relation_size('metrics'), count(*) FROM metrics")
        size, count = cursor.fetchone()
    connection.close()
    return float(size / count)


serve({"start": start, "new_run": new_run, "write": write, "load": load, "bytes_per_point": bytes_per_point})
if "server" in _state:
    os.killpg(_state["server"].pid, signal.SIGTERM)  # with what it has started itself
    _state["server"].wait()
