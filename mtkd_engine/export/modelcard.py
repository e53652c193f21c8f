"""MODEL_CARD.md: what a person must know who is handed a student."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from mtkd_engine.export import telling
from mtkd_engine.export.classification import telling as classifiers
from mtkd_engine.export.dense import telling as dense
from mtkd_engine.export.figures import UNBOUNDED, cost_table, difference_table, quality_table, section, table
from mtkd_engine.export.onnxfile import Parity, form_of
from mtkd_engine.export.participants import took_part
from mtkd_engine.fulldisk import whole_or_nothing
from mtkd_engine.nets.registry import AnyCard
from mtkd_engine.spec import ClassifierCard, SaliencyCard, SegmenterCard
from mtkd_engine.spec.origins import origins_of

STEM = "student"
BOUNDS = "`aggregated` reads the labels of what it weighs, as `oracle` does: both are bounds, no predictions."


def write_model_card(
    path: Path, *, card: AnyCard, result: Mapping[str, Any], onnx: Parity | str, stem: str = STEM
) -> Path:
    """This will write the card and return its path; `onnx` is how near the ONNX file is, or why there is none.

    The files that it speaks of are called `stem`. What `result` does not hold is left out.
    """
    spec = result.get("spec") or _spec_beside(path)
    parts = (
        _head(card, result.get("title") or (spec or {}).get("name")),
        _use(card, onnx, stem),
        _data(result, card),
        took_part(result["took_part"]) if "took_part" in result else _teachers(result.get("teachers")),
        _quality(result),
        section("Cost", cost_table(result.get("cost"))),
        section("Limits", [f"- {sentence}" for sentence in _limits(card)]),
        section("Whose idea", [f"- {sentence}" for sentence in origins_of(spec or {})]),
        section("Feeding and reading it", _fenced("json", json.dumps(form_of(card).feeding, indent=2))),
        section(
            "Spec", _fenced("yaml", yaml.safe_dump(spec, sort_keys=False, allow_unicode=True)) if spec else []
        ),
    )
    text = "\n".join(line for part in parts for line in part) + "\n"
    partial = path.with_suffix(".partial")
    with whole_or_nothing(partial):
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    return path


def _head(card: AnyCard, title: str | None) -> list[str]:
    return [f"# {title or 'A student'}", "", _what_it_is(card)]


def _what_it_is(card: AnyCard) -> str:
    if isinstance(card, SegmenterCard | SaliencyCard):
        return dense.what_it_is(card)
    return classifiers.what_it_is(card) if isinstance(card, ClassifierCard) else telling.what_it_is(card)


def _limits(card: AnyCard) -> list[str]:
    if isinstance(card, SegmenterCard | SaliencyCard):
        return dense.limits(card)
    return classifiers.limits(card) if isinstance(card, ClassifierCard) else telling.limits(card)


def _use(card: AnyCard, onnx: Parity | str, stem: str) -> Iterator[str]:
    held, commands, reader = _reading(card)
    model, onnx_file = f"{stem}.safetensors", f"{stem}.onnx"
    yield from section(
        "Use it",
        [
            f"`{model}` holds the parameters, and the card that rebuilds the network in its header; "
            f"`{stem}.json` is that card, with {held}.",
            "",
            *_fenced("sh", commands.replace(f"{STEM}.safetensors", model)),
            "",
        ],
    )
    if isinstance(onnx, str):
        yield onnx
        return
    compared = (
        f"`{onnx_file}` was compared with the network on {onnx.samples:,} samples: no output differs by more than "
        f"{onnx.in_words()}. It needs no part of mtkd"
    )
    if reader is None:
        yield f"{compared}; how it is fed and read says `mtkd.feeding` in its metadata."
        return
    yield f"{compared}; this reads it:"
    yield ""
    yield from _fenced("python", reader.read_text(encoding="utf-8").replace(f"{STEM}.onnx", onnx_file))


def _reading(card: AnyCard) -> tuple[str, str, Path | None]:
    """What the card holds, what to call, and which program reads the ONNX file."""
    if isinstance(card, SegmenterCard | SaliencyCard):
        return dense.HELD, dense.COMMANDS, dense.reader_of(card)
    if isinstance(card, ClassifierCard):
        return classifiers.HELD, classifiers.COMMANDS, classifiers.reader_of(card)
    return telling.HELD, telling.COMMANDS, telling.READER


def _data(result: Mapping[str, Any], card: AnyCard) -> list[str]:
    dataset = result.get("dataset") or {}
    found = dataset.get("hash") or result.get("dataset_hash") or (card.recipe and card.recipe.dataset_hash)
    lines = [f"- name: {dataset['name']}"] if dataset.get("name") else []
    lines += [f"- content hash: `{found}`"] if found else []
    lines += [f"- samples of {split}: {count:,}" for split, count in (dataset.get("splits") or {}).items()]
    return section("Data", lines)


def _teachers(teachers: Mapping[str, Any] | None) -> list[str]:
    if not teachers:
        return []
    rows = [
        [name, f"`{facts.get('content_hash', 'unknown')}`", *_what(facts)] for name, facts in teachers.items()
    ]
    return section("Teachers", table(["teacher", "content hash", "what"], rows))


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
    who = result.get("called", "student")
    lines = quality_table(metrics, result.get("baselines") or {}, who=who)
    if result.get("aggregated_reads_labels"):
        lines += ["", BOUNDS]
    differences = difference_table(result.get("comparisons"))
    if differences:
        lines += [
            "",
            f"{who[:1].upper()}{who[1:]} minus each, in points, with 95 % intervals over sources:",
            "",
            *differences,
        ]
    if note := result.get("note"):
        lines += ["", note]
    plain = [name for name in metrics if name in UNBOUNDED]
    told = f", but for {' and '.join(plain)}" if plain else ""
    return section(f"Quality on test, in percent{told}", lines)


def _fenced(language: str, text: str) -> list[str]:
    return [f"```{language}", *text.strip().splitlines(), "```"]


def _spec_beside(path: Path) -> Any:
    beside = path.with_name("spec.yaml")
    return yaml.safe_load(beside.read_text(encoding="utf-8")) if beside.is_file() else None
