"""Whatever annotations hold: a report, or one sentence; never a traceback, a hang or a flood of memory."""

import json
import math
import random
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from mtkd_engine.data.check.repairs import REPAIRS
from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.readers import Limits

NUMBERS: list[Any] = [
    0, 1, 2.5, -1, -0.0, 9.999, 10, 1e308, -1e308, 1e-320, 10**400, math.nan, math.inf, -math.inf,
    None, True, "3", [], {},
]  # fmt: skip
TEXTS: list[Any] = [
    "a person runs",
    "",
    "!?",
    "\x00",
    "\ud800",
    "ü" * 50,
    "x" * 20_000,
    "a\nb",
    7,
    None,
    ["a"],
]


def entry(draw: random.Random) -> Any:
    count = draw.randrange(4)
    video = {
        "duration": draw.choice(NUMBERS) if draw.random() < 0.3 else 10,
        "fps": draw.choice(NUMBERS) if draw.random() < 0.3 else 2,
        "num_frames": draw.choice(NUMBERS) if draw.random() < 0.3 else 20,
        "timestamps": [draw.choices(NUMBERS, k=draw.choice([2, 2, 2, 1, 3])) for _ in range(count)],
        "sentences": draw.choices(TEXTS, k=count if draw.random() < 0.9 else count + 1),
    }
    for key in list(video):
        if draw.random() < 0.03:
            del video[key]
    return draw.choice([7, [], None]) if draw.random() < 0.05 else video


def moment(draw: random.Random, number: int) -> str:
    windows = [draw.choices(NUMBERS, k=2) for _ in range(draw.randrange(4))]
    stated = {
        "qid": draw.choice([number, "a", 1, None]) if draw.random() < 0.2 else number,
        "vid": draw.choice(["v_0.0_10.0", "w", "x_1_2", f"u{number}", 5, ""]),
        "query": draw.choice(TEXTS),
        "duration": draw.choice([10, 10, *NUMBERS]),
        "relevant_windows": windows,
    }
    text = json.dumps(stated)
    return text[: draw.randrange(len(text))] if draw.random() < 0.05 else text


def line(draw: random.Random) -> str:
    parts = [draw.choice(["v", "w", f"u{draw.randrange(9)}", ""]), *map(str, draw.choices(NUMBERS, k=2))]
    return (
        " ".join(parts)
        + draw.choice(["##", "##", "##", "#", ""])
        + str(draw.choice([*TEXTS[:3], "a b", "c"]))
    )


def write(folder: Path, draw: random.Random, kind: str) -> None:
    for split in ("train", "val", "test"):
        good = {"duration": 10, "fps": 2, "num_frames": 20, "timestamps": [[1, 3]], "sentences": ["a b"]}
        if kind == "qvhighlights":
            rows = [moment(draw, draw.randrange(40)) for _ in range(draw.randrange(8))]
            rows.append(
                json.dumps(
                    {"qid": split, "vid": split, "query": "a", "duration": 9, "relevant_windows": [[1, 2]]}
                )
            )
            (folder / f"{split}.jsonl").write_text("\n".join(rows))
        elif kind == "charades_sta":
            (folder / f"{split}.txt").write_text(
                f"{split} 0 1##a\n" + "\n".join(line(draw) for _ in range(8))
            )
            lengths = {"train": 9, "val": 9, "test": 9, "v": 10, "w": draw.choice(NUMBERS)}
            (folder / "lengths.json").write_text(json.dumps(lengths))
        else:
            videos = {f"{draw.choice('vwxyz')}{i}": entry(draw) for i in range(5)}
            videos[split] = good
            (folder / f"{split}.json").write_text(json.dumps(videos))


@pytest.mark.parametrize("kind", ["activitynet", "tacos", "qvhighlights", "charades_sta"])
@pytest.mark.parametrize("seed", range(25))
def test_anything_becomes_a_report_or_one_sentence(tmp_path: Path, kind: str, seed: int) -> None:
    draw = random.Random(f"{kind}{seed}")
    folder = tmp_path / "given"
    folder.mkdir()
    write(folder, draw, kind)
    for number, accept in enumerate([None, [], ["drop_rows"], list(REPAIRS)]):
        seal = tmp_path / f"sealed{number}"
        try:
            report = check_dataset(folder, annotation_format=kind, accept=accept, seal=seal)
        except DataError as error:
            said = str(error)
            assert not seal.exists()
        else:
            said = "Nothing."
            json.dumps(report, allow_nan=False)
            assert report["sealed"] == seal.exists()
            if report["sealed"]:
                assert load_dataset(seal).content_hash == report["content_hash"]
        assert "\n" not in said
        assert said.endswith(".")


def test_ten_million_rows_are_refused_as_soon_as_they_are_too_many(tmp_path: Path) -> None:
    with (tmp_path / "all_train.txt").open("w") as stream:
        stream.writelines(f"v{i} 0 1##a b\n" for i in range(100_000))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"all_train\.txt: there are more than 5,000 rows"):
            check_dataset(tmp_path / "all_train.txt", limits=Limits(rows=5_000))
        assert tracemalloc.get_traced_memory()[1] < 30e6
    finally:
        tracemalloc.stop()


def test_a_report_on_odd_numbers_is_plain_json(tmp_path: Path) -> None:
    moments = [
        {"qid": i, "vid": f"v{i}", "query": "a", "duration": 10, "relevant_windows": [[math.nan, math.inf]]}
        for i in range(4)
    ]
    (tmp_path / "all.jsonl").write_text("\n".join(map(json.dumps, moments)))
    report = check_dataset(tmp_path / "all.jsonl")
    assert report["problems"][0]["code"] == "not_finite"
    json.dumps(report, allow_nan=False)
