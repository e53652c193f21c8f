"""Losses between features of a student and of one teacher, per sample; the teacher's are never given a gradient.

Features are maps (B, D, H, W), tokens (B, N, D) or pooled vectors (B, D); those of the teacher may be of another
width and size. Shape suffixes: B samples, D channels, H and W positions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from mtkd_engine.nets.classification import Classifier, Tapped
from mtkd_engine.nets.classification.clips.given import moved
from mtkd_engine.spec import AnyInput, FeatureLossSpec, SpecError
from mtkd_engine.tasks.classification.contrast import Contrast
from mtkd_engine.tasks.classification.inputs import to_input
from mtkd_engine.tasks.classification.noise import noise

Size = tuple[int, ...]
"""The shape of one sample's features, without the batch: (D, H, W), (N, D) or (D,)."""

LAST = ""
"""The path that stands for a network's last pooled features."""
_MOST_EXTRA = 8  # class and register tokens that stand before those of an image's patches


class FeatureLoss(nn.Module):
    """Draws a student's features to those of one teacher; its parameters, where it has any, are trained with it."""

    def loss(self, student: Tensor, teacher: Tensor, *, rows_B: Tensor) -> Tensor:
        """This will give the loss of each sample, (B,) in single precision; `rows_B` are positions in the split."""
        return self.compare(student.float(), teacher.detach().float(), rows_B)

    def compare(self, student: Tensor, teacher: Tensor, rows_B: Tensor) -> Tensor:
        """This will compute it; the teacher's features come without a gradient."""
        raise NotImplementedError


class FitNet(FeatureLoss):
    """Mean squared difference after a regressor (Romero et al. 2015, arXiv 1412.6550, equation 3).

    The regressor is linear for vectors, a 1x1 convolution and batch normalisation for maps. Departures: the mean over
    channels and positions in place of half the sum, so that a weight means the same at any tap; maps of different
    sizes meet at the smaller one, by averages.
    """

    def __init__(self, student: Size, teacher: Size) -> None:
        super().__init__()
        own, other = _map_size(student), _map_size(teacher)
        self.regressor: nn.Module = nn.Linear(own[0], other[0])
        self._vectors = own[1:] == other[1:] == (1, 1)
        if not self._vectors:
            convolution = nn.Conv2d(own[0], other[0], 1, bias=False)
            self.regressor = nn.Sequential(convolution, nn.BatchNorm2d(other[0]))
        self.meeting = _Meeting(own[1:], other[1:])

    def compare(self, student: Tensor, teacher: Tensor, rows_B: Tensor) -> Tensor:
        """This will give the mean squared difference of each sample."""
        own, other = as_maps(student), as_maps(teacher)
        if self._vectors:
            apart_BD: Tensor = self.regressor(own.flatten(1)) - other.flatten(1)
            return apart_BD.square().mean(1)
        # The regressor first: averages commute with it, but normalisation should see what the student has.
        met: tuple[Tensor, Tensor] = self.meeting(self.regressor(own), other)
        return (met[0] - met[1]).square().mean(dim=(1, 2, 3))


class AttentionTransfer(FeatureLoss):
    """Difference of normalised attention maps (Zagoruyko & Komodakis 2017, arXiv 1612.03928).

    Equation 2 with p = 2: attention is the sum of squares over channels. As in the paper's practice the mean over
    positions stands in place of the norm. Maps of different sizes meet at the smaller one, by averages.
    """

    def __init__(self, student: Size, teacher: Size) -> None:
        super().__init__()
        own, other = _map_size(student), _map_size(teacher)
        if 1 in {math.prod(own[1:]), math.prod(other[1:])}:
            raise _refusal(
                f"given attention with features of sizes {list(student)} and {list(teacher)}, accepted are taps "
                "with more than one position"
            )
        self.meeting = _Meeting(own[1:], other[1:])

    def compare(self, student: Tensor, teacher: Tensor, rows_B: Tensor) -> Tensor:
        """This will give the mean squared difference of the normalised attention of each sample."""
        own, other = self.meeting(_attention(student), _attention(teacher))
        flat = functional.normalize(own.flatten(1)) - functional.normalize(other.flatten(1))
        return flat.square().mean(1)


class Similarity(FeatureLoss):
    """Samples that are alike for the teacher are to be so for the student (Tung & Mori 2019, arXiv 1907.09682).

    Equations 1 to 4: G = rows of Q Q^T, normalised; ||G_T - G_S||^2 / B^2, of which each sample has its own row.
    """

    def compare(self, student: Tensor, teacher: Tensor, rows_B: Tensor) -> Tensor:
        """This will give each sample's row of the squared difference, divided by B."""
        return (_alike(student) - _alike(teacher)).square().sum(1) / len(student)


class Contrastive(FeatureLoss):
    """CRD: tells the teacher's features of the same sample from those of samples of other classes."""

    def __init__(self, student: Size, teacher: Size, *, labels_N: Tensor, seed: int) -> None:
        super().__init__()
        self.contrast = Contrast(_map_size(student)[0], _map_size(teacher)[0], labels_N=labels_N, seed=seed)

    def compare(self, student: Tensor, teacher: Tensor, rows_B: Tensor) -> Tensor:
        """This will give the contrastive loss of each sample; in training its memory learns the batch."""
        own_BD, other_BD = (as_maps(part).mean(dim=(2, 3)) for part in (student, teacher))
        loss_B: Tensor = self.contrast(own_BD, other_BD, rows_B)
        return loss_B


