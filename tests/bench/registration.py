"""Taking annotations in: the whole check with its sealed copy, beside merely parsing the same files."""

from __future__ import annotations

import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RUNS = 3
WORDS = [
    "a person",
    "opens",
    "closes",
    "takes",
    "puts",
    "the door",
    "book",
    "phone",
    "table",
    "quickly",
    "walks away",
]
PARSE = {
    "charades_sta": "import sys; [line.split('##') for path in sys.argv[1:] for line in open(path)]",
    "activitynet": "import json, sys; [json.load(open(path)) for path in sys.argv[1:]]",
}


def main() -> None:
    """This will print wall time and peak memory of both, medians over runs in turns."""
    print("| | queries | check and seal | merely parsed | ratio | peak memory |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        for name, queries, write in (
            ("charades_sta", 16_128, charades),
            ("activitynet", 100_000, activitynet),
        ):
            folder = Path(place) / name
            folder.mkdir()
            write(folder, queries)
            print(_row(folder, name=name, queries=queries), flush=True)


def charades(folder: Path, queries: int) -> None:
    """This will write text lines and durations, about two and a half sentences a video."""
    rng = random.Random(0)
    durations: dict[str, float] = {}
    for split, count in (("train", queries * 10 // 13), ("test", queries - queries * 10 // 13)):
        lines = []
        for number in range(count):
            video = f"{split}{number * 2 // 5}"
            duration = durations.setdefault(video, round(rng.uniform(20, 40), 2))
            start = rng.uniform(0, duration * 0.7)
            lines.append(
                f"{video} {start:.1f} {min(start + rng.uniform(2, 9), duration):.1f}##{_sentence(rng)}."
            )
        (folder / f"charades_sta_{split}.txt").write_text("\n".join(lines) + "\n")
    (folder / "durations.json").write_text(json.dumps(durations))


def activitynet(folder: Path, queries: int) -> None:
    """This will write three JSON files, four sentences a video."""
    rng = random.Random(1)
    for split, share in (("train", 0.6), ("val", 0.2), ("test", 0.2)):
        videos = {}
        for number in range(round(queries * share / 4)):
            duration = round(rng.uniform(30, 240), 2)
            starts = [rng.uniform(0, duration * 0.8) for _ in range(4)]
            videos[f"v_{split}{number}"] = {
                "duration": duration,
                "timestamps": [[round(s, 2), round(s + rng.uniform(1, duration * 0.2), 2)] for s in starts],
                "sentences": [_sentence(rng) for _ in starts],
            }
        (folder / f"{split}.json").write_text(json.dumps(videos))


def _sentence(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(5, 14)))


def _row(folder: Path, *, name: str, queries: int) -> str:
    files = [str(path) for path in folder.iterdir() if not path.name.startswith("durations")]
    checked: list[float] = []
    parsed: list[float] = []
    memory = 0
    for run in range(RUNS):
        sealed = folder.parent / f"{name}-sealed-{run}"
        command = [
            sys.executable,
            "-m",
            "mtkd_engine",
            "check",
            "dataset",
            str(folder),
            "--seal",
            str(sealed),
        ]
        checked.append(_seconds(lambda command=command: _run([*command, "--accept", ""])))  # type: ignore[misc]
        memory = max(memory, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
        parsed.append(_seconds(lambda: _run([sys.executable, "-c", PARSE[name], *files])))
    one, other = statistics.median(checked), statistics.median(parsed)
    return (
        f"| {name} | {queries:,} | {one:.1f} s | {other:.2f} s | {one / other:.1f} | {memory / 1024:.0f} MB |"
    )


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _seconds(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began
