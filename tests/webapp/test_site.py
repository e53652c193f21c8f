"""What holds for every answer: headers, error pages, files."""

from __future__ import annotations

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

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
