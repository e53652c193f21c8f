"""Plain tensors written as safetensors into one new file, which is all that a confined process may do on a disk.

The library's own writer renames what it wrote; here files are neither renamed nor removed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

_DTYPES = {torch.int64: "I64", torch.float32: "F32"}
_ALIGNED = 8


def write_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """This will write contiguous float32 and int64 tensors, one after another and without a copy of them."""
    # Those of eight bytes first: every tensor then begins where its numbers may.
    ordered = sorted(tensors.items(), key=lambda item: -item[1].element_size())
    entries, end = dict[str, object](), 0
    for name, tensor in ordered:
        begin, end = end, end + tensor.numel() * tensor.element_size()
        entries[name] = {
            "dtype": _DTYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    header = json.dumps(entries).encode()
    header += b" " * (-len(header) % _ALIGNED)
    with path.open("xb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for _, tensor in ordered:
            file.write(tensor.numpy().data)
