"""Archives come out whole and below their folder, or not at all and with a sentence."""

from __future__ import annotations

import gzip
import io
import lzma
import stat
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from mtkd_engine.data.archives import members
from mtkd_engine.data.archives.archive import SUFFIXES, extract, is_archive
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.progress import Progress

FILES = {"train.json": b"{}", "videos/a.mp4": b"film" * 1000, "videos/b/c.txt": b"", "ビデオ.json": b"[]"}
TARS = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.xz": "w:xz", ".tar.bz2": "w:bz2"}


def make(path: Path, files: dict[str, bytes]) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return path
    suffix = next(suffix for suffix in TARS if path.name.endswith(suffix))
    with tarfile.open(path, TARS[suffix]) as tar:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def make_tar(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(bytes(member.size)))
    return path


def member(name: str, *, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


def out(archive: Path, *, most_bytes: int = 10**7, most_files: int = 100) -> dict[str, bytes]:
    into = archive.parent / "into"
    extract(archive, into, most_bytes=most_bytes, most_files=most_files, progress=Progress())
    return {str(path.relative_to(into)): path.read_bytes() for path in into.rglob("*") if path.is_file()}


def refusal(archive: Path, *named: str, most_bytes: int = 10**7, most_files: int = 100) -> str:
    before = sorted(archive.parent.rglob("*"))
    with pytest.raises(DataError) as caught:
        out(archive, most_bytes=most_bytes, most_files=most_files)
    sentence = str(caught.value)
    assert sorted(archive.parent.rglob("*")) == before, "something was left"
    assert "\n" not in sentence
    assert sentence.endswith(".")
    for word in (archive.name, *named):
        assert word in sentence, f"{word!r} is not named in: {sentence}"
    return sentence


@pytest.mark.parametrize("suffix", [".zip", *TARS])
def test_every_kind_comes_out_whole(tmp_path: Path, suffix: str) -> None:
    archive = make(tmp_path / f"data{suffix}", FILES)
    assert is_archive(archive)
    assert out(archive) == FILES


def test_archives_inside_an_archive_stay_as_they_are(tmp_path: Path) -> None:
    inner = make(tmp_path / "inner.zip", FILES).read_bytes()
    assert out(make(tmp_path / "outer.tar.gz", {"inner.zip": inner})) == {"inner.zip": inner}


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_what_a_mac_adds_is_passed_over(tmp_path: Path, suffix: str) -> None:
    junk = {
        "__MACOSX/._a": b"x",
        "__MACOSX/videos/._b": b"x",
        ".DS_Store": b"x",
        "videos/.DS_Store": b"x",
        "._c": b"x",
    }
    assert out(make(tmp_path / f"data{suffix}", junk | FILES)) == FILES


@pytest.mark.parametrize("suffix", [".zip", ".tar"])
@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["/etc/passwd"], "absolute"),
        (["//server/share"], "absolute"),
        (["C:/windows/x"], "absolute"),
        (["c:x"], "absolute"),
        (["../x"], "'..'"),
        (["a/../../x"], "'..'"),
        (["a\\..\\x"], "backslash"),
        (["a\x1bb"], "not readable text"),
        (["a\nb"], "not readable text"),
        (["a" * 256], "too long"),
        (["/".join(["abcdefgh"] * 130)], "too long"),
        (["/".join("a" * 40)], "40 folders deep"),
        (["a", "A"], "only in case"),
        (["dir/x", "DIR/y"], "only in case"),
        (["caf\u00e9", "cafe\u0301"], "how letters are composed"),
        (["straße", "STRASSE"], "only in case"),
        (["a", "a/b"], "a file and a folder"),
        (["a/b", "a"], "a file and a folder"),
    ],
)
def test_names_that_lead_out_or_collide_are_refused(
    tmp_path: Path, suffix: str, names: list[str], says: str
) -> None:
    refusal(make(tmp_path / f"data{suffix}", dict.fromkeys(names, b"x")), "the member", says)
    assert not (tmp_path.parent / "x").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x", "1")
        archive.writestr("./x", "2")
    refusal(tmp_path / "a.zip", "'./x'", "twice")
    refusal(make_tar(tmp_path / "a.tar", member("x"), member("x")), "'x'", "twice")


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (tarfile.SYMTYPE, "link"),
        (tarfile.LNKTYPE, "link"),
        (tarfile.CHRTYPE, "device"),
        (tarfile.BLKTYPE, "device"),
        (tarfile.FIFOTYPE, "pipe"),
        (tarfile.GNUTYPE_SPARSE, "kind"),
        (b"Z", "kind"),
    ],
)
def test_links_devices_and_other_kinds_in_a_tar_are_refused(tmp_path: Path, kind: bytes, says: str) -> None:
    refusal(make_tar(tmp_path / "a.tar", member("a"), member("odd", kind=kind, link="a")), "'odd'", says)


