"""Addresses of websockets; each name must stand in `webapp.permissions.PERMISSIONS`."""

from __future__ import annotations

from django.urls import URLPattern, path

from webapp.live.consumer import JobFeed, Nowhere
from webapp.live.log import LogFeed

websocket_urlpatterns: list[URLPattern] = [
    path("live/jobs/<int:job_id>/", JobFeed.as_asgi(), name="live-job"),
    path("live/jobs/<int:job_id>/log/", LogFeed.as_asgi(), name="live-job-log"),
    path("", Nowhere.as_asgi(), name="live-nowhere"),
    path("<path:rest>", Nowhere.as_asgi(), name="live-nowhere"),
]
