"""Checkpoints and programs that nobody should open: what is wrong with each, and words of its refusal."""

from __future__ import annotations

import os
import pickle
import struct
import warnings
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import TensorProto, helper

from tests.security.hostile.base import Case, zip_of
from tests.security.hostile.gadgets import (
    FOUR,
    Calls,
    Make,
    archive,
    named,
    old,
    old_with,
    plain,
    rebuilt,
    rezipped,
    saved,
    shortened,
    storage_claiming,
)

MARK = "code-was-run"
LITTLE = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
RUN = Calls(open, MARK, "w")
"""What even a confined process may do, so that it shows where it was done."""


_DIRECTORY, _END = b"PK\x01\x02", b"PK\x05\x06"


def state(**tensors: Any) -> dict[str, Any]:
    return {"weight": torch.ones(2, 2), **tensors}


def _same(name: str, content: bytes) -> tuple[str, bytes]:
    return name, content


def _big_endian(name: str, content: bytes) -> tuple[str, bytes]:
    return name, b"big" if name.endswith("byteorder") else content


def _odd_endian(name: str, content: bytes) -> tuple[str, bytes]:
    return name, b"pdp" * 40 if name.endswith("byteorder") else content


def _link(folder: Path) -> Path:
    path = saved(state)(folder)
    with zipfile.ZipFile(path, "a") as file:
        member = zipfile.ZipInfo("m/data/9")
        member.external_attr = 0o120777 << 16
        file.writestr(member, "/etc/passwd")
    return path


def _overlapping(folder: Path) -> Path:
    """Every entry of the directory points at the same bytes."""
    path = archive(pickle.dumps({}), **{f"data__{n}": b"x" * 9000 for n in range(1, 9)})(folder)
    content = bytearray(path.read_bytes())
    places = []
    start = content.find(b"PK\x01\x02")
    while start >= 0:
        places.append(start)
        start = content.find(b"PK\x01\x02", start + 4)
    for place in places[3:]:
        content[place + 20 : place + 28] = struct.pack("<II", 2**30, 2**30)
    path.write_bytes(bytes(content))
    return path


def _twice(folder: Path) -> Path:
    path = saved(state)(folder)
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as file:
        warnings.simplefilter("ignore")
        file.writestr(file.namelist()[0].partition("/")[0] + "/data.pkl", pickle.dumps(RUN, 2))
    return path


def _two_directories(hidden: bytes) -> Make:
    """Python reads the directory that stands before the end mark, torch the one that the mark points to."""

    def make(folder: Path) -> Path:
        seen = bytearray(archive(pickle.dumps({}, 2), data__0=b"")(folder).read_bytes())
        other = archive(hidden, data__0=bytes(2000))(folder).read_bytes()
        start, end, begin = seen.find(_DIRECTORY), seen.find(_END), other.find(_DIRECTORY)
        place = start
        while 0 <= place < end:  # Python moves what it reads there by as much as the directory is moved
            at = struct.unpack_from("<I", seen, place + 42)[0]
            struct.pack_into("<I", seen, place + 42, at - start + begin)
            place = seen.find(_DIRECTORY, place + 4)
        struct.pack_into("<I", seen, end + 16, begin)
        return plain("m.pt", other[: other.find(_END)] + bytes(seen))(folder)

    return make


def _behind(before: bytes) -> Make:
    def make(folder: Path) -> Path:
        path = saved(state)(folder)
        path.write_bytes(before + path.read_bytes())
        return path

    return make


def _around_nothing(name: str, *members: str) -> Make:
    return zip_of(name, {f"archive/{member}": b"x" for member in members})


def _nested(depth: int) -> bytes:
    return b"\x80\x02" + b"(" * depth + b"t" * depth + b"."


def _laughs() -> bytes:
    """Lists of ten times the list before: no tensor among 10^30 of them."""
    return (
        b"\x80\x02]q\x00"
        + b"".join(
            b"]" + bytes([ord("q"), n + 1]) + b"(" + (b"h" + bytes([n])) * 10 + b"e" for n in range(30)
        )
        + b"."
    )


def _program(name: str, change: Any, nodes: Any = None) -> Make:
    def make(folder: Path) -> Path:
        weight = helper.make_tensor("w", TensorProto.FLOAT, [12, 2], [0.0] * 24)
        graph = helper.make_graph(
            nodes
            or [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("MatMul", ["f", "w"], ["y"])],
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 3, 2, 2])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2])],
            [weight],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        change(model)
        (folder / name).write_bytes(model.SerializeToString())
        return folder / name

    return make


def _external(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "../../etc/passwd"), ("offset", "0"), ("length", "96")):
        tensor.external_data.add(key=key, value=value)


