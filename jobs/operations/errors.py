"""Refusals of operations, written for the person who asked."""

from __future__ import annotations


class UnableTo(ValueError):  # noqa: N818  (it completes the name of the operation)
    """An operation was refused: one sentence in `message`, one per field in `fields`.

    `fields` maps a dotted path of what was asked ("data.dataset") to its sentence; the empty path means the
    whole request.
    """

    def __init__(self, message: str, *, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields if fields is not None else {"": message}


class UnableToSubmit(UnableTo):
    """The spec cannot become a job of this project."""


class UnableToCancel(UnableTo):
    """The job or registration has come to its end already."""


class UnableToPause(UnableTo):
    """The job has ended, is about to be cancelled, or is none that can stop and go on."""


class UnableToResume(UnableTo):
    """The job has ended, or is none that can stop and go on."""


class UnableToRetry(UnableTo):
    """The job has neither failed nor been cancelled, or is none that we could start."""


class UnableToReschedule(UnableTo):
    """The queue, priority or deadline that was asked for is none."""


class TooLateToReschedule(UnableToReschedule):
    """The job is past what was asked for: it has ended, or is with a worker already."""


class UnableToChange(UnableTo):
    """A project cannot be set like that."""


class UnableToSetBaseline(UnableTo):
    """The name is none, or the job is none that others can be held against."""


class UnableToServe(UnableTo):
    """No worker can be started like that: an option is none, or another living one has its name."""


class UnableToRegister(UnableTo):
    """The dataset or teacher cannot be taken in; nothing of it was kept."""


class UnableToMeasure(UnableTo):
    """The teacher cannot be measured on the dataset."""


class UnableToPromote(UnableToRegister):
    """The job's student cannot become a teacher."""


class UnableToCreate(UnableTo):
    """The project, user or token cannot be made."""


class UnableToLeave(UnableTo):
    """A project would be left without an admin, or this installation without a superuser."""


class UnableToPublish(UnableTo):
    """A file of a job cannot be put into the storage, or is not what it was when it was written."""


class UnableToDecide(UnableTo):
    """The registration waits for no such decision."""


class UnableToDelete(UnableTo):
    """Something depends on the dataset or teacher, or works with it right now."""


class UnableToSelect(UnableTo):
    """The samples cannot become a selection of the dataset."""


class UnableToUpload(UnableTo):
    """A file, or a part of one, cannot be taken in.

    `cause` is one of refused, size, room, offset, checksum, busy, gone; `offset` says where an upload goes on.
    """

    def __init__(
        self,
        message: str,
        *,
        fields: dict[str, str] | None = None,
        cause: str = "refused",
        offset: int | None = None,
    ) -> None:
        super().__init__(message, fields=fields)
        self.cause = cause
        self.offset = offset


class UnableToPost(UnableTo):
    """Points are none, or not the ones that come next: then `offset` says how many the job has."""

    def __init__(
        self, message: str, *, fields: dict[str, str] | None = None, offset: int | None = None
    ) -> None:
        super().__init__(message, fields=fields)
        self.offset = offset


class TooLateToPost(UnableToPost):
    """The job has ended, or is none whose points come from elsewhere."""


class UnableToPredict(UnableTo):
    """The question to a student is none, or this job has no student that could be asked."""


class UnableToComplete(UnableTo):
    """The job has ended already, or is none that ends like that."""


class UnableToRepeat(UnableTo):
    """The idempotency key belongs to another call."""


class StillAtWork(UnableTo):
    """The call with this idempotency key is being worked on at the moment."""


class UnableToDeliver(UnableTo):
    """Nothing can be sent to the webhook as things stand: it is off, or the message is on its way already."""


class UnableToDescribe(UnableTo):
    """The name, tags or notes cannot be kept for a job."""


class UnableToArchive(UnableTo):
    """The job has not ended, or is there no more."""


class UnableToSave(UnableTo):
    """The view of the table of jobs cannot be kept like that."""


class UnableToAct(UnableTo):
    """What was asked of many jobs at once is nothing that can be done to them."""
