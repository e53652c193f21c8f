"""What every worker sends beside its work: messages of webhooks that are due, whichever worker comes first."""

from __future__ import annotations

import logging
import time

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from jobs import stopping, storable
from jobs.beside import Beside
from jobs.operations.deliveries import AT_ONCE, Taken, note, take_due
from jobs.outgoing.sending import Message, send_all
from jobs.outgoing.signing import signed_headers

_log = logging.getLogger(__name__)


class Courier(Beside):
    """Sends in a thread of its own: receivers may be slow, and the database away."""

    name = "courier"

    def beat(self) -> int:
        """This will send what is due, some at a time, and return how many messages that were."""
        taken = take_due()
        if taken:
            answers = send_all([_message(one) for one in taken], allowed=settings.WEBHOOK_PRIVATE)
            for one, answer in zip(taken, answers, strict=True):
                note(taken=one, answer=answer)
        return len(taken)

    def _run(self) -> None:
        while not stopping.is_ending():
            began, sent = time.monotonic(), self._beat()
            if sent == AT_ONCE:  # there may be more
                continue
            while not stopping.is_ending() and time.monotonic() - began < settings.WEBHOOK_SECONDS:
                time.sleep(min(0.5, settings.WEBHOOK_SECONDS / 4))
        connection.close()

    def _beat(self) -> int:
        try:
            return self.beat()
        except (DatabaseError, InterfaceError) as error:
            _log.warning("Messages of webhooks wait for the database: %s", storable.line(error))
        except Exception:
            _log.exception("Sending messages of webhooks met an unexpected error and goes on.")
        connection.close()
        return 0


def _message(taken: Taken) -> Message:
    headers = signed_headers(
        message_id=taken.message_id, at=int(time.time()), body=taken.body, secrets_in_use=taken.secrets
    )
    return Message(url=taken.url, headers=headers, body=taken.body)
