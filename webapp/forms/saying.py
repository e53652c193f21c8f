"""What a field of a spec is called, and what is said of it, where that changes with the method."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from webapp.forms.layout import ADVICE, METHOD, WORDINGS
from webapp.forms.nodes import Node
from webapp.forms.shown import Said


def wordings_of(node: Node, *, methods: Sequence[str], method: str) -> tuple[Said, ...]:
    """This will give the titles and helps of a node by method, of which one is in sight; none where all are alike."""
    found = WORDINGS.get(node.path)
    if found is None or not found.methods.intersection(methods):
        return ()
    others = [one for one in methods if one not in found.methods]
    return (
        _said(node.title, node.help, others, method),
        _said(found.title, found.help, found.methods.intersection(methods), method),
    )


def advice_of(node: Node, *, methods: Sequence[str], method: str) -> Said | None:
    """This will give what stands below a node with some methods only."""
    found = ADVICE.get(node.path)
    if found is None or not found.methods.intersection(methods):
        return None
    return _said("", found.help, found.methods, method)


def _said(title: str, text: str, methods: Iterable[str], method: str) -> Said:
    known = sorted(methods)
    return Said(title=title, help=text, only_with=f"{METHOD}={','.join(known)}", hidden=method not in known)
