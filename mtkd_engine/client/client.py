"""The REST API for Python: jobs, groups, files, sources and questions, over a network that may be cut anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from mtkd_engine.client.answers import (
    Account,
    Artifact,
    Baseline,
    Curves,
    Group,
    Job,
    LogPage,
    Prediction,
)
from mtkd_engine.client.connection import Connection
from mtkd_engine.client.downloads import download
from mtkd_engine.client.intake import IntakeCalls
from mtkd_engine.client.streaming import Message, stream
from mtkd_engine.client.waiting import LONGEST_POLL, wait_for

PATIENCE = 300.0


class Client(IntakeCalls):
    """One server with one token, for one thread.

    A call that fails on its way, or that the server is too busy for, is tried again for `patience` seconds; whatever
    it changes is changed once. Every method raises RefusedError when the server refuses, with one sentence for each
    field, and AwayError when patience ends.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        patience: float = PATIENCE,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._connection = Connection(url=url, token=token, patience=patience, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """This will let go of the network."""
        self._connection.close()

    @property
    def url(self) -> str:
        """The address of the server, without a slash at its end."""
        return self._connection.url

    def account(self) -> Account:
        """This will say who the token belongs to, and what it may do."""
        return Account.model_validate(self._get("account/"))

    def submit(
        self, spec: Mapping[str, Any], *, project: str, key: str | None = None, **beside: str | int
    ) -> Job:
        """This will submit a spec; `beside` are `queue`, `priority` and `deadline`.

        The same idempotency key with the same spec gives the same job, also from another process.
        """
        body = {"project": project, "spec": dict(spec), **beside}
        return Job.model_validate(self._connection.ask("POST", "jobs/", body=body, key=key).json())

    def submit_group(
        self, document: Mapping[str, Any], *, project: str, key: str | None = None, **beside: str | int
    ) -> Group:
        """This will submit a spec with the keys `seeds` or `ablate`, as `submit` does one job."""
        body = {"project": project, "document": dict(document), **beside}
        return Group.model_validate(self._connection.ask("POST", "groups/", body=body, key=key).json())

    def job(self, job_id: int) -> Job:
        """This will read a job."""
        return Job.model_validate(self._get(f"jobs/{job_id}/"))

    def group(self, group_id: int) -> Group:
        """This will read a group."""
        return Group.model_validate(self._get(f"groups/{group_id}/"))

    def jobs(
        self, *, project: str, query: str = "", sort: str = "", limit: int | None = None
    ) -> Iterator[Job]:
        """This will yield the jobs of a project that a query finds, page by page, at most `limit` of them."""
        params: dict[str, str | int] = {"project": project}
        params |= {name: text for name, text in (("q", query), ("sort", sort)) if text}
        for found in islice(self._listed("jobs/", params, most=limit), limit):
            yield Job.model_validate(found)

    def wait_for_job(
        self,
        job_id: int,
        *,
        seconds: float | None = None,
        poll: float = LONGEST_POLL,
        on_news: Callable[[Job], None] | None = None,
    ) -> Job:
        """This will return a job once it has ended; `on_news` hears how it stands every `poll` seconds.

        Raises TooLateError after `seconds`; the job goes on.
        """
        return wait_for(
            self._connection,
            f"jobs/{job_id}/",
            Job,
            is_done=lambda job: job.is_final,
            what=f"Job {job_id}",
            seconds=seconds,
            poll=poll,
            on_news=on_news,
        )

    def wait_for_group(
        self,
        group_id: int,
        *,
        seconds: float | None = None,
        poll: float = LONGEST_POLL,
        on_news: Callable[[Group], None] | None = None,
    ) -> Group:
        """This will return a group once all of its jobs have ended, as `wait_for_job` does one job."""
        return wait_for(
            self._connection,
            f"groups/{group_id}/",
            Group,
            is_done=lambda group: group.is_final,
            what=f"Group {group_id}",
            seconds=seconds,
            poll=poll,
            on_news=on_news,
        )

    def cancel(self, job_id: int) -> Job:
        """This will ask for a job to be stopped."""
        return Job.model_validate(self._connection.ask("PUT", f"jobs/{job_id}/cancellation/").json())

    def cancel_group(self, group_id: int) -> Group:
        """This will ask for all jobs of a group to be stopped."""
        return Group.model_validate(self._connection.ask("PUT", f"groups/{group_id}/cancellation/").json())

    def change(self, job_id: int, **changes: Any) -> Job:
        """This will change `name`, `tags`, `notes` or `archived` of a job."""
        return Job.model_validate(self._connection.ask("PATCH", f"jobs/{job_id}/", body=changes).json())

    def compare(self, job_ids: Iterable[int], **params: str | int) -> dict[str, Any]:
        """This will give what differs between jobs: their specs, final metrics and cells."""
        found: dict[str, Any] = self._get("compare/", {"jobs": ",".join(map(str, job_ids)), **params})
        return found

    def stream(self, job_id: int, *, after: int | None = None) -> Iterator[Message]:
        """This will yield what happens to a job, behind the number `after`, until it has ended."""
        return stream(self._connection, f"jobs/{job_id}/stream/", after=after)

    def curves(self, job_id: int, *, names: Sequence[str] = (), px: int | None = None) -> Curves:
        """This will read the curves of a job, all unless named, thinned to `px` ranges."""
        params: dict[str, str | int] = {"names": ",".join(names)} if names else {}
        return Curves.model_validate(
            self._get(f"jobs/{job_id}/metrics/", params | ({"px": px} if px else {}))
        )

    def events(self, job_id: int, *, after: int = 0) -> tuple[int, list[dict[str, Any]]]:
        """This will read up to 1,000 events behind a number, and give the number to ask with next."""
        found = self._get(f"jobs/{job_id}/events/", {"after": after, "limit": 1000})
        return found["seq"], found["events"]

    def log(self, job_id: int, **params: str | int) -> LogPage:
        """This will read lines of a job's log; parameters are `after`, `tail`, `attempt`, `search` and `limit`."""
        return LogPage.model_validate(self._get(f"jobs/{job_id}/log/", params))

    def artifacts(self, job_id: int) -> list[Artifact]:
        """This will list the files that a job left behind."""
        return [Artifact.model_validate(found) for found in self._listed(f"jobs/{job_id}/artifacts/", {})]

    def download(
        self, job_id: int, artifact: Artifact, *, folder: Path, on_came: Callable[[int], None] | None = None
    ) -> Path:
        """This will bring a file into a folder and check its sha256; what has come before is not sent again."""
        return download(
            self._connection, job_id=job_id, artifact=artifact, folder=folder, on_came=on_came or _nobody
        )

    def ask(
        self, job_id: int, sentence: str, *, features: Path | None = None, **asked: str | float
    ) -> Prediction:
        """This will ask a job's student where a video shows what a sentence says, without waiting for the answer.

        The video is the `row` of a sample, or a file of `features` with `fps` or `duration`.
        """
        path = f"jobs/{job_id}/predictions/"
        if features is None:
            answer = self._connection.ask("POST", path, body={"sentence": sentence, **asked})
        else:
            fields = {"sentence": sentence, **{name: str(value) for name, value in asked.items()}}
            file = (features.name, features.read_bytes())
            answer = self._connection.ask("POST", path, data=fields, files={"features": file})
        return Prediction.model_validate(answer.json())

    def wait_for_prediction(self, asked: Prediction, *, seconds: float | None = None) -> Prediction:
        """This will return a question once it is answered or refused; raises TooLateError."""
        return wait_for(
            self._connection,
            f"jobs/{asked.job}/predictions/{asked.id}/",
            Prediction,
            is_done=lambda found: not found.is_under_way,
            what="The answer",
            seconds=seconds,
        )

    def baselines(self, *, project: str) -> list[Baseline]:
        """This will list the named jobs of a project."""
        return [Baseline.model_validate(one) for one in self._listed(f"projects/{project}/baselines/", {})]

    def set_baseline(self, name: str, job_id: int, *, project: str) -> Baseline:
        """This will give a name to a job, which others are held against from now on."""
        path = f"projects/{project}/baselines/{name}/"
        return Baseline.model_validate(self._connection.ask("PUT", path, body={"job": job_id}).json())

    def _get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        return self._connection.ask("GET", path, params=params).json()

    def _listed(
        self, path: str, params: Mapping[str, str | int], *, most: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """All of a list, page by page, as the header Link leads."""
        first = {**params, "limit": min(most, 200)} if most else params
        answer = self._connection.ask("GET", path, params=first)
        while True:
            yield from answer.json()
            following = answer.links.get("next", {}).get("url")
            if not following:
                return
            answer = self._connection.ask("GET", following)


def _nobody(_came: int) -> None:
    """Hears and says nothing."""
