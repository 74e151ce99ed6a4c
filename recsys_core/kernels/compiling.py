"""How the kernels are compiled: one place for the flags, one for specialising to a row length."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, wraps
from inspect import signature
from typing import Any

from numba import njit

# Sums may be reordered, so that a row is summed in vector registers; NaN and infinity keep their
# meaning, since they are how divergence is noticed.
FAST = {"contract", "reassoc", "nsz", "arcp"}

# Whether kernels use ordinary loops instead of vector instructions written in LLVM's own language:
# slower, but they need nothing of Numba that another version might change.
SWITCH = "FACTORSCOPE_PLAIN_KERNELS"
PLAIN = os.environ.get(SWITCH, "") not in ("", "0")

# Numba's cache does not see which of the two a kernel calls, so that only the usual ones are kept.
_KEPT = not PLAIN


def compiled(function: Callable[..., Any]) -> Any:
    """Have a function compiled when it is first called; kept on disk where that can be."""

    def by_numba(cache: bool) -> Any:
        return njit(nogil=True, fastmath=FAST, error_model="numpy", cache=cache)(function)

    try:
        made = by_numba(_KEPT)
    except RuntimeError:  # neither this folder nor the user's can be written to
        return by_numba(False)
    if _KEPT:
        made._cache.save_overload = _if_there_is_room(made._cache.save_overload)
    return made


def _if_there_is_room(save: Callable[..., None]) -> Callable[..., None]:
    """Keep what was compiled if it can be written; else it is compiled again at the next start.

    Numba itself lets the error out of the call of the kernel, where the disk is full, say.
    """

    def saved(*given: Any) -> None:
        with suppress(OSError):
            save(*given)

    return saved


def specialised(build: Callable[..., Callable]) -> Callable[..., Callable]:
    """Build a kernel once for each row length: loops of known length become vectors.

    Arguments that are left out are those of the signature: the same kernel, built only once.
    """
    made, of = cache(build), signature(build)

    @cache
    def complete(*given: Any) -> Callable:
        bound = of.bind(*given)
        bound.apply_defaults()
        return made(*bound.args)

    @wraps(build)
    def kernel(*given: Any) -> Callable:
        return complete(*given)

    return kernel


@contextmanager
def naming_the_switch() -> Iterator[None]:
    """Name the switch where vector instructions cannot be written.

    Raises
    ------
    RuntimeError
        In place of whatever went wrong inside: Numba or LLVM are not as the code expects them.
    """
    try:
        yield
    except Exception as error:
        import llvmlite
        import numba

        raise RuntimeError(
            f"The vector instructions of the kernels cannot be compiled with Numba "
            f"{numba.__version__} and llvmlite {llvmlite.__version__} ({error}). Set the "
            f"environment variable {SWITCH}=1 to run on ordinary loops: slower, same results."
        ) from error
