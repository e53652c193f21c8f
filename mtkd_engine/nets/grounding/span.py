"""Start and end logits over clips, in the manner of VSLNet and SeqPAN.

Zhang et al., ACL 2020 (VSLNet) and ACL Findings 2021 (SeqPAN). Departures: words are learned embeddings, or given
vectors behind one linear map; LayerNorm everywhere, BatchNorm nowhere, and masks in every layer, so that neither a
sample's padding nor its neighbours in the batch change its output; no sequence-matching head.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mtkd_engine.nets.grounding.inputs import GroundingInputs
from mtkd_engine.nets.grounding.layers import (
    AttentionBlock,
    AttentivePool,
    ChannelDropout,
    ConvBlock,
    FeatureScale,
    sinusoids,
)
from mtkd_engine.nets.grounding.words import GivenWords, WordEmbedding
from mtkd_engine.nets.masking import NEG, masked_softmax
from mtkd_engine.spec import SpanNet

_PREDICTOR_LAYERS = 2


@dataclass(frozen=True)
class Encoded:
    """What the encoder knows of video and query; heads and learned gates share it."""

    video_BLC: Tensor
    query_BWC: Tensor
    clip_mask_BL: Tensor
    word_mask_BW: Tensor


@dataclass(frozen=True)
class SpanOutput:
    """Start and end logits; NEG at padding."""

    start_BL: Tensor
    end_BL: Tensor
    clip_mask_BL: Tensor


class SharedEncoder(nn.Module):
    """Video and words in one space; the convolutions are shared by both, as in SeqPAN."""

    def __init__(
        self, net: SpanNet, *, feature_width: int, vocabulary_size: int, given: GivenWords | None = None
    ) -> None:
        super().__init__()
        self.words = WordEmbedding(vocabulary_size, net.width, given=given)
        self.word_norm = nn.LayerNorm(net.width)
        self.scale = FeatureScale(feature_width)
        self.video = nn.Linear(feature_width, net.width)
        self.video_norm = nn.LayerNorm(net.width)
        self.clip_positions = nn.Parameter(0.02 * torch.randn(net.clips, net.width))
        self.blocks = nn.ModuleList(
            ConvBlock(net.width, net.kernel, net.dropout) for _ in range(net.encoder_layers)
        )
        self.dropout = ChannelDropout(net.dropout)

    def forward(self, inputs: GroundingInputs) -> Encoded:
        """This will encode a batch of at most `net.clips` clips and any number of words."""
        length = inputs.clip_mask_BL.shape[1]
        # Zeroed first: whatever lies in the padding, even NaN, must not reach a product.
        features_BLD = inputs.features_BLD.masked_fill(~inputs.clip_mask_BL.unsqueeze(-1), 0.0)
        video_BLC = self.video_norm(self.video(self.scale(features_BLD))) + self.clip_positions[:length]
        query_BWC = self.word_norm(self.words(inputs.words_BW * inputs.word_mask_BW))
        query_BWC = query_BWC + sinusoids(query_BWC.shape[1], query_BWC.shape[2], query_BWC.device)
        video_BLC, query_BWC = self.dropout(video_BLC), self.dropout(query_BWC)
        for block in self.blocks:
            video_BLC = block(video_BLC, inputs.clip_mask_BL)
            query_BWC = block(query_BWC, inputs.word_mask_BW)
        return Encoded(video_BLC, query_BWC, inputs.clip_mask_BL, inputs.word_mask_BW)


class ContextQueryAttention(nn.Module):
    """Trilinear attention both ways (QANet, VSLNet), then the pooled query beside every clip."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.by_video = nn.Linear(width, 1, bias=False)
        self.by_query = nn.Linear(width, 1, bias=False)
        self.by_both = nn.Parameter(torch.randn(width) / width**0.5)
        self.join = nn.Linear(4 * width, width)
        self.pool = AttentivePool(width)
        self.with_query = nn.Linear(2 * width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, encoded: Encoded) -> Tensor:
        """This will give (B, L, C): each clip with what the query says of it."""
        video_BLC, query_BWC = encoded.video_BLC, encoded.query_BWC
        scores_BLW = (
            self.by_video(video_BLC)
            + self.by_query(query_BWC).transpose(1, 2)
            + (video_BLC * self.by_both) @ query_BWC.transpose(1, 2)
        )
        over_words_BLW = masked_softmax(scores_BLW, encoded.word_mask_BW.unsqueeze(1), dim=2)
        over_clips_BLW = masked_softmax(scores_BLW, encoded.clip_mask_BL.unsqueeze(2), dim=1)
        asked_BLC = over_words_BLW @ query_BWC
        echoed_BLC = over_words_BLW @ (over_clips_BLW.transpose(1, 2) @ video_BLC)
        joined_BLC = self.join(
            torch.cat([video_BLC, asked_BLC, video_BLC * asked_BLC, video_BLC * echoed_BLC], dim=2)
        )
        query_B1C = self.pool(query_BWC, encoded.word_mask_BW).unsqueeze(1)
        both_BLC = self.with_query(torch.cat([joined_BLC, query_B1C.expand_as(joined_BLC)], dim=2))
        normed: Tensor = self.norm(both_BLC)
        return normed


