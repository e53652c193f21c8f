"""What a model said of each sample and how good that was, kept so that models can be held against each other later.

A small Parquet file, one row for each sample of the splits that the model was measured on:

    sample_id, split, source_id   as everywhere
    label, said                   names of the true class and of the one it says; null for masks and maps
    quality                       0..1: the probability of the true class; how good a mask or map is

Beside the columns it says the hash of the dataset and the name of the measure, under `mtkd` in its metadata.

Shape suffixes: N samples.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mtkd_engine.comparing.complement import Known
from mtkd_engine.fulldisk import whole_or_nothing

FILE = "outcomes.parquet"
MOST_ROWS = 2_000_000
_KEY = b"mtkd"
_WORDS = ("sample_id", "split", "source_id", "label", "said")


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What a model said of samples. `measure` names what `quality_N` is: "truth" (a probability), "miou", "sim"."""

    dataset_hash: str
    measure: str
    ids: pa.Array
    splits: pa.Array
    sources: pa.Array
    labels: pa.Array
    said: pa.Array
    quality_N: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.quality_N)

    @property
    def nbytes(self) -> int:
        """What it takes of memory."""
        words = (self.ids, self.splits, self.sources, self.labels, self.said)
        return int(sum(column.nbytes for column in words) + self.quality_N.nbytes)

    @property
    def has_classes(self) -> bool:
        """Whether it says classes, not masks or maps."""
        return bool(len(self) > self.said.null_count)

    def split(self, name: str) -> Outcomes:
        """This will give the samples of one split in the order of their ids, but those that cannot be judged.

        That is a mask without any pixel that counts, for one.
        """
        is_there_N = pc.equal(self.splits, name).to_numpy(zero_copy_only=False)
        rows = pa.array(np.flatnonzero(is_there_N & np.isfinite(self.quality_N)))
        order = pc.sort_indices(self.ids.take(rows))
        return self._taken(rows.take(order))

    def of(self, ids: pa.Array) -> Outcomes:
        """This will give some samples in the order of `ids`, all of which it has."""
        return self._taken(pc.index_in(ids, value_set=self.ids))

    def known(self) -> Known:
        """This will say what the model knows, for what compares it with others."""
        if not self.has_classes:
            return Known.of_qualities(self.quality_N)
        said_N, labels_N = (words_of(column) for column in (self.said, self.labels))
        return Known.of_classes(said_N, labels_N, self.quality_N)

    def _taken(self, rows: pa.Array) -> Outcomes:
        words = [
            column.take(rows) for column in (self.ids, self.splits, self.sources, self.labels, self.said)
        ]
        return _outcomes(self.dataset_hash, self.measure, words, self.quality_N[rows.to_numpy()])


def outcomes_of(
    *,
    dataset_hash: str,
    measure: str,
    ids: Sequence[str],
    split: str,
    sources: Sequence[str],
    quality_N: Any,
    labels: Sequence[str] | None = None,
    said: Sequence[str] | None = None,
) -> Outcomes:
    """This will put together what a model said of the samples of one split."""
    nothing = [None] * len(ids)
    words = [ids, [split] * len(ids), sources, labels or nothing, said or nothing]
    arrays = [pa.array(column, pa.string()) for column in words]
    return _outcomes(dataset_hash, measure, arrays, np.asarray(quality_N, np.float32))


def joined(parts: Sequence[Outcomes]) -> Outcomes:
    """This will put the outcomes of several splits behind each other."""
    first = parts[0]
    words = [
        pa.concat_arrays([getattr(part, name) for part in parts])
        for name in ("ids", "splits", "sources", "labels", "said")
    ]
    quality_N = np.concatenate([part.quality_N for part in parts])
    return _outcomes(first.dataset_hash, first.measure, words, quality_N)


def write_outcomes(path: Path, outcomes: Outcomes) -> None:
    """This will write a file of outcomes, whole or not at all."""
    words = (outcomes.ids, outcomes.splits, outcomes.sources, outcomes.labels, outcomes.said)
    columns = dict(zip(_WORDS, words, strict=True)) | {"quality": pa.array(outcomes.quality_N, pa.float32())}
    stated = {"format": 1, "dataset": outcomes.dataset_hash, "measure": outcomes.measure}
    table = pa.table(columns).replace_schema_metadata({_KEY: json.dumps(stated).encode()})
    with whole_or_nothing(path.with_name(f"{path.name}.partial")) as partial:
        pq.write_table(table, partial, compression="zstd")
        partial.replace(path)


def read_outcomes(source: Path | IO[bytes], *, name: str = "") -> Outcomes:
    """This will read what `write_outcomes` wrote; raises ValueError with a sentence for anything else."""
    what = name or getattr(source, "name", str(source))
    try:
        file = pq.ParquetFile(source)
        stated = json.loads((file.schema_arrow.metadata or {})[_KEY])
        if file.metadata.num_rows > MOST_ROWS:
            raise ValueError(f"{file.metadata.num_rows:,} rows, up to {MOST_ROWS:,} are read")
        table = file.read(columns=[*_WORDS, "quality"], use_threads=False)
        words = [pc.cast(table[word], pa.string()).combine_chunks() for word in _WORDS]
        quality_N = table["quality"].to_numpy().astype(np.float32)
        return _outcomes(str(stated["dataset"]), str(stated["measure"]), words, quality_N)
    except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
        reason = str(error).strip("'")
        raise ValueError(
            f"{what} holds no outcomes of samples, as `check teacher --outcomes` writes them: {reason}."
        ) from None


def words_of(column: pa.Array) -> NDArray[np.str_]:
    """This will give a column of words as numpy has them."""
    words: NDArray[np.str_] = column.to_numpy(zero_copy_only=False).astype(str)
    return words


def _outcomes(
    dataset_hash: str, measure: str, words: Sequence[Any], quality_N: NDArray[np.float32]
) -> Outcomes:
    ids, splits, sources, labels, said = words
    return Outcomes(
        dataset_hash=dataset_hash,
        measure=measure,
        ids=ids,
        splits=splits,
        sources=sources,
        labels=labels,
        said=said,
        quality_N=quality_N,
    )
