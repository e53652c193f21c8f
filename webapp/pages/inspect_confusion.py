"""Inspect: which classes somebody takes for which, as a matrix whose cells lead to the samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.comparisons.classes import Confusion, class_order, count_confusion
from jobs.queries.inspect.classes import STUDENT, TARGET, has_classes, participants
from jobs.storage.blobs import StorageError
from webapp.pages.inspect import table_or_404
from webapp.pages.inspect_classes import tone_by_who
from webapp.pages.inspect_matrix import drawn, ordered, worst
from webapp.pages.inspect_model_words import words_of
from webapp.pages.inspect_whose import choices_of, whose_of
from webapp.pages.inspect_words import who_is

MOST_DRAWN = 100
PAIRS = 20
OF_CLASS = 8


@require_safe
def confusion(request: HttpRequest, job_id: int) -> HttpResponse:
    """This will show what the student, the target or a teacher takes for what on a split, one class closer if asked."""
    found, table = table_or_404(request, job_id)
    if not has_classes(table):
        raise Http404("The samples of this job have no classes.")
    whos, splits = participants(table), table.values_of("split")
    if not whos:
        raise Http404("This job kept nobody's classes.")
    who = _of(request.GET.get("who", ""), whos) or next(
        (one for one in (STUDENT, TARGET) if one in whos), whos[0]
    )
    split = _of(request.GET.get("split", "test"), splits)
    order = "alike" if request.GET.get("order") == "alike" else ""
    whose = whose_of(request, found)
    words = words_of(between_models=bool(whose.name))
    shown = {"participant": whose.asked, "who": who, "split": split or "all", "order": order}
    context: dict[str, Any] = {
        "job": found,
        "project": found.project,
        "who": who_is(who, words),
        "whose": whose.name,
        "participants": choices_of(found, whose, lambda name: _query(shown | {"participant": name})),
        "split": split,
        "order": order,
        "whos": [
            (who_is(one, words), tone_by_who(table).get(one, 0), _query(shown | {"who": one}), one == who)
            for one in whos
        ],
        **_choices(shown, splits),
        "samples_query": _samples_query(shown, split=split),
    }
    try:
        counted = count_confusion(table, who=who, split=split, order=class_order(found))
    except StorageError as error:
        raise Http404(str(error)) from error
    if counted is not None:
        asked = request.GET.get("class", "")
        context |= _counted(counted, split=split, order=order, shown=shown)
        context |= _closer(counted, asked, shown=shown, split=split) if asked in counted.classes else {}
    return render(request, "inspect/confusion.html", context)


def _choices(shown: dict[str, str], splits: Sequence[str]) -> dict[str, Any]:
    """What can be chosen besides, as words, address, and whether it is chosen."""
    return {
        "splits": [(one, _query(shown | {"split": one}), one == shown["split"]) for one in ("all", *splits)],
        "orders": [
            (words, _query(shown | {"order": order}), order == shown["order"])
            for order, words in (("", "As in the dataset"), ("alike", "Alike beside each other"))
        ],
    }


def _counted(counted: Confusion, *, split: str, order: str, shown: dict[str, str]) -> dict[str, Any]:
    chosen = worst(counted, MOST_DRAWN)
    drawing = ordered(chosen) if order else chosen
    rows = counted.rows()
    return {
        "count": len(counted.classes),
        "drawn": len(drawing.classes),
        "matrix": drawn(drawing, lambda true, said: _samples_query(shown, split=split, true=true, said=said)),
        "total": int(counted.counts_CC.sum()),
        "right": sum(row.right for row in rows),
        "class_rows": [(row, _query(shown | {"class": row.name})) for row in rows],
        "pairs": [
            (pair, _samples_query(shown, split=split, true=pair.true, said=pair.said))
            for pair in counted.mistaken(PAIRS)
        ],
    }


def _closer(counted: Confusion, name: str, *, shown: dict[str, str], split: str) -> dict[str, Any]:
    place = counted.classes.index(name)
    row_C, column_C = counted.counts_CC[place].tolist(), counted.counts_CC[:, place].tolist()

    def bars(counts: list[int], *, is_row: bool) -> list[tuple[str, int, float, bool, str]]:
        total = sum(counts)
        pairs = sorted(zip(counted.classes, counts, strict=True), key=lambda pair: -pair[1])
        return [
            (
                other,
                count,
                100 * count / total,
                other == name,
                _samples_query(shown, split=split, true=name, said=other)
                if is_row
                else _samples_query(shown, split=split, true=other, said=name),
            )
            for other, count in pairs[:OF_CLASS]
            if count
        ]

    return {
        "closer": name,
        "said_of": bars(row_C, is_row=True),
        "samples_of": sum(row_C),
        "said_to_be": bars(column_C, is_row=False),
        "samples_said": sum(column_C),
    }


def _samples_query(shown: dict[str, str], *, split: str, true: str = "", said: str = "") -> str:
    who = "" if shown["who"] == STUDENT else shown["who"]
    pairs = {"participant": shown["participant"], "split": split, "class": true, "said": said, "who": who}
    return urlencode({key: value for key, value in pairs.items() if value})


def _query(shown: dict[str, str]) -> str:
    return urlencode({key: value for key, value in shown.items() if value})


def _of(text: str, known: tuple[str, ...] | list[str]) -> str:
    return text if text in known else ""
