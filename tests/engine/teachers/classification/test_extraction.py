"""ONNX teachers say the same from their confined process as in this one, and what they may not do is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from mtkd_engine.modelfile import ModelError
from mtkd_engine.sandbox import Limits
from mtkd_engine.spec import ImageInput
from mtkd_engine.teachers.classification import extraction
from mtkd_engine.teachers.classification.extraction import OnnxNet, lifetime
from mtkd_engine.teachers.classification.onnxcheck import RefusedProgramError, checked
from tests.engine.teachers.classification.schoolroom import CLASSES, SIZE, Net, Room, spec_of, teacher_of

PIXELS = 3 * SIZE * SIZE
Change = Callable[[onnx.ModelProto], None]


def program_of(
    net: Net, *, batch: int | str = "B", nodes: list[onnx.NodeProto] | None = None
) -> onnx.ModelProto:
    """This will write the network down as a program."""
    weight = numpy_helper.from_array(net.weight.detach().numpy().T.copy(), "weight")
    nodes = nodes or [
        helper.make_node("Flatten", ["images"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [batch, len(CLASSES)])],
        [weight],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def saved(path: Path, program: onnx.ModelProto) -> Path:
    path.write_bytes(program.SerializeToString())
    return path


def net_of(file: Path, **given: Any) -> OnnxNet:
    return OnnxNet(file, name="theirs", classes=len(CLASSES), reads=ImageInput(size=SIZE), **given)


@pytest.mark.parametrize("batch", ["B", 4])
def test_a_program_says_in_its_process_what_the_network_says_here(tmp_path: Path, batch: int | str) -> None:
    inner = Net(0)
    net = net_of(saved(tmp_path / "net.onnx", program_of(inner, batch=batch)))
    for count in (10, 3):
        images_BCHW = torch.randn(count, 3, SIZE, SIZE)
        assert (net(images_BCHW) - inner(images_BCHW)).abs().max() < 1e-5
    net.close()


def test_rows_of_a_program_are_those_of_its_network(tmp_path: Path) -> None:
    net = Net(0)
    file = saved(tmp_path / "net.onnx", program_of(net))
    theirs = Room(spec_of(teachers=["a"]), [teacher_of("a", None, file=file)], cache=tmp_path / "theirs")
    ours = Room(spec_of(teachers=["a"]), [teacher_of("a", net)], cache=tmp_path / "ours")
    batch = ours.splits["train"].batch(range(50), epoch=1)
    said = [room.prepare()[0].signals(batch).log_probs_TBC.exp() for room in (theirs, ours)]
    assert (said[0] - said[1]).abs().max() < 1e-3


def test_why_a_process_ended_before_it_had_checked_its_program_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "TASK", "mtkd_engine.teachers.classification.onnxserving:nothing")
    net = net_of(saved(tmp_path / "net.onnx", program_of(Net(0))))
    with pytest.raises(ModelError, match="theirs failed while it ran"):
        net(torch.zeros(1, 3, SIZE, SIZE))


def test_a_process_is_replaced_before_its_threads_together_come_to_the_limit() -> None:
    limits = Limits(memory=1, seconds=600, disk=1)
    assert [lifetime(limits, threads=threads) * threads for threads in (1, 4, 16)] == [300, 300, 300]


def _node(kind: str, **attributes: Any) -> Change:
    def change(program: onnx.ModelProto) -> None:
        program.graph.node.append(helper.make_node(kind, ["scores"], ["more"], **attributes))

    return change


def _branch(program: onnx.ModelProto) -> None:
    body = helper.make_graph([], "body", [], [])
    program.graph.node.append(helper.make_node("Identity", ["scores"], ["more"], body=body))


def _external(program: onnx.ModelProto) -> None:
    weight = program.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    entry = weight.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"


def _external_constant(program: onnx.ModelProto) -> None:
    value = numpy_helper.from_array(np.zeros(1, np.float32))
    value.data_location = TensorProto.EXTERNAL
    entry = value.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    program.graph.node.append(helper.make_node("Constant", [], ["more"], value=value))


def _sparse(program: onnx.ModelProto) -> None:
    program.graph.sparse_initializer.add()


def _custom(program: onnx.ModelProto) -> None:
    program.graph.node[0].domain = "com.example"
    program.opset_import.append(helper.make_opsetid("com.example", 1))


def _function(program: onnx.ModelProto) -> None:
    node = helper.make_node("Relu", ["x"], ["y"])
    program.functions.append(
        helper.make_function("", "Flatten", ["x"], ["y"], [node], [helper.make_opsetid("", 18)])
    )


def _old(program: onnx.ModelProto) -> None:
    program.opset_import[0].version = 3


def _many(program: onnx.ModelProto) -> None:
    program.graph.node.extend(helper.make_node("Relu", ["scores"], [f"n{n}"]) for n in range(20_001))


def _two_outputs(program: onnx.ModelProto) -> None:
    program.graph.output.append(helper.make_tensor_value_info("flat", TensorProto.FLOAT, ["B", PIXELS]))


def _other_size(program: onnx.ModelProto) -> None:
    program.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 99


def _other_classes(program: onnx.ModelProto) -> None:
    program.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 7


def _cycle(program: onnx.ModelProto) -> None:
    program.graph.node[0].input[0] = "scores"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_node("Loop"), "'Loop'"),
        (_node("RandomNormalLike"), "'RandomNormalLike'"),
        (_branch, "program inside its node 'Identity'"),
        (_external, "other files"),
        (_external_constant, "other files"),
        (_sparse, "sparse"),
        (_custom, "'com.example'"),
        (_function, "functions of its own"),
        (_old, "operator set 3"),
        (_many, "20,003 nodes"),
        (_two_outputs, "1 inputs and 2 outputs"),
        (_other_size, "reads ?x3x99x8, and accepted are images of 3 channel(s) and 8 pixels"),
        (_other_classes, "gives ?x7, and accepted are scores of 4 classes"),
        (_cycle, "no valid ONNX program"),
    ],
)
def test_programs_that_are_no_plain_classifiers_are_refused(
    tmp_path: Path, change: Change, sentence: str
) -> None:
    program = program_of(Net(0))
    change(program)
    file = saved(tmp_path / "net.onnx", program)
    with pytest.raises(RefusedProgramError) as refused:
        checked(file, classes=len(CLASSES), channels=3, size=SIZE)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\x08\x0a\x12", b"PK\x03\x04", bytes(100)])
def test_files_that_are_no_programs_are_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(content)
    with pytest.raises(RefusedProgramError):
        checked(file, classes=4, channels=3, size=SIZE)


def test_a_refusal_crosses_the_process_as_one_sentence(tmp_path: Path) -> None:
    program = program_of(Net(0))
    _custom(program)
    net = net_of(saved(tmp_path / "net.onnx", program))
    with pytest.raises(ModelError) as refused:
        net(torch.zeros(1, 3, SIZE, SIZE))
    assert str(refused.value) == (
        "theirs needs the operators of 'com.example', and accepted are those of ONNX itself."
    )


def test_a_program_that_takes_more_memory_than_it_may_is_ended(tmp_path: Path) -> None:
    huge = numpy_helper.from_array(np.array([40_000, 40_000], np.int64), "huge")
    nodes = [
        helper.make_node("Flatten", ["images"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["few"]),
        helper.make_node("ReduceSum", ["few"], ["one"], keepdims=0),
        helper.make_node("Expand", ["one", "huge"], ["bomb"]),
        helper.make_node("ReduceSum", ["bomb"], ["sum"], keepdims=0),
        helper.make_node("Add", ["few", "sum"], ["scores"]),
    ]
    program = program_of(Net(0), nodes=nodes)
    program.graph.initializer.append(huge)
    limits = Limits(memory=2**30, seconds=30, disk=2**26)
    net = net_of(saved(tmp_path / "net.onnx", program), limits=limits)
    with pytest.raises(ModelError, match=r"theirs (took more memory than it may|failed while it ran)"):
        net(torch.zeros(1, 3, SIZE, SIZE))
