"""Whether all that the service stands on is in order, over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.machine import versions
from jobs.readiness import readiness


class CheckShape(serializers.Serializer[Any]):
    """One thing that must be in order, and how it is."""

    name = serializers.CharField()
    ok = serializers.BooleanField()
    sentence = serializers.CharField()


class HealthShape(serializers.Serializer[Any]):
    """All checks, whether none fails, and what runs here."""

    ok = serializers.BooleanField()
    checks = CheckShape(many=True)
    versions = serializers.DictField(child=serializers.CharField())


@extend_schema(responses={200: HealthShape}, operation_id="read_health", tags=["operations"])
@api_view(["GET"])
def health(request: Request) -> Response:
    """Read how database, tables, reaper, broker and storage are, as found in the last two seconds."""
    del request
    checks = readiness()
    found = {"ok": all(check.ok for check in checks), "checks": checks, "versions": versions()}
    return Response(HealthShape(found).data)
