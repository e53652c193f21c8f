"""Parts of a spec of classification that do not go together are refused in a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from mtkd_engine.spec import SpecError, parse

FITNET = {"kind": "fitnet", "student": "stages.0"}
CRD = {"kind": "crd"}


def stated(**parts: Any) -> dict[str, Any]:
    data = {"kind": "features", "dataset": "x", **parts.pop("data", {})}
    return {"task": "classification", "teachers": ["a"], **parts, "data": data}


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (
            stated(method={"kind": "staged"}, optim={"compile": True}),
            "optim.compile: given true with method staged, accepted is false.",
        ),
        (
            stated(method={"kind": "staged"}, optim={"cuda_graphs": True}),
            "optim.cuda_graphs: given true with method staged, accepted is false.",
        ),
        (
            stated(teachers=["a", "b"], method={"kind": "mutual"}, optim={"cuda_graphs": True}),
            "optim.cuda_graphs: given true with method mutual, accepted is false.",
        ),
        (
            stated(method={"kind": "multi_teacher", "signals": "online", "features": [FITNET]}),
            "method.features: given the path 'stages.0' with data.kind features, accepted is an empty one",
        ),
        (
            stated(
                data={"labels": {"share": 0.1}},
                method={"kind": "multi_teacher", "signals": "online", "features": [CRD]},
            ),
            "method.features: given crd with data.labels.share 0.1, accepted are losses that do not look at the label",
        ),
        (
            stated(
                method={
                    "kind": "staged",
                    "assistants": [{"net": {"family": "sequence"}}, {"net": {"family": "conv3d"}}],
                }
            ),
            "method.assistants.1.net: given a network of family conv3d with data.kind features, accepted is one of "
            "sequence.",
        ),
        (
            stated(method={"kind": "staged", "assistants": [{"net": {"family": "onnx"}}]}),
            "method.assistants.0.net: given {'family': 'onnx'}, accepted is a mapping such as {family: sequence}",
        ),
        (
            stated(method={"kind": "staged", "assistants": [{"net": {"family": "sequence", "width": "w"}}]}),
            "method.assistants.0.net.width: given 'w', accepted is a whole number.",
        ),
        (
            stated(method={"kind": "staged"}, teachers=[]),
            "teachers: given none, method staged accepts one or more.",
        ),
        (stated(data={"labels": {"share": 0}}), "data.labels.share: given 0, accepted is more than 0."),
    ],
)
def test_what_does_not_go_together_is_refused(raw: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SpecError) as refusal:
        parse(raw)
    assert sentence in str(refusal.value)
