"""One message, sent once: to an address that was judged, within a time, without redirects, proxies or long answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from ssl import SSLContext

import httpx

from jobs.outgoing.addresses import Goal, LookUp, RefusedAddress, reach, read_address
from jobs.outgoing.networks import Address, Network

SECONDS = 15.0
CONNECT_SECONDS = 5.0
ANSWER_BYTES = 1024
_MOST_ADDRESSES = 3


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is sent, and where to."""

    url: str
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of it: a status and the beginning of the answer, or `trouble`, a sentence why there is none."""

    status: int | None = None
    answer: str = ""
    trouble: str = ""
    seconds: float = 0.0

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver has taken it."""
        return self.status is not None and 200 <= self.status < 300


def send_all(
    messages: Sequence[Message], *, allowed: Iterable[Network] = (), look_up: LookUp | None = None
) -> list[Answer]:
    """This will send messages at the same time and give their answers in order, after SECONDS at the latest."""
    allowed = tuple(allowed)

    async def all_of_them() -> list[Answer]:
        return await asyncio.gather(*(_send(one, allowed, look_up) for one in messages))

    return asyncio.run(all_of_them())


async def _send(message: Message, allowed: tuple[Network, ...], look_up: LookUp | None) -> Answer:
    began = time.monotonic()
    try:
        async with asyncio.timeout(SECONDS):
            status, text = await _post(message, allowed, look_up)
    except RefusedAddress as refusal:
        trouble = f"Nothing was sent: {refusal}"
    except TimeoutError:
        trouble = f"It did not answer within {SECONDS:g} seconds."
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        trouble = _words(error)
    else:
        return Answer(
            status=status, answer=text, trouble=_of_status(status), seconds=time.monotonic() - began
        )
    return Answer(trouble=trouble, seconds=time.monotonic() - began)


async def _post(message: Message, allowed: tuple[Network, ...], look_up: LookUp | None) -> tuple[int, str]:
    goal = read_address(message.url)
    found = await asyncio.to_thread(reach, goal, allowed=allowed, look_up=look_up)
    # No proxies and nothing else of the environment: they would look the host up once more.
    async with httpx.AsyncClient(
        verify=_certificates(), trust_env=False, follow_redirects=False, timeout=httpx.Timeout(SECONDS)
    ) as client:
        trouble: httpx.HTTPError = httpx.ConnectError("it has no address")
        for address in found[:_MOST_ADDRESSES]:
            try:
                return await _post_to(client, goal, address, message)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                trouble = error
        raise trouble


async def _post_to(
    client: httpx.AsyncClient, goal: Goal, address: Address, message: Message
) -> tuple[int, str]:
    pinned = f"[{address}]" if address.version == 6 else str(address)
    headers = {
        **message.headers,
        "Host": goal.authority,
        "Content-Type": "application/json",
        "User-Agent": "mtkd",
        "Accept-Encoding": "identity",
    }
    request = client.build_request(
        "POST",
        f"{goal.scheme}://{pinned}:{goal.port}{goal.path}",
        headers=headers,
        content=message.body.encode(),
        timeout=httpx.Timeout(SECONDS, connect=CONNECT_SECONDS),
        extensions={"sni_hostname": goal.host},  # certificates are checked against the name, not the number
    )
    response = await client.send(request, stream=True)
    try:
        return response.status_code, await _beginning(response)
    finally:
        await response.aclose()


async def _beginning(response: httpx.Response) -> str:
    held = b""
    async for part in response.aiter_raw():
        held += part[: ANSWER_BYTES - len(held)]
        if len(held) >= ANSWER_BYTES:
            break
    return held.decode("utf-8", "replace")


@cache
def _certificates() -> SSLContext:
    return httpx.create_ssl_context()


def _of_status(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"It answered {status}; redirects are not followed."
    return f"It answered {status}."


def _words(error: Exception) -> str:
    said = " ".join(str(error).split())[:300]
    kind = type(error).__name__
    return f"It could not be reached ({kind}{': ' if said else ''}{said})."
