"""The zip archive that torch.save writes: only what belongs in one, nothing packed, each byte once."""

from __future__ import annotations

import re
import stat
import zipfile
from pathlib import Path

import torch

from mtkd_engine.teachers.intake.inside.refusal import WAY_OUT, RefusedError, shown

MOST_MEMBERS = 200_000
_PICKLE = "data.pkl"
_BELONGS = re.compile(
    r"data\.pkl|version|byteorder|data/\d{1,9}|\.data/serialization_id|\.format_version|\.storage_alignment"
)
_OTHERS = (
    (re.compile(r"constants\.pkl|code/.*"), "is a TorchScript program, and programs are not run here"),
    (
        re.compile(r"archive_format|serialized_.*|models/.*|archive_version"),
        "is an exported program (.pt2), and programs are not run here",
    ),
    (re.compile(r"\.data/.*|.*\.py"), "is a torch.package, which holds code"),
)
_LARGEST_PICKLE = 256 * 2**20
_LARGEST_WORD = 100


def pickle_of(path: Path) -> bytes:
    """This will look at every member of the archive and return the pickle; raises RefusedError."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise RefusedError(f"has {len(members):,} members; up to {MOST_MEMBERS:,} are accepted")
            root = _root(members)
            _check_members(members, root, size=path.stat().st_size)
            byteorder = _word(archive, f"{root}/byteorder", absent=b"little")
            if byteorder != b"little":
                raise RefusedError(
                    f"was written in the byte order {shown(repr(byteorder))}; accepted is little"
                )
            return _as_torch_reads_it(path, archive.read(f"{root}/{_PICKLE}"))
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        UnicodeDecodeError,
        EOFError,
        KeyError,
        ValueError,
    ) as error:
        raise RefusedError(f"is a damaged archive ({shown(str(error))})") from None


def _as_torch_reads_it(path: Path, pickled: bytes) -> bytes:
    """Readers of zip archives differ in where they look for the directory: what was checked must be what is loaded."""
    try:
        found = torch.PyTorchFileReader(str(path)).get_record(_PICKLE)
    except RuntimeError as error:
        if "allocate memory" in str(error) or "bad_alloc" in str(error):
            raise
        raise RefusedError("is a damaged archive, which torch cannot read") from None
    if found != pickled:
        raise RefusedError("is an archive that two readers read differently")
    return pickled


def _root(members: list[zipfile.ZipInfo]) -> str:
    """torch.save puts everything below one folder of any name."""
    roots = {member.filename.partition("/")[0] for member in members}
    if len(roots) != 1:
        raise RefusedError(
            f"is no archive of torch.save: its members lie in {len(roots)} folders, not in one"
        )
    return roots.pop()


def _check_members(members: list[zipfile.ZipInfo], root: str, *, size: int) -> None:
    names, total = set[str](), 0
    for member in members:
        name = member.filename.removeprefix(f"{root}/")
        for pattern, what in _OTHERS:
            if pattern.fullmatch(name) and not _BELONGS.fullmatch(name):
                raise RefusedError(f"{what}; {WAY_OUT}")
        if not _BELONGS.fullmatch(name) or root in {"", ".", ".."} or not root.isprintable():
            raise RefusedError(f"holds {shown(member.filename)}, which torch.save writes nowhere")
        if name in names:
            raise RefusedError(f"holds {shown(name)} twice")
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            raise RefusedError(f"holds {shown(name)} packed or encrypted; torch.save packs nothing")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise RefusedError(f"holds the link {shown(name)}; accepted are plain members")
        names.add(name)
        total += member.file_size
    if _PICKLE not in names:
        raise RefusedError(f"is no archive of torch.save: it has no {_PICKLE}")
    if total > size:
        raise RefusedError(f"claims {total:,} bytes in members that overlap; the file has {size:,}")
    largest = next(m.file_size for m in members if m.filename == f"{root}/{_PICKLE}")
    if largest > _LARGEST_PICKLE:
        raise RefusedError(f"has a pickle of {largest:,} bytes; up to {_LARGEST_PICKLE:,} are accepted")


def _word(archive: zipfile.ZipFile, name: str, *, absent: bytes) -> bytes:
    if name not in archive.NameToInfo:
        return absent
    with archive.open(name) as file:
        return file.read(_LARGEST_WORD)
