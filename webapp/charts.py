"""What is drawn on a job's page: layouts and empty traces with keys; the browser only fills in data.

A metric belongs to every chart one of whose prefixes it starts with and that does not leave it to another. Colours
are not given here: the browser takes them from the style sheet, so that charts follow light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import plotly
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

from webapp.nouns import noun_of_spec

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
PX = 400  # ranges of steps a curve is thinned to, each with first, last, lowest and highest

LOSSES = {
    "grounding": "hard: labels · kd: teachers' belief · gate: their weights · twin: isomorphic branch · "
    "align: hidden states like the twin's",
    "classification": "hard: labels · kd: teachers' beliefs · others: features like the teachers'",
}
QUALITY = {
    "grounding": "R1: share of moments found · mIoU: mean overlap; on videos it was not trained on",
    "classification": "Top-1: share of {noun}s whose likeliest class is the true one · ECE: how far confidence is off",
    "segmentation": "mIoU: overlap of said and true pixels, mean over classes · accuracies: share of right pixels",
    "saliency": "CC: correlation of said and true maps · SIM: what they share · AUC: places looked at against others",
}
NO_SHARES = {"saliency": ("val/nss", "val/kld")}
"""What is measured on validation besides shares; of other tasks the likelihood."""
TERMS_OF_STAGES = ("loss", "hybrid", "distribution", "similarity", "between")
STAGES = "How far a substage is from those of the teachers; loss: their sum by their weights"
LEARNED_KINDS = frozenset({"static", "kau", "meta", "reinforced"})
LEARNING = ("gate/", "meta/", "reward/", "gain/")
LEARNS = "What the aggregator says of its own learning, where it learns beside the student"
ALONE = "The same student without teachers; its steps follow those of the taught one"
FITTED = "What fits the aggregator before the student is trained"
JUDGED = "Mean overlap on samples whose sources were not learned from, fold after fold"
LEARNED = "On the sources learned from; inner: parts of them say how long to fit, one after the other"
NO_COPIES = (
    "Points appear while copies of the teachers are trained; copies that are kept from before have none."
)

CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "responsive": True,
    "doubleClickDelay": 400,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d", "toImage"],
}


def job_charts(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """This will return the line charts of a job's page, in order, for the kind of job the spec describes."""
    taught = _taught(spec)
    method = spec.get("method") or {}
    if method.get("kind") == "aggregate":
        return [
            lines(key="gate", title="Quality by fold", prefixes=["gate/"], percent=True, about=JUDGED),
            lines(key="fold", title="Overlap that is fitted", prefixes=["fold/"], smooth=True, about=LEARNED),
        ]
    task = str(spec.get("task", ""))
    losses = LOSSES.get(task, LOSSES["grounding"]) if taught else ""
    quality = QUALITY.get(task, QUALITY["grounding"]).format(noun=noun_of_spec(spec))
    charts = [
        lines(key="loss", title="Losses", prefixes=["loss/"], smooth=True, about=losses),
        *([_likelihood("val", "NLL on validation")] if task == "classification" else []),
        *([_far("val", "NSS and KLD on validation")] if task == "saliency" else []),
        lines(key="val", title="Quality on validation", prefixes=["val/"], percent=True, about=quality)
        | {"without": [*NO_SHARES.get(task, ("val/nll",)), *_terms(method)]},
        lines(key="lr", title="Learning rate", prefixes=["lr"], small=True),
        lines(key="grad", title="Gradient norm", prefixes=["grad_norm"], smooth=True, small=True),
    ]
    if method.get("kind") == "staged":
        charts += _of_stages(spec, quality=quality)
    if taught and (spec.get("evaluation") or {}).get("compare_solo"):
        if task == "classification":
            charts.append(_likelihood("solo-val", "Its NLL"))
        charts.append(
            lines(key="solo", title="Student alone", prefixes=["solo/val/"], percent=True, about=ALONE)
            | {"without": ["solo/val/nll"]}
        )
        charts.append(lines(key="solo-loss", title="Its losses", prefixes=["solo/loss/"], small=True))
    if taught and (method.get("aggregator") or {}).get("kind") in LEARNED_KINDS and task == "classification":
        charts.append(lines(key="gate", title="Aggregator", prefixes=LEARNING, small=True, about=LEARNS))
    if taught and (method.get("aggregator") or {}).get("fitted") == "beforehand":
        charts.append(lines(key="gate", title="Aggregator", prefixes=["gate/"], small=True, about=FITTED))
    if taught and method.get("beliefs") == "out_of_fold":
        copies = lines(
            key="fold", title="Fold copies", prefixes=["fold/"], percent=True, small=True, wait=NO_COPIES
        )
        charts.append({**copies, "suffix": "/val/miou", "families": True})
    return charts