class ConditionedPredictor(nn.Module):
    """One small encoder applied twice: first for the start, then on its own result for the end (SeqPAN)."""

    def __init__(self, net: SpanNet) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            ConvBlock(net.width, net.kernel, net.dropout) for _ in range(_PREDICTOR_LAYERS)
        )
        self.attend = AttentionBlock(net.width, net.heads, net.dropout)
        self.start = self._scorer(net.width)
        self.end = self._scorer(net.width)

    @staticmethod
    def _scorer(width: int) -> nn.Sequential:
        return nn.Sequential(
            nn.LayerNorm(2 * width), nn.Linear(2 * width, width), nn.ReLU(), nn.Linear(width, 1)
        )

    def _encode(self, x_BLC: Tensor, mask_BL: Tensor) -> Tensor:
        for block in self.blocks:
            x_BLC = block(x_BLC, mask_BL)
        encoded: Tensor = self.attend(x_BLC, mask_BL)
        return encoded

    def forward(self, x_BLC: Tensor, mask_BL: Tensor) -> SpanOutput:
        """This will score each clip as the first and as the last of the window."""
        first_BLC = self._encode(x_BLC, mask_BL)
        last_BLC = self._encode(first_BLC, mask_BL)
        start_BL = self.start(torch.cat([first_BLC, x_BLC], dim=2)).squeeze(-1)
        end_BL = self.end(torch.cat([last_BLC, x_BLC], dim=2)).squeeze(-1)
        return SpanOutput(start_BL.masked_fill(~mask_BL, NEG), end_BL.masked_fill(~mask_BL, NEG), mask_BL)


class SpanHead(nn.Module):
    """From the shared encoding to start and end logits.

    `net.attention_layers` cross-modal blocks come first; a head with some of them on the encoder of a head
    with none is the student's isomorphic teacher.
    """

    def __init__(self, net: SpanNet) -> None:
        super().__init__()
        self.attention = nn.ModuleList(
            AttentionBlock(net.width, net.heads, net.dropout) for _ in range(net.attention_layers)
        )
        self.match = ContextQueryAttention(net.width)
        self.predict = ConditionedPredictor(net)

    def forward(self, encoded: Encoded) -> SpanOutput:
        """This will score the clips of each sample."""
        output: SpanOutput = self.predict(self.matched(encoded), encoded.clip_mask_BL)
        return output

    def matched(self, encoded: Encoded) -> Tensor:
        """This will give the hidden states that `predict` scores, (B, L, C): clips that have met the query."""
        states_BLC: Tensor = self.match(self._attend(encoded))
        return states_BLC

    def _attend(self, encoded: Encoded) -> Encoded:
        if not self.attention:
            return encoded
        clips = encoded.clip_mask_BL.shape[1]
        both_BNC = torch.cat([encoded.video_BLC, encoded.query_BWC], dim=1)
        mask_BN = torch.cat([encoded.clip_mask_BL, encoded.word_mask_BW], dim=1)
        for block in self.attention:
            both_BNC = block(both_BNC, mask_BN)
        return Encoded(both_BNC[:, :clips], both_BNC[:, clips:], encoded.clip_mask_BL, encoded.word_mask_BW)


class SpanModel(nn.Module):
    """Encoder and head; `encoder` may also feed a second head and a learned gate."""

    def __init__(
        self, net: SpanNet, *, feature_width: int, vocabulary_size: int, given: GivenWords | None = None
    ) -> None:
        super().__init__()
        self.encoder = SharedEncoder(
            net, feature_width=feature_width, vocabulary_size=vocabulary_size, given=given
        )
        self.head = SpanHead(net)

    def forward(self, inputs: GroundingInputs) -> SpanOutput:
        """This will score the clips of each sample."""
        output: SpanOutput = self.head(self.encoder(inputs))
        return output
