"""What an ONNX program reads and gives, told by itself; carried out by a confined process. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mtkd_engine.teachers.classification.onnxcheck import RefusedProgramError, checked

_ANY = {"classes": 2, "channels": 3, "size": 32}
"""What stands for sizes that the program leaves open."""
_LARGEST = 10**6


def look(arguments: dict[str, Any]) -> dict[str, Any]:
    """This will check the program `path` and give its `classes`, `channels` and `size`, null where it leaves them open.

    Or {"refused": what ends a sentence that begins with its name}.
    """
    path = Path(arguments["path"])
    try:
        told = _told(path)
        checked(path, **{name: told[name] or _ANY[name] for name in _ANY})
    except RefusedProgramError as refusal:
        return {"refused": str(refusal)}
    return told


def _told(path: Path) -> dict[str, int | None]:
    import onnx

    try:
        graph = onnx.load_model(str(path), load_external_data=False).graph
    except Exception as error:  # protobuf has errors of its own
        raise RefusedProgramError(
            f"is no complete ONNX file ({str(error)[:200] or 'it cannot be read'})"
        ) from None
    held = {tensor.name for tensor in graph.initializer}
    reads = next((_sizes(value) for value in graph.input if value.name not in held), [])
    gives = next((_sizes(value) for value in graph.output), [])
    return {
        "classes": gives[1] if len(gives) == 2 else None,
        "channels": reads[1] if len(reads) == 4 else None,
        "size": reads[2] if len(reads) == 4 else None,
    }


def _sizes(value: Any) -> list[int | None]:
    dims = value.type.tensor_type.shape.dim
    return [d.dim_value if d.HasField("dim_value") and 0 < d.dim_value < _LARGEST else None for d in dims]
