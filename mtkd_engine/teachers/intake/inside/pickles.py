"""What a pickle names, read without carrying anything out, and what of that a state dict needs."""

from __future__ import annotations

import io
import pickletools
from collections.abc import Iterator
from typing import BinaryIO

from mtkd_engine.teachers.intake.inside.refusal import WAY_OUT, RefusedError, shown

MOST_STEPS = 20_000_000
_KINDS = ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
_DTYPES = (
    *("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"),
    *("Size", "device"),
)
PLAIN = {
    "collections.OrderedDict",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
    "torch.nn.parameter.Parameter",
    "torch.storage.UntypedStorage",
    "torch.serialization._get_layout",
    *(f"torch.{kind}Storage" for kind in _KINDS),
    *(f"torch.{name}" for name in _DTYPES),
}
"""What a state dict is made of."""
BESIDE = {
    "argparse.Namespace",
    "_codecs.encode",
    "numpy.dtype",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
}
"""What training scripts like to save beside it: options and best figures. They are read, and left out."""
_SPECIAL = {
    "torch._utils._rebuild_sparse_tensor": "sparse tensors",
    "torch._utils._rebuild_sparse_csr_tensor": "sparse tensors",
    "torch._utils._rebuild_qtensor": "quantised tensors",
    "torch._utils._rebuild_tensor_v3": "tensors of a rare type, such as float8 or uint16",
    "torch.ComplexFloatStorage": "complex tensors",
    "torch.ComplexDoubleStorage": "complex tensors",
    "torch._utils._rebuild_meta_tensor_no_storage": "tensors without values (device meta)",
    "torch._utils._rebuild_nested_tensor": "nested tensors",
    "torch._utils._rebuild_device_tensor_from_numpy": "tensors of another device",
    "torch._tensor._rebuild_from_type_v2": "tensors of a class of their own",
    "torch._utils._rebuild_wrapper_subclass": "tensors of a class of their own",
}
_STRINGS = {
    "SHORT_BINUNICODE",
    "BINUNICODE",
    "BINUNICODE8",
    "UNICODE",
    "STRING",
    "BINSTRING",
    "SHORT_BINSTRING",
}
_MEMO_OUT = {"MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"}
_MEMO_IN = {"GET", "BINGET", "LONG_BINGET"}
_NO_NAME = {"PROTO", "FRAME", "MARK", "POP"}
_NEVER = {"INST", "OBJ", "EXT1", "EXT2", "EXT4", "NEXT_BUFFER", "READONLY_BUFFER", "PERSID"}


def check_pickle(file: BinaryIO) -> None:
    """This will read one pickle to its end and raise RefusedError where it names anything else."""
    try:
        for name in _named(file):
            _check(name)
    except RefusedError:
        raise
    except Exception as error:  # pickletools raises many kinds for what is no pickle, or cut
        raise RefusedError(f"is damaged: its pickle cannot be read ({shown(str(error))})") from None


def check_bytes(pickle: bytes) -> None:
    """This will do the same for a whole pickle, after which nothing may follow."""
    file = io.BytesIO(pickle)
    check_pickle(file)
    if file.read(1):
        raise RefusedError("holds a pickle with something hidden behind it")


def _check(name: str) -> None:
    if name in PLAIN or name in BESIDE or _is_dtype(name):
        return
    if name in _SPECIAL:
        raise RefusedError(f"holds {_SPECIAL[name]}; accepted are plain ones: {WAY_OUT}")
    raise RefusedError(f"names {shown(name)}, which is code, not parameters; {WAY_OUT}")


def _is_dtype(name: str) -> bool:
    """The classes of numpy's dtypes, which the figures of training scripts name."""
    return name.startswith("numpy.dtypes.") and name.endswith("DType")


def _named(file: BinaryIO) -> Iterator[str]:
    """Every global of the pickle. Names that are not plainly written are refused: they are built to be hidden."""
    recent: list[str | None] = []
    memo: dict[int, str | None] = {}
    for step, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if step > MOST_STEPS:
            raise RefusedError(f"holds a pickle of more than {MOST_STEPS:,} steps")
        name = opcode.name
        if name in _NEVER:
            raise RefusedError(f"holds a pickle with the step {name}, which no state dict needs")
        if name == "GLOBAL":
            assert isinstance(argument, str)
            yield argument.replace(" ", ".", 1)
            recent.append(None)
        elif name == "STACK_GLOBAL":
            pair = recent[-2:]
            if len(pair) < 2 or None in pair:
                raise RefusedError("holds a pickle that hides what it names")
            yield f"{pair[0]}.{pair[1]}"
            recent = [None]
        elif name in _MEMO_OUT:
            number = len(memo) if name == "MEMOIZE" else int(argument or 0)
            memo[number] = recent[-1] if recent else None
        elif name in _MEMO_IN:
            recent.append(memo.get(int(argument or 0)))
        elif name not in _NO_NAME:
            recent.append(argument if name in _STRINGS and isinstance(argument, str) else None)
        recent = recent[-2:]
