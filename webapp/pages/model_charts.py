"""What is drawn of models that teach each other while they learn: a line for each of them, and who knows best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mtkd_engine.spec.measures import SHARES, Measures, measures_of
from webapp.charts import lines, weight_chart

TAUGHT = "How far each is from those that know a sample better"
LABELS = "How far each is from the labels"
ALONE = "Each model fine-tuned alone, for as many steps"
KNOWS_BEST = "Who knows best"
NO_SHARES = frozenset({"nll", "nss", "kld"})


def model_charts(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """This will return the line charts of such a job, in order; quality by what decides in its task comes large."""
    measures, method = measures_of(spec), spec.get("method") or {}
    charts = []
    if method.get("supervised_weight"):
        charts.append(
            _owned("loss", "Losses of the labels", "loss/", "/supervised", smooth=True, about=LABELS)
        )
    charts += [
        _owned("transfer", "Losses of what they teach", "loss/", "/transfer", smooth=True, about=TAUGHT),
        _quality("val", f"{measures.title} on validation", "val/", measures.headline),
        *_others(measures),
        lines(key="lr", title="Learning rate", prefixes=["lr"], small=True),
        lines(key="grad", title="Gradient norm", prefixes=["grad_norm"], smooth=True, small=True),
    ]
    if (spec.get("evaluation") or {}).get("compare_solo"):
        alone = _quality("solo", f"{measures.title}, fine-tuned alone", "solo/val/", measures.headline)
        charts.append({**alone, "about": ALONE})
        charts.append(_owned("solo-loss", "Their losses", "solo/loss/", "/supervised", small=True))
    return charts


def who_knows_best(spec: Mapping[str, Any]) -> dict[str, Any] | None:
    """This will return the heatmap of model by step: the share of samples that each knows best."""
    chart = weight_chart(spec)
    if chart is None:
        return None
    hover = "%{y}<br>step %{x}: %{z:.1%} of the samples<extra></extra>"
    return {**chart, "title": KNOWS_BEST, "trace": {**chart["trace"], "hovertemplate": hover}}


def _others(measures: Measures) -> Iterable[dict[str, Any]]:
    for name, title in (*measures.columns, *measures.more):
        if name != measures.headline:
            yield {**_quality(f"val-{name}", title, "val/", name), "small": True}


def _quality(key: str, title: str, prefix: str, metric: str) -> dict[str, Any]:
    is_share = metric not in NO_SHARES and SHARES.fullmatch(metric) is not None
    return _owned(key, title, prefix, f"/{metric}", percent=is_share)


def _owned(key: str, title: str, prefix: str, suffix: str, **more: Any) -> dict[str, Any]:
    """Whose a line is stands between prefix and suffix: "val/NAME/top1"; the mean over all has nothing there."""
    return {**lines(key=key, title=title, prefixes=[prefix], **more), "suffix": suffix, "owned": True}
