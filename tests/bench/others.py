"""Who else distils three online teachers: torchdistill in an environment of its own, and a loop by hand in this one."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from mtkd_engine.tasks.classification.batches import CLEAN
from tests.bench.courses import Course, Lap, School
from tests.bench.peers.by_hand import ByHand, Pictures
from tests.bench.peers.environments import Program

HAND, PEER = "by hand, online", "torchdistill, online"
UNIFORM = {"aggregator": {"kind": "uniform"}}


@dataclass(frozen=True, kw_only=True)
class Other:
    """What trains an epoch; its first loss, and ours from the same parameters on the same batch."""

    epoch: Callable[[], Lap]
    first_loss: float
    our_first_loss: float
    version: str


@contextmanager
def others(school: School, folder: Path) -> Iterator[dict[str, Other]]:
    """This will start the others on the parameters of our student and teachers; who cannot be started is left out."""
    student = Course(school, UNIFORM).job.student
    networks = [teacher.model for teacher in school.teachers if teacher.model is not None]
    images_NCHW, labels_N = _images(school)
    found = {HAND: _by_hand(school, student, networks, images_NCHW, labels_N)}
    file = folder / "all.pt"
    held = {"images": images_NCHW, "labels": labels_N, "classes": len(school.dataset.classes)}
    states = {"student": student.state_dict(), "teachers": [one.state_dict() for one in networks]}
    torch.save(held | states, file)
    program = None
    try:
        program = Program("torchdistill", folder=folder / "torchdistill")
        found[PEER] = _torchdistill(school, program, file)
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        print(f"torchdistill could not be started, so it is left out: {error}", flush=True)
    try:
        yield found
    finally:
        if program is not None:
            program.end()


def _by_hand(
    school: School, student: nn.Module, networks: list[nn.Module], images_NCHW: Tensor, labels_N: Tensor
) -> Other:
    pictures, batch = Pictures(images_NCHW, labels_N.tolist()), school.size.batch
    hand = ByHand(student, networks, pictures, batch=batch)
    with torch.no_grad():
        said = copy.deepcopy(hand).loss(pictures.plain(images_NCHW[:batch]), labels_N[:batch])
    return Other(
        epoch=lambda: Lap(**hand.epoch()),
        first_loss=float(said),
        our_first_loss=our_first_loss(school, "probability"),
        version=f"torch {torch.__version__}",
    )


def _torchdistill(school: School, program: Program, file: Path) -> Other:
    version = program.ask(
        "start",
        file=str(file),
        threads=torch.get_num_threads(),
        batch=school.size.batch,
        student=school.size.student,
        teacher=school.size.teacher,
    )
    return Other(
        epoch=lambda: Lap(**program.ask("epoch")),
        first_loss=program.ask("first_loss"),
        our_first_loss=our_first_loss(school, "loss"),
        version=f"torchdistill {version}",
    )


def our_first_loss(school: School, space: str) -> float:
    """This will give what the engine's method makes of the first batch as it is, before anything is learned."""
    method = {"aggregator": {"kind": "uniform", "space": space}, "signals": "online"}
    course = Course(school, method)
    batch = course.job.splits["train"].at_view(CLEAN, range(school.size.batch))
    course.job.method.train()
    return sum(float(term.detach()) for term in course.job.method.terms(batch).losses.values())


def _images(school: School) -> tuple[Tensor, Tensor]:
    samples = school.dataset.splits["train"]
    pixels = school.dataset.images.decoded([one.place for one in samples], size=school.size.pixels)
    images_NCHW = torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2).contiguous()
    return images_NCHW, torch.tensor([one.label for one in samples])
