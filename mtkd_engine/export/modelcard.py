"""MODEL_CARD.md: what a person must know who is handed a student."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from mtkd_engine.export.feeding import feeding
from mtkd_engine.export.figures import cost_table, difference_table, quality_table, table
from mtkd_engine.export.onnxfile import Parity
from mtkd_engine.fulldisk import whole_or_nothing
from mtkd_engine.spec import ModelCard
from mtkd_engine.spec.model import SPECIAL

_READER = Path(__file__).with_name("reader.py")
_EXTRACTOR_UNKNOWN = (
    "The extractor of its features is unknown: features must come from the same extractor as those of the "
    "training data."
)


def write_model_card(path: Path, *, card: ModelCard, result: Mapping[str, Any], onnx: Parity | str) -> Path:
    """This will write the card and return its path; `onnx` is how near the ONNX file is, or why there is none.

    What `result` does not hold is left out.
    """
    spec = result.get("spec") or _spec_beside(path)
    parts = (
        _head(card, spec),
        _use(onnx),
        _data(result, card),
        _teachers(result.get("teachers")),
        _quality(result),
        _section("Cost", cost_table(result.get("cost"))),
        _section("Limits", [f"- {sentence}" for sentence in limits(card)]),
        _section("Feeding and reading it", _fenced("json", json.dumps(feeding(card), indent=2))),
        _section(
            "Spec", _fenced("yaml", yaml.safe_dump(spec, sort_keys=False, allow_unicode=True)) if spec else []
        ),
    )
    text = "\n".join(line for part in parts for line in part) + "\n"
    partial = path.with_suffix(".partial")
    with whole_or_nothing(partial):
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    return path


def limits(card: ModelCard) -> list[str]:
    """This will say in sentences what the student cannot do, or nobody knows."""
    sentences = [
        _EXTRACTOR_UNKNOWN
        if card.extractor is None
        else f"Features must come from {card.extractor}, {card.feature_width} wide.",
        f"It sees a video as {card.net.clips} clips at most; a moment shorter than one is met by one clip at best.",
        f"It knows {len(card.vocabulary) - len(SPECIAL):,} words; all others are one and the same to it, and it reads "
        f"the first {card.max_words} words of a sentence.",
        "It always names a moment, also where the video shows none.",
    ]
    if card.longest_video is not None:
        sentences.append(
            f"The longest video it learnt from has {card.longest_video:,.1f} s; `predict` slides windows of that "
            "length over longer ones, and finds no moment that is longer than a window."
        )
    return sentences


def _head(card: ModelCard, spec: Any) -> list[str]:
    name = (spec or {}).get("name") or "A student"
    return [
        f"# {name}",
        "",
        f"A network of family `{card.net.family}` for temporal sentence grounding: given a video's features and a "
        "sentence, it names the moment that the sentence describes.",
    ]


def _use(onnx: Parity | str) -> Iterator[str]:
    yield from _section(
        "Use it",
        [
            "`student.safetensors` holds the parameters, and the card that rebuilds the network in its header; "
            "`student.json` is that card, with the vocabulary.",
            "",
            *_fenced(
                "sh",
                'python -m mtkd_engine predict --student . --features video.npy --duration 30 --query "..."\n'
                "python -m mtkd_engine evaluate --model student.safetensors --data DATASET",
            ),
            "",
        ],
    )
    if isinstance(onnx, str):
        yield onnx
        return
    yield (
        f"`student.onnx` was compared with the network on {onnx.samples:,} samples: no output differs by more than "
        f"{onnx.in_words()}. It needs no part of mtkd; this reads it:"
    )
    yield ""
    yield from _fenced("python", _READER.read_text(encoding="utf-8"))


def _data(result: Mapping[str, Any], card: ModelCard) -> list[str]:
    dataset = result.get("dataset") or {}
    found = dataset.get("hash") or result.get("dataset_hash") or (card.recipe and card.recipe.dataset_hash)
    lines = [f"- name: {dataset['name']}"] if dataset.get("name") else []
    lines += [f"- content hash: `{found}`"] if found else []
    lines += [f"- samples of {split}: {count:,}" for split, count in (dataset.get("splits") or {}).items()]
    return _section("Data", lines)


def _teachers(teachers: Mapping[str, Any] | None) -> list[str]:
    if not teachers:
        return []
    rows = [
        [name, f"`{facts.get('content_hash', 'unknown')}`", *_what(facts)] for name, facts in teachers.items()
    ]
    return _section("Teachers", table(["teacher", "content hash", "what"], rows))


def _what(facts: Mapping[str, Any]) -> list[str]:
    return [
        ", ".join(
            f"{key} {value}" for key, value in facts.items() if key != "content_hash" and value is not None
        )
    ]


def _quality(result: Mapping[str, Any]) -> list[str]:
    metrics = result.get("metrics")
    if not metrics:
        return []
    lines = quality_table(metrics, result.get("baselines") or {})
    differences = difference_table(result.get("comparisons"))
    if differences:
        lines += ["", "Student minus each, in points, with 95 % intervals over sources:", "", *differences]
    return _section("Quality on test, in percent", lines)


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"## {title}", "", *lines] if lines else []


def _fenced(language: str, text: str) -> list[str]:
    return [f"```{language}", *text.strip().splitlines(), "```"]


def _spec_beside(path: Path) -> Any:
    beside = path.with_name("spec.yaml")
    return yaml.safe_load(beside.read_text(encoding="utf-8")) if beside.is_file() else None
