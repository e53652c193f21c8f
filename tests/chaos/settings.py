"""The settings of the application for processes of an arena: another engine, or a planted bug, where asked for."""

from __future__ import annotations

import os
import sys

from webapp.settings import *  # noqa: F403
from webapp.settings import ENGINE_COMMAND, INSTALLED_APPS

if _engine := os.environ.get("CHAOS_ENGINE"):
    ENGINE_COMMAND = [sys.executable, _engine]
if os.environ.get("CHAOS_BUG"):
    INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.apps.PlantedBug"]