def _terms(method: Mapping[str, Any], *, of: str = "") -> list[str]:
    """What is measured of a substage, which is no share."""
    return [f"{of}val/{name}" for name in TERMS_OF_STAGES] if method.get("kind") == "staged" else []


def _of_stages(spec: Mapping[str, Any], *, quality: str) -> list[dict[str, Any]]:
    """Curves of the substages, and of each network between teachers and student, which is trained before that."""
    method, labels = spec["method"], (spec.get("data") or {}).get("labels") or {}
    about = lines(key="stages", title="Substages on validation", prefixes=_terms(method), small=True)
    charts = [{**about, "about": STAGES, "without": ["val/hybrid_top1"]}]
    if labels.get("share", 1) != 1:
        charts.append(
            lines(key="pseudo", title="Pseudo labels", prefixes=["pseudo/"], percent=True, small=True)
        )
    for number in range(1, 1 + len(method.get("assistants") or ())):
        key, own = f"assistant-{number}", f"assistant_{number}/"
        title = f"Assistant {number}"
        val = lines(key=key, title=title, prefixes=[f"{own}val/"], percent=True, about=quality)
        charts.append({**val, "without": [f"{own}val/nll", *_terms(method, of=own)]})
        charts.append(lines(key=f"{key}-loss", title="Its losses", prefixes=[f"{own}loss/"], small=True))
    return charts


def system_charts(device: str = "") -> list[dict[str, Any]]:
    """This will return the charts of what an engine takes of its machine, over time."""
    charts = [
        _timed(key="cpu", title="Processor", prefixes=["system/cpu"], unit="cores"),
        _timed(key="memory", title="Memory", prefixes=["system/memory", "system/gpu_memory"], unit="GB"),
        _timed(key="disk", title="Disk", prefixes=["system/disk_"], unit="MB/s"),
    ]
    if device.startswith("cuda"):
        charts.append({**_timed(key="gpu", title="GPU", prefixes=["system/gpu"], unit="%"), "suffix": "/gpu"})
    return charts


def own_charts(metrics: Iterable[str]) -> list[dict[str, Any]]:
    """This will return a chart for each group of the metrics of a job trained elsewhere: what their slash parts."""
    groups = {name[: name.find("/") + 1] or name for name in metrics if not name.startswith("system/")}
    wait = "Points appear here as they are posted."
    return [
        lines(key=f"own-{place}", title=group.rstrip("/"), prefixes=[group], smooth=True, wait=wait)
        for place, group in enumerate(
            sorted(groups or {"loss/", "val/"}, key=lambda group: ("/" not in group, group))
        )
    ]


def weight_chart(spec: Mapping[str, Any]) -> dict[str, Any] | None:
    """This will return the heatmap of teacher by step, None for a job without teachers."""
    if not _taught(spec):
        return None
    layout = plain_layout(x_title="step")
    layout["yaxis"] = {"automargin": True, "fixedrange": True, "ticklabelstandoff": 6}
    layout["margin"] = {"l": 8, "r": 8, "t": 8, "b": 40, "autoexpand": True}
    trace = {"type": "heatmap", "zmin": 0, "zmax": 1, "hoverongaps": False, "xgap": 0, "ygap": 2}
    trace["hovertemplate"] = "%{y}<br>step %{x}: weight %{z:.3f}<extra></extra>"
    trace["colorbar"] = {"thickness": 10, "outlinewidth": 0, "tickvals": [0, 0.5, 1], "len": 1}
    teachers = teacher_names(spec)
    return {
        "key": "weight",
        "title": "Mean weight of each teacher",
        "prefixes": ["weight/"],
        "teachers": teachers,
        "trace": trace,
        "layout": layout,
        "config": CONFIG,
    }


