"""Video from file to step: how fast clips are taken in, how fast samples are made of them, and what steps wait for.

    make bench NAME=video [DATA=folder of clips]

DATA is any folder with videos below it, of which the first 48 by name are taken; without it they are generated. Samples
are of three segments and 112 pixels a side, as the loader makes them: crop, resizing and the keeping of views included.
Sides take turns; what is said is the median, and of ratios the median of the turns'.

MTKD_BENCH=quick makes a small run of it that only shows that everything works.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from mtkd_engine.data.clips.below import VIDEOS
from mtkd_engine.data.clips.dataset import ClipDataset
from mtkd_engine.data.clips.world import ClipsPerSplit, make_clips
from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.data.video.ingest import Ingested, ingest, stream_name
from mtkd_engine.seeding import seed_everything
from mtkd_engine.spec import ClassificationSpec, parse
from tests.bench.courses import School, Size
from tests.bench.sampling import SEGMENTS, SIZE, Film, samples_made, samples_of
from tests.bench.waiting import AHEAD, IN_TURN, Waiting, waiting

BATCH = 8
FAST = {"precision": "bfloat16", "channels_last": True}
R8, R14 = ({"family": "cifar_resnet", "depth": depth} for depth in (8, 14))


@dataclass(frozen=True, kw_only=True)
class Amount:
    """How much is read and trained."""

    clips: int = 48
    ingests: int = 3
    read: int = 16
    """Clips of which samples are made in every turn."""
    turns: int = 5
    trained: int = 32
    cold: int = 3
    warm: int = 2
    images: Size = field(default_factory=lambda: Size(train=640))


QUICK = Amount(
    clips=6, ingests=1, read=2, turns=1, trained=2, cold=1, warm=1, images=Size(train=32, batch=16, pixels=8)
)


def main(data: str | None) -> None:
    """This will measure everything, print the tables and, last, one line of JSON."""
    amount = QUICK if os.environ.get("MTKD_BENCH") == "quick" else Amount()
    cores = len(os.sched_getaffinity(0))
    seed_everything(0)
    with tempfile.TemporaryDirectory(prefix="bench-video-") as folder:
        base = Path(folder)
        paths = _videos(data, base, amount)
        clips, films, pace = taken_in(paths, base, times=amount.ingests)
        print(f"\n{len(clips)} clips, {sum(one.frames for one in clips.found):,} frames, {cores} cores.\n")
        print(f"Taken in: {pace:.0f} frames a second on {cores} cores.")
        told: dict[str, Any] = {"cores": cores, "clips": len(clips), "ingest_frames_per_s": round(pace, 1)}
        torch.set_num_threads(1)
        told |= samples_made(clips, films, clips_a_turn=amount.read, turns=amount.turns)
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or cores))
        told |= steps_waited(clips, base, amount)
    print(json.dumps(told))


def _videos(data: str | None, base: Path, amount: Amount) -> list[Path]:
    root = base / "clips" if data is None else Path(data)
    if data is None:
        make_clips(root, clips=ClipsPerSplit(train=amount.clips, val=6, test=6))
    return sorted(path for path in root.rglob("*") if path.suffix.lower() in VIDEOS)[: amount.clips]


def taken_in(paths: Sequence[Path], base: Path, *, times: int) -> tuple[Film, list[Path], float]:
    """This will ingest clips so often and give their streams, the files of those, and frames a second."""
    paces: list[float] = []
    for turn in range(times):
        to = base / f"streams-{turn}"
        to.mkdir()
        began = time.perf_counter()
        found = dict(ingest(paths, to=to, say=lambda _done, _of: None))
        whole = {number: one for number, one in sorted(found.items()) if isinstance(one, Ingested)}
        paces.append(sum(one.frames for one in whole.values()) / (time.perf_counter() - began))
    streams = tuple((to / stream_name(number)).read_bytes() for number in whole)
    return Film(tuple(whole.values()), streams), [paths[number] for number in whole], statistics.median(paces)


def steps_waited(clips: Film, base: Path, amount: Amount) -> dict[str, Any]:
    """This will train students and print what share of their steps they wait, and what that makes of a step."""
    dataset = _dataset(clips, count=min(amount.trained, len(clips)))
    school = School(base, amount.images)
    asked: dict[str, tuple[ClassificationSpec, LabelledDataset, int]] = {
        "three ResNet-8 on streams": (_streams(R8, {}, amount), dataset, amount.cold),
        "the same, bf16, channels last": (_streams(R8, FAST, amount), dataset, amount.cold),
        "three ResNet-14 on streams": (_streams(R14, {}, amount), dataset, amount.cold),
        "ResNet-8 on 8 frames, shifted": (_frames(amount), dataset, amount.cold),
        f"ResNet-8 on images of {amount.images.pixels} px": (school.spec(None), school.dataset, 1),
    }
    print(
        "\n| student | views | waits, in turn | step, times no waiting | waits, ahead | step, times no waiting |"
    )
    print("|---|---|---|---|---|---|")
    told: dict[str, Any] = {}
    for name, (spec, samples, cold) in asked.items():
        seen = waiting(spec, samples, cold=cold, warm=amount.warm)
        told[name] = {key: _row(name, key, seen) for key in ("cold", "kept")}
    found = {f"{name}, {key}": row["share"] for name, rows in told.items() for key, row in rows.items()}
    worst = max(found, key=found.__getitem__)
    print(f"\nAs the engine does it, {100 * found[worst]:.1f} % at most ({worst}).")
    return {"waiting_share": found, "waiting_share_worst": found[worst], "waiting": told}


def _row(name: str, key: str, seen: Waiting) -> dict[str, Any]:
    cold = key == "cold"
    shares = {way: seen.share(way, cold=cold) for way in (IN_TURN, AHEAD)}
    ratios = {way: seen.times_no_wait(way, cold=cold) for way in (IN_TURN, AHEAD)}
    parts = " | ".join(f"{100 * shares[way]:.1f} % | {ratios[way]}" for way in shares)
    print(f"| {name} | {key} | {parts} |", flush=True)
    told = {
        way.replace(" ", "_"): {
            "share": round(shares[way], 4),
            "step_vs_no_wait": round(ratios[way].median, 3),
        }
        for way in shares
    }
    return {"share": round(shares[seen.as_it_is], 4), "as_it_is": seen.as_it_is, **told}


def _streams(net: dict[str, Any], optim: dict[str, Any], amount: Amount) -> ClassificationSpec:
    nets = {"family": "streams", "iframe": net, "motion": net, "residual": net}
    reads = {"kind": "streams", "segments": SEGMENTS, "size": SIZE}
    return _spec("streams", SEGMENTS, {"net": nets, "input": reads}, optim, amount)


def _frames(amount: Amount) -> ClassificationSpec:
    net = {"family": "frames", "backbone": R8, "temporal": "shift"}
    return _spec("clips", 8, {"net": net, "input": {"kind": "clip", "frames": 8, "size": SIZE}}, {}, amount)


def _spec(
    kind: str, segments: int, student: dict[str, Any], optim: dict[str, Any], amount: Amount
) -> ClassificationSpec:
    data = {"kind": kind, "dataset": "clips", "segments": segments, "size": SIZE}
    stated = {
        "task": "classification",
        "data": {**data, "augment": {"views": amount.cold}},
        "student": student,
        "optim": {"epochs": 1000, "batch_size": BATCH, **optim},
    }
    spec = parse(stated)
    assert isinstance(spec, ClassificationSpec)
    return spec


def _dataset(clips: Film, *, count: int) -> ClipDataset:
    samples = samples_of(count)
    splits = {"train": samples, "val": samples[:2], "test": samples[:2]}
    return ClipDataset(name="clips", classes=("one", "other"), splits=splits, content_hash="", clips=clips)
