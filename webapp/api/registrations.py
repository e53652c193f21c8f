"""Registrations over REST: list, read, wait, decide, cancel."""

from __future__ import annotations

from functools import partial

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import Registration, RegistrationKind
from jobs.operations.completing import complete
from jobs.operations.registrations import decide, request_cancel_registration
from jobs.queries.looks import look_at_registration
from jobs.queries.registrations import list_registrations, registration_detail
from webapp.access import project_or_404, registration_or_404, user_of
from webapp.api import query
from webapp.api.documented import PROJECT, refusals
from webapp.api.paging import PAGED, listed, newest_first
from webapp.api.shapes import DecisionShape, RegistrationShape
from webapp.api.waiting import WAIT, awaited


def taken_on(registration: Registration) -> Response:
    """This will answer that a worker will carry a registration out, and where to ask about it."""
    found = registration_detail(registration_id=registration.pk)
    answer = Response(RegistrationShape(found).data, status=status.HTTP_202_ACCEPTED)
    answer["Location"] = reverse("api-registration", args=[registration.pk])
    return answer


@extend_schema(
    parameters=[PROJECT, *PAGED],
    responses={200: RegistrationShape(many=True), **refusals(400, 404)},
    operation_id="list_registrations",
    tags=["registrations"],
)
@api_view(["GET"])
def registrations(request: Request) -> Response:
    """List a project's registrations, newest first."""
    project = project_or_404(request, query.text(request, "project"))
    found = newest_first(
        request,
        lambda before, limit: list_registrations(project=project, limit=limit, before_id=before),
        key=lambda row: row.pk,
    )
    return listed(request, found, RegistrationShape(found.rows, many=True).data)


@extend_schema(
    parameters=[WAIT],
    responses={200: RegistrationShape, **refusals(400, 404)},
    operation_id="read_registration",
    tags=["registrations"],
)
@api_view(["GET"])
def registration(request: Request, registration_id: int) -> Response:
    """Read one registration, on request once it waits for a decision or has ended."""
    found = registration_or_404(request, registration_id)
    return awaited(
        request,
        look=partial(look_at_registration, found.pk),
        read=lambda: RegistrationShape(registration_detail(registration_id=found.pk)).data,
        allowed=partial(registration_or_404, request, registration_id),
    )


@extend_schema(
    request=DecisionShape,
    responses={200: RegistrationShape, **refusals(400, 403, 404, 409)},
    operation_id="decide_registration",
    tags=["registrations"],
)
@api_view(["PUT"])
def decision(request: Request, registration_id: int) -> Response:
    """Say which of the suggested repairs are made, or what a teacher is; the check then goes on."""
    found = registration_or_404(request, registration_id)
    shape = DecisionShape(data=request.data)
    shape.is_valid(raise_exception=True)
    given, user = shape.validated_data, user_of(request)
    if found.kind == RegistrationKind.TEACHER:
        said = {"card": given.get("card"), "dataset": given.get("dataset", "")}
        complete(registration=found, user=user, split=given["split"], **said)
    elif "accept" not in given:
        raise ValidationError(
            {"accept": "given nothing, accepted is a list of names of repairs, which may be empty."}
        )
    else:
        decide(registration=found, user=user, accepted=given["accept"])
    return Response(RegistrationShape(registration_detail(registration_id=found.pk)).data)


@extend_schema(
    request=None,
    responses={200: RegistrationShape, **refusals(403, 404, 409)},
    operation_id="cancel_registration",
    tags=["registrations"],
)
@api_view(["PUT"])
def cancellation(request: Request, registration_id: int) -> Response:
    """Ask for a registration to be stopped; asking twice is the same as once."""
    found = registration_or_404(request, registration_id)
    request_cancel_registration(registration=found, user=user_of(request))
    return Response(RegistrationShape(registration_detail(registration_id=found.pk)).data)