def _custom(model: onnx.ModelProto) -> None:
    model.graph.node[0].domain = "com.stranger"
    model.opset_import.add(domain="com.stranger", version=1)


def _sparse_constant(model: onnx.ModelProto) -> None:
    values = helper.make_tensor("v", TensorProto.FLOAT, [1], [1.0])
    indices = helper.make_tensor("i", TensorProto.INT64, [1], [0])
    sparse = helper.make_sparse_tensor(values, indices, [2**40])
    model.graph.node.append(helper.make_node("Constant", [], ["z"], sparse_value=sparse))


def _loop(model: onnx.ModelProto) -> None:
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(helper.make_node("Loop", ["", ""], ["z"], body=body))


def _case(name: str, variant: str, make: Make, words: str) -> Case:
    return Case(name, variant, "teacher", make, words)


CASES: tuple[Case, ...] = (
    _case("code in a pickle", "a file", saved(lambda: RUN), "names 'io.open', which is code"),
    _case("code in a pickle", "os.system", saved(lambda: Calls(os.system, "true")), "system', which is code"),
    _case("code in a pickle", "eval, older form", old(lambda: Calls(eval, "1")), "which is code"),
    _case("code in a pickle", "getattr", archive(named("builtins", "getattr")), "which is code"),
    _case("code beside tensors", "in the state dict", saved(lambda: state(x=RUN)), "which is code"),
    _case(
        "code beside tensors",
        "under another key",
        old(lambda: {"state_dict": state(), "y": RUN}),
        "which is code",
    ),
    _case(
        "code beside tensors",
        "a loader of modules",
        archive(named("importlib", "import_module", "os")),
        "is code",
    ),
    _case("hidden names", "made of parts", archive(b"\x80\x04N\x8c\x04eval\x93."), "hides what it names"),
    _case("hidden names", "by number", archive(b"\x80\x02\x82\x01."), "EXT1"),
    _case("hidden names", "INST", archive(b"(S'x'\nios\nsystem\n."), "INST"),
    _case(
        "whole models",
        "a module",
        saved(lambda: torch.nn.Linear(2, 2)),
        "^names 'torch.nn.modules.linear.Linear', which is code",
    ),
    _case("whole models", "older form", old(torch.nn.ReLU), "which is code"),
    _case("whole models", "under a key", saved(lambda: {"model": torch.nn.Tanh()}), "which is code"),
    _case("memo bombs", "lists of lists", archive(_laughs()), "no state dict"),
    _case("memo bombs", "nested tuples", archive(_nested(100_000)), "damaged|no state dict"),
    _case("memo bombs", "a memo from nowhere", archive(b"\x80\x02j\xff\xff\xff\x7f."), "damaged"),
    _case("huge storages", "an empty record", archive(storage_claiming(25 * 10**9), data__0=b""), "damaged"),
    _case("huge storages", "no record", archive(storage_claiming(10**6)), "damaged"),
    _case("huge storages", "fewer than none", archive(storage_claiming(-1), data__0=FOUR), "damaged"),
    _case("false shapes", "beyond its bytes", archive(rebuilt((10**6,), (1,)), data__0=FOUR), "damaged"),
    _case("false shapes", "negative size", archive(rebuilt((-4,), (1,)), data__0=FOUR), "damaged"),
    _case("false shapes", "negative stride", archive(rebuilt((2, 2), (-1, 1)), data__0=FOUR), "damaged"),
    _case(
        "overlapping storages",
        "spread out",
        saved(lambda: state(x=torch.ones(1).expand(10**12))),
        "spread out",
    ),
    _case(
        "overlapping storages",
        "windows",
        saved(lambda: state(x=torch.ones(9).as_strided((9, 9), (0, 1)))),
        "spread out",
    ),
    _case(
        "overlapping storages",
        "the same again and again",
        saved(lambda: dict.fromkeys(map(str, range(5000)), torch.ones(100))),
        "share their bytes",
    ),
    _case("special tensors", "sparse", saved(lambda: state(x=torch.eye(3).to_sparse())), "sparse"),
    _case(
        "special tensors",
        "quantised",
        saved(lambda: state(x=Calls(torch._utils._rebuild_qtensor, 1))),
        "quantised",
    ),
    _case("special tensors", "meta", saved(lambda: state(x=torch.ones(3, device="meta"))), "device meta"),
    _case("dtype tricks", "complex", saved(lambda: state(x=torch.ones(2, dtype=torch.complex64))), "complex"),
    _case("dtype tricks", "bytes", saved(lambda: state(x=torch.ones(2, dtype=torch.uint8))), "uint8"),
    _case(
        "dtype tricks", "eight bits", saved(lambda: state(x=torch.ones(2).to(torch.float8_e5m2))), "float8"
    ),
    _case("not finite", "NaN", saved(lambda: state(x=torch.tensor([float("nan")]))), "NaN"),
    _case("not finite", "infinite", old(lambda: state(x=torch.tensor([float("inf")]))), "infinite"),
    _case(
        "not finite",
        "beyond float32",
        saved(lambda: state(x=torch.tensor([1e300]).double() * 1e300)),
        "infinite",
    ),
    _case(
        "names that reach out",
        "upwards",
        archive(b"\x80\x02}.", data__0=b"", **{"..__x": b""}),
        "writes nowhere",
    ),
    _case("names that reach out", "absolute", archive(b"\x80\x02}.", root="/etc"), "torch.save"),
    _case("names that reach out", "a link", _link, "link"),
    _case("archives within", "another zip", archive(b"\x80\x02}.", **{"inner.zip": b"PK"}), "writes nowhere"),
    _case("archives within", "a package", archive(b"\x80\x02}.", **{".data__extern": b""}), "torch.package"),
    _case("archives within", "a program", archive(b"\x80\x02}.", code__m=b"def f(): pass"), "TorchScript"),
    _case("zip bombs", "packed", rezipped(saved(state), _same, compression=zipfile.ZIP_DEFLATED), "packed"),
    _case("zip bombs", "overlapping members", _overlapping, "overlap"),
    _case("zip bombs", "a member twice", _twice, "twice"),
    _case("two directories", "another pickle", _two_directories(pickle.dumps(RUN, 2)), "read differently"),
    _case("two directories", "the same pickle cut", _two_directories(b"\x80\x02}"), "read differently"),
    _case("two directories", "bytes before it", _behind(b"PK\x03\x04" + bytes(60)), "damaged|differently"),
    _case("byte order", "big", rezipped(saved(state), _big_endian), "byte order"),
    _case("byte order", "made up", rezipped(saved(state), _odd_endian), "byte order"),
    _case("byte order", "older form", old_with({**LITTLE, "little_endian": False}, b"N."), "byte order"),
    _case("cut short", "archive", shortened(saved(state), 0.7), "damaged"),
    _case("cut short", "older form", shortened(old(state), 0.4), "damaged"),
    _case("cut short", "in the storages", shortened(old(state), 0.98), "damaged"),
    _case("wrong magic", "another number", plain("m.th", pickle.dumps(7, protocol=2)), "did not write"),
    _case("wrong magic", "noise", plain("m.th", b"\xff\xfe" * 100), "damaged"),
    _case(
        "wrong magic",
        "another form",
        plain("m.th", pickle.dumps(0x1950A86A20F9469CFC6C, 2) + b"K\x07."),
        "form",
    ),
    _case("wrong magic", "a few bytes", plain("m.pt", b"\xff\xff\xff damaged"), "is damaged: its pickle"),
    _case(
        "wrong magic",
        "an archive around nothing",
        _around_nothing("m.pt", "data.pkl", "data/0", "version"),
        "is a damaged archive, which torch cannot read",
    ),
    _case(
        "wrong magic",
        "another name",
        _around_nothing("m.npz", "data.pkl"),
        "is a damaged archive, which torch cannot read",
    ),
    _case("names of tensors", "a line break", saved(lambda: state(**{"a\nb": torch.ones(1)})), "printable"),
    _case("names of tensors", "a number", saved(lambda: {3: torch.ones(1)}), "printable"),
    _case("names of tensors", "endless", saved(lambda: state(**{"a" * 10_000: torch.ones(1)})), "printable"),
    _case("no state dict", "a tensor", saved(lambda: torch.ones(3)), "no state dict"),
    _case("no state dict", "empty", saved(OrderedDict), "no state dict"),
    _case("no state dict", "only options", old(lambda: {"lr": 0.1, "epoch": 3}), "no state dict"),
    _case("ONNX programs", "tensors in other files", _program("e.onnx", _external), "other files"),
    _case("ONNX programs", "operators of its own", _program("c.onnx", _custom), "com.stranger"),
    _case("ONNX programs", "a sparse giant", _program("s.onnx", _sparse_constant), "sparse"),
    _case("ONNX programs", "loops", _program("l.onnx", _loop), "Loop"),
)
"""Refused by the confined process itself."""


def grows(copies: int) -> Make:
    """This will write a small checkpoint that is allowed all it names, and makes a megabyte of each of its steps."""
    text = b"x" * 2**20
    bomb = b"\x80\x02]c_codecs\nencode\nq\x01X" + struct.pack("<I", len(text)) + text
    bomb += b"X\x06\x00\x00\x00latin1\x86q\x02" + b"h\x01h\x02R" * copies + b"."
    return archive(bomb)
