"""What one person was answered is kept by no cache for another one."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from jobs.models import Job


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/jobs/1000000/",
        "/api/v1/jobs/?project=moments",
        "/api/v1/jobs/table.csv?project=moments",
        "/metrics",
        "/api/v1/queues/",
    ],
)
def test_every_answer_is_private(api: APIClient, job: Job, address: str) -> None:
    answer = api.get(address)
    assert {"private", "no-cache"} <= set(answer["Cache-Control"].split(", "))
    assert {"Authorization", "Cookie"} <= set(answer["Vary"].split(", "))
    again = api.get(address, HTTP_IF_NONE_MATCH="*")
    assert {"private", "no-cache"} <= set(again["Cache-Control"].split(", "))
