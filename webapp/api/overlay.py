"""Metrics of many jobs over each other, over REST."""

from __future__ import annotations

import math
from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.queries.curves import LAST_STEP
from jobs.queries.overlay import WAYS, By, Overlaid, overlay
from webapp.api import query
from webapp.api.compare import JOBS, asked_jobs
from webapp.api.compare_shapes import OverlayShape
from webapp.api.documented import refusals
from webapp.api.history import curve_as_dict

PX = 300
MOST_METRICS = 24


@extend_schema(
    parameters=[
        JOBS,
        OpenApiParameter("name", str, description="The metric; or `names`."),
        OpenApiParameter(
            "names", str, description=f"Up to {MOST_METRICS} metrics, divided by commas, instead of `name`."
        ),
        OpenApiParameter(
            "x",
            str,
            enum=WAYS,
            default="step",
            description="By step, epoch, or time since the job began. By epoch, jobs that know none are left out.",
        ),
        OpenApiParameter(
            "px",
            {"type": "integer", "minimum": 1, "maximum": 10_000, "default": PX},
            description="Thin curves to this many ranges; no spike is lost.",
        ),
        OpenApiParameter(
            "x_from", float, description="Steps, epochs or seconds, as `x` says, from which on."
        ),
        OpenApiParameter(
            "x_to", float, description="And up to which; of times, the next points on both sides come, too."
        ),
        OpenApiParameter("step_from", int, description="First step, where `x` is step."),
        OpenApiParameter("step_to", int, description="Last step, where `x` is step."),
        OpenApiParameter("times", bool, description="With the time of each point."),
    ],
    responses={200: OverlayShape, **refusals(400, 404)},
    operation_id="overlay_metric",
    tags=["compare"],
)
@api_view(["GET"])
def curves(request: Request) -> Response:
    """Read one metric of several jobs, or several; they may be of different projects. Jobs without it are left out."""
    names, is_one = _names(request)
    by = query.text(request, "x", default="step") or "step"
    if by not in WAYS:
        raise ValidationError({"x": f"given {by[:40]!r}, accepted is one of {', '.join(WAYS)}."})
    low, high = _window(request, by)
    px = query.number(request, "px", default=PX, low=1, high=10_000)
    with_times = query.flag(request, "times")
    ids = asked_jobs(request)
    found = overlay(job_ids=ids, metrics=names, by=cast(By, by), px=px, low=low, high=high)
    told = [
        {
            "name": name,
            "series": {str(job): _spelled(name, one, with_times) for job, one in found[name].items()},
        }
        for name in names
    ]
    return Response({"x": by, **(told[0] if is_one else {"curves": told})})


def _names(request: Request) -> tuple[list[str], bool]:
    several = query.text(request, "names", default="")
    if not several:
        return [query.text(request, "name")], True
    if "name" in request.query_params:
        raise ValidationError({"name": "beside `names` it says twice what is asked for."})
    names = list(dict.fromkeys(name for name in several.split(",") if name))
    if not 1 <= len(names) <= MOST_METRICS:
        raise ValidationError({"names": f"accepted are 1 to {MOST_METRICS} metrics, divided by commas."})
    return names, False


def _window(request: Request, by: str) -> tuple[float | None, float | None]:
    found: list[float | None] = []
    for end in ("from", "to"):
        steps = query.number(request, f"step_{end}", default=None, low=0, high=LAST_STEP)
        if steps is not None and by != "step":
            raise ValidationError({f"step_{end}": f"where x is {by}, x_{end} says where."})
        given = _number(request, f"x_{end}")
        found.append(steps if given is None else given)
    return found[0], found[1]


def _number(request: Request, name: str) -> float | None:
    given = query.text(request, name, default="")
    if not given:
        return None
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > LAST_STEP:
        raise ValidationError({name: f"given {given[:40]!r}, accepted is a number up to {LAST_STEP}."})
    return value


def _spelled(name: str, one: Overlaid, with_times: bool) -> dict[str, Any]:
    told = curve_as_dict(name, one.curve, with_times=with_times)
    return told if one.x is None else {**told, "x": one.x.tolist()}
