"""What can go wrong between this machine and the server; each message is fit to be shown as it is."""

from __future__ import annotations

from collections.abc import Mapping


class ClientError(Exception):
    """A call came to nothing; the text says why."""


class RefusedError(ClientError):
    """The server, or this client, does not accept what was asked; `fields` maps a field to its sentence.

    `status` is that of the answer, 0 where nothing was sent.
    """

    def __init__(self, detail: str, *, fields: Mapping[str, str] | None = None, status: int = 0) -> None:
        super().__init__(detail)
        self.status = status
        self.fields = dict(fields or {})

    @property
    def sentences(self) -> list[str]:
        """One for each field that was refused, or the only one."""
        if not self.fields:
            return [str(self)]
        return [f"{field}: {text}" if field else text for field, text in self.fields.items()]


class AwayError(ClientError):
    """The server cannot be reached or has too much to do, and was asked again for as long as patience allows."""


class TooLateError(ClientError):
    """What was waited for did not end in the time that was given."""


class DamagedError(ClientError):
    """What arrived is not what the server said it would send."""
