"""Whether an ONNX program is one that may be run: plain, whole, and a classifier of images.

It is called in a confined process only: what it reads is a stranger's. Torch-free.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

LARGEST = 2**31 - 1
"""Bytes; what the format itself can hold in one file."""
MOST_NODES = 20_000
OPSETS = range(7, 27)
OPERATORS = frozenset(
    """
    Abs Add And ArgMax AveragePool BatchNormalization Cast Ceil Celu Clip Concat Constant ConstantOfShape Conv
    ConvTranspose Cos DepthToSpace Div Dropout Elu Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND
    Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GroupNormalization HardSigmoid
    HardSwish Identity InstanceNormalization LRN LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpPool
    MatMul Max MaxPool Mean Min Mish Mod Mul Neg Not Or PRelu Pad Pow RMSNormalization Range Reciprocal ReduceL1
    ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize Round ScatterND
    Selu Shape Sigmoid Sign Sin Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh
    ThresholdedRelu Tile TopK Transpose Trilu Unsqueeze Where
    """.split()  # noqa: SIM905
)
"""What feed-forward image classifiers are made of: no loops, branches, random numbers, text or sequences."""
FLOAT = 1
"""TensorProto.FLOAT"""


class RefusedProgramError(Exception):
    """The program may not be run here; the text is the end of a sentence that begins with the file's name."""


def checked(path: Path, *, classes: int, channels: int, size: int) -> Any:
    """This will read and check a program and give its ModelProto; raises RefusedProgramError."""
    import onnx

    if path.stat().st_size > LARGEST:
        raise RefusedProgramError(
            f"has {path.stat().st_size:,} bytes, and {LARGEST:,} are accepted at the most"
        )
    try:
        model = onnx.load_model(str(path), load_external_data=False)
    except MemoryError:
        raise
    except Exception as error:  # protobuf's errors share no base with others
        raise RefusedProgramError(
            f"is no complete ONNX file ({str(error)[:200] or 'it cannot be read'})"
        ) from None
    _refuse_parts(model)
    try:
        onnx.checker.check_model(model, full_check=False)
    except (onnx.checker.ValidationError, ValueError) as error:
        lines = str(error).strip().splitlines() or ["no reason given"]
        raise RefusedProgramError(f"is no valid ONNX program ({lines[0][:200]})") from None
    _refuse_shape(model, classes=classes, channels=channels, size=size)
    return model


def _refuse_parts(model: Any) -> None:
    """What no classifier needs is refused by name, before anything is made of it."""
    if model.functions:
        raise RefusedProgramError("has functions of its own, and accepted are plain operators")
    if model.training_info:
        raise RefusedProgramError("holds a training, and accepted are programs that only predict")
    opsets = {entry.domain or "ai.onnx": entry.version for entry in model.opset_import}
    if unknown := sorted(set(opsets) - {"ai.onnx"}):
        raise RefusedProgramError(
            f"needs the operators of {unknown[0][:80]!r}, and accepted are those of ONNX itself"
        )
    if opsets.get("ai.onnx") not in OPSETS:
        accepted = f"accepted are {OPSETS.start} to {OPSETS.stop - 1}"
        raise RefusedProgramError(f"has the operator set {opsets.get('ai.onnx')}, and {accepted}")
    graph = model.graph
    if len(graph.node) > MOST_NODES:
        raise RefusedProgramError(
            f"has {len(graph.node):,} nodes, and {MOST_NODES:,} are accepted at the most"
        )
    for node in graph.node:
        if node.domain not in {"", "ai.onnx"} or node.op_type not in OPERATORS:
            named = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
            raise RefusedProgramError(
                f"uses the operator {named[:80]!r}, and accepted are those of feed-forward classifiers"
            )
        if any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute):
            raise RefusedProgramError(
                f"has a program inside its node {node.op_type!r}, and accepted are none"
            )
    if graph.sparse_initializer or any(_is_sparse(part) for node in graph.node for part in node.attribute):
        raise RefusedProgramError("holds sparse tensors, and accepted are dense ones")
    for tensor in _tensors(graph):
        if tensor.external_data or tensor.data_location:
            raise RefusedProgramError(
                "keeps tensors in other files, and accepted is one file with all of them"
            )


def _is_sparse(attribute: Any) -> bool:
    return bool(attribute.HasField("sparse_tensor") or attribute.sparse_tensors)


def _tensors(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _refuse_shape(model: Any, *, classes: int, channels: int, size: int) -> None:
    held = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in held]
    if len(inputs) != 1 or len(model.graph.output) != 1:
        given = f"{len(inputs)} inputs and {len(model.graph.output)} outputs"
        raise RefusedProgramError(f"has {given}, and accepted is one of each: images and scores of classes")
    wanted = [None, channels, size, size]
    _refuse_sizes(
        inputs[0], wanted, what="reads", means=f"images of {channels} channel(s) and {size} pixels a side"
    )
    _refuse_sizes(model.graph.output[0], [None, classes], what="gives", means=f"scores of {classes} classes")


def _refuse_sizes(value: Any, wanted: list[int | None], *, what: str, means: str) -> None:
    kind = value.type.tensor_type
    sizes = [d.dim_value if d.HasField("dim_value") else None for d in kind.shape.dim]
    fits = len(sizes) == len(wanted) or not kind.HasField("shape")
    fits = fits and all(None in pair or pair[0] == pair[1] for pair in zip(sizes, wanted, strict=False))
    if kind.elem_type != FLOAT or not fits:
        shape = "x".join("?" if one is None else str(one) for one in sizes) or "nothing known"
        raise RefusedProgramError(f"{what} {shape}, and accepted are {means} in 32-bit floats")
