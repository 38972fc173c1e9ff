"""Touches the world: how this process's memory lies.

glibc takes a block from the system by itself while it is larger than a threshold, and raises the
threshold to the largest such block that was ever freed, up to 32 MB: after one body of ten
megabytes all bodies come from the heap, which has gaps then and never shrinks. Setting the
threshold keeps it where it is.

A text visits a little of everything that thousands of rules have made. In pages of 4 KB, most
visits begin with a walk through the page tables; in pages of 2 MB few do.

Python looks for garbage whenever there are 700 objects more than before: the articles of one feed are
as many, and none of them is garbage.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from pathlib import Path

_M_MMAP_THRESHOLD = -3
LARGE = 256 * 1024
"""Bytes from which a block is the system's again once it is free."""

MORE_OBJECTS = 10_000
"""After which garbage is looked for."""

_MADV_COLLAPSE = 25
_PAGE = 2 * 1024 * 1024
_MAPS = Path("/proc/self/maps")


def return_large_blocks() -> None:
    """Do so in this process, from now on; nothing where the C library is another."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE)


def settle() -> None:
    """What is here now is here to stay: no search for garbage looks at it again, and there are
    fewer."""
    gc.freeze()
    gc.set_threshold(MORE_OBJECTS, *gc.get_threshold()[1:])


def use_large_pages() -> int:
    """Put what lies in memory now into large pages; how many bytes do.

    It takes a second for 500 MB, and what was shared with other processes is this one's alone
    then. Linux can since 6.1; elsewhere nothing happens.
    """
    madvise = getattr(ctypes.CDLL(None), "madvise", None)
    if madvise is None or not _MAPS.exists():
        return 0
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    # Each by itself: one that cannot be had ends the call.
    return sum(_PAGE for start in _large_pages() if not madvise(start, _PAGE, _MADV_COLLAPSE))


def _large_pages() -> Iterator[int]:
    """Where each stretch begins that could be a large page: of this process's own memory."""
    for line in _MAPS.read_text(encoding="utf-8", errors="replace").splitlines():
        place, rights, _, _, inode, *name = line.split(maxsplit=5)
        is_own = inode == "0" and name in ([], ["[heap]"])
        if is_own and rights == "rw-p":
            start, end = (int(one, 16) for one in place.split("-"))
            yield from range(-(-start // _PAGE) * _PAGE, end - _PAGE + 1, _PAGE)
