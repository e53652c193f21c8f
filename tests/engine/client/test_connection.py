"""Calls over a bad network: what is asked again, for how long, and under which key."""

from __future__ import annotations

import httpx
import pytest

from mtkd_engine.client import AwayError, Client, RefusedError
from mtkd_engine.client.connection import checked_url
from tests.engine.client.answering import URL, Script, cut, job, ok, problem


def test_a_call_that_was_cut_is_made_again_under_the_same_key_with_the_same_bytes() -> None:
    server = Script(cut(), httpx.ReadTimeout("late"), problem(503), ok({"id": 1}, status=201))
    answer = server.connection().ask("POST", "jobs/", body={"b": 1, "a": 2})
    assert answer.json() == {"id": 1}
    assert len(server.asked) == 4
    assert len(set(server.keys)) == 1
    assert server.keys[0]
    assert {request.content for request in server.asked} == {b'{"a": 2, "b": 1}'}


def test_two_calls_have_two_keys_and_reading_has_none() -> None:
    server = Script(ok(), ok(), ok())
    connection = server.connection()
    connection.ask("POST", "jobs/", body={})
    connection.ask("DELETE", "jobs/1/")
    connection.ask("GET", "jobs/")
    first, second, third = server.keys
    assert first
    assert second
    assert first != second
    assert third is None


def test_pauses_grow_and_the_server_may_say_how_long_they_are() -> None:
    server = Script(cut(), cut(), cut(), problem(429, Retry_After="20"), ok())
    server.connection(patience=100).ask("GET", "jobs/")
    assert server.pauses[0] <= 0.5 <= server.pauses[1] * 2 <= server.pauses[2] * 4
    assert server.pauses[3] == pytest.approx(20, abs=0.1)


def test_a_call_still_under_way_is_waited_for_but_another_conflict_is_refused() -> None:
    server = Script(
        problem(409, "In flight.", Retry_After="1"), ok({"id": 1}), problem(409, "Job 1 has ended.")
    )
    connection = server.connection()
    assert connection.ask("POST", "jobs/", body={}).json() == {"id": 1}
    with pytest.raises(RefusedError, match="has ended"):
        connection.ask("PUT", "jobs/1/cancellation/")


def test_patience_ends_with_the_reason_and_a_longer_pause_than_patience_is_not_begun() -> None:
    with pytest.raises(AwayError, match=r"cannot be reached \(Connection refused\)"):
        Script(cut()).connection(patience=0).ask("GET", "jobs/")
    busy = Script(problem(429, "Too many calls.", Retry_After="600"))
    with pytest.raises(AwayError, match="Too many calls"):
        busy.connection(patience=60).ask("GET", "jobs/")
    assert busy.pauses == []


def test_a_refusal_has_a_sentence_for_each_field() -> None:
    fields = {"optim.epochs": "given 0, accepted is 1 or more.", "": "Two of them differ."}
    with pytest.raises(RefusedError) as refused:
        Script(problem(400, "All of it.", fields=fields)).connection().ask("POST", "jobs/", body={})
    assert refused.value.sentences == ["optim.epochs: given 0, accepted is 1 or more.", "Two of them differ."]
    assert refused.value.status == 400


def test_what_is_no_problem_json_is_told_by_its_status() -> None:
    with pytest.raises(RefusedError, match="The server answered 404 Not Found"):
        Script(httpx.Response(404, text="<h1>nginx</h1>")).connection().ask("GET", "jobs/")


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(RefusedError, match=r"^jobs/\?project=nope: There is nothing here\.$"):
        Script(problem(404, "There is nothing here.")).connection().ask(
            "POST", "jobs/", params={"project": "nope"}, body={}
        )


def test_a_redirect_is_told_and_the_token_is_not_sent_along() -> None:
    server = Script(httpx.Response(301, headers={"Location": "https://elsewhere.test/"}))
    with pytest.raises(RefusedError, match=r"elsewhere\.test"):
        server.connection().ask("GET", "jobs/")
    assert len(server.asked) == 1


def test_addresses_that_the_server_gives_never_lead_to_another_server() -> None:
    server = Script(ok(), ok())
    connection = server.connection()
    connection.ask("GET", "https://evil.test/api/v1/jobs/?cursor=x")
    connection.ask("GET", "/api/v1/uploads/1/")
    assert [str(request.url) for request in server.asked] == [
        f"{URL}/api/v1/jobs/?cursor=x",
        f"{URL}/api/v1/uploads/1/",
    ]


def test_what_json_cannot_hold_is_refused_before_anything_is_sent() -> None:
    server = Script()
    with pytest.raises(RefusedError, match="cannot be sent as JSON"):
        server.connection().ask("POST", "jobs/", body={"x": float("nan")})
    assert server.asked == []


@pytest.mark.parametrize(
    "given", ["", "ftp://mtkd.test", "https://", "https://a:b@mtkd.test", "http://mtkd.test:nine"]
)
def test_what_is_no_address_of_a_server_is_refused(given: str) -> None:
    with pytest.raises(RefusedError, match="url: given"):
        checked_url(given)


def test_an_address_may_leave_out_its_scheme_and_have_a_path() -> None:
    assert checked_url("mtkd.test/") == "https://mtkd.test"
    assert checked_url("http://mtkd.test:8000/inside/") == "http://mtkd.test:8000/inside"


def test_lists_are_read_page_by_page_up_to_the_limit() -> None:
    link = '<https://other.test/api/v1/jobs/?project=default&cursor=abc>; rel="next"'
    server = Script(
        ok([job(id=3), job(id=2)], Link=link), ok([job(id=1)]), ok([job(id=3), job(id=2)], Link=link)
    )
    with Client(URL, "t", transport=httpx.MockTransport(server)) as client:
        assert [found.id for found in client.jobs(project="default", query="state:failed")] == [3, 2, 1]
        assert [found.id for found in client.jobs(project="default", limit=2)] == [3, 2]
    assert server.asked[0].url.params["q"] == "state:failed"
    assert server.asked[1].url.params["cursor"] == "abc"
    assert len(server.asked) == 3
