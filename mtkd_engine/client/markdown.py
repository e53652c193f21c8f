"""Outcomes as Markdown, for the summary of a CI run or a comment: the gate, and final metrics beside baselines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from mtkd_engine.client.answers import Gate, Group, Job
from mtkd_engine.client.outcomes import Outcome, in_words

MOST_COLUMNS = 8
_MEASURED = "test/"
_MARKS = re.compile(r"([\\`*_{}\[\]<>|#~])")


def markdown(outcome: Outcome) -> str:
    """This will give some paragraphs and tables that begin with a heading."""
    parts = [f"### {escaped(outcome.title)}", f"[Look at it]({outcome.address})"]
    if outcome.failure:
        parts.append(escaped(outcome.failure))
    if gates := _gates(outcome):
        parts.append(gates)
    subject = outcome.subject
    if isinstance(subject, Group):
        parts += [_cells(subject), *map(escaped, subject.verdicts)]
    elif metrics := _metrics(subject, outcome.baselines):
        parts.append(metrics)
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """This will give a table, of which all columns but the first stand to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escaped(text: str) -> str:
    """This will give text that means nothing to Markdown and stays on its line."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def number(value: float | None) -> str:
    """This will write a number with as many digits as say something; a dash where there is none."""
    if value is None:
        return "–"
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4g}"


def _gates(outcome: Outcome) -> str:
    rows = [_gate(gate) for gate in outcome.subject.gates]
    rows += [[f"`{rule.replace('`', '')}`", "–", "–", "not judged"] for rule in outcome.unjudged]
    if not rows:
        return ""
    lost = [f"- {escaped(in_words(gate))}" for gate in outcome.subject.gates if not gate.passed]
    return "\n\n".join(
        [table(["Gate", "found", "wanted", "verdict"], rows), *(["\n".join(lost)] if lost else [])]
    )


def _gate(gate: Gate) -> list[str]:
    rule = gate.rule.replace("|", "\\|").replace("`", "")
    return [f"`{rule}`", number(gate.left), number(gate.right), "✅ passed" if gate.passed else "❌ failed"]


def _metrics(job: Job, named: Mapping[str, Mapping[str, float]]) -> str:
    """Rows of the job's own metrics; columns of baselines by name, and of those that its result brings along."""
    own = job.final_metrics
    brought = _brought(own)
    rows = [name for name in own if not any(name.startswith(f"{other}/") for other in brought)]
    columns: dict[str, Mapping[str, float]] = {f"baseline({name})": values for name, values in named.items()}
    columns |= {other: _as_measured(own, other) for other in brought}
    columns = dict(list(columns.items())[:MOST_COLUMNS])
    head = ["Final metric", f"job {job.id}", *map(escaped, columns)]
    body = [
        [escaped(name), number(own[name]), *(number(values.get(name)) for values in columns.values())]
        for name in rows
    ]
    return table(head, body) if body else ""


def _brought(own: Mapping[str, float]) -> list[str]:
    """Baselines of the result: what has a metric that was measured on test, too, such as `uniform/miou`."""
    measured = {name.removeprefix(_MEASURED) for name in own if name.startswith(_MEASURED)}
    heads = [name.rpartition("/") for name in own]
    found = [head for head, _, metric in heads if metric in measured and head not in {"", "test", "val"}]
    return list(dict.fromkeys(found))


def _as_measured(own: Mapping[str, float], other: str) -> dict[str, float]:
    start = f"{other}/"
    return {
        _MEASURED + name.removeprefix(start): value for name, value in own.items() if name.startswith(start)
    }


def _cells(group: Group) -> str:
    rows = []
    for cell in group.cells:
        moved = cell.difference
        change = (
            "–" if moved is None else f"{moved['mean']:+.4f} ({moved['low']:+.4f} to {moved['high']:+.4f})"
        )
        states = ", ".join(sorted({job.state for job in cell.jobs}))
        title = cell.title or cell.cell or "reference"
        rows.append(
            [escaped(title), number(cell.mean), number(cell.sd), change, f"{len(cell.jobs)} {states}"]
        )
    return table(["Cell", escaped(group.metric) or "mean", "sd", "difference", "jobs"], rows) if rows else ""
