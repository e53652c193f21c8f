"""Which samples one of two jobs won, over REST, page by page."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.comparisons.samples import (
    SORTS,
    Answers,
    Joined,
    answers_of,
    columns_of,
    difference_of,
    join,
    splits_of,
)
from jobs.queries.comparing.sides import Side, read_sides
from jobs.queries.inspect.filters import Wanted
from jobs.storage.blobs import StorageError
from webapp.api import paging, query
from webapp.api.compare import asked_jobs
from webapp.api.compare_shapes import SampleGainsShape
from webapp.api.documented import refusals
from webapp.compared import difference

ORDERS = [sign + name for name in SORTS for sign in ("-", "")]
SPLITS = ("test", "val", "train", "all")
OF_SAMPLES = (
    "sample_id",
    "split",
    "source_id",
    "video_id",
    "sentence",
    "duration",
    "truth_start",
    "truth_end",
    "label",
)


@extend_schema(
    parameters=[
        OpenApiParameter(
            "jobs",
            {"type": "string", "pattern": "^[0-9]{1,18},[0-9]{1,18}$"},
            required=True,
            description="Ids of two jobs, divided by a comma.",
        ),
        OpenApiParameter(
            "sort",
            str,
            enum=ORDERS,
            default="-gain",
            description="By gain, or by the IoU of one of the two; with - from high to low.",
        ),
        OpenApiParameter("split", str, enum=SPLITS, default="test"),
        OpenApiParameter(
            "q", str, description="Only samples whose sentence holds this text, in either case."
        ),
        OpenApiParameter(
            "source", str, description="Only samples whose source or video holds this text, in either case."
        ),
        *paging.PAGED,
    ],
    responses={200: SampleGainsShape, **refusals(400, 404)},
    operation_id="compare_samples",
    tags=["compare"],
)
@api_view(["GET"])
def samples(request: Request) -> Response:
    """List the samples that two jobs answered, with how good the first was minus how good the second was.

    That is the IoU of a moment, or the probability of the true class, which then stands for the sentence.

    Their datasets must be versions of one, and both jobs must have left a per-sample table.
    """
    own, other = _two(request)
    sort = _choice(request, "sort", accepted=ORDERS, default="-gain")
    split = _choice(request, "split", accepted=SPLITS, default="test")
    wanted = Wanted(
        split="" if split == "all" else split,
        text=query.text(request, "q", default=""),
        source=query.text(request, "source", default=""),
    )
    try:
        mine, theirs = _answers(own), _answers(other)
        whole, found = join(mine, theirs, Wanted()), join(mine, theirs, wanted)
        page = _page(request, found, sort, words=(mine.sha256, theirs.sha256, repr(wanted)))
        data = {
            "own": own.id,
            "other": other.id,
            **_counted(found),
            "splits": splits_of(mine, whole),
            "difference": None
            if wanted.text or wanted.source
            else difference(difference_of(mine, theirs, wanted.split)),
            "samples": _samples(found, page.rows, (own, mine), (other, theirs)),
        }
    except StorageError as error:
        raise NotFound(str(error)) from None
    return paging.listed(request, page, data)


def _two(request: Request) -> tuple[Side, Side]:
    ids = asked_jobs(request)
    if len(ids) != 2:
        raise ValidationError({"jobs": f"given {len(ids)}, accepted are two jobs."})
    own, other = read_sides(ids)
    if own.tested_on != other.tested_on:
        raise ValidationError(
            {
                "jobs": f"job {own.id} was tested on {_tested(own)}, job {other.id} on {_tested(other)}: "
                "accepted are jobs on the same samples."
            }
        )
    return own, other


def _tested(side: Side) -> str:
    return "no dataset of ours" if side.job.dataset is None else side.job.dataset.label


def _choice(request: Request, name: str, *, accepted: tuple[str, ...] | list[str], default: str) -> str:
    given = query.text(request, name, default=default) or default
    if given not in accepted:
        raise ValidationError({name: f"given {given[:40]!r}, accepted is one of {', '.join(accepted)}."})
    return given


def _answers(side: Side) -> Answers:
    found = answers_of(side.job)
    if found is None:
        raise NotFound(f"Job {side.id} left no table of samples that tells how good it was.")
    return found


def _counted(found: Joined) -> dict[str, Any]:
    edges, counts = found.counts()
    won, lost = int(np.count_nonzero(found.gain_N > 0)), int(np.count_nonzero(found.gain_N < 0))
    total = len(found.gain_N)
    return {
        "total": total,
        "won": won,
        "lost": lost,
        "equal": total - won - lost,
        "histogram": {"edges": edges, "counts": counts},
    }


def _page(request: Request, found: Joined, sort: str, *, words: tuple[str, ...]) -> paging.Page[int]:
    """A page of places; a cursor holds the row in the first job's table, which never changes."""
    order = found.sorted_by(sort.lstrip("-"), descending=sort.startswith("-"))

    def rows_after(values: paging.Values | None, limit: int) -> list[int]:
        first = 0
        if values is not None:
            at = np.flatnonzero(found.own_rows_N[order] == values[0])
            first = int(at[0]) + 1 if len(at) else len(order)
        rows: list[int] = order[first : first + limit].tolist()
        return rows

    return paging.page(
        request,
        rows_after=rows_after,
        key=lambda place: (int(found.own_rows_N[place]),),
        order=" ".join((sort, *words)),
    )


def _samples(
    found: Joined, places: Any, own: tuple[Side, Answers], other: tuple[Side, Answers]
) -> list[dict[str, Any]]:
    chosen = np.asarray(places, dtype=np.int64)
    rows_N = found.own_rows_N[chosen]
    known = columns_of(own[1], rows_N, OF_SAMPLES)
    mine = _sides(*own, rows_N, found.own_N[chosen])
    theirs = _sides(*other, found.other_rows_N[chosen], found.other_N[chosen])
    gains = found.gain_N[chosen].tolist()
    return [
        {
            "sample_id": known["sample_id"][place],
            "split": known["split"][place],
            "source": known["source_id"][place] or known["video_id"][place] or "",
            "sentence": known["sentence"][place] or known["label"][place] or "",
            "duration": known["duration"][place],
            "truth_start": known["truth_start"][place],
            "truth_end": known["truth_end"][place],
            "gain": gains[place],
            "own": mine[place],
            "other": theirs[place],
        }
        for place in range(len(chosen))
    ]


def _sides(side: Side, answers: Answers, rows_N: Any, iou_N: Any) -> list[dict[str, Any]]:
    windows = columns_of(answers, rows_N, (f"{answers.who}_start", f"{answers.who}_end"))
    starts, ends = windows.values()
    return [
        {
            "row": row,
            "iou": iou,
            "start": start,
            "end": end,
            "inspect": reverse("job-inspect-sample", args=[side.id, row]),
        }
        for row, iou, start, end in zip(rows_N.tolist(), iou_N.tolist(), starts, ends, strict=True)
    ]
