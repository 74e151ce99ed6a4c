"""Compiled inner loops: formula beside code, no Python objects, the GIL released.

What they take is grouped in the named tuples of ``kernels.arguments``.

``kernels.rows_kernel`` and its like are found when first asked for: Numba takes a third of a second
to import, and neither the first page nor a notebook that only reads waits for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recsys_core.kernels.conjugate_gradients import choices_kernel, conjugate_kernel
    from recsys_core.kernels.constrained import constrained_kernel
    from recsys_core.kernels.errors import errors_kernel, row_errors_kernel, running_kernel
    from recsys_core.kernels.grid import lay_out, shuffle
    from recsys_core.kernels.least_squares import rows_kernel
    from recsys_core.kernels.multiplicative import multiplicative_kernel
    from recsys_core.kernels.neighbours import add_neighbours, similarities
    from recsys_core.kernels.residuals import residuals_kernel
    from recsys_core.kernels.sgd import logistic_kernel, sgd_kernel
    from recsys_core.kernels.sums import count_both, sum_columns, sums_kernel
    from recsys_core.kernels.svdpp import svdpp_kernel

from recsys_core.kernels.arguments import (
    FixedSide,
    Parameters,
    Penalty,
    Rows,
    Solution,
    Triples,
)
from recsys_core.kernels.tables import padded

_HOMES = {
    "count_both": "sums",
    "constrained_kernel": "constrained",
    "choices_kernel": "conjugate_gradients",
    "conjugate_kernel": "conjugate_gradients",
    "errors_kernel": "errors",
    "row_errors_kernel": "errors",
    "running_kernel": "errors",
    "group": "grid",
    "lay_out": "grid",
    "shuffle": "grid",
    "rows_kernel": "least_squares",
    "multiplicative_kernel": "multiplicative",
    "add_neighbours": "neighbours",
    "similarities": "neighbours",
    "residuals_kernel": "residuals",
    "sgd_kernel": "sgd",
    "logistic_kernel": "sgd",
    "sum_columns": "sums",
    "sums_kernel": "sums",
    "svdpp_kernel": "svdpp",
}

__all__ = [
    "FixedSide", "Parameters", "Penalty", "Rows", "Solution", "Triples", "add_neighbours",
    "choices_kernel", "conjugate_kernel", "constrained_kernel", "count_both", "errors_kernel",
    "group", "lay_out", "logistic_kernel", "multiplicative_kernel", "padded", "residuals_kernel",
    "row_errors_kernel", "rows_kernel", "running_kernel", "sgd_kernel",
    "shuffle", "similarities", "sum_columns", "sums_kernel", "svdpp_kernel", "warm_up",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def warm_up(widths: tuple[int, ...] = (8, 16, 32)) -> None:
    """Compile the kernels for usual row lengths, or load them from their cache.

    Called in the background when a server starts, so that the first epoch does not wait. The
    default widths are those of the default settings, smallest data first.
    """
    import numpy as np

    from recsys_core import kernels

    f = np.float32
    ids, values = np.zeros(0, np.int32), np.zeros(0, f)
    triples = Triples(ids, ids, values)
    starts, row = np.zeros(1, np.int64), np.zeros(0, f)
    rows = Rows(starts, ids, values)
    tables = [np.zeros((0, width), f) for width in widths]
    # First what the first run needs, SGD as a rule.
    kernels.group(ids, ids, values, starts, (ids.copy(), values.copy(), starts[:0].copy()))
    for width, table in zip(widths, tables, strict=True):
        parameters = Parameters(table, table, row, row, f(0))
        kernels.sgd_kernel(width)(triples, parameters, f(0), f(0), True, 0, 0)
        kernels.errors_kernel(width)(triples, parameters, False, f(1), f(5), 0, 0)
    none = np.zeros(0, np.int64)
    kernels.lay_out(triples, none, none, 1, triples, np.zeros(1, np.int64))
    kernels.shuffle(triples, np.int64(0), 0, 0)
    kernels.sum_columns(starts, ids, np.zeros(0), np.zeros(0), 0, 0)  # of the biases
    for width, table in zip(widths, tables, strict=True):
        parameters = Parameters(table, table, row, row, f(0))
        square = np.eye(width, dtype=f)
        kernels.rows_kernel(width)(
            rows, FixedSide(table, table, row, f(0)), Penalty(square, square[:1]), table,
            Solution(table, row, table), 0, 0,
        )  # fmt: skip
        fixed = FixedSide(table, table, row, f(0), row)
        kernels.row_errors_kernel(width)(rows, table, row, fixed, np.zeros(0), 0, 0)
        kernels.sums_kernel(width)(starts, ids, table, row, table, 0, 0)
        kernels.running_kernel(width)(triples, parameters, row, f(1), f(1), f(5), 0, 0)
        kernels.conjugate_kernel(width)(rows, row, table, square, table, 0, 0)
        kernels.choices_kernel(width)(rows, row, table, table, 0, 0)
        known = starts, ids, table
        kernels.svdpp_kernel(width)(
            ids, rows, parameters, table, known, table, f(0), f(0), True, 0, 0
        )
        kernels.residuals_kernel(width)(triples, parameters, row, 0, 0)
        kernels.multiplicative_kernel(width)(rows, table, table, f(0), 0, 0)
        logistic = kernels.logistic_kernel(width)
        logistic(triples, parameters, f(1), f(4), f(0), row, row, True, 0, 0)
        kernels.constrained_kernel(width)(
            ids, rows, parameters, table, table, False, f(1), f(4), f(0), f(0), row, row, True,
            0, 0,
        )  # fmt: skip
