"""From the spec of a job to the networks that it trains one after the other: its assistants, then its student.

Each is taught by the one before, the first by the teachers (Mirzadeh et al. 2020, arXiv 1902.03393). So every link is
a job of its own: the same data, plan, optimisation and losses, but another student.
"""

from __future__ import annotations

from dataclasses import dataclass

from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.methods.classification.staged.cuts import Cut
from mtkd_engine.methods.classification.staged.plan import plan_of
from mtkd_engine.nets.registry import build_for
from mtkd_engine.nets.shapes import shapes_only
from mtkd_engine.spec import AverageSpec, ClassificationSpec, ClassifierCard, SpecError, StagedSpec

STUDENT = "student"


@dataclass(frozen=True, kw_only=True)
class Link:
    """One of a chain."""

    name: str
    """`assistant_1` and so on, the last one `student`."""
    place: str
    """The part of the job's spec that describes its network, as `student` does."""
    spec: ClassificationSpec
    """The job of which it is the student."""


def assistant_name(place: int) -> str:
    """This will say what the assistant at a place is called, from 0."""
    return f"assistant_{place + 1}"


def chain_of(spec: ClassificationSpec) -> tuple[Link, ...]:
    """This will give the assistants in their order and the student; the student alone where there are none.

    One teacher is weighed against nobody: whom an assistant teaches has the average in the place of the aggregator.
    """
    method = spec.method
    if not isinstance(method, StagedSpec) or not method.assistants:
        return (Link(name=STUDENT, place=STUDENT, spec=spec),)
    evenly = method.model_copy(update={"aggregator": AverageSpec()})
    links: list[Link] = []
    for number, assistant in enumerate(method.assistants):
        student = spec.student.model_copy(update={"net": assistant.net})
        update = {"student": student, "method": evenly if number else method}
        place = f"method.assistants.{number}"
        links.append(Link(name=assistant_name(number), place=place, spec=spec.model_copy(update=update)))
    return (*links, Link(name=STUDENT, place=STUDENT, spec=spec.model_copy(update={"method": evenly})))


def refuse_links(chain: tuple[Link, ...], dataset: LabelledDataset) -> None:
    """This will raise SpecError where a network of a chain cannot be built or cut, or has too few epochs.

    Nothing is built but names and shapes.
    """
    for link in chain:
        method, student = link.spec.method, link.spec.student
        assert isinstance(method, StagedSpec)
        try:
            with shapes_only():
                net = build_for(ClassifierCard(net=student.net, classes=dataset.classes, input=student.input))
            substages = len(Cut.of(net))
        except SpecError as error:
            raise SpecError(dict(_named(link, path, said) for path, said in error.fields.items())) from None
        who = "a student" if link.name == STUDENT else link.name
        plan_of(method, substages=substages, epochs=link.spec.optim.epochs, who=who)


def _named(link: Link, path: str, said: str) -> tuple[str, str]:
    """What is wrong with a network stands where the network is described."""
    if path.partition(".")[0] == "net" or link.name == STUDENT:
        return f"{link.place}.{path}", said
    return f"{link.place}.net", f"{path}: {said}"
