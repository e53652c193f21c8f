"""Models and jobs held against each other, sample by sample; numpy only."""

from mtkd_engine.comparing.paired import Difference, Sums, intervals, paired, summed

__all__ = ["Difference", "Sums", "intervals", "paired", "summed"]
