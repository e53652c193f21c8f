"""One job of method mutual or partition from spec to participants, as a generator of typed events."""

from mtkd_engine.pipelines.zoo.running import run

__all__ = ["run"]
