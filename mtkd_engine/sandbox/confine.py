"""All that binds a process for what strangers hand in, done by itself before it reads the first byte of that.

In this order: what needs one thread and rights first, then the rights, then the filters; limits on memory come
last, when the libraries are loaded, since what those map is not the stranger's.
"""

from __future__ import annotations

import os
import resource
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from mtkd_engine.sandbox.calls import deny_calls
from mtkd_engine.sandbox.kernel import die_with, drop_privileges, is_linux, leave_network
from mtkd_engine.sandbox.landlock import confine as confine_files

Held = dict[str, list[str]]
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_ABOUT_THE_MACHINE = ("/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
_OPEN_FILES = 256
_THREADS = 64
_STATM = "/proc/self/statm"
_SLACK = 256 * 2**20


def confine(*, folder: Path, readable: Sequence[Path], parent: int) -> Held:
    """This will bind the calling process, which has one thread; returns what holds, by what is held off."""
    held: Held = {"network": [], "files": [], "processes": [], "privileges": []}
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    if not is_linux():
        return held
    namespace = leave_network()
    if namespace:
        held["network"].append(namespace)
    if "user" in namespace:  # elsewhere the limit counts what the same user runs besides
        resource.setrlimit(resource.RLIMIT_NPROC, (_THREADS, _THREADS))
        held["processes"].append("limit")
    if drop_privileges():
        held["privileges"].append("none, and no new ones")
    die_with(parent)
    devices = [Path(name) for name in _DEVICES]
    if landlock := confine_files(own=folder, readable=[*_own_libraries(), *readable], devices=devices):
        held["files"].append(f"Landlock {landlock}")
        if landlock >= 4:
            held["network"].append(f"Landlock {landlock}")
    if deny_calls():
        held["network"].append("system calls")
        held["processes"].append("system calls")
    return held


def limit_time(seconds: int) -> None:
    """This will end the process when it has used so many seconds of the processor from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))


def limit_memory(more: int, *, size: int) -> None:
    """This will let the process map so many bytes more than `size`, those of it that it has mapped already."""
    resource.setrlimit(resource.RLIMIT_AS, (size + more + _SLACK, size + more + _SLACK))
    resource.setrlimit(resource.RLIMIT_DATA, (size + more, size + more))


def limit_files(most: int) -> None:
    """This will refuse files of more than so many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


class Size:
    """How much the process has mapped, to be opened before its files are taken away."""

    def __init__(self) -> None:
        self._file = open(_STATM, "rb") if os.path.exists(_STATM) else None  # noqa: SIM115 - kept open

    def now(self) -> int | None:
        """This will give the bytes mapped; None where the system does not tell."""
        if self._file is None:
            return None
        self._file.seek(0)
        return int(self._file.read().split()[0]) * resource.getpagesize()


def _own_libraries() -> list[Path]:
    """Where this Python and its packages lie: code, and nothing of anybody's."""
    paths = sysconfig.get_paths()
    found = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    found |= {f"{prefix}/lib" for prefix in (sys.prefix, sys.base_prefix)}
    found |= {place for place in sys.path if place.endswith(("site-packages", "dist-packages"))}
    found |= {str(Path(__file__).parents[1]), *_LIBRARIES, *_ABOUT_THE_MACHINE}
    return [Path(place) for place in sorted(found)]
