"""What a group says, in words and as a plot: for its page and for REST alike."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from jobs.comparisons import Compared, GroupTable, Row
from jobs.models import ACTIVE, State
from jobs.queries.table.exports import tame
from mtkd_engine.spec.in_turn import AGGREGATOR, AVERAGE, TITLES
from mtkd_engine.spec.measures import SHARES, title_of
from webapp.charts import CONFIG, plain_layout
from webapp.templatetags.groups import plain
from webapp.templatetags.site import signed

LONGEST_LABEL = 26
NOT_CLEVER = frozenset({"best_single", "oracle"})
"""One weighs nothing, the other looks at the labels."""
ANOTHER_SEED = (
    " Another seed may say otherwise: the intervals hold what samples do by chance, not what seeds do."
)
GREY, OWN = 7, 0  # numbers of series in the style sheet
STILL = {**CONFIG, "displayModeBar": False, "scrollZoom": False}


def metric_name(metric: str) -> str:
    """This will write a metric as tables do: r1@0.5 as R1@0.5, miou as mIoU, top1 as Top-1."""
    return title_of(metric)


def scale_of(metric: str) -> float:
    """This will give what a metric is multiplied by to be shown: shares are shown in percent."""
    return 100.0 if SHARES.fullmatch(metric) else 1.0


def progress(table: GroupTable) -> str:
    """This will say how far the jobs are, in one sentence."""
    members = table.members
    states = [member.state for member in members]
    done = states.count(State.SUCCEEDED)
    others = {
        "run": sum(state in ACTIVE for state in states),
        "wait": states.count(State.QUEUED),
        "paused": states.count(State.PAUSED),
        "failed": states.count(State.FAILED),
        "cancelled": states.count(State.CANCELLED),
    }
    if not members:
        return "Its jobs were deleted."
    told = ", ".join(f"{count} {word}" for word, count in others.items() if count)
    start = f"All {done} jobs are done" if done == len(members) else f"{done} of {len(members)} jobs are done"
    return f"{start}{': ' + told if told else ''}."


def worth_it(table: GroupTable) -> str:
    """This will answer whether weighing teachers cleverly was worth it, where aggregators are held against the average.

    Nothing where the group does not ask that, or knows nothing yet.
    """
    clever = [
        row
        for row in table.rows
        if row.text.is_own
        and row.text.over == TITLES[AVERAGE]
        and row.cell.removeprefix(AGGREGATOR) not in NOT_CLEVER
    ]
    known = [(row, row.difference) for row in clever if row.difference is not None]
    if not known:
        return ""
    better = [(row, found) for row, found in known if found.is_decided and found.mean > 0]
    worse = sum(found.is_decided and found.mean < 0 for _, found in known)
    alike = len(known) - len(better) - worse
    seeds = max(found.seeds for _, found in known)
    others = _others(alike, worse)
    with_seeds = f"with {seeds} seed{'s' if seeds > 1 else ''}"
    so_far = "" if len(known) == len(clever) else f" So far {len(known)} of {len(clever)} are known."
    if not better:
        start = f"Not as far as can be seen {with_seeds}: no way of weighing is better than the average"
        return f"{start}; {others}.{so_far}"
    scale, name = scale_of(table.metric), metric_name(table.metric)
    *firsts, last = (
        f"{row.text.brings} ({signed(scale * found.mean)} {name})"
        for row, found in sorted(better, key=lambda one: -one[1].mean)
    )
    told = f"{', '.join(firsts)} and {last}" if firsts else last
    is_are = "is" if len(better) == 1 else "are"
    yes, only = ("For this one seed, yes", ANOTHER_SEED) if seeds == 1 else ("Yes", "")
    of_seeds = "" if seeds == 1 else f" {with_seeds}"
    rest = f"; {others}" if others else ""
    return f"{yes}: {told} {is_are} better than the average{of_seeds}{rest}.{only}{so_far}"


def _others(alike: int, worse: int) -> str:
    parts = [f"{alike} cannot be told from it"] if alike else []
    parts += [f"{worse} {'is' if worse == 1 else 'are'} worse"] if worse else []
    return ", ".join(parts)


def verdicts(table: GroupTable) -> list[str]:
    """This will say of each cell what the reference brings over it, or the cell over the reference, as far as known."""
    if len(table.rows) == 1:
        alone = _alone(table.rows[0], table.metric)
        return [alone] if alone else []
    return [_verdict(row, row.difference, table.metric) for row in table.rows if row.difference is not None]


def _alone(row: Row, metric: str) -> str:
    if row.spread is None:
        return ""
    name, scale, spread = metric_name(metric), scale_of(metric), row.spread
    mean, low, high = (f"{scale * value:.1f}" for value in (spread.mean, spread.low, spread.high))
    if spread.n == 1:
        return f"{name} is {mean} with one seed: how far seeds differ is not known."
    return f"{name} is {mean} on average of {spread.n} seeds, from {low} to {high}."


def _verdict(row: Row, difference: Compared, metric: str) -> str:
    """The table has cell minus reference; the sentence says what the one has that the other lacks."""
    scale = scale_of(metric)
    if row.text.is_own:
        gain, low, high = (scale * value for value in (difference.mean, difference.low, difference.high))
    else:
        gain, low, high = (-scale * value for value in (difference.mean, difference.high, difference.low))
    over = f" over {row.text.over}" if row.text.over else ""
    seeds = f"{difference.seeds} seed{'s' if difference.seeds > 1 else ''}"
    if not difference.is_decided:
        judgement = f"not distinguishable with {seeds}"
    elif gain > 0:
        judgement = f"clear with {seeds} and {difference.samples:,} samples"
    else:
        costs = "it is worse" if row.text.is_own else "it costs more than it brings"
        judgement = f"{costs}, clear with {seeds} and {difference.samples:,} samples"
    return (
        f"{row.text.brings} brings {signed(gain)} {metric_name(metric)}{over} "
        f"(95 % {plain(low)} to {plain(high)}): {judgement}."
    )


def group_plot(table: GroupTable) -> dict[str, Any] | None:
    """This will draw each seed as a point, each mean, and the interval of each difference from the reference's mean.

    None where no job has ended well. An interval that leaves out the dotted line is a difference that is decided.
    """
    rows = [row for row in table.rows if row.spread is not None]
    if not rows:
        return None
    scale = scale_of(table.metric)
    base = next((row.spread.mean * scale for row in rows if row.is_reference and row.spread), None)
    traces = []
    if base is not None:
        ends = {"x": [base, base], "y": [-0.5, len(rows) - 0.5]}
        dotted = {"width": 1.2, "dash": "dot"}
        traces.append({**_trace("lines", GREY), **ends, "line": dotted, "hoverinfo": "skip"})
        traces.append(_intervals(rows, base=base, scale=scale))
    traces += [_points(rows, table.metric, scale), _means(rows, scale)]
    layout = plain_layout(x_title=f"{metric_name(table.metric)}{', %' if scale != 1 else ''}")
    layout["xaxis"] |= {"zeroline": False, "fixedrange": True, "nticks": 7, "range": _range(traces)}
    layout["yaxis"] = {
        "automargin": True,
        "zeroline": False,
        "fixedrange": True,
        "showgrid": False,
        "ticklabelstandoff": 6,
        "range": [len(rows) - 0.5, -0.5],
        "tickmode": "array",
        "tickvals": list(range(len(rows))),
        "ticktext": [_label(row) for row in rows],
    }
    layout |= {"showlegend": False, "dragmode": False, "uirevision": table.metric}
    return {"traces": traces, "layout": layout, "config": STILL}


def _range(traces: list[dict[str, Any]]) -> list[float]:
    """All that is drawn, and a little more on both sides."""
    values = [value for trace in traces for value in trace["x"] if value is not None]
    room = 0.04 * (max(values) - min(values)) or 1.0
    return [min(values) - room, max(values) + room]


def _label(row: Row) -> str:
    title = "reference" if row.is_reference else row.text.title
    short = title if len(title) <= LONGEST_LABEL else title[: LONGEST_LABEL - 1] + "…"
    return short.replace("<", "‹").replace(">", "›").replace("&", "&amp;")  # the chart reads its own mark-up


def _trace(mode: str, tone: int) -> dict[str, Any]:
    return {"type": "scatter", "mode": mode, "tone": tone, "cliponaxis": False}


def _intervals(rows: list[Row], *, base: float, scale: float) -> dict[str, Any]:
    x: list[float | None] = []
    y: list[int | None] = []
    for place, row in enumerate(rows):
        if row.difference is not None:
            x += [base + scale * row.difference.low, base + scale * row.difference.high, None]
            y += [place, place, None]
    return {
        **_trace("lines", OWN),
        "x": x,
        "y": y,
        "opacity": 0.35,
        "line": {"width": 7},
        "hoverinfo": "skip",
    }


def _points(rows: list[Row], metric: str, scale: float) -> dict[str, Any]:
    found = [
        (scale * member.metrics[metric], place, member.seed)
        for place, row in enumerate(rows)
        for member in row.members
        if metric in member.metrics
    ]
    return {
        **_trace("markers", GREY),
        "x": [value for value, _, _ in found],
        "y": [place for _, place, _ in found],
        "customdata": [seed for _, _, seed in found],
        "marker": {"size": 7, "opacity": 0.75},
        "hovertemplate": "seed %{customdata}: %{x:.1f}<extra></extra>",
    }


def _means(rows: list[Row], scale: float) -> dict[str, Any]:
    return {
        **_trace("markers", OWN),
        "x": [scale * row.spread.mean for row in rows if row.spread],
        "y": list(range(len(rows))),
        "marker": {"size": 11, "symbol": "diamond"},
        "hovertemplate": "mean: %{x:.1f}<extra></extra>",
    }


def cells_csv(table: GroupTable) -> str:
    """This will write the table as CSV, one line for each cell; numbers as they are, not in percent."""
    about = ("cell", "title", "metric", "jobs", "done", "mean", "sd", "min", "max")
    head = (*about, "difference", "low", "high", "seeds", "samples")
    lines = []
    for row in table.rows:
        spread, compared = row.spread, row.difference
        lines.append(
            [
                *(row.cell, row.text.title, table.metric, len(row.members), spread.n if spread else 0),
                *((spread.mean, spread.sd, spread.low, spread.high) if spread else (None,) * 4),
                *((compared.mean, compared.low, compared.high) if compared else (None,) * 3),
                *((compared.seeds, compared.samples) if compared else (None,) * 2),
            ]
        )
    return _csv(head, lines)


def jobs_csv(table: GroupTable) -> str:
    """This will write the jobs as CSV, one line for each, with all their final metrics."""
    head = ("cell", "seed", "job", "name", "state", *table.metrics)
    lines = (
        [member.cell, member.seed, member.id, member.name, member.state]
        + [member.metrics.get(metric) for metric in table.metrics]
        for member in table.members
    )
    return _csv(head, lines)


def _csv(head: Iterable[str], lines: Iterable[list[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([tame(value) for value in line] for line in lines)
    return text.getvalue()
