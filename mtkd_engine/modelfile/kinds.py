"""What a teacher's file is, told by its content; what cannot be a teacher is refused by name, with the way out."""

from __future__ import annotations

import pickletools
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, cast, get_args

from mtkd_engine.modelfile.errors import ModelError
from mtkd_engine.predictions.zipped import member_names

Kind = Literal["safetensors", "jsonl", "npz", "parquet"]
Foreign = Literal["torch", "onnx"]

ACCEPTED = (
    "accepted are .safetensors (a model), .pt, .pth, .th or .onnx (an image classifier) "
    "and .jsonl, .jsonl.gz, .npz or .parquet (stored predictions)"
)
HEAD = 4096
TAR_MARK = slice(257, 262)
OLD_TORCH = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""The pickle that the older form of torch.save begins with: a number of its own."""

_SAVE = (
    "save its parameters with safetensors.torch.save_file(model.state_dict(), 'model.safetensors') "
    "and hand in that file"
)
_STORE = "hand in its stored predictions (.jsonl, .npz or .parquet) instead"
_UNPACK = "unpack it and hand in the one file with the parameters or predictions"
REFUSED = {
    "pickle": f"a Python pickle, which runs whatever code it holds when it is opened; {_SAVE}",
    "torch": "a PyTorch archive of pickles (torch.save), which run code when they are opened; image classifiers are "
    f"converted by `check teacher`, for others {_SAVE}",
    "torchscript": f"a TorchScript program, and programs are not run here; {_SAVE}",
    "exported": f"an exported PyTorch program (.pt2), and programs are not run here; {_SAVE}",
    "keras": f"a Keras model; {_STORE}",
    "hdf5": f"an HDF5 file (Keras and MATLAB write such); {_STORE}",
    "onnx": f"an ONNX program; those of image classifiers teach, for others {_STORE}",
    "tensorflow": f"a TensorFlow program, and programs are not run here; {_STORE}",
    "gguf": f"a GGUF model, whose architecture is not known here; {_STORE}",
    "npy": "one numpy array, which says nothing of samples; "
    "write numpy.savez(file, sample_id=..., windows=..., scores=...) and hand in that .npz",
    "archive": f"an archive; {_UNPACK}",
}
_MARKS = (
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"\x93NUMPY", "npy"),
    (b"GGUF", "gguf"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a\x07", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"BZh", "archive"),
    (b"\x28\xb5\x2f\xfd", "archive"),
)
_SUFFIXES = {
    ".safetensors": "safetensors",
    ".onnx": "onnx",
    ".pb": "tensorflow",
    ".tflite": "tensorflow",
    ".pt2": "exported",
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".pt": "torch",
    ".pth": "torch",
    ".th": "torch",
    ".ckpt": "torch",
    ".joblib": "pickle",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".keras": "keras",
}


def recognise(path: Path) -> Kind:
    """This will tell a teacher's file by its first bytes; raises ModelError that names what it is and the way out."""
    found, is_empty = _looked_at(path)
    if found in REFUSED:
        raise ModelError(f"{path.name} is {REFUSED[found]}.")
    for kind in get_args(Kind):
        if found == kind:
            return cast(Kind, kind)
    raise ModelError(f"{path.name} is {'empty' if is_empty else 'of no kind known here'}; {ACCEPTED}.")


def foreign_kind(path: Path) -> Foreign | None:
    """This will tell what is converted or run elsewhere, "torch" or "onnx"; None for everything else.

    Raises ModelError for what cannot be read.
    """
    found, _ = _looked_at(path)
    return cast(Foreign, found) if found in get_args(Foreign) else None


def _looked_at(path: Path) -> tuple[str | None, bool]:
    """What the file is, in one word, and whether it is empty."""
    try:
        if path.exists() and not path.is_file():  # a named pipe would never answer
            raise ModelError(
                f"{path.name} is {'a folder' if path.is_dir() else 'no plain file'}; {ACCEPTED}."
            )
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError:
        raise ModelError(f"{path} does not exist; {ACCEPTED}.") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path.name} cannot be read ({error}).") from None
    return _accepted(head) or _refused(head, path), not head


def _accepted(head: bytes) -> Kind | None:
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 2**40:
        return "safetensors"
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:2] == b"\x1f\x8b" and _starts_an_object(_unzipped(head)):
        return "jsonl"
    return "jsonl" if _starts_an_object(head) else None


def _refused(head: bytes, path: Path) -> str | None:
    suffix = path.suffix.lower()
    found = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if head[:4] == b"PK\x03\x04":
        found = _zipped(member_names(path))
    elif head[:2] == b"\x1f\x8b" or head[TAR_MARK] == b"ustar":
        found = "archive"
    elif head[4:8] == b"TFL3":
        found = "tensorflow"
    elif (head[:1] == b"\x80" and head[1:2] <= b"\x05") or _is_old_pickle(head):
        is_torch = head.startswith(OLD_TORCH) or suffix in {".pt", ".pth", ".th"}
        found = "torch" if is_torch else "pickle"
    elif head[:1] == b"\x08" and head[2:3] in {b"\x12", b"\x3a"}:  # ir_version, then producer_name or graph
        found = "onnx"
    # What no mark tells keeps its name, which says what it was meant to be.
    return found or (_SUFFIXES.get(suffix) if head else None)


def _zipped(names: Iterable[str] | None) -> str:
    if names is None:
        return "archive"
    parts = [name.split("/", 1)[-1] for name in names]
    if any(part == "archive_format" or part.startswith(("serialized_", "models/model")) for part in parts):
        return "exported"
    if any(part == "constants.pkl" or part.startswith("code/") for part in parts):
        return "torchscript"
    if any(part.endswith(".pkl") for part in parts):
        return "torch"
    if any(part.endswith(".weights.h5") for part in parts):
        return "keras"
    return "npz" if parts and all(part.endswith(".npy") for part in parts) else "archive"


def _unzipped(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD)
    except zlib.error:
        return b""


def _starts_an_object(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def _is_old_pickle(head: bytes) -> bool:
    """Protocols 0 and 1 have no mark: they are told by reading like a pickle. Nothing is executed."""
    read = 0
    try:
        for opcode, _, _ in pickletools.genops(head):
            read += 1
            if opcode.name in {"STOP", "GLOBAL", "REDUCE"} and read > 1:
                return True
    except Exception:  # genops raises many kinds where it is no pickle, or cut
        return read >= 8
    return False
