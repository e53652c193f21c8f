"""HDF5 storage looked at before it is read: a small file can unpack to more than there is memory."""

import zlib
from typing import Any

_DEFLATE, _SHUFFLE, _FLETCHER32, _LZF = 1, 2, 3, 32000
_ACCEPTED = {_DEFLATE: "gzip", _SHUFFLE: "shuffle", _FLETCHER32: "fletcher32", _LZF: "lzf"}
_LARGEST_CHUNK = 2**28
_LARGEST_LZF = 2**22  # stored bytes: lzf unpacks to at most about 90 times as much
_STEP = 2**20


def refuse_lying_chunks(array: Any, *, file_bytes: int) -> None:
    """This will raise ValueError where the stored bytes of an h5py dataset do not fit its shape."""
    if array.chunks is None:
        _check_contiguous(array, file_bytes=file_bytes)
        return
    filters = _filters(array)
    nominal = array.dtype.itemsize
    wanted = 1
    for length, side in zip(array.shape, array.chunks, strict=True):
        nominal *= side
        wanted *= -(-length // side)
    if nominal > _LARGEST_CHUNK:
        raise ValueError(f"its chunks take {nominal} bytes; up to {_LARGEST_CHUNK} are accepted")
    found: list[Any] = []
    array.id.chunk_iter(found.append)
    if len(found) != wanted:
        raise ValueError(f"{len(found)} of its {wanted} chunks were written")
    for chunk in found:
        if chunk.byte_offset + chunk.size > file_bytes:
            raise ValueError("a chunk lies beyond the end of the file")
        _check_chunk(array, chunk, filters=filters, nominal=nominal)


def _check_contiguous(array: Any, *, file_bytes: int) -> None:
    stored = array.id.get_storage_size()
    if stored < array.nbytes:
        raise ValueError(f"{stored} of its {array.nbytes} bytes were written")
    offset = array.id.get_offset()  # None: compact, inside the header
    if offset is not None and offset + stored > file_bytes:
        raise ValueError("its data lie beyond the end of the file")


def _filters(array: Any) -> list[int]:
    plan = array.id.get_create_plist()
    filters = [int(plan.get_filter(place)[0]) for place in range(plan.get_nfilters())]
    if len(set(filters)) < len(filters) or not set(filters) <= set(_ACCEPTED):
        raise ValueError(
            f"it is stored through the filters {filters}; accepted are {', '.join(_ACCEPTED.values())}, each once"
        )
    if _LZF in filters and _DEFLATE in filters:
        raise ValueError("it is compressed twice; gzip or lzf is accepted")
    return filters


def _check_chunk(array: Any, chunk: Any, *, filters: list[int], nominal: int) -> None:
    used = [kind for place, kind in enumerate(filters) if not chunk.filter_mask & (1 << place)]
    if _LZF in used and chunk.size > _LARGEST_LZF:
        raise ValueError(f"an lzf chunk takes {chunk.size} bytes; up to {_LARGEST_LZF} are accepted")
    if _DEFLATE not in used:
        return
    _, stored = array.id.read_direct_chunk(chunk.chunk_offset)
    outer = used[used.index(_DEFLATE) + 1 :]
    packed = stored[:-4] if _FLETCHER32 in outer else stored
    if _unpacked(packed, most=nominal + 4) > nominal + 4:  # 4: a checksum below the compression
        raise ValueError(f"a chunk unpacks to more than its {nominal} bytes")


def _unpacked(packed: bytes, *, most: int) -> int:
    unpacker = zlib.decompressobj()
    size = 0
    while size <= most and not unpacker.eof:
        part = unpacker.decompress(packed, _STEP)
        packed = unpacker.unconsumed_tail
        if not part and not packed:
            break
        size += len(part)
    return size
