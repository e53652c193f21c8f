"""The isomorphic teacher: a deeper twin of the student that is trained beside it on a shared encoder."""

from __future__ import annotations

import copy
from collections.abc import Collection

from torch import Tensor

from mtkd_engine.nets.grounding import Encoded, GroundingInputs, SharedEncoder, SpanHead
from mtkd_engine.spec import IsomorphicSpec, SpanNet

PARTS = {
    "words": ("words", "word_norm"),
    "video": ("scale", "video", "video_norm", "clip_positions"),
    "convolutions": ("blocks",),
}
"""What of the encoder each block that can be shared is made of; what has no parameters belongs to none."""


class Twin(SpanHead):
    """The student's head with more attention, and an encoder of its own unless it shares the student's whole.

    Paper: EMTM, arXiv 2308.03725, "shared encoder strategy": the isomorphic teacher shares what encodes video and
    query, and both are trained by their labels. Departure: which blocks are shared is a choice, so that what sharing
    brings can be measured; the twin's own ones begin where the student's begin.
    """

    def __init__(self, net: SpanNet, spec: IsomorphicSpec, *, student: SharedEncoder) -> None:
        layers = net.attention_layers + spec.attention_layers
        super().__init__(net.model_copy(update={"attention_layers": layers}))
        self.encoder = own_encoder(student, shared=spec.shares)

    def states(self, inputs: GroundingInputs, encoded: Encoded) -> Tensor:
        """This will give the twin's hidden states (B, L, C); `encoded` is the student's of `inputs`."""
        return self.matched(encoded if self.encoder is None else self.encoder(inputs))


def own_encoder(student: SharedEncoder, *, shared: Collection[str]) -> SharedEncoder | None:
    """This will give an encoder with the student's own blocks where shared and copies elsewhere; None for all."""
    if set(shared) == set(PARTS):
        return None
    twin = copy.deepcopy(student)
    for block in shared:
        for name in PARTS[block]:
            setattr(twin, name, getattr(student, name))
    return twin
