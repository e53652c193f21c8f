"""Late fusion: the shares of streams in a student's logits, fitted on validation once it is trained."""

from __future__ import annotations

import torch

from mtkd_engine.methods.classification.job import ClassJob
from mtkd_engine.nets.classification.clips.fusion import fit_fusion
from mtkd_engine.nets.classification.clips.streams import StreamsClassifier
from mtkd_engine.spec import StreamsNet
from mtkd_engine.tasks.classification.inputs import to_input


def fuse(job: ClassJob) -> None:
    """This will fit the shares where the student's network asks for it; nothing else of the student changes."""
    net, student, val = job.card.net, job.student, job.splits["val"]
    if not isinstance(net, StreamsNet) or net.fusion != "learned" or len(net.present) == 1:
        return
    assert isinstance(student, StreamsClassifier)
    student.eval()
    with torch.no_grad():
        parts = [student.streams(to_input(batch.inputs, job.card.input)) for batch in val.in_order()]
    logits = {name: torch.cat([part[name].cpu() for part in parts]) for name in student.names}
    student.set_fusion(fit_fusion(logits, val.labels_N.cpu()))
