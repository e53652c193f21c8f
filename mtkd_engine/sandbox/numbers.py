"""System calls by their numbers: which are denied, and of which only some arguments are accepted.

Landlock knows opening, making, removing and moving of files; owners, modes, times and labels of files, and what else
one process may do to another of the same user, are for this list. Numbers are those of the kernel's tables.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Argument:
    """One argument of a call, its lower 32 bits: refused where it is one of `values`, or has one of the bits."""

    number: int
    place: int
    values: tuple[int, ...] = ()
    bits: int = 0


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """What is denied on one kind of machine."""

    audit: int
    clone: int
    tgkill: int
    prlimit: int
    arguments: tuple[Argument, ...]
    denied: tuple[int, ...]


EVERYWHERE = (
    *(425, 426, 427),  # io_uring: does by itself what is denied here
    *(424, 434, 438, 440, 448),  # pidfd: signals to others, their files and memory
    *(428, 429, 430, 431, 432, 433, 442, 443),  # mounts, newer calls; quotas
    447,  # memfd_secret
)
ABSENT = (435, 437)
"""clone3 and openat2: what they ask for lies in memory, where no filter looks. The C library then uses older calls."""
FIRST_UNKNOWN = 450
"""From here on calls are newer than this list."""
CLONE_THREAD = 0x1_0000
_TMPFILE = 0x40_0000
_SIGNALS_OF_FILES = (8, 10, 15, 1024, 1026)
"""F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY: the kernel sends what signal they say to whom they say."""
_TO_TERMINALS = (0x5412, 0x541C)
"""TIOCSTI, TIOCLINUX: typing on somebody's terminal."""
_DEATH_WITH_PARENT = (1,)

ARCHITECTURES = {
    "x86_64": Architecture(
        audit=0xC000_003E,
        clone=56,
        tgkill=234,
        prlimit=302,
        arguments=(
            Argument(2, 1, bits=_TMPFILE),  # open
            Argument(257, 2, bits=_TMPFILE),  # openat
            Argument(72, 1, values=_SIGNALS_OF_FILES),  # fcntl
            Argument(16, 1, values=_TO_TERMINALS),  # ioctl
            Argument(157, 0, values=_DEATH_WITH_PARENT),  # prctl
        ),
        denied=(
            *(41, 53),  # socket, socketpair
            *(57, 58, 59, 322),  # fork, vfork, execve, execveat
            *(62, 101, 129, 200, 297, 310, 311),  # kill, ptrace, tkill, queued signals, others' memory
            *(109, 112, 256, 279, 312),  # setpgid, setsid, migrate_pages, move_pages, kcmp
            *(141, 142, 144, 203, 251, 314),  # priorities, scheduling and processors of others
            *(29, 30, 64, 68, 240, 319),  # shared memory, semaphores, queues, memfd_create
            *(86, 88, 133, 259, 265, 266),  # links and special files
            *(76, 82, 83, 84, 87, 258, 263, 264, 316),  # truncate by name, rename, folders, unlink
            *(90, 91, 92, 93, 94, 260, 268),  # chmod, chown and their kind
            *(132, 235, 261, 280),  # times of files
            *(188, 189, 190, 197, 198, 199),  # labels of files
            *(73, 253, 254, 285, 294),  # flock, inotify, fallocate
            *(155, 161, 165, 166, 272, 308),  # pivot_root, chroot, mount, umount2, unshare, setns
            *(103, 135, 154, 179, 206),  # syslog, personality, modify_ldt, quotactl, io_setup
            *(175, 246, 248, 249, 250, 298),  # modules, kexec, keys, perf
            *(300, 303, 304, 313, 320, 321, 323),  # fanotify, handles of files, modules, bpf, userfaultfd
        ),
    ),
    "aarch64": Architecture(
        audit=0xC000_00B7,
        clone=220,
        tgkill=131,
        prlimit=261,
        arguments=(
            Argument(56, 2, bits=_TMPFILE),
            Argument(25, 1, values=_SIGNALS_OF_FILES),
            Argument(29, 1, values=_TO_TERMINALS),
            Argument(167, 0, values=_DEATH_WITH_PARENT),
        ),
        denied=(
            *(198, 199),
            *(221, 281),
            *(117, 129, 130, 138, 240, 270, 271),
            *(154, 157, 238, 239, 272),
            *(140, 118, 119, 122, 30, 274),
            *(180, 186, 190, 194, 196, 279),
            *(33, 36, 37),
            *(45, 38, 34, 35, 276),
            *(52, 53, 54, 55),
            88,
            *(5, 6, 7, 14, 15, 16),
            *(32, 26, 27, 47),
            *(39, 40, 41, 51, 97, 268),
            *(116, 92, 60, 0),
            *(104, 105, 217, 218, 219, 241),
            *(262, 264, 265, 273, 280, 282, 294),
        ),
    ),
}
