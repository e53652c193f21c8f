from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from jobs.models import Project, Upload, User
from jobs.operations.tokens import create_token

PART = "application/offset+octet-stream"
CONTENT = bytes(range(256)) * 4


def encoded(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


@pytest.fixture
def address(project: Project) -> str:
    return f"/api/v1/uploads/?project={project.slug}"


def begin(api: APIClient, address: str, *, body: bytes = b"", **headers: str) -> Any:
    given = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(CONTENT)),
        "Upload-Metadata": f"filename {encoded('features/v1.npy')}",
    }
    return api.generic("POST", address, body, PART if body else "", headers=given | headers)


def send(api: APIClient, place: str, content: bytes, *, offset: int, **headers: str) -> Any:
    given = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset)}
    return api.generic("PATCH", place, content, PART, headers=given | headers)


def test_a_file_comes_in_by_parts(api: APIClient, address: str) -> None:
    begun = begin(api, address)
    assert begun.status_code == 201
    assert begun["Upload-Offset"] == "0"
    place = begun["Location"]
    answer = send(api, place, CONTENT[:600], offset=0)
    assert (answer.status_code, answer["Upload-Offset"]) == (204, "600")
    head = api.head(place)
    assert (head.status_code, head["Upload-Offset"], head["Upload-Length"]) == (200, "600", "1024")
    assert head["Cache-Control"] == "no-store"
    assert not head.content
    assert send(api, place, CONTENT[600:], offset=600).status_code == 204
    pk = Upload.objects.get().pk
    expected = {"id": str(pk), "name": "features/v1.npy", "size": 1024, "received": 1024, "complete": True}
    assert api.get(place).json() == expected
    for answer in (begun, head):
        assert answer["Tus-Resumable"] == "1.0.0"


def test_the_first_part_may_come_along(api: APIClient, address: str) -> None:
    begun = begin(api, address, body=CONTENT[:100])
    assert (begun.status_code, begun["Upload-Offset"]) == (201, "100")
    checksum = f"sha1 {encoded(b'x' * 20)}"
    assert begin(api, address, body=CONTENT[:100], **{"Upload-Checksum": checksum}).status_code == 460
    assert Upload.objects.count() == 1


def test_a_part_in_the_wrong_place_is_told_the_right_one(api: APIClient, address: str) -> None:
    place = begin(api, address, body=CONTENT[:100])["Location"]
    answer = send(api, place, b"x", offset=99)
    assert (answer.status_code, answer["Upload-Offset"]) == (409, "100")
    assert answer["Content-Type"] == "application/problem+json"
    assert "goes on at byte 100" in answer.json()["detail"]


def test_a_part_is_compared_with_its_checksum(api: APIClient, address: str) -> None:
    place = begin(api, address)["Location"]
    wrong = f"sha256 {encoded(hashlib.sha256(b'other').digest())}"
    answer = send(api, place, CONTENT, offset=0, **{"Upload-Checksum": wrong})
    assert (answer.status_code, answer.json()["title"]) == (460, "Checksum Mismatch")
    assert api.head(place)["Upload-Offset"] == "0"
    right = f"sha256 {encoded(hashlib.sha256(CONTENT).digest())}"
    assert send(api, place, CONTENT, offset=0, **{"Upload-Checksum": right}).status_code == 204


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"Upload-Length": "many"}, 400, "Upload-Length: given 'many'"),
        ({"Upload-Length": "-1"}, 400, "accepted is a number of bytes"),
        ({"Upload-Length": "9" * 18}, 413, "accepted are up to 50.00 GB"),
        ({"Upload-Metadata": ""}, 400, "name: given ''"),
        ({"Upload-Metadata": "filename ###"}, 400, "accepted are pairs KEY BASE64"),
        ({"Upload-Metadata": f"filename {encoded(bytes([255]))}"}, 400, "accepted are pairs KEY BASE64"),
        ({"Upload-Metadata": f"filename {encoded('../../x')}"}, 400, "name: given '../../x'"),
        ({"Upload-Metadata": f"filename {encoded('x')},sha256 {encoded('abc')}"}, 400, "sha256: given 'abc'"),
        ({"Tus-Resumable": "0.2.2"}, 412, "this is tus 1.0.0"),
    ],
)
def test_a_senseless_beginning_is_refused(
    api: APIClient, address: str, headers: dict[str, str], status: int, words: str
) -> None:
    answer = begin(api, address, **headers)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Upload-Offset": ""}, "Upload-Offset: given ''"),
        ({"Upload-Offset": "1e3"}, "Upload-Offset: given '1e3'"),
        ({"Upload-Checksum": "crc32 AAAA"}, "one of sha256, sha1, md5"),
        ({"Upload-Checksum": "sha1"}, "one of sha256, sha1, md5"),
    ],
)
def test_a_senseless_part_is_refused(
    api: APIClient, address: str, headers: dict[str, str], words: str
) -> None:
    place = begin(api, address)["Location"]
    answer = send(api, place, CONTENT, offset=0, **headers)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    other = api.patch(place, data="{}", content_type="application/json", headers={"Upload-Offset": "0"})
    assert other.status_code == 415


def test_a_part_that_is_too_large_is_refused(api: APIClient, address: str, settings: Settings) -> None:
    settings.LARGEST_PART = 100
    place = begin(api, address)["Location"]
    assert send(api, place, CONTENT, offset=0).status_code == 413
    settings.LARGEST_PART = 10_000
    assert send(api, place, CONTENT + b"x", offset=0).status_code == 413


def test_an_upload_can_be_aborted(api: APIClient, address: str) -> None:
    place = begin(api, address, body=CONTENT)["Location"]
    assert api.delete(place).status_code == 204
    assert api.head(place).status_code == 404
    assert not Upload.objects.exists()


def test_what_is_spoken_here_is_said(api: APIClient, address: str) -> None:
    answer = api.options(address)
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Extension"] == "creation,creation-with-upload,termination,checksum"
    assert answer["Tus-Max-Size"] == "50000000000"
    assert "sha1" in answer["Tus-Checksum-Algorithm"].split(",")


def test_only_who_began_an_upload_or_an_admin_goes_on_with_it(
    api: APIClient, address: str, people: dict[str, User], project: Project
) -> None:
    place = begin(api, address)["Location"]
    project.memberships.filter(user=people["viewer"]).update(role="editor")
    outcomes = {}
    for who in ("outsider", "viewer", "admin"):
        other = APIClient()
        other.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user=people[who], name='t')[1]}")
        outcomes[who] = [other.head(place).status_code, send(other, place, b"x", offset=0).status_code]
    assert outcomes == {"outsider": [404, 404], "viewer": [403, 403], "admin": [200, 204]}
    assert APIClient().head(place).status_code == 401


def test_a_browser_needs_its_token_against_forgery(
    people: dict[str, User], address: str, project: Project
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people["editor"])
    browser.get("/")
    headers = {"Upload-Length": "1024", "Upload-Metadata": f"filename {encoded('a.npz')}"}
    assert browser.generic("POST", address, CONTENT[:9], PART, headers=headers).status_code == 403
    browser.get(f"/projects/{project.slug}/")
    headers["X-CSRFToken"] = browser.cookies["csrftoken"].value
    begun = browser.generic("POST", address, CONTENT[:9], PART, headers=headers)
    assert (begun.status_code, begun["Upload-Offset"]) == (201, "9")
