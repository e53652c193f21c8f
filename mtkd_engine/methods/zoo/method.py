"""Methods mutual and partition: of every sample the source that knows best teaches, and who learns of it moves.

Loss (arXiv 2510.22208): sum over learners m of [ w_s * supervised_m + w_t * mean over samples i of
sum over sources s of W_ims * T^2 KL(p_s || p_m) ], where W says who teaches whom (`knowing`). Departures: sources have
no gradient unless the spec says so, and all coefficients can be chosen. All participants are fitted by one optimiser,
whose state and clipping are each participant's own: what one does moves no other but through what it teaches.

Shape suffixes: B samples of a batch, N of validation, M learners, P participants, S sources.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mtkd_engine.evaluation.telling import weights_told
from mtkd_engine.events import Event, Metrics, Weights
from mtkd_engine.methods.base import BatchT, Measured, Method, ParameterGroup, Terms
from mtkd_engine.methods.zoo.face import Answer, Discipline, Standing
from mtkd_engine.methods.zoo.knowing import NEVER
from mtkd_engine.methods.zoo.members import Held, Members
from mtkd_engine.methods.zoo.own_best import OwnBest
from mtkd_engine.methods.zoo.roles import Roles
from mtkd_engine.methods.zoo.turns import Turns
from mtkd_engine.methods.zoo.watching import ZooWatch
from mtkd_engine.spec import MutualSpec, PartitionSpec


class Transfer(Method[BatchT]):
    """Participants that teach each other; its `state_dict` holds the learners and what is theirs."""

    def __init__(
        self,
        members: Members[BatchT],
        *,
        spec: MutualSpec | PartitionSpec,
        discipline: Discipline[BatchT],
        held: Held,
        total_steps: int,
        transfers: bool = True,
    ) -> None:
        """This will prepare the training; without `transfers` every learner is fitted to the labels alone."""
        super().__init__()
        self.learners = nn.ModuleDict({str(place): model for place, model in members.trained()})
        self.members = members
        self.best = {place: OwnBest() for place in members.learners}
        for place, model in members.trained():  # a start that is never bettered is kept
            self.best[place].take(held.starts[place].values[discipline.primary], step=0, model=model)
        self._spec = spec
        self._discipline = discipline
        self._held = held
        self._transfers = transfers and spec.transfer_weight > 0
        self._supervised = spec.supervised_weight if transfers else 1.0
        self._temperatures = [standing.temperature for standing in held.starts]
        self._turns = Turns.of(spec, teachers=len(members.all) - 1, steps=total_steps)
        self._roles = Roles(spec=spec, learners=members.learners, turns=self._turns)
        self._steps = 0
        self._start_temperatures = {place: self._temperatures[place] for place in members.starts}
        self._watch = ZooWatch(alone=not transfers)
        shape = (len(members.learners), len(members.sources))
        self.register_buffer("taught_MS", torch.zeros(shape, dtype=torch.float64))

    taught_MS: Tensor
    """How many samples each source taught each learner so far, each time that they were seen."""

    def groups(self) -> list[ParameterGroup]:
        """This will give each learner's parameters, with a share of the learning rate and clipping of its own."""
        rates = self._spec.rates if isinstance(self._spec, MutualSpec) else ()
        return [
            {"params": list(model.parameters()), "factor": rates[place] if rates else 1.0, "apart": True}
            for place, model in self.members.trained()
        ]

    def fitted(self) -> Iterator[nn.Parameter]:
        """This will give the parameters of all learners."""
        return (parameter for _, model in self.members.trained() for parameter in model.parameters())

    def terms(self, batch: BatchT) -> Terms:
        """This will compute `NAME/supervised` and `NAME/transfer` of every learner."""
        members = self.members
        if not self._transfers:
            return Terms(self._labels(self._answers(batch, members.learners), batch))
        # Sources that stand still first: they need much memory for a moment, learners hold theirs.
        frozen = [place for place, member in enumerate(members.all) if not member.learns]
        answers = self._answers(batch, [*frozen, *members.learners])
        starts = {place: start.answer(batch) for place, start in members.starts.items()}
        weights_BMS = self._roles.weights(*self._criteria(answers, starts, batch), step=self._steps)
        losses = self._labels(answers, batch) if self._supervised else {}
        for m, learner in enumerate(members.learners):
            moved_B = self._moved(answers, starts, learner, weights_BMS[:, m], batch)
            losses[f"{members.all[learner].name}/transfer"] = self._spec.transfer_weight * moved_B.mean()
        self.taught_MS += weights_BMS.sum(0)
        self.last_weights = (_ids(batch), weights_BMS)
        mean_S = weights_BMS.mean((0, 1))
        return Terms(losses, {f"weight/{name}": mean_S[s] for s, name in enumerate(members.sources)})

    def stepped(self, *, step: int, rate: float) -> dict[str, Tensor]:
        """This will hold the student of teachers in turn to where it is when the next one begins."""
        self._steps = step
        if self._turns is not None and self._turns.ends_at(step):
            for place, start in self.members.starts.items():
                start.model.load_state_dict(self.members.all[place].model.state_dict())
                self._start_temperatures[place] = self._temperatures[place]
        return {}

    def measure(self, *, step: int) -> Measured:
        """This will measure every learner on validation, keep the best state of each, and say who knows best."""
        now = {place: self._stand(model, place) for place, model in self.members.trained()}
        for place, standing in now.items():
            self._temperatures[place] = standing.temperature
            score = standing.values[self._discipline.primary]
            self.best[place].take(score, step=step, model=self.members.all[place].model)
        events: list[Event] = [self._metrics(now, step=step)]
        for place, standing in now.items():
            name, begun = self.members.all[place].name, self._held.starts[place]
            events += self._watch.fallen(name, self._discipline.primary, begun=begun, now=standing, step=step)
        weights_NMS = None
        if self._transfers:
            weights_NMS = self._known_by(now)
            spoken = self._weights_event(weights_NMS, step=step)
            events += [spoken, *self._watch.one_knows_all(spoken)]
        # Every learner's best state is kept here, so the loop need not keep one of them all.
        return Measured(NEVER, events, weights_NMS)

    def begun(self) -> list[Event]:
        """This will tell what was measured before the first step."""
        starts = {place: self._held.starts[place] for place in self.members.learners}
        return [self._metrics(starts, step=0), self._weights_event(self._known_by(starts), step=0)]

    def _known_by(self, now: dict[int, Standing]) -> Tensor:
        """Who teaches whom of validation, (N, M, S), given how the learners stand now."""
        standings = [now.get(place, start) for place, start in enumerate(self._held.starts)]
        starts = {
            place: self._stand(start.model, place) if self._turns is not None else self._held.starts[place]
            for place, start in self.members.starts.items()
        }
        knew = {place: one.criterion_N for place, one in starts.items()}
        return self._roles.weights(_together(standings), knew, step=self._steps)

    def knowing(self, before: Sequence[Standing]) -> Tensor:
        """This will say who would teach whom, (N, M, S), of samples on which all stand as they began."""
        starts = {place: before[place].criterion_N for place in self.members.starts}
        return self._roles.weights(_together(before), starts, step=None)

    def _metrics(self, now: dict[int, Standing], *, step: int) -> Metrics:
        """What is said of every learner by its name, and means over learners."""
        names = next(iter(now.values())).values
        told = {f"val/{name}": sum(one.values[name] for one in now.values()) / len(now) for name in names}
        for place, standing in now.items():
            learner = self.members.all[place].name
            told |= {f"val/{learner}/{name}": value for name, value in standing.values.items()}
        return Metrics(step=step, values=told)

    def _weights_event(self, weights_NMS: Tensor, *, step: int) -> Weights:
        """Which share of validation each source knows best, and who teaches the probes."""
        return weights_told(
            weights_NMS.mean(1), teachers=self.members.sources, probe_rows=self._held.probe_rows, step=step
        )

    def get_extra_state(self) -> dict[str, Any]:
        """This will give what a checkpoint keeps beside parameters: best states, temperatures, starts that moved."""
        moved = self.members.starts if self._turns is not None else {}
        return {
            "steps": self._steps,
            "temperatures": self._temperatures,
            "start_temperatures": {str(place): t for place, t in self._start_temperatures.items()},
            "warned": self._watch.said(),
            "best": {str(place): best.to_state() for place, best in self.best.items()},
            "starts": {str(place): start.model.state_dict() for place, start in moved.items()},
        }

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """This will take up what `get_extra_state` gave."""
        self._steps = state["steps"]
        self._temperatures = list(state["temperatures"])
        self._start_temperatures = {int(place): t for place, t in state["start_temperatures"].items()}
        self._watch.take_up(state["warned"])
        self.best = {int(place): OwnBest.from_state(held) for place, held in state["best"].items()}
        for place, held in state["starts"].items():
            self.members.starts[int(place)].model.load_state_dict(held)

    def _answers(self, batch: BatchT, places: Sequence[int]) -> dict[int, Answer]:
        return {place: self.members.all[place].answer(batch) for place in places}

    def _labels(self, answers: dict[int, Answer], batch: BatchT) -> dict[str, Tensor]:
        return {
            f"{self.members.all[place].name}/supervised": self._supervised
            * self._discipline.supervised(answers[place], batch)
            for place in self.members.learners
        }

    def _criteria(
        self, answers: dict[int, Answer], starts: dict[int, Answer], batch: BatchT
    ) -> tuple[Tensor, dict[int, Tensor]]:
        """How well every participant knows each sample, (B, P), and how well learners did at their start."""

        def knows(answer: Answer, temperature: float) -> Tensor:
            return self._discipline.criterion(answer, batch, by=self._spec.criterion, temperature=temperature)

        with torch.no_grad():
            all_P = [knows(answers[p], self._temperatures[p]) for p in range(len(self.members.all))]
            return torch.stack(all_P, dim=1), {
                p: knows(starts[p], self._start_temperatures[p]) for p in starts
            }

    def _moved(
        self,
        answers: dict[int, Answer],
        starts: dict[int, Answer],
        learner: int,
        weights_BS: Tensor,
        batch: BatchT,
    ) -> Tensor:
        """What one learner learns from all sources of each sample, (B,)."""
        pulls_back = isinstance(self._spec, MutualSpec) and self._spec.paper_gradients
        sources = {s: answers[s] for s in range(len(self.members.all)) if s != learner}
        if learner in starts:
            sources[len(self.members.all)] = starts[learner]
        moved = [
            weights_BS[:, s]
            * self._discipline.transfer(
                source if pulls_back else source.detached(),
                answers[learner],
                batch=batch,
                temperature=self._spec.temperature,
            )
            for s, source in sources.items()
        ]
        return torch.stack(moved).sum(0)

    def _stand(self, model: nn.Module, place: int) -> Standing:
        return self._discipline.standing(model, place, "val", by=self._spec.criterion)


def _ids(batch: Any) -> list[str]:
    return [sample.sample_id for sample in batch.samples]


def _together(standings: Sequence[Standing]) -> Tensor:
    """How well each participant knows each sample, (N, P)."""
    return torch.stack([standing.criterion_N for standing in standings], dim=1)
