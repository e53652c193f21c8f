from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from jobs.models import Job, State


@pytest.mark.parametrize("spelled", ["{}", 'W/"other", {}', "*"])
def test_who_has_it_already_is_not_sent_it_again(api: APIClient, job: Job, spelled: str) -> None:
    address = f"/api/v1/jobs/{job.pk}/"
    first = api.get(address)
    answer = api.get(address, HTTP_IF_NONE_MATCH=spelled.format(first["ETag"]))
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer["ETag"] == first["ETag"]
    assert "Content-Type" not in answer


def test_what_has_changed_is_sent(api: APIClient, job: Job) -> None:
    address = f"/api/v1/jobs/{job.pk}/"
    tag = api.get(address)["ETag"]
    Job.objects.filter(pk=job.pk).update(state=State.FAILED)
    answer = api.get(address, HTTP_IF_NONE_MATCH=tag)
    assert (answer.status_code, answer["ETag"] == tag) == (200, False)


def test_tags_are_weak_and_only_of_what_was_found(api: APIClient, job: Job) -> None:
    found = api.get(f"/api/v1/jobs/{job.pk}/")
    assert found["ETag"].startswith('W/"')
    assert "no-cache" in found["Cache-Control"]
    assert "Authorization" in found["Vary"]
    assert "ETag" not in api.get("/api/v1/jobs/999999/")


def test_a_list_has_a_tag_and_its_link_stays(api: APIClient, job: Job) -> None:
    address = "/api/v1/projects/?limit=1"
    answer = api.get(address, HTTP_IF_NONE_MATCH=api.get(address)["ETag"])
    assert answer.status_code == 304
