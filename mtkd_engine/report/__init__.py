"""The end of a job: measure on test, hold against baselines, write what the user takes away."""

from mtkd_engine.report.ending import report, written

__all__ = ["report", "written"]
