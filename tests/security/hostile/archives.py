"""Archives that reach out of their folder, or grow beyond measure."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from tests.security.hostile.base import Case, annotations, cut, zip_of


def _zip_slip(member: str) -> Callable[[Path], Path]:
    good = json.dumps(annotations()).encode()
    return zip_of("data.zip", {"train.json": good, member: b"outside"})


def _tar_with(
    change: Callable[[tarfile.TarInfo], object], *, mode: Literal["w", "w:gz"] = "w"
) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / ("data.tar.gz" if mode == "w:gz" else "data.tar")
        good = json.dumps(annotations()).encode()
        with tarfile.open(path, mode) as archive:
            info = tarfile.TarInfo("train.json")
            info.size = len(good)
            archive.addfile(info, io.BytesIO(good))
            bad = tarfile.TarInfo("bad")
            change(bad)
            archive.addfile(bad)
        return path

    return make


def _as(kind: bytes, target: str = "") -> Callable[[tarfile.TarInfo], object]:
    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname = kind, target
        info.devmajor, info.devminor = 1, 3

    return change


def _zip_link(folder: Path) -> Path:
    path = folder / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.json", json.dumps(annotations()))
        info = zipfile.ZipInfo("passwords.json")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return path


def _bomb(folder: Path) -> Path:
    path = folder / "data.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("train.json", "w") as member,
    ):
        for _ in range(1024):
            member.write(bytes(1 << 20))
    return path


def _tar_bomb(folder: Path) -> Path:
    """A compressed file may be several behind each other: here one of 1 MB again and again."""
    path = folder / "data.tar.gz"
    info = tarfile.TarInfo("train.json")
    info.size = 1 << 30
    packed = [gzip.compress(part) for part in (info.tobuf(), bytes(1 << 20), bytes(2 * tarfile.BLOCKSIZE))]
    path.write_bytes(packed[0] + packed[1] * 1024 + packed[2])
    return path


def _overlapping_bomb(folder: Path) -> Path:
    """One compressed member that thousands of directory entries point at."""
    path = folder / "data.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0000.json", bytes(20 << 20))
        first = archive.infolist()[0]
        for number in range(1, 2000):
            twin = zipfile.ZipInfo(f"{number:04}.json")
            for name in ("compress_type", "CRC", "compress_size", "file_size", "header_offset", "flag_bits"):
                setattr(twin, name, getattr(first, name))
            archive.filelist.append(twin)
            archive.NameToInfo[twin.filename] = twin
    return path


CASES = (
    Case("zip slip", "parent folder", "dataset", _zip_slip("../../outside.json"), "outside.json"),
    Case("zip slip", "absolute", "dataset", _zip_slip("/tmp/outside.json"), "outside.json"),
    Case("zip slip", "backslashes", "dataset", _zip_slip("..\\..\\outside.json"), "outside.json"),
    Case(
        "links and devices",
        "symbolic link in tar",
        "dataset",
        _tar_with(_as(tarfile.SYMTYPE, "/etc/passwd")),
        "link",
    ),
    Case(
        "links and devices",
        "hard link in tar.gz",
        "dataset",
        _tar_with(_as(tarfile.LNKTYPE, "/etc/passwd"), mode="w:gz"),
        "link",
    ),
    Case("links and devices", "device in tar", "dataset", _tar_with(_as(tarfile.CHRTYPE)), "device"),
    Case("links and devices", "fifo in tar", "dataset", _tar_with(_as(tarfile.FIFOTYPE)), "bad"),
    Case("links and devices", "symbolic link in zip", "dataset", _zip_link, "link"),
    Case("bomb", "1 GB of zeros in a zip", "dataset", _bomb, "unpacked size"),
    Case("bomb", "1 GB of zeros in a tar.gz", "dataset", _tar_bomb, "unpacked size"),
    Case("bomb", "overlapping members", "dataset", _overlapping_bomb, "data.zip"),
    Case(
        "truncated",
        "zip",
        "dataset",
        cut("", zip_of("data.zip", {"train.json": json.dumps(annotations()).encode()})),
        "data.zip",
    ),
)
