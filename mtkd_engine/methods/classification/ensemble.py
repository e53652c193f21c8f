"""Branches of one network whose gated ensemble teaches each of them while all are trained.

ONE: "Knowledge Distillation by On-the-Fly Native Ensemble", Lan, Zhu & Gong 2018, arXiv 1806.04606. Loss = sum over m
of CE(z_m) + CE(z_e) + weight * r * T^2 sum over m of KL(p_e || p_m), z_e = sum over m of g_m z_m; the target has no
gradient, so the gate learns from the labels alone.

Shape suffixes: B samples of a batch, N of validation, C classes, F features, M branches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mtkd_engine.evaluation.classification.asking import Answers, ask
from mtkd_engine.evaluation.telling import weights_told
from mtkd_engine.events import Metrics
from mtkd_engine.methods.base import Measured, Method, Terms
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.nets.classification.branches import BranchesClassifier
from mtkd_engine.spec import EnsembleSpec
from mtkd_engine.spec.online import branch_names
from mtkd_engine.tasks.classification.batches import ClassBatch
from mtkd_engine.tasks.classification.losses import hard_label_loss, kd
from mtkd_engine.tasks.classification.metrics import Quality
from mtkd_engine.tasks.classification.splits.base import ClassSplit


@dataclass(frozen=True, kw_only=True)
class Ramp:
    """How much of the distillation counts: exp(-5 (1 - e / R)^2) after e whole epochs, R at most all of the job."""

    epochs: int
    steps_of_epoch: int

    def share(self, steps: int) -> float:
        """This will give it after so many steps."""
        if not self.epochs:
            return 1.0
        done = min(steps // self.steps_of_epoch, self.epochs)
        return math.exp(-5 * (1 - done / self.epochs) ** 2)


@dataclass(frozen=True)
class Spoken:
    """What branches, gate and ensemble say of a split."""

    branches: tuple[Answers, ...]
    ensemble: Answers
    weights_NM: Tensor

    @classmethod
    def of(cls, net: BranchesClassifier, answers: Answers) -> Spoken:
        """This will take apart what the whole network has said."""
        device = next(net.parameters()).device
        with torch.no_grad():
            features_NF = answers.features_NF.to(device)
            logits = [logits_NC.float().cpu() for logits_NC in net.by_branch(features_NF)]
        branches = tuple(Answers(logits_NC, answers.features_NF) for logits_NC in logits)
        return cls(branches, answers, net.weights(answers.features_NF))


class Ensemble(Method[ClassBatch]):
    """The branches, what they are taught by their ensemble, and which of them is left."""

    grows = frozenset({"kd"})

    def __init__(
        self, sight: Sight, *, spec: EnsembleSpec, ramp: Ramp, val: ClassSplit, probe_rows: list[int]
    ) -> None:
        super().__init__()
        assert isinstance(sight.model, BranchesClassifier)
        self.student = sight.model
        self.names = branch_names(len(sight.model.branches))
        self.keeps_all = spec.keep == "ensemble"
        self._sight = sight
        self._spec = spec
        self._ramp = ramp
        self._val = val
        self._probe_rows = probe_rows
        self._steps = 0

    def get_extra_state(self) -> dict[str, Any]:
        """This will give the number of steps done, for a checkpoint."""
        return {"steps": self._steps}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """This will take up the number of steps done."""
        self._steps = state["steps"]

    def terms(self, batch: ClassBatch) -> Terms:
        """This will compute `hard` of all branches, `ensemble`, and `kd` where that has a weight."""
        seen = self._sight.look(batch.inputs)
        weights_BM = self.student.weights(seen.features_BF).detach()
        hard = torch.stack([hard_label_loss(logits_BC, batch) for logits_BC in seen.parts]).sum()
        losses = {"hard": hard, "ensemble": hard_label_loss(seen.logits_BC, batch)}
        if self._spec.distill_weight > 0:
            share = self._spec.distill_weight * self._ramp.share(self._steps)
            losses["kd"] = share * self._taught(seen.logits_BC.detach(), seen.parts)
        self.last_weights = (batch.sample_ids, weights_BM.unsqueeze(1))
        mean_M = weights_BM.mean(0)
        return Terms(losses, {f"weight/{name}": mean_M[m] for m, name in enumerate(self.names)})

    def stepped(self, *, step: int, rate: float) -> dict[str, Tensor]:
        """This will count the step."""
        self._steps = step
        return {}

    def measure(self, *, step: int) -> Measured:
        """This will measure what would be left now, each branch, the ensemble, and the gate on validation."""
        spoken = self._spoken()
        own = [self._quality(answers) for answers in spoken.branches]
        ensemble = self._quality(spoken.ensemble)
        left = ensemble if self.keeps_all else own[best_of(own)]
        named = {f"val/{name}": value for name, value in left.values.items()}
        named["val/target_top1"] = ensemble.values["top1"]
        named |= {f"val/{name}_top1": one.values["top1"] for name, one in zip(self.names, own, strict=True)}
        weights_NM = spoken.weights_NM
        said = weights_told(weights_NM, teachers=self.names, probe_rows=self._probe_rows, step=step)
        events = [Metrics(step=step, values=named), said]
        return Measured(left.values["top1"], events, weights_NM.unsqueeze(1))

    def best_branch(self) -> int:
        """This will find the branch that is best on validation in the present state, the first of several."""
        return best_of([self._quality(answers) for answers in self._spoken().branches])

    def _taught(self, target_BC: Tensor, parts: tuple[Tensor, ...]) -> Tensor:
        temperature = self._spec.temperature
        softened_BC = torch.log_softmax(target_BC / temperature, dim=1)
        return torch.stack([kd(part, softened_BC, temperature=temperature).mean() for part in parts]).sum()

    def _spoken(self) -> Spoken:
        return Spoken.of(self.student, ask(self.student, self._sight.reads, self._val))

    def _quality(self, answers: Answers) -> Quality:
        return Quality.of(answers.log_probs(), self._val.labels_N.cpu())


def best_of(qualities: list[Quality]) -> int:
    """This will say which of several is best, the first where several are."""
    shares = [quality.values["top1"] for quality in qualities]
    return shares.index(max(shares))
