"""Journal to database: the recorder's chunks beside one row per point, same server, same transactions."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STEPS, METRICS, ROUNDS, LINES = 5_000, 8, 5, 2_000


def main() -> None:
    """This will record 40,000 points five times in both ways and print the medians and their ratio."""
    with tempfile.TemporaryDirectory(prefix="mtkd-bench-") as folder:
        os.environ["MTKD_HOME"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
        import django

        django.setup()
        from jobs.local import running

        try:
            with running():
                _compare(Path(folder))
        finally:
            command = [sys.executable, "manage.py", "down", "--erase"]
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def _compare(folder: Path) -> None:
    chunks, rows = [], []
    for number in range(ROUNDS):  # in turns, so that a slow moment of the machine meets both
        chunks.append(_with_chunks(folder / f"chunks-{number}"))
        rows.append(_with_rows(number))
    points = STEPS * METRICS
    chunk_rate, row_rate = points / statistics.median(chunks), points / statistics.median(rows)
    print("| | points/s (median of 5) |\n|---|---|")
    print(f"| recorder: chunks, journal read and cursor included | {chunk_rate:,.0f} |")
    print(f"| one row per point (executemany, points already in memory) | {row_rate:,.0f} |")
    print(f"| ratio | {chunk_rate / row_rate:.1f} |")


def _with_chunks(folder: Path) -> float:
    from jobs.attempt.recorder import Recorder, open_journal
    from jobs.models import Attempt, Dataset, Job
    from jobs.operations.claims import claim
    from jobs.operations.jobs import submit
    from jobs.operations.people import ensure_demo_project
    from mtkd_engine.events import Metrics
    from mtkd_engine.journal import Journal
    from mtkd_engine.spec import parse

    user, project = ensure_demo_project()
    report = {"feature_width": 8}
    Dataset.objects.get_or_create(project=project, name="bench", content_hash="b", report=report)
    submit(project=project, user=user, spec=parse({"data": {"dataset": "bench"}}))
    taken = claim(queue="cpu", worker="bench:1", threads=1, device="cpu")
    assert taken is not None
    Attempt.objects.filter(job_id=taken.job_id).update(folder=str(folder))
    with Journal(folder / "journal.jsonl") as journal:
        for step in range(STEPS):
            values = {f"loss/{m}": step * 0.1 + m for m in range(METRICS)}
            journal.append(Metrics(step=step, values=values))
    open_journal(claim=taken)
    recorder = Recorder(claim=taken, attempt=Attempt.objects.get(job_id=taken.job_id))
    began = time.perf_counter()
    while recorder.flush():
        pass
    seconds = time.perf_counter() - began
    assert Job.objects.get(pk=taken.job_id).cursor_seq == STEPS
    return seconds


def _with_rows(number: int) -> float:
    from django.db import connection, transaction

    table = f"bench_{number}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {table} (job bigint, metric text, seq bigint, step int, value float8, ms int, "
            "PRIMARY KEY (job, metric, seq))"
        )
        points = [
            (1, f"loss/{m}", step, step, step * 0.1 + m, step)
            for step in range(STEPS)
            for m in range(METRICS)
        ]
        began = time.perf_counter()
        for start in range(0, len(points), LINES * METRICS):
            with transaction.atomic():
                cursor.executemany(
                    f"INSERT INTO {table} VALUES (%s, %s, %s, %s, %s, %s)",
                    points[start : start + LINES * METRICS],
                )
        return time.perf_counter() - began
