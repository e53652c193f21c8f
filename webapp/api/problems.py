"""Refusals as problem JSON (RFC 9457): one sentence in `detail`, one per field in `fields`."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework.exceptions import APIException, ErrorDetail, Throttled, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from jobs.operations.errors import (
    StillAtWork,
    TooLateToPost,
    TooLateToReschedule,
    UnableTo,
    UnableToArchive,
    UnableToCancel,
    UnableToComplete,
    UnableToDecide,
    UnableToDelete,
    UnableToDeliver,
    UnableToLeave,
    UnableToPause,
    UnableToPost,
    UnableToRepeat,
    UnableToResume,
    UnableToRetry,
    UnableToUpload,
)
from mtkd_engine.spec import SpecError
from webapp import throttle
from webapp.api.limits import Allowance
from webapp.outages import RETRY_SECONDS, note_outage

MEDIA_TYPE = "application/problem+json"
CONFLICTS = (  # fine in itself, but not as things stand
    TooLateToPost,
    TooLateToReschedule,
    UnableToArchive,
    UnableToCancel,
    UnableToComplete,
    UnableToDecide,
    UnableToDelete,
    UnableToDeliver,
    UnableToLeave,
    UnableToPause,
    UnableToResume,
    UnableToRetry,
)

UPLOAD_STATUS = {
    "refused": 400,
    "gone": 404,
    "offset": 409,
    "busy": 409,
    "size": 413,
    "checksum": 460,  # a number of the tus protocol's own
    "room": 507,
}


def as_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """This will answer for what a REST view raised; None leaves a mistake of ours to the 500 handler."""
    if isinstance(error, UnableTo):
        return _of_an_operation(error)
    if isinstance(error, SpecError):
        return problem(status=HTTPStatus.BAD_REQUEST, detail=str(error), fields=error.fields)
    if isinstance(error, ValidationError):
        fields = flatten(error.detail)
        detail = " ".join(f"{path}: {text}" if path else text for path, text in fields.items())
        return problem(status=HTTPStatus.BAD_REQUEST, detail=detail, fields=fields)
    if isinstance(error, RequestDataTooBig | OperationalError | InterfaceError):
        return _of_the_surroundings(error)
    if isinstance(error, Throttled):
        error.detail = ErrorDetail(_too_many(context))
    known = exception_handler(error, context)
    if known is None:
        return None
    detail = str(error) if isinstance(error, Http404 | PermissionDenied) else _detail(error)
    answer = problem(status=HTTPStatus(known.status_code), detail=detail or "Refused.")
    for header in ("WWW-Authenticate", "Retry-After"):
        if header in known.headers:
            answer[header] = known.headers[header]
    return answer


def _of_an_operation(error: UnableTo) -> Response:
    if isinstance(error, UnableToRepeat):
        return problem(status=HTTPStatus.UNPROCESSABLE_ENTITY, detail=error.message, fields=error.fields)
    if isinstance(error, StillAtWork):
        answer = problem(status=HTTPStatus.CONFLICT, detail=error.message)
        answer["Retry-After"] = "1"
        return answer
    if isinstance(error, UnableToPost) and error.offset is not None:
        answer = problem(status=HTTPStatus.CONFLICT, detail=error.message, fields=error.fields)
        answer.data["offset"] = error.offset
        return answer
    if not isinstance(error, UnableToUpload):
        status = HTTPStatus.CONFLICT if isinstance(error, CONFLICTS) else HTTPStatus.BAD_REQUEST
        return problem(status=status, detail=error.message, fields=error.fields)
    title = "Checksum Mismatch" if error.cause == "checksum" else None
    answer = problem(
        status=UPLOAD_STATUS[error.cause], detail=error.message, fields=error.fields, title=title
    )
    if error.offset is not None:
        answer["Upload-Offset"] = str(error.offset)
    return answer


def _of_the_surroundings(error: Exception) -> Response:
    if isinstance(error, RequestDataTooBig):
        return problem(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail="The body is too large.")
    note_outage(error)
    answer = problem(
        status=HTTPStatus.SERVICE_UNAVAILABLE, detail="The database is away; try again in a moment."
    )
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def problem(
    *, status: int, detail: str, fields: Mapping[str, str] | None = None, title: str | None = None
) -> Response:
    """This will build the answer; a status that HTTP does not know needs a title."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail if detail.endswith(".") else f"{detail}.",
        "fields": dict(fields or {}),
    }
    return Response(body, status=status, content_type=MEDIA_TYPE)


def flatten(detail: Any, path: str = "") -> dict[str, str]:
    """This will turn nested validation errors into dotted paths, one sentence each."""
    if isinstance(detail, Mapping):
        found: dict[str, str] = {}
        for key, value in detail.items():
            inner = path if key == "non_field_errors" else f"{path}.{key}" if path else str(key)
            found |= flatten(value, inner)
        return found
    if isinstance(detail, list):
        return {path: " ".join(str(part) for part in detail)}
    return {path: str(detail)}


def _too_many(context: Mapping[str, Any]) -> str:
    allowance: Allowance | None = getattr(context["request"]._request, "allowance", None)
    if allowance is None or not allowance.is_spent:  # the call was within its limit, what it tried is not
        minutes = throttle.SECONDS // 60
        return f"There were too many wrong passwords from this address; try again in {minutes} minutes."
    return f"These were more than {allowance.limit} calls in a minute; go on in {allowance.reset} s."


def _detail(error: Exception) -> str:
    return str(error.detail) if isinstance(error, APIException) else str(error)