@pytest.mark.parametrize(
    ("mode", "says"), [(stat.S_IFLNK, "link"), (stat.S_IFIFO, "pipe"), (stat.S_IFCHR, "device")]
)
def test_links_and_devices_in_a_zip_are_refused(tmp_path: Path, mode: int, says: str) -> None:
    info = zipfile.ZipInfo("odd")
    info.external_attr = (mode | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    refusal(tmp_path / "a.zip", "'odd'", says)


def test_a_link_and_then_a_file_through_it_write_nothing_outside(tmp_path: Path) -> None:
    first = member("gate", kind=tarfile.SYMTYPE, link=str(tmp_path))
    refusal(make_tar(tmp_path / "a.tar", first, member("gate/owned", size=3)), "'gate'", "link")


def patched(path: Path, change: Callable[[bytearray], None]) -> Path:
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)
    return path


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    def encrypt(content: bytearray) -> None:
        content[content.index(b"PK\x01\x02") + 8] |= 1

    refusal(patched(make(tmp_path / "a.zip", {"x": b"1"}), encrypt), "'x'", "encrypted")


def test_a_member_without_a_name_is_refused(tmp_path: Path) -> None:
    def rename(content: bytearray) -> None:
        for mark, offset, name in ((b"PK\x03\x04", 26, 30), (b"PK\x01\x02", 28, 46)):
            place = content.index(mark)
            content[place + offset] = 0
            del content[place + name]
        end = content.index(b"PK\x05\x06")
        content[end + 12] -= 1
        content[end + 16] -= 1

    refusal(patched(make(tmp_path / "a.zip", {"x": b"1"}), rename), "''", "no name")


def test_other_compression_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x", "1")
    refusal(tmp_path / "a.zip", "'x'", "method 14")


@pytest.mark.parametrize("size", [10, 4000])
def test_a_member_of_another_size_than_stated_is_refused(tmp_path: Path, size: int) -> None:
    def lie(content: bytearray) -> None:
        for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            place = content.index(mark) + offset
            content[place : place + 4] = struct.pack("<I", size)

    refusal(patched(make(tmp_path / "a.zip", {"x": b"1" * 1000}), lie), "'x'")


def test_names_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    def spoil(content: bytearray) -> None:
        while b"nam" in content:
            place = content.index(b"nam")
            content[place : place + 3] = b"n\xff\xfe"

    refusal(patched(make(tmp_path / "a.zip", {"name": b"1"}), spoil), "not readable text")
    with tarfile.open(tmp_path / "a.tar", "w", encoding="latin-1", format=tarfile.GNU_FORMAT) as tar:
        tar.addfile(member("caf\u00e9"))
    refusal(tmp_path / "a.tar", "not readable text")


def test_utf8_names_that_a_mac_does_not_mark_are_read(tmp_path: Path) -> None:
    def unmark(content: bytearray) -> None:
        content[content.index(b"PK\x03\x04") + 7] &= ~8 & 0xFF
        content[content.index(b"PK\x01\x02") + 9] &= ~8 & 0xFF

    assert out(patched(make(tmp_path / "a.zip", {"é.json": b"1"}), unmark)) == {"é.json": b"1"}


@pytest.mark.parametrize("suffix", [".zip", *TARS])
def test_more_bytes_or_files_than_accepted_are_refused(tmp_path: Path, suffix: str) -> None:
    archive = make(tmp_path / f"data{suffix}", {"a": bytes(600), "b": bytes(600)})
    refusal(archive, "'b'", "1000", most_bytes=1000)
    refusal(archive, "'b'", "1", most_files=1)
    assert len(out(archive, most_bytes=1200, most_files=2)) == 2


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz", ".tar.xz", ".tar.bz2"])
def test_a_bomb_is_refused_early_and_takes_no_memory(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "FREE_BYTES", 10**7)
    archive = make(tmp_path / f"data{suffix}", {"a": bytes(10), "zeros": bytes(40_000_000)})
    tracemalloc.start()
    refusal(archive, "'zeros'", "200 times", most_bytes=2**40)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000


