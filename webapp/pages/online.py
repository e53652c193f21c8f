"""What the page of a job shows whose student nobody else taught: branches of one network, and oneself as a teacher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mtkd_engine.spec.measures import measures_of
from mtkd_engine.spec.online import branches_of
from webapp.charts import job_charts, lines, weight_chart
from webapp.pages.result_details import is_number

ENSEMBLE, SELF = "ensemble", "self"
LOSSES = {
    ENSEMBLE: "hard: labels, over all branches · ensemble: labels, of their mixture · kd: branches like the ensemble",
    SELF: "hard: labels · kd: its own mean or earlier state",
}
TARGET = {
    ENSEMBLE: "target: the ensemble, which teaches",
    SELF: "target: its own mean or earlier state, which teaches",
}
EACH = "Top-1 of each branch; the best one is what the job would leave"
GATE = "Mean weight of each branch"


@dataclass(frozen=True, kw_only=True)
class BranchRow:
    """One branch, or all of them; numbers in percent, None where they are not known."""

    title: str
    weight: float | None
    val: float | None
    test: float | None
    is_left: bool

    @property
    def values(self) -> tuple[float | None, ...]:
        """What stands in the columns."""
        return self.weight, self.val, self.test


def is_online(spec: Mapping[str, Any]) -> bool:
    """This will tell whether a plain spec has a method that makes its own teachers."""
    return _kind(spec) in LOSSES


def online_charts(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """This will return the line charts of such a job, in order: those of a taught student, and one of branches."""
    kind, names = _kind(spec), branches_of(spec)
    each = [f"val/{name}_top1" for name in names]
    charts = [
        _told(chart, kind=kind, without=each) for chart in job_charts(_as_taught(spec, names or (SELF,)))
    ]
    if names:
        branches = lines(
            key="branches", title="Branches on validation", prefixes=each, percent=True, about=EACH
        )
        charts.append({**branches, "small": True})
    return charts


def gate_chart(spec: Mapping[str, Any]) -> dict[str, Any] | None:
    """This will return the heatmap of branch by step, None for a job without branches."""
    chart = weight_chart(_as_taught(spec, branches_of(spec)))
    return None if chart is None else {**chart, "title": GATE}


def online_context(spec: Mapping[str, Any]) -> dict[str, Any]:
    """This will give all that is drawn of such a job."""
    return {
        "charts": online_charts(spec),
        "weight_chart": gate_chart(spec),
        "has_branches": bool(branches_of(spec)),
    }


def branches_context(result: Mapping[str, Any] | None, spec: Mapping[str, Any]) -> dict[str, Any]:
    """This will lay out branches and their ensemble as far as a result holds any, by the metric that decides."""
    known, measures = result or {}, measures_of(spec)
    given = [one for one in known.get("branches") or () if isinstance(one, Mapping)]
    if not given:
        return {}
    keeps_all = known.get("kept") == ENSEMBLE
    rows = [
        _row(
            one,
            str(one.get("name", "")),
            measures.headline,
            is_left=bool(one.get("is_best")) and not keeps_all,
        )
        for one in given
    ]
    whole = _row(known.get(ENSEMBLE) or {}, "All of them", measures.headline, is_left=keeps_all)
    return {"branch_rows": [*rows, whole], "branch_measure": measures.title}


def last_of_own(result: Mapping[str, Any] | None, spec: Mapping[str, Any]) -> list[str]:
    """This will say how good a student's own teacher was in the end, where a result tells of one."""
    measures = measures_of(spec)
    found = (result or {}).get("last_own_teacher") or {}
    share = (found.get("test") or {}).get(measures.headline) if isinstance(found, Mapping) else None
    if not is_number(share):
        return []
    who = "last snapshot" if found.get("kind") == "own_snapshot" else "moving mean"
    return [f"At the end of the training its own {who} reached {100 * share:.1f} % {measures.title}."]


def _told(chart: dict[str, Any], *, kind: str, without: list[str]) -> dict[str, Any]:
    """The chart of a taught student with the words for this kind of teachers."""
    if chart["key"] == "loss":
        return {**chart, "about": LOSSES[kind]}
    if chart["key"] == "val":
        about = f"{chart['about']} · {TARGET[kind]}"
        return {**chart, "about": about, "without": [*chart["without"], *without]}
    return chart


def _row(one: Mapping[str, Any], title: str, key: str, *, is_left: bool) -> BranchRow:
    val, test = (_percent((one.get(split) or {}).get(key)) for split in ("val", "test"))
    return BranchRow(title=title, weight=_percent(one.get("weight")), val=val, test=test, is_left=is_left)


def _percent(share: object) -> float | None:
    return 100 * share if is_number(share) else None


def _as_taught(spec: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {**spec, "teachers": [{"name": name} for name in names]}


def _kind(spec: Mapping[str, Any]) -> str:
    return str((spec.get("method") or {}).get("kind", ""))
