"""Datasets and teachers on their way in: uploaded, registered, decided on, waited for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mtkd_engine.client.answers import Registration
from mtkd_engine.client.connection import Connection
from mtkd_engine.client.errors import RefusedError
from mtkd_engine.client.uploads import files_of, upload
from mtkd_engine.client.waiting import wait_for


class IntakeCalls:
    """The part of the client by which data come in."""

    _connection: Connection

    def upload(
        self,
        place: Path,
        *,
        project: str,
        purpose: str = "",
        on_sent: Callable[[str, int], None] | None = None,
    ) -> list[str]:
        """This will send a file, or all files of a folder, and return the ids of the uploads.

        `on_sent` hears the name of the file and how many bytes of it have arrived.
        """
        ids = []
        for file, name in files_of(place):
            hear = partial(on_sent or _nobody, name)
            ids.append(
                upload(self._connection, file, name=name, project=project, purpose=purpose, on_sent=hear)
            )
        if not ids:
            raise RefusedError(f"{place}: there is no such file, or no file in it.")
        return ids

    def register(self, kind: str, *, key: str | None = None, **asked: Any) -> Registration:
        """This will ask for a `dataset` or `teacher` to be taken in, from `uploads` or a `path` on the server."""
        answer = self._connection.ask("POST", f"{kind}s/", body=asked, key=key)
        return Registration.model_validate(answer.json())

    def decide(self, registration_id: int, *, accept: Sequence[str]) -> Registration:
        """This will accept these of the repairs that a registration waits to hear about, and refuse the others."""
        path, body = f"registrations/{registration_id}/decision/", {"accept": list(accept)}
        return Registration.model_validate(self._connection.ask("PUT", path, body=body).json())

    def complete(
        self,
        registration_id: int,
        *,
        card: dict[str, Any] | None = None,
        dataset: str = "",
        split: str = "val",
    ) -> Registration:
        """This will say what a teacher is whose registration asks for it; see `TeacherStatement` for the card."""
        path = f"registrations/{registration_id}/decision/"
        body = {"card": card, "dataset": dataset, "split": split}
        return Registration.model_validate(self._connection.ask("PUT", path, body=body).json())

    def wait_for_registration(
        self,
        registration_id: int,
        *,
        seconds: float | None = None,
        on_news: Callable[[Registration], None] | None = None,
    ) -> Registration:
        """This will return a registration once it has ended or waits for a decision; raises TooLateError."""
        return wait_for(
            self._connection,
            f"registrations/{registration_id}/",
            Registration,
            is_done=lambda found: not found.is_under_way,
            what=f"Registration {registration_id}",
            seconds=seconds,
            poll=5,
            on_news=on_news,
        )


def _nobody(_name: str, _came: int) -> None:
    """Hears and says nothing."""
