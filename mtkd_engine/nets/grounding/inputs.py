"""What every grounding network reads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class GroundingInputs:
    """A batch of videos and sentences, padded at the end; masks are true where something is."""

    features_BLD: Tensor
    clip_mask_BL: Tensor
    words_BW: Tensor
    word_mask_BW: Tensor

    @property
    def clips_B(self) -> Tensor:
        """Valid clips of each sample (int64)."""
        return self.clip_mask_BL.sum(1)

    def to(self, device: torch.device | str) -> GroundingInputs:
        """This will give the same batch on another device."""
        return GroundingInputs(
            features_BLD=self.features_BLD.to(device),
            clip_mask_BL=self.clip_mask_BL.to(device),
            words_BW=self.words_BW.to(device),
            word_mask_BW=self.word_mask_BW.to(device),
        )
