"""Outcomes as JUnit XML, which every CI shows: one case for the job or group, one for each rule of its gate."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

from mtkd_engine.client.outcomes import CANCELLED, FAILED, TIMED_OUT, Outcome, in_words

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""


def junit(outcome: Outcome) -> str:
    """This will give the text of a file with one suite.

    A job that did not succeed is an error, a rule that does not hold a failure, a rule never judged is skipped.
    """
    subject = outcome.subject
    cases = [_whole(outcome)]
    for gate in subject.gates:
        case = _case(gate.rule, group="mtkd.gates")
        if not gate.passed:
            _note(case, "failure", kind=f"gate of the {gate.of}", message=in_words(gate))
        cases.append(case)
    for rule in outcome.unjudged:
        case = _case(rule, group="mtkd.gates")
        _note(case, "skipped", message=f"Not judged: {outcome.title}.")
        cases.append(case)
    suite = Xml.Element(
        "testsuite",
        name=_clean(f"mtkd {outcome.kind} {subject.id}: {subject.name}"),
        tests=str(len(cases)),
        errors=str(_count(cases, "error")),
        failures=str(_count(cases, "failure")),
        skipped=str(_count(cases, "skipped")),
        time=f"{outcome.seconds:.3f}",
    )
    properties = Xml.SubElement(suite, "properties")
    Xml.SubElement(properties, "property", name="address", value=_clean(outcome.address))
    suite.extend(cases)
    root = Xml.Element("testsuites")
    root.append(suite)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _whole(outcome: Outcome) -> Xml.Element:
    subject = outcome.subject
    name = f"{outcome.kind} {subject.id}: {subject.name}"
    case = _case(name, group=f"mtkd.{subject.project}", seconds=outcome.seconds)
    if outcome.code in {FAILED, CANCELLED, TIMED_OUT}:
        _note(case, "error", kind=outcome.kind, message=outcome.failure or f"{outcome.title}.")
    return case


def _case(name: str, *, group: str, seconds: float = 0.0) -> Xml.Element:
    return Xml.Element("testcase", classname=_clean(group), name=_clean(name), time=f"{seconds:.3f}")


def _note(case: Xml.Element, what: str, *, message: str, kind: str = "") -> None:
    told = {"message": _clean(message), **({"type": kind} if kind else {})}
    note = Xml.SubElement(case, what, told)
    note.text = _clean(message)


def _count(cases: list[Xml.Element], what: str) -> int:
    return sum(case.find(what) is not None for case in cases)


def _clean(text: str) -> str:
    return _NO_XML.sub("�", text)
