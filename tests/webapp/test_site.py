"""What holds for every answer: headers, error pages, files."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client
from pytest_django import Settings

from webapp import static_files
from webapp.charts import PLOTLY
from webapp.pages import home


@pytest.mark.parametrize(
    "path", ["/login/", "/", "/nope/", "/healthz", "/api/v1/projects/", "/static/css/base.css"]
)
def test_every_answer_carries_the_policy(path: str, db: None) -> None:
    answer = Client().get(path)
    answer.getvalue()  # reads and closes the file
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "default-src 'self'" in policy
    assert "unsafe-eval" not in policy
    assert policy.count("unsafe-inline") == 1  # style attributes only


def test_the_nonce_is_new_for_each_request(db: None) -> None:
    policies = {Client().get("/login/").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def test_an_unknown_page_has_the_look_of_the_site(viewer: Client) -> None:
    answer = viewer.get("/nope/")
    assert answer.status_code == 404
    assert "There is nothing at this address." in answer.content.decode()


def test_a_mistake_of_ours_is_admitted_without_details(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(user: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(home, "projects_of", broken)
    client = viewer
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something broke" in answer.content.decode()
    assert "secret detail" not in answer.content.decode()


def test_of_the_plotly_package_only_the_bundle_is_served() -> None:
    assert finders.find("vendor/plotly.min.js") == str(PLOTLY)
    assert not finders.find("vendor/widgetbundle.js")
    assert not finders.find("vendor/../templates/plotly.json")


def test_a_file_of_this_version_is_never_asked_for_again() -> None:
    address = staticfiles_storage.url("js/main.js")
    answer = Client().get(address)
    assert b"import" in answer.getvalue()
    assert answer.headers["Cache-Control"].endswith("immutable")
    unchanged = Client().get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (unchanged.status_code, unchanged.headers["Cache-Control"]) == (
        304,
        answer.headers["Cache-Control"],
    )
    missing = Client().get(staticfiles_storage.url("js/nope.js"))
    assert (missing.status_code, missing.headers.get("Cache-Control")) == (404, None)


@pytest.mark.parametrize("version", ["", "v-0123456789ab/"])
def test_without_a_version_or_with_another_files_come_as_they_are_now(version: str) -> None:
    answer = Client().get(f"/static/{version}css/base.css")
    assert b"color" in answer.getvalue()
    assert answer.headers["Cache-Control"] == "max-age=60, public"


def test_the_version_is_another_when_any_file_is(tmp_path: Path, settings: Settings) -> None:
    one, two = tmp_path / "one.css", tmp_path / "two.css"
    one.write_text("a")
    two.write_text("bc")
    settings.STATICFILES_DIRS, settings.STATICFILES_FINDERS = [tmp_path], settings.STATICFILES_FINDERS[:1]
    finders.get_finder.cache_clear()
    try:
        versions = [static_files.version.__wrapped__()]
        two.write_text("bd")
        versions.append(static_files.version.__wrapped__())
        one.write_text("ab")
        two.write_text("c")
        versions.append(static_files.version.__wrapped__())
        two.rename(tmp_path / "three.css")
        versions.append(static_files.version.__wrapped__())
    finally:
        finders.get_finder.cache_clear()
    assert len(set(versions)) == 4


def test_addresses_have_no_version_while_somebody_works_on_the_files(settings: Settings) -> None:
    settings.DEBUG = True
    assert staticfiles_storage.url("css/base.css") == "/static/css/base.css"
