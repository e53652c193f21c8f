"""What this host has: memory, room on the disk, the name of a device, the versions a job runs on."""

from __future__ import annotations

import contextlib
import platform
import shutil
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

_CGROUP = Path("/sys/fs/cgroup")
_NVIDIA = Path("/proc/driver/nvidia/gpus")
_TOLD = ("mtkd", "torch", "transformers", "Django", "celery")


def memory() -> tuple[int, int]:
    """This will give all memory and the free part of it, in bytes, within the limit of a container."""
    found = psutil.virtual_memory()
    limit, used = _number(_CGROUP / "memory.max"), _number(_CGROUP / "memory.current")
    if limit is None or used is None or limit >= found.total:
        return found.total, found.available
    return limit, max(0, min(found.available, limit - used))


def free_disk(folder: Path) -> int:
    """This will give the free bytes of the disk that a folder is or would be on."""
    for place in (folder, *folder.parents):
        with contextlib.suppress(OSError):
            return shutil.disk_usage(place).free
    return 0


@cache
def device_name(device: str) -> str:
    """This will name the processor or the graphics card behind "cpu", "cuda" or "cuda:1"; "" where unknown."""
    if device == "cpu":
        return _told(Path("/proc/cpuinfo"), "model name") or platform.processor()
    cards = sorted(_NVIDIA.glob("*/information"))
    number = int(device.partition(":")[2] or 0)
    return _told(cards[number], "Model") if number < len(cards) else ""


@cache
def versions() -> dict[str, str]:
    """This will give the versions of Python and of the packages that decide what a job computes."""
    found = {"python": platform.python_version()}
    for name in _TOLD:
        with contextlib.suppress(PackageNotFoundError):
            found[name.lower()] = version(name)
    return found


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # "max" stands there where nothing limits
        return None


def _told(path: Path, name: str) -> str:
    with contextlib.suppress(OSError):
        for line in path.read_text(errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()[:200]
    return ""
