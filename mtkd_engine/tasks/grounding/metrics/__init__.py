"""The one evaluator of grounding, and beside it, under names, how others count.

Real time stamps; an overlap of at least the threshold is a hit. Where the union is 0 the IoU is 0. Ends beyond the
duration are cut, on both sides, and `late_ends` counts them. Of several true windows the best match counts for R and
mIoU; mAP wants all of them.
"""

from mtkd_engine.tasks.grounding.metrics.compatible import compatible
from mtkd_engine.tasks.grounding.metrics.overlap import Windows, iou, late_ends
from mtkd_engine.tasks.grounding.metrics.ranked import NEAR, NMS_IOU, evaluate_ranked
from mtkd_engine.tasks.grounding.metrics.single import THRESHOLDS, evaluate

__all__ = [
    "NEAR",
    "NMS_IOU",
    "THRESHOLDS",
    "Windows",
    "compatible",
    "evaluate",
    "evaluate_ranked",
    "iou",
    "late_ends",
]
