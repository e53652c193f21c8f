"""The confined side of the extraction: reads arrays of images from its folder, leaves arrays of scores there.

`in-N.f32` holds (B, channels, size, size) float32, `out-N.f32` becomes (B, classes). `ready.json` says
{"refused": SENTENCE or null} before the first. What is left here is whole when there is a file of the same name with
the suffix `.whole`: a confined process renames and removes nothing. Nothing else is said. Torch-free.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.teachers.classification.onnxcheck import RefusedProgramError, checked

READY, PROGRAM, WHOLE = "ready.json", "program.onnx", ".whole"
LOOK_SECONDS = 0.002


def serve(arguments: dict[str, Any]) -> None:
    """This will check the program in the working folder and run it on what comes, until it is killed."""
    classes, channels, size = arguments["classes"], arguments["channels"], arguments["size"]
    try:
        program = checked(Path(PROGRAM), classes=classes, channels=channels, size=size)
        session = _session(program, threads=arguments["threads"])
    except RefusedProgramError as refusal:
        _leave(Path(READY), json.dumps({"refused": str(refusal)}).encode())
        return
    _leave(Path(READY), json.dumps({"refused": None}).encode())
    number = 0
    while True:
        given = Path(f"in-{number}.f32")
        if not given.exists():
            time.sleep(LOOK_SECONDS)
            continue
        images_BCHW = np.fromfile(given, np.float32).reshape(-1, channels, size, size)
        _leave(Path(f"out-{number}.f32"), _scores(session, images_BCHW).astype(np.float32).tobytes())
        number += 1


def _session(program: Any, *, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            program.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # its errors share no base of their own
        raise RefusedProgramError(f"cannot be run by onnxruntime ({str(error)[:200]})") from None


def _scores(session: Any, images_BCHW: NDArray[np.float32]) -> NDArray[np.generic]:
    """All images at once, or as many as the program insists on, the last ones filled up."""
    given = session.get_inputs()[0]
    wanted = given.shape[0]
    if not isinstance(wanted, int):
        return np.asarray(session.run(None, {given.name: images_BCHW})[0])
    parts = []
    for start in range(0, len(images_BCHW), wanted):
        part = images_BCHW[start : start + wanted]
        filled = np.zeros((wanted, *part.shape[1:]), np.float32)
        filled[: len(part)] = part
        parts.append(np.asarray(session.run(None, {given.name: filled})[0])[: len(part)])
    return np.concatenate(parts)


def _leave(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.with_suffix(WHOLE).write_bytes(b"")
