"""What participants say of samples pixel by pixel, kept for a few of them.

`maps.parquet`, one row per participant and sample of val and test, of at most 400 samples:

    sample_id, split
    participant      student (or a model's name, and the name followed by " at start"), truth
    frame            of a video the number of the frame that is shown, the middle one of a window; 0 of a picture
    png              classes as an indexed PNG, 255 being void, or a map as a grey one whose highest value is 255
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mtkd_engine.evaluation.dense.face import DenseTask, Drawn
from mtkd_engine.evaluation.dense.looking import Run
from mtkd_engine.fulldisk import whole_or_nothing

MOST_SAMPLES = 400
MOST_OF_VAL = 100
ROW_GROUP = 64
TRUTH = "truth"
_SCHEMA = pa.schema(
    {
        "sample_id": pa.string(),
        "split": pa.string(),
        "participant": pa.string(),
        "frame": pa.int32(),
        "png": pa.binary(),
    }
)


def write_maps(path: Path, task: DenseTask, participants: Mapping[str, Run]) -> None:
    """This will draw what every participant says of a few samples, beside the truth; whole or not at all."""
    rows = kept_rows({split: len(task.splits[split]) for split in ("val", "test")})
    with whole_or_nothing(path.with_suffix(".partial")) as partial:
        with pq.ParquetWriter(partial, _SCHEMA) as writer:
            for split, chosen in rows.items():
                for start in range(0, len(chosen), ROW_GROUP):
                    part = chosen[start : start + ROW_GROUP]
                    writer.write_table(_drawn(task, split, part, participants))
        partial.replace(path)


def kept_rows(samples: Mapping[str, int]) -> dict[str, list[int]]:
    """This will choose rows of val and test, evenly over each: all where there are few."""
    val = min(samples["val"], MOST_OF_VAL)
    test = min(samples["test"], MOST_SAMPLES - val)
    return {"test": _evenly(samples["test"], test), "val": _evenly(samples["val"], val)}


def _evenly(count: int, wanted: int) -> list[int]:
    return [(2 * place + 1) * count // (2 * wanted) for place in range(wanted)]


def _drawn(task: DenseTask, split: str, rows: Sequence[int], participants: Mapping[str, Run]) -> pa.Table:
    samples = task.splits[split].samples
    found: dict[str, Iterable[Drawn]] = {TRUTH: task.truth_drawn(split, rows)}
    found |= {name: task.drawn(run, split, rows) for name, run in participants.items()}
    listed = [
        {
            "sample_id": samples[one.row].sample_id,
            "split": split,
            "participant": name,
            "frame": one.frame,
            "png": one.png,
        }
        for name, one in _together(found)
    ]
    return pa.Table.from_pylist(listed, schema=_SCHEMA)


def _together(found: Mapping[str, Iterable[Drawn]]) -> Iterator[tuple[str, Drawn]]:
    """The rows of a sample stand together."""
    for several in zip(*found.values(), strict=True):
        yield from zip(found, several, strict=True)
