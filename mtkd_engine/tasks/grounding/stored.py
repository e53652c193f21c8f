"""Beliefs from vectors and maps that somebody stored, on whatever grid they were made."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.nets.grounding import Map2dOutput, SpanOutput
from mtkd_engine.tasks.grounding.belief import Belief
from mtkd_engine.tasks.grounding.unify import unify

_LEAST = 1.0e-12


def as_logits(scores: Tensor, *, probabilities: bool) -> Tensor:
    """This will give logits as they are and the logarithm of probabilities, 1e-12 at least."""
    return scores.clamp_min(_LEAST).log() if probabilities else scores


@torch.no_grad()
def unify_spans(
    start_BL: Tensor,
    end_BL: Tensor,
    clip_mask_BL: Tensor,
    *,
    temperature: float,
    durations_B: Tensor,
    student_clips_B: Tensor,
    student_length: int,
    probabilities: bool = False,
    top_k: int = 5,
) -> Belief:
    """This will turn start and end vectors, logits or `probabilities`, into a Belief on the student's grid.

    The valid positions of a sample share its duration evenly, whatever their number.
    """
    start_BL, end_BL = (as_logits(part_BL, probabilities=probabilities) for part_BL in (start_BL, end_BL))
    return unify(
        SpanOutput(start_BL, end_BL, clip_mask_BL),
        temperature=temperature,
        durations_B=durations_B,
        student_clips_B=student_clips_B,
        student_length=student_length,
        top_k=top_k,
    )


@torch.no_grad()
def unify_maps(
    map_BLL: Tensor,
    clip_mask_BL: Tensor,
    *,
    temperature: float,
    durations_B: Tensor,
    student_clips_B: Tensor,
    student_length: int,
    probabilities: bool = False,
    top_k: int = 5,
) -> Belief:
    """This will turn maps (first clip, last clip), logits or `probabilities`, into a Belief on the student's grid."""
    return unify(
        Map2dOutput(as_logits(map_BLL, probabilities=probabilities), clip_mask_BL),
        temperature=temperature,
        durations_B=durations_B,
        student_clips_B=student_clips_B,
        student_length=student_length,
        top_k=top_k,
    )