def test_a_tar_header_without_bound_takes_no_memory(tmp_path: Path) -> None:
    header = member("pax", kind=tarfile.XHDTYPE, size=10**9).tobuf(tarfile.GNU_FORMAT)
    with gzip.open(tmp_path / "a.tar.gz", "wb", compresslevel=1) as stream:
        stream.write(header + bytes(30_000_000))
    refusal(tmp_path / "a.tar.gz", "header of 1000000000 bytes")


def test_headers_on_headers_and_headers_of_digits_end_soon(tmp_path: Path) -> None:
    nested = member("pax", kind=tarfile.XHDTYPE, size=512).tobuf(tarfile.GNU_FORMAT) + bytes(512)
    (tmp_path / "a.tar").write_bytes(nested * 5000)
    refusal(tmp_path / "a.tar")
    digits = member("pax", kind=tarfile.XHDTYPE, size=2**16).tobuf(tarfile.GNU_FORMAT) + b"1" * 2**16
    (tmp_path / "b.tar").write_bytes(digits + bytes(1024))
    refusal(tmp_path / "b.tar", "not readable")


def test_a_member_of_negative_size_is_refused(tmp_path: Path) -> None:
    odd = member("x")
    odd.size = -512
    (tmp_path / "a.tar").write_bytes(odd.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    refusal(tmp_path / "a.tar")


@pytest.mark.parametrize("suffix", [".zip", *TARS])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.4, 0.6])
def test_a_cut_archive_is_refused(tmp_path: Path, suffix: str, share: float) -> None:
    archive = make(tmp_path / f"data{suffix}", {str(number): bytes([number]) * 700 for number in range(9)})
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(share * len(whole))])
    refusal(archive)


def test_a_tar_cut_between_two_members_is_refused(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "a.tar", member("a", size=512), member("b", size=512))
    archive.write_bytes(archive.read_bytes()[:1024])
    refusal(archive, "cut short")


def test_a_tar_with_damage_between_two_members_is_refused(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "a.tar", member("a", size=512), member("b", size=512))
    refusal(patched(archive, lambda content: content.__setitem__(1024 + 150, 0x41)), "damaged")


def test_a_damaged_checksum_at_the_end_of_a_gzip_is_refused(tmp_path: Path) -> None:
    archive = make(tmp_path / "a.tar.gz", FILES)
    refusal(patched(archive, lambda content: content.__setitem__(-8, content[-8] ^ 1)))


def test_an_xz_that_asks_for_more_memory_than_there_is_is_refused(tmp_path: Path) -> None:
    plain = make(tmp_path / "plain.tar", FILES).read_bytes()
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 2**20}]
    packed = bytearray(lzma.compress(plain, lzma.FORMAT_XZ, filters=filters))
    header = (packed[12] + 1) * 4
    place = packed.index(b"\x21\x01", 12, 12 + header) + 2
    packed[place] = 40  # 4 GiB
    packed[12 + header - 4 : 12 + header] = struct.pack("<I", zlib.crc32(packed[12 : 12 + header - 4]))
    (tmp_path / "plain.tar").unlink()
    (tmp_path / "a.tar.xz").write_bytes(packed)
    refusal(tmp_path / "a.tar.xz", "emory")


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    archive = make(tmp_path / "a.zip", FILES)
    (tmp_path / "into").mkdir()
    (tmp_path / "into" / "mine").write_text("mine")
    with pytest.raises(DataError, match="already holds"):
        out(archive)
    assert (tmp_path / "into" / "mine").read_text() == "mine"


def test_other_files_are_no_archives(tmp_path: Path) -> None:
    assert not any(is_archive(Path(name)) for name in ("a.npz", "a.gz", "a.json", "a.rar", "zip"))
    (tmp_path / "a.rar").write_bytes(b"Rar!")
    refusal(tmp_path / "a.rar", *SUFFIXES)
    (tmp_path / "a.zip").write_bytes(b"Rar!")
    refusal(tmp_path / "a.zip", ".zip")
