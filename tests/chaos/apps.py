"""How a planted bug gets into the processes of an arena, and only there."""

from __future__ import annotations

import os

from django.apps import AppConfig


class PlantedBug(AppConfig):
    """Breaks the product as CHAOS_BUG names it, once its models are known."""

    name = "tests.chaos"
    label = "planted_bug"

    def ready(self) -> None:
        """This will plant the bug."""
        from tests.chaos.planted import plant

        plant(os.environ["CHAOS_BUG"])
