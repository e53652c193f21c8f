"""Every address of the site; each name must stand in `webapp.access.PERMISSIONS`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
