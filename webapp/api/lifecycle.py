"""What may be asked of a job after it was submitted, over REST: each wish is a resource of its job."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.operations.jobs import request_cancel
from jobs.operations.lifecycle import request_pause, reschedule, resubmit, resume, retry
from webapp.access import job_or_404, user_of
from webapp.api.documented import refusals
from webapp.api.job_shapes import JobDetailShape, ResubmissionShape, RetryShape, ScheduleShape
from webapp.api.jobs import created, detail


@extend_schema(
    request=None,
    responses={200: JobDetailShape, **refusals(403, 404, 409)},
    operation_id="cancel_job",
    tags=["jobs"],
)
@api_view(["PUT"])
def cancellation(request: Request, job_id: int) -> Response:
    """Ask for a job to be stopped; asking twice is the same as once."""
    found = request_cancel(job=job_or_404(request, job_id), user=user_of(request))
    return Response(detail(found.pk))


@extend_schema(
    methods=["PUT"],
    request=None,
    responses={200: JobDetailShape, **refusals(403, 404, 409)},
    operation_id="pause_job",
    tags=["jobs"],
)
@extend_schema(
    methods=["DELETE"],
    responses={200: JobDetailShape, **refusals(403, 404, 409)},
    operation_id="resume_job",
    tags=["jobs"],
)
@api_view(["PUT", "DELETE"])
def pause(request: Request, job_id: int) -> Response:
    """Let a job pause (PUT): with a checkpoint, at once where it is only queued; or go on (DELETE)."""
    operation = request_pause if request.method == "PUT" else resume
    found = operation(job=job_or_404(request, job_id), user=user_of(request))
    return Response(detail(found.pk))


@extend_schema(
    request=RetryShape,
    responses={200: JobDetailShape, **refusals(400, 403, 404, 409)},
    operation_id="retry_job",
    tags=["jobs"],
)
@api_view(["PUT"])
def again(request: Request, job_id: int) -> Response:
    """Put a failed or cancelled job back into its queue; it stays the same job, with its history."""
    found = job_or_404(request, job_id)
    shape = RetryShape(data=request.data)
    shape.is_valid(raise_exception=True)
    given = dict(shape.validated_data)
    from_scratch = given.pop("from") == "scratch"
    retry(job=found, user=user_of(request), from_scratch=from_scratch, **given)
    return Response(detail(found.pk))


@extend_schema(
    request=ResubmissionShape,
    responses={201: JobDetailShape, **refusals(400, 403, 404)},
    operation_id="resubmit_job",
    tags=["jobs"],
)
@api_view(["POST"])
def resubmission(request: Request, job_id: int) -> Response:
    """Submit a new job like this one, with changes to its spec; queue and priority are taken over."""
    found = job_or_404(request, job_id)
    shape = ResubmissionShape(data=request.data)
    shape.is_valid(raise_exception=True)
    return created(resubmit(job=found, user=user_of(request), **shape.validated_data))


@extend_schema(
    request=ScheduleShape,
    responses={200: JobDetailShape, **refusals(400, 403, 404, 409)},
    operation_id="reschedule_job",
    tags=["jobs"],
)
@api_view(["PATCH"])
def schedule(request: Request, job_id: int) -> Response:
    """Change queue, priority or deadline of a job that has not ended; a deadline of null takes it away.

    The queue can change only while no worker has the job.
    """
    found = job_or_404(request, job_id)
    shape = ScheduleShape(data=request.data)
    shape.is_valid(raise_exception=True)
    reschedule(job=found, user=user_of(request), **shape.validated_data)
    return Response(detail(found.pk))
