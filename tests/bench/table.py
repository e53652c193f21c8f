"""The table of 10,000 jobs with 40 final metrics each, and comparing some of them, asked over HTTP."""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import numpy as np

from tests.bench import compare_jobs, compare_page
from tests.bench.application import Application, application
from tests.bench.many_jobs import fill

JOBS = 10_000
ASKED = 60
COLUMNS = (
    "name,state,tags,val/miou,test/miou,test/r1@0.5,uniform/miou,student.params,latency_ms.p50,"
    "optim.learning_rate,method.kind,gate,created"
)
QUERIES = (
    "",
    "state:failed",
    "method:emtm val/miou>0.4 teacher:span tag:nightly",
    "miou>=50% student.params<=1M",
    "optim.learning_rate<=0.001 -tag:broken older:10d",
    "try keep",
    "dataset:world-1,world-2 gate:failed",
    "student.net.width:32 seed:1,2 latency_ms.p50<5",
)
SORTS = ("-val/miou", "student.params", "-optim.learning_rate", "name", "-created", "miou", "-finished")


def main() -> None:
    """This will ask for pages as browsers and machines do, and print the 95th percentiles in ms."""
    os.environ["MTKD_RATE_READS"] = "1000000"  # what is measured asks more often than people
    with application(data_roots=[], workers=0) as app:
        cookie, jobs = _filled(app)
        ask = _asker(app, cookie)
        table = f"projects/{app.project}/jobs/"
        result: dict[str, Any] = {"jobs": len(jobs), "cold_page_ms": round(_timed(lambda: ask(table)), 1)}
        result["page_p95_ms"] = _p95(lambda _: ask(table), range(ASKED))
        wanted = itertools.product(QUERIES, SORTS)
        searched = [f"{table}?q={quote(query)}&sort={quote(sort)}" for query, sort in wanted]
        result["searched_and_sorted_p95_ms"] = _p95(ask, searched)
        result["many_columns_p95_ms"] = _p95(ask, [f"{one}&columns={quote(COLUMNS)}" for one in searched])
        result["slowest_ms"] = round(max(_timed(lambda one=one: ask(one)) for one in searched), 1)  # type: ignore[misc]
        listed = f"api/v1/jobs/?project={app.project}"
        result["rest_p95_ms"] = _p95(ask, [f"{listed}&{one.partition('?')[2]}" for one in searched])
        result["rest_walk_s"] = _walked(app, cookie, f"{listed}&sort=-val/miou&limit=200", len(jobs))
        result["csv_s"] = round(_timed(lambda: ask(f"{table}table.csv?columns={quote(COLUMNS)}")) / 1000, 2)
        result |= compare_jobs.measured(app.rest._url, cookie, folder=app.home)
        result |= compare_page.measured(app.rest._url, cookie)
    print("| | |\n|---|---|")
    for name, value in result.items():
        print(f"| {name} | {value} |")
    print(json.dumps(result), flush=True)


def _filled(app: Application) -> tuple[str, list[int]]:
    """The cookie of somebody who may look, and the ids of the jobs."""
    from django.conf import settings
    from django.test import Client

    from jobs.models import Project, User
    from jobs.operations.views import save_view

    project = Project.objects.get(slug=app.project)
    user = User.objects.filter(memberships__project=project)[0]
    jobs = fill(project, user, count=JOBS)
    for number in range(10):
        save_view(project=project, user=user, name=f"view {number}", address=f"q=tag:nightly+{number}")
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}", jobs


def _asker(app: Application, cookie: str) -> Callable[[str], Any]:
    def ask(path: str) -> Any:
        request = Request(f"{app.rest._url}/{path}", headers={"Cookie": cookie})
        with urlopen(request) as answer:
            assert answer.status == 200
            assert "login" not in answer.url, "the server asked for a login"
            answer.read()
            return answer

    return ask


def _walked(app: Application, cookie: str, path: str, count: int) -> float:
    """Seconds for all pages of a sorted list by their links."""
    began, seen, ask = time.perf_counter(), 0, _asker(app, cookie)
    while path:
        answer = ask(path)
        link = answer.headers.get("Link", "")
        path = link.partition("<")[2].partition(">")[0].lstrip("/")
        seen += 200
    assert seen >= count
    return round(time.perf_counter() - began, 2)


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - began)


def _p95(ask: Callable[[Any], object], given: Any) -> float:
    return round(float(np.percentile([_timed(lambda one=one: ask(one)) for one in given], 95)), 1)  # type: ignore[misc]


if __name__ == "__main__":
    sys.exit(main())
