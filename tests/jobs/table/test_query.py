from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.queries.table.query import Term, quoted, read_query
from jobs.queries.table.values import QueryError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = datetime(2026, 1, 31, tzinfo=UTC)


def one(text: str) -> Term:
    (term,) = read_query(text, now=NOW).terms
    return term


@pytest.mark.parametrize(
    ("text", "kind", "key", "op", "values"),
    [
        ("door", "word", "", ":", ("door",)),
        ('"two words"', "word", "", ":", ("two words",)),
        ("#12", "number", "id", ":", (12.0,)),
        ("state:failed,cancelled", "choice", "state", ":", ("failed", "cancelled")),
        ("state:FAILED", "choice", "state", ":", ("failed",)),
        ("gate:none", "choice", "gate", ":", ("none",)),
        ("method:emtm", "text", "method", ":", ("emtm",)),
        ("teacher:span", "text", "teacher", ":", ("span",)),
        ('name:"two, words",other', "text", "name", ":", ("two, words", "other")),
        ('name:"a \\"b\\""', "text", "name", ":", ('a "b"',)),
        ("tag:lr=0.1", "text", "tag", ":", ("lr=0.1",)),
        ("tag:a/b>1", "text", "tag", ":", ("a/b>1",)),
        ("val/miou>0.4", "metric", "val/miou", ">", (0.4,)),
        ("miou>=45%", "metric", "miou", ">=", (0.45,)),
        ("student.params<=1M", "metric", "student.params", "<=", (1e6,)),
        ("latency_ms.p50<5", "metric", "latency_ms.p50", "<", (5.0,)),
        ("r1@0.5=0.5", "metric", "r1@0.5", ":", (0.5,)),
        ("teacher:span/miou>0.4", "metric", "teacher:span/miou", ">", (0.4,)),
        ("teacher:span/miou:0.4", "metric", "teacher:span/miou", ":", (0.4,)),
        ('"my metric">-3e2', "metric", "my metric", ">", (-300.0,)),
        ("optim.learning_rate<=0.001", "spec", "optim.learning_rate", "<=", (0.001,)),
        ("student.net.family:span", "spec", "student.net.family", ":", ("span",)),
        ("seed:1,2", "spec", "seed", ":", ("1", "2")),
        ("priority>0", "number", "priority", ">", (0.0,)),
        ("after:2026-01-31", "time", "created", ">=", (DAY, DAY + timedelta(days=1))),
        ("before:2026-01-31", "time", "created", "<", (DAY, DAY + timedelta(days=1))),
        ("older:30d", "time", "created", "<", (NOW - timedelta(days=30),) * 2),
        ("newer:12h", "time", "created", ">=", (NOW - timedelta(hours=12),) * 2),
        ("finished>2026-01-31", "time", "finished", ">", (DAY, DAY + timedelta(days=1))),
        ("started:2026-01-31", "time", "started", ":", (DAY, DAY + timedelta(days=1))),
        ("is:archived", "choice", "is", ":", ("archived",)),
        ("baseline:main", "text", "baseline", ":", ("main",)),
    ],
)
def test_a_term_is_read(text: str, kind: str, key: str, op: str, values: tuple[object, ...]) -> None:
    term = one(text)
    assert (term.kind, term.key, term.op, term.values) == (kind, key, op, values)
    assert (term.at, term.is_negated) == (1, False)


def test_a_minus_turns_a_term_around_and_so_does_unequal() -> None:
    assert one("-state:cancelled").is_negated
    assert one("val/miou!=0.5").is_negated
    assert not one("-val/miou!=0.5").is_negated
    assert one("-").values == ("-",)


def test_terms_stand_beside_each_other_and_know_their_places() -> None:
    terms = read_query('  state:failed  "a b" -tag:x', now=NOW).terms
    assert [(term.key, term.at) for term in terms] == [("state", 3), ("", 17), ("tag", 23)]
    assert read_query("   ", now=NOW).terms == ()


@pytest.mark.parametrize(
    ("text", "at", "sentence"),
    [
        ("door stat:failed", 6, "given the key 'stat', accepted are state, gate"),
        ("state:broken", 1, "given state:broken, accepted is one of queued"),
        ('a "b', 3, "a quotation mark is opened and never closed"),
        ("state:", 1, "nothing after ':'"),
        ("state:failed,", 1, "nothing after ':'"),
        (">3", 1, "nothing before '>'"),
        ("val/miou>", 1, "nothing after '>'"),
        ("val/miou>much", 1, "given 'much' for val/miou, accepted is a number"),
        ("val/miou>1e999", 1, "accepted is a number"),
        ("val/miou>1,2", 1, "given 2 values for val/miou>"),
        ("optim.learning_rate>fast", 1, "accepted is a number"),
        ("name>3", 1, None),
        ("after:yesterday", 1, "accepted is a day or a time in UTC"),
        ("after:9999-12-31", 1, "accepted is a day or a time"),
        ("older:3", 1, "accepted is a length such as 90m"),
        ("older:999999w", 1, "accepted is a length"),
        ('""', 1, "nothing between the quotation marks"),
        ('"a"b', 1, "accepted behind a quoted name is"),
        ("a\0b", 2, "a character that no text here does"),
        ("x " * 41, 81, "given 41 terms"),
        ("x" * 2001, 2001, "given 2,001 characters"),
        ("id:" + ",".join("1" * 101), 1, "given 101 values"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence_with_its_place(
    text: str, at: int, sentence: str | None
) -> None:
    if sentence is None:
        sentence = "given name>, accepted is name:VALUE"
    with pytest.raises(QueryError) as refusal:
        read_query(text, now=NOW)
    assert sentence in refusal.value.sentence
    assert refusal.value.at == at
    assert refusal.value.sentence.endswith(f"(at character {at}).")


def test_a_colon_in_quotes_is_part_of_a_word() -> None:
    assert one('a"b:c"').values == ('a"b:c"',)


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=60))
def test_any_text_is_one_value_once_it_is_quoted(text: str) -> None:
    assert one(f"tag:{quoted(text)}").values == (text,)


@given(st.text(max_size=80) | st.text('"\\:=<>!-#,/a1 ', max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    places = [1]
    try:
        places = [term.at for term in read_query(text, now=NOW).terms]
    except QueryError as refusal:
        places = [refusal.at]
    assert all(1 <= place <= len(text) + 1 for place in places)
