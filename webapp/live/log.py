"""The websocket of a job's log: sends the lines behind the reader's cursor, as long as the job runs.

The reader asks with `{"after": cursor}`; 0 begins with the newest 1,000 lines (older ones are there over REST).
Each answer is

    {"after": cursor, "lines": [{"attempt": 1, "text": "..."}], "final": bool}

where `after` is the cursor to come back with and `final` says that the job has ended and these were its last lines;
then the socket closes with 1000. Who may read, origins and codes are those of the socket of the job page.
"""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial
from typing import Any

from jobs.models import FINAL, Job
from jobs.queries.logs import read_log, tail_cursor
from webapp.access import may
from webapp.live import consumer
from webapp.live.bell import bell
from webapp.live.consumer import JobFeed, in_thread
from webapp.live.permission import user_now

ROUTE = "live-job-log"
NEWEST = 1_000
LINES_AT_ONCE = 2_000


class LogFeed(JobFeed):
    """One reader of one job's log."""

    async def _feed(self, *, after: int, px: int) -> None:
        checked = time.monotonic()
        first = True
        with bell().listening(self.job_id) as rung:
            while True:
                rung.clear()
                began = time.monotonic()
                if began - checked > consumer.PERMISSION_SECONDS:
                    checked = began
                    if not await self._close_unless_allowed():
                        return
                frame, more = await in_thread(partial(read_lines, job_id=self.job_id, after=after))
                if first or frame["lines"] or frame["final"]:
                    first, after = False, frame["after"]
                    async with asyncio.timeout(consumer.SEND_SECONDS):
                        await self.send(text_data=json.dumps(frame, separators=(",", ":")))
                    self._is_at(after)
                if frame["final"]:
                    await self.close(consumer.DONE)
                    return
                if not more:
                    await consumer._ring_or_timeout(rung)
                await asyncio.sleep(max(0.0, began + consumer.LEAST_SECONDS_BETWEEN_READS - time.monotonic()))

    def _refusal(self) -> int | None:
        user = user_now(self.scope)
        if user is None:
            return consumer.LOGGED_OUT
        job = Job.objects.select_related("project").filter(pk=self.job_id, deleted_at=None).first()
        allowed = job is not None and may(user=user, project=job.project, route=ROUTE)
        return None if allowed else consumer.FORBIDDEN


def read_lines(*, job_id: int, after: int) -> tuple[dict[str, Any], bool]:
    """This will read the next frame behind a cursor, and tell whether there is more to read at once.

    The job's state is read first: an ended job's log gets no more lines.
    """
    state = Job.objects.values_list("state", flat=True).get(pk=job_id)
    after = after or tail_cursor(job_id=job_id, lines=NEWEST)
    page = read_log(job_id=job_id, after=after, limit=LINES_AT_ONCE)
    lines = [{"attempt": line.attempt, "text": line.text} for line in page.lines]
    return {
        "after": page.after,
        "lines": lines,
        "final": state in FINAL and not page.more,
    }, page.more
