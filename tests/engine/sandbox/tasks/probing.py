"""Tasks that try what a confined process may not do; imported by such processes only."""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import resource
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_X86 = platform.machine() == "x86_64"
TKILL, TGKILL, PRCTL, INOTIFY_ADD_WATCH = (200, 234, 157, 254) if _X86 else (130, 131, 167, 27)
IO_URING_SETUP, OPENAT2 = 425, 437
F_SETSIG, PR_SET_PDEATHSIG = 10, 1


def everything(arguments: dict[str, Any]) -> dict[str, str]:
    """This will try each thing and say "done", or how it was refused."""
    tries: dict[str, Callable[[], Any]] = {
        "its own folder": lambda: Path("own").write_text("x"),
        "a socket": socket.socket,
        "a unix socket": lambda: socket.socket(socket.AF_UNIX),
        "a connection": lambda: socket.create_connection(("127.0.0.1", arguments["port"])),
        "a foreign file": Path(arguments["secret"]).read_text,
        "a foreign folder": lambda: os.listdir(arguments["outside"]),
        "writing outside": lambda: Path(arguments["outside"], "new").write_text("x"),
        "removing outside": lambda: Path(arguments["secret"]).unlink(),
        "a symbolic link": lambda: os.symlink(arguments["secret"], "link"),
        "a hard link": lambda: os.link(arguments["secret"], "hard"),
        "a pipe": lambda: os.mkfifo("pipe"),
        "a fork": os.fork,
        "a program": lambda: subprocess.run(["/bin/true"], check=True),
        "a signal": lambda: os.kill(os.getppid(), 0),
        "its parent's environment": Path(f"/proc/{os.getppid()}/environ").read_bytes,
        "memory without a limit": lambda: os.memfd_create("x"),
        "another namespace": _unshare,
        "a mode outside": lambda: os.chmod(arguments["secret"], 0o777),
        "a mode by its folder": lambda: os.chmod(arguments["outside"], 0o777),
        "an owner outside": lambda: os.chown(arguments["secret"], -1, -1),
        "a time outside": lambda: os.utime(arguments["secret"], (1, 1)),
        "a label outside": lambda: os.setxattr(arguments["secret"], "user.mark", b"x"),
        "truncating outside": lambda: os.truncate(arguments["secret"], 0),
        "moving outside": lambda: os.rename(arguments["secret"], "moved"),
        "watching outside": lambda: _call(INOTIFY_ADD_WATCH, 0, arguments["outside"].encode(), 0xFFF),
        "shared memory": lambda: Path("/dev/shm/mtkd-probe").write_text("x"),
        "its parent's limits": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CORE),
        "its parent's priority": lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 5),
        "its parent's processors": lambda: os.sched_setaffinity(os.getppid(), {0}),
        "a signal by a thread": lambda: _call(TKILL, os.getppid(), 0),
        "a signal to a thread": lambda: _call(TGKILL, os.getppid(), os.getppid(), 0),
        "a signal by a file": lambda: fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid()),
        "a signal of a file": lambda: fcntl.fcntl(0, F_SETSIG, 9),
        "outliving its parent": lambda: _call(PRCTL, PR_SET_PDEATHSIG, 0, 0, 0, 0),
        "another group": lambda: os.setpgid(0, 0),
        "a session": os.setsid,
        "an io_uring": lambda: _call(IO_URING_SETUP, 8, ctypes.create_string_buffer(200)),
        "a call with hidden flags": lambda: _call(OPENAT2, -100, b"own", bytes(24), 24),
        "a newer call": lambda: _call(463, 0, 0, 0),
        "a file without a name": lambda: os.open(".", os.O_TMPFILE | os.O_WRONLY),
        "a file's room": lambda: os.posix_fallocate(1, 0, 10),
        "removing its own": lambda: Path("own").unlink(),
        "moving its own": lambda: Path("own").rename("moved"),
        "a folder": lambda: os.mkdir("folder"),
        "more open files": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (9999, 9999)),
        "more memory": lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)),
        "a thread": _thread,
        "what is readable": Path(arguments["readable"]).read_text,
    }
    return {name: _tried(action) for name, action in tries.items()} | {
        "environment": ",".join(sorted(os.environ))
    }


def spin(_arguments: dict[str, Any]) -> None:
    """This will never end, and use the processor."""
    while True:
        pass


def sleep(_arguments: dict[str, Any]) -> None:
    """This will never end, and use nothing."""
    while True:
        time.sleep(1)


def eat(_arguments: dict[str, Any]) -> None:
    """This will take all memory."""
    eaten = []
    while True:
        eaten.append(bytearray(10**6))


def fill(_arguments: dict[str, Any]) -> None:
    """This will write many files."""
    number = 0
    while True:
        Path(f"{number}").write_bytes(b"x" * 10**6)
        number += 1


def grow(_arguments: dict[str, Any]) -> None:
    """This will write one large file."""
    Path("large").write_bytes(b"x" * 10**8)


def scatter(_arguments: dict[str, Any]) -> None:
    """This will make empty files without end."""
    number = 0
    while True:
        os.close(os.open(f"{number}", os.O_CREAT))
        number += 1


def reserve(_arguments: dict[str, Any]) -> None:
    """This will write far behind the ends of many files, as the file system counts nothing for."""
    for number in range(100):
        os.pwrite(os.open(f"{number}", os.O_CREAT | os.O_WRONLY), b"x", 9_000_000)
    sleep({})


def mislead(arguments: dict[str, Any]) -> None:
    """This will answer by itself whatever `answer` says, and end as if all were well."""
    Path("answer.json").write_text(arguments["answer"])
    os._exit(0)


def babble(_arguments: dict[str, Any]) -> str:
    """This will write on its outputs until no more is taken."""
    while True:
        try:
            os.write(1, b"\x1b[2J" * 10**5)
        except OSError as error:
            return str(error.strerror)


def fall(_arguments: dict[str, Any]) -> None:
    """This will end without an answer."""
    os.abort()


def leave(_arguments: dict[str, Any]) -> str:
    """This will leave a product."""
    Path("product").write_bytes(b"made here")
    return "left"


def _tried(action: Callable[[], Any]) -> str:
    try:
        action()
    except OSError as error:
        return f"refused: {error.strerror}"
    except ValueError as error:  # of limits that cannot be raised
        return f"refused: {error}"
    return "done"


def _call(number: int, *arguments: Any) -> None:
    if ctypes.CDLL(None, use_errno=True).syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _unshare() -> None:
    kernel = ctypes.CDLL(None, use_errno=True)
    if kernel.unshare(0x1000_0000) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _thread() -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