def _likelihood(split: str, title: str) -> dict[str, Any]:
    """A mean that has no upper end, beside shares."""
    prefix = f"{split.replace('-', '/')}/nll"
    return lines(key=f"{split}-nll", title=title, prefixes=[prefix], small=True)


def _far(split: str, title: str) -> dict[str, Any]:
    """What of maps has no upper end, beside shares."""
    return lines(key=f"{split}-far", title=title, prefixes=[f"{split}/nss", f"{split}/kld"], small=True)


def teacher_names(spec: Mapping[str, Any]) -> list[str]:
    """This will list the names of a spec's teachers."""
    return [teacher["name"] for teacher in spec.get("teachers", ())]


def _taught(spec: Mapping[str, Any]) -> bool:
    return bool(spec.get("teachers"))


def lines(
    *,
    key: str,
    title: str,
    prefixes: Iterable[str],
    percent: bool = False,
    smooth: bool = False,
    small: bool = False,
    about: str = "",
    wait: str = "Points appear here as the engine writes them.",
) -> dict[str, Any]:
    """This will return a chart of the metrics whose names start with one of the prefixes, by step."""
    layout = plain_layout(x_title="step")
    layout["yaxis"] = {"automargin": True, "zeroline": False, "tickformat": ".0%" if percent else "~g"}
    layout["showlegend"] = False  # the page draws its own legend, which holds the newest values
    return {
        "key": key,
        "title": title,
        "prefixes": list(prefixes),
        "suffix": "",  # what the rest of the name must end with
        "without": [],  # metrics that another chart shows
        "families": False,  # one colour and one entry for all copies of a teacher
        "owned": False,  # entries are called as whoever stands between prefix and suffix
        "percent": percent,
        "smooth": smooth,
        "small": small,
        "about": about,
        "wait": wait,
        # SVG on purpose: WebGL contexts run out after eight charts.
        "trace": {"type": "scatter", "mode": "lines", "line": {"width": 1.8}, "connectgaps": False},
        "layout": layout,
        "config": CONFIG,
    }


def _timed(*, key: str, title: str, prefixes: list[str], unit: str) -> dict[str, Any]:
    chart = lines(key=key, title=title, prefixes=prefixes, small=True, wait="Measured every few seconds.")
    chart["layout"]["xaxis"] |= {"type": "date", "title": {"text": ""}, "rangemode": "normal"}
    chart["layout"]["yaxis"] |= {"rangemode": "tozero", "ticksuffix": ""}
    return {**chart, "by_time": True, "unit": unit}


def plain_layout(*, x_title: str) -> dict[str, Any]:
    """This will return what the layouts of all charts share."""
    return {
        "autosize": True,
        "uirevision": "keep",
        "hovermode": "closest",
        "dragmode": "zoom",
        "margin": {"l": 8, "r": 12, "t": 8, "b": 40, "autoexpand": True},
        "xaxis": {"title": {"text": x_title, "standoff": 6}, "automargin": True, "rangemode": "tozero"},
    }


class PlotlyFinder(BaseFinder):
    """Serves one file of the plotly package, its bundle, as `vendor/plotly.min.js`."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        self.storage = FileSystemStorage(location=PLOTLY.parent)
        self.storage.prefix = "vendor"  # type: ignore[attr-defined]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """This will return the bundle's place on disk, or nothing for any other name."""
        if path != f"vendor/{PLOTLY.name}":
            return []  # as Django's own finders say that there is nothing
        return [str(PLOTLY)] if find_all else str(PLOTLY)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        """This will list the one file."""
        yield PLOTLY.name, self.storage
