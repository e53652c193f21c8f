"""A process for what strangers hand in: no network, no files but its own folder, no other processes, little memory.

What of this holds is the kernel's to say; `Ended.held` tells for each run what did.
"""

from mtkd_engine.sandbox.process import Confined, Ended, Limits, run_confined, take_product

__all__ = ["Confined", "Ended", "Limits", "run_confined", "take_product"]
