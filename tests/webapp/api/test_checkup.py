from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from jobs.queries.health import Check


def test_health_is_told_check_by_check(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = [Check("database", True, "It answers."), Check("broker", False, "It is away.")]
    monkeypatch.setattr("webapp.api.checkup.readiness", lambda: checks)
    body = api.get("/api/v1/health/").json()
    assert (body["ok"], [check["ok"] for check in body["checks"]]) == (False, [True, False])
    assert body["checks"][1] == {"name": "broker", "ok": False, "sentence": "It is away."}
    assert "mtkd" in body["versions"]
