"""Contrastive representation distillation (Tian et al. 2020, arXiv 1910.10699).

Embeddings f and g of student and teacher, of length 1. Of a pair with the similarity a = f . g / tau - log Z the critic
says h = e^a / (e^a + N) that both are of the same sample (equation 19, with Z the mean of e^{f . g / tau} over the
first batch, so that it starts neither sure nor blind); the loss of a sample is

    - log h(own pair) - sum over N others of log (1 - h)            (equations 17 and 18)

once with the student's embedding against a memory of the teacher's, once the other way round.
Departures: the N others are drawn once a batch and shared by its samples, those of a sample's own class left out and
the rest counted N / (their number) times, which makes the sum one product of matrices; the own pair is the one of this
batch, not one from memory.

Shape suffixes: B samples, N others, M rows of the memory, D width of the embedding.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from mtkd_engine.spec import SpecError

WIDTH = 128
TAU = 0.07
MOST_OTHERS = 1024
MOMENTUM = 0.5
MOST_ROWS = 2_000_000
"""Rows of the memory, of WIDTH numbers each for student and for teacher; a checkpoint holds it."""


class Contrast(nn.Module):
    """Both embeddings, the memory of each, and what the other samples are drawn with."""

    memory_s_MD: Tensor
    memory_t_MD: Tensor
    labels_M: Tensor
    log_z_2: Tensor

    def __init__(self, student: int, teacher: int, *, labels_N: Tensor, seed: int) -> None:
        super().__init__()
        if len(labels_N) > MOST_ROWS:
            raise SpecError(
                {
                    "method.features": f"given crd with {len(labels_N):,} training samples, accepted are up to "
                    f"{MOST_ROWS:,}: it remembers each of them."
                }
            )
        self.embed_s, self.embed_t = nn.Linear(student, WIDTH), nn.Linear(teacher, WIDTH)
        self._generator = torch.Generator().manual_seed(seed)
        for name in ("memory_s_MD", "memory_t_MD"):
            drawn_MD = torch.randn(len(labels_N), WIDTH, generator=self._generator)
            self.register_buffer(name, functional.normalize(drawn_MD))
        self.register_buffer("labels_M", labels_N.cpu().clone(), persistent=False)
        self.register_buffer("log_z_2", torch.full((2,), math.nan))

    def forward(self, student_BF: Tensor, teacher_BF: Tensor, rows_B: Tensor) -> Tensor:
        """This will give the loss of each sample; in training the memory takes up the batch."""
        own_BD = functional.normalize(self.embed_s(student_BF))
        other_BD = functional.normalize(self.embed_t(teacher_BF))
        chosen_N = self._draw(rows_B.device)
        counted_BN = self.labels_M[rows_B].unsqueeze(1) != self.labels_M[chosen_N]
        pair_B = (own_BD * other_BD).sum(1) / TAU
        loss_B = self._side(0, pair_B, own_BD @ self.memory_t_MD[chosen_N].T / TAU, counted_BN)
        loss_B = loss_B + self._side(1, pair_B, other_BD @ self.memory_s_MD[chosen_N].T / TAU, counted_BN)
        if self.training:
            with torch.no_grad():
                _remember(self.memory_s_MD, rows_B, own_BD)
                _remember(self.memory_t_MD, rows_B, other_BD)
        return loss_B

    def get_extra_state(self) -> Tensor:
        """This will give the state of what others are drawn with, for a checkpoint."""
        return self._generator.get_state()

    def set_extra_state(self, state: Tensor) -> None:
        """This will take it up again."""
        self._generator.set_state(state.cpu())

    def _draw(self, device: torch.device) -> Tensor:
        rows = len(self.labels_M)
        cuda = device.type == "cuda"
        drawn_N = torch.randint(rows, (min(MOST_OTHERS, rows),), generator=self._generator, pin_memory=cuda)
        return drawn_N.to(device, non_blocking=True)

    def _side(self, side: int, pair_B: Tensor, apart_BN: Tensor, counted_BN: Tensor) -> Tensor:
        """The loss with one side's embedding against the other's memory."""
        with torch.no_grad():
            first = torch.cat([pair_B.unsqueeze(1), apart_BN], dim=1)
            mean = first.flatten().logsumexp(0) - math.log(first.numel())
            known = self.log_z_2[side]
            self.log_z_2[side] = torch.where(known.isnan(), mean, known)
        log_z = self.log_z_2[side].clone()
        return contrasted(pair_B - log_z, apart_BN - log_z, counted_BN)


def contrasted(own_B: Tensor, apart_BN: Tensor, counted_BN: Tensor) -> Tensor:
    """This will give the loss of similarities a of own pairs and of others, of which only some count."""
    others = apart_BN.shape[1]
    counts_B = counted_BN.sum(1).clamp(min=1)
    # - log (1 - h) = log (1 + e^a / N), and - log h = log (1 + N / e^a)
    wrong_BN = functional.softplus(apart_BN - math.log(others)) * counted_BN
    return functional.softplus(math.log(others) - own_B) + wrong_BN.sum(1) * (others / counts_B)


def _remember(memory_MD: Tensor, rows_B: Tensor, new_BD: Tensor) -> None:
    mixed_BD = MOMENTUM * memory_MD[rows_B] + (1 - MOMENTUM) * new_BD
    memory_MD.index_copy_(0, rows_B, functional.normalize(mixed_BD))
