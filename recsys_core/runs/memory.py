"""Memory of what was let go, given back to the system.

Python frees objects that refer to each other only when it collects, which an idle server never
does; and glibc keeps what is freed, in as many arenas as there have been threads at work.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from pathlib import Path

_ARENA_MAX = -8  # mallopt's M_ARENA_MAX
_ARENAS = 2

_STATUS = Path("/proc/self/status")


def _glibc() -> ctypes.CDLL | None:
    """The C library; None where it is another one."""
    if not sys.platform.startswith("linux"):
        return None
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        _ = library.malloc_trim, library.gnu_get_libc_version
        return library
    return None


def use_few_arenas() -> None:
    """Have all threads take memory from the same few places; called before there are threads."""
    library = _glibc()
    if library is not None:
        library.mallopt(_ARENA_MAX, _ARENAS)


def pass_over_what_stays() -> None:
    """Leave what is in memory now, libraries above all, out of every later collection."""
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Collect what nobody holds any more, and hand free pages to the system."""
    gc.collect()
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def resident() -> int | None:
    """Bytes of memory in use; None where the system does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return None