def build_feature_loss(
    spec: FeatureLossSpec, *, student: Size, teacher: Size, labels_N: Tensor, seed: int
) -> FeatureLoss:
    """This will build the loss for features of these sizes; `labels_N` are the classes of the training split.

    Raises SpecError, field `method.features`.
    """
    if spec.kind == "fitnet":
        return FitNet(student, teacher)
    if spec.kind == "attention":
        return AttentionTransfer(student, teacher)
    if spec.kind == "similarity":
        return Similarity()
    return Contrastive(student, teacher, labels_N=labels_N, seed=seed)


def sizes_at(model: Classifier, paths: Sequence[str], reads: AnyInput) -> dict[str, Size]:
    """This will find the sizes of one sample's features at these paths (`LAST`: the last pooled ones).

    Raises SpecError, field `method.features`, for a path that leads to no module.
    """
    device, was_training = next(model.parameters()).device, model.training
    inner = [path for path in paths if path != LAST]
    try:
        tapped = Tapped(model, inner)
    except ValueError as error:
        raise _refusal(str(error)) from None
    try:
        with torch.no_grad():
            model.eval()
            made = noise(reads, samples=1, generator=torch.Generator().manual_seed(0))
            _, found = tapped(moved(to_input(made, reads), device))
    finally:
        tapped.close()
        model.train(was_training)
    silent = [path for path in inner if path not in found]
    if silent:
        raise _refusal(f"given the path {silent[0]!r}, whose module does not run by itself")
    refuse_frames(found, samples=1)
    sizes = {path: tuple(tensor.shape[1:]) for path, tensor in found.items()}
    return sizes | ({LAST: (model.feature_width,)} if LAST in paths else {})


def refuse_frames(found: Mapping[str, Tensor], *, samples: int) -> None:
    """This will refuse taps that gave something for every frame of a clip, not for every sample.

    Raises SpecError, field `method.features`.
    """
    for path, tensor in found.items():
        if len(tensor) != samples:
            raise _refusal(
                f"given the path {path!r}, whose module sees every frame by itself; accepted are modules that see "
                "whole samples, or the last features"
            )


def as_maps(features: Tensor) -> Tensor:
    """This will bring features to (B, D, H, W); of tokens the last square number of them are the map."""
    if features.dim() == 4:
        return features
    if features.dim() == 2:
        return features[:, :, None, None]
    side, extra = _square(features.shape[1])
    grid = features[:, extra:].transpose(1, 2)
    return grid.reshape(*grid.shape[:2], side, side) if side else grid.unsqueeze(3)


def _map_size(size: Size) -> Size:
    if not 1 <= len(size) <= 3:
        raise _refusal(f"given a tap of size {list(size)}, accepted are maps, tokens and vectors")
    return tuple(as_maps(torch.empty(1, *size, device="meta")).shape[1:])


def _square(tokens: int) -> tuple[int, int]:
    """The side of the grid that the tokens end in, and how many stand before it; (0, 0) without one."""
    for extra in range(min(_MOST_EXTRA, tokens - 1) + 1):
        side = math.isqrt(tokens - extra)
        if side**2 == tokens - extra and (side > 1 or tokens == 1):
            return side, extra
    return 0, 0


def _attention(features: Tensor) -> Tensor:
    return as_maps(features).square().mean(1, keepdim=True)


def _alike(features: Tensor) -> Tensor:
    flat = features.flatten(1)
    return functional.normalize(flat @ flat.T)


class _Meeting(nn.Module):
    """Brings two maps to the smaller height and width of both.

    Each new position is the mean of those it covers, as products of matrices: the backward of adaptive pooling has
    other bits every time on CUDA.
    """

    def __init__(self, own: Size, other: Size) -> None:
        super().__init__()
        wanted = [min(pair) for pair in zip(own, other, strict=True)]
        for name, sizes in (("own", own), ("other", other)):
            for axis, given, kept in zip("hw", sizes, wanted, strict=True):
                self.register_buffer(f"{name}_{axis}", _averages(given, kept), persistent=False)

    def forward(self, own: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        """This will give both maps (B, D, h, w)."""
        return self._brought(own, "own"), self._brought(other, "other")

    def _brought(self, maps: Tensor, name: str) -> Tensor:
        rows, columns = self.get_buffer(f"{name}_h"), self.get_buffer(f"{name}_w")
        if rows.shape[0] != rows.shape[1]:
            maps = rows @ maps
        return maps @ columns.T if columns.shape[0] != columns.shape[1] else maps


def _averages(given: int, kept: int) -> Tensor:
    """(kept, given): the share that each given position has in each kept one, by overlap of equal parts."""
    place, part = torch.arange(given) * kept, torch.arange(kept).unsqueeze(1) * given
    shared = torch.minimum(place + kept, part + given) - torch.maximum(place, part)
    return shared.clamp(min=0) / given


def _refusal(sentence: str) -> SpecError:
    return SpecError({"method.features": sentence + "."})
