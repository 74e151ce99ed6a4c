"""Compiled inner loops: formula beside code, no Python objects, the GIL released."""


def warm_up(widths: tuple[int, ...] = (8, 16, 32)) -> None:
    """Compile the kernels for usual row lengths, or load them from their cache.

    Called in the background when a server starts, so that the first epoch does not wait. The
    default widths are those of the default settings, smallest data first.
    """
    import numpy as np

    from recsys_core.kernels.errors import errors_kernel, running_kernel
    from recsys_core.kernels.least_squares import rows_kernel
    from recsys_core.kernels.multiplicative import multiplicative_kernel
    from recsys_core.kernels.sgd import logistic_kernel, sgd_kernel
    from recsys_core.kernels.sums import sums_kernel
    from recsys_core.kernels.svdpp import svdpp_kernel

    f = np.float32
    ids, values = np.zeros(0, np.int32), np.zeros(0, f)
    triples = ids, ids, values
    starts, row = np.zeros(1, np.int64), np.zeros(0, f)
    for width in widths:
        table = np.zeros((0, width), f)
        parameters = table, table, row, row, f(0)
        sgd_kernel(width)(*triples, *parameters, f(0), f(0), True, 0, 0)
        errors_kernel(width)(*triples, *parameters, False, f(1), f(5), 0, 0)
        square = np.eye(width, dtype=f)
        rows_kernel(width)(
            starts, ids, values, table, table, row, f(0), row, square, square[:1], True, f(1), f(0),
            False, table, table, row, table, 0, 0,
        )  # fmt: skip
        logistic_kernel(width)(*triples, *parameters, f(1), f(4), f(0), row, row, True, 0, 0)
        svdpp_kernel(width)(
            ids, starts, ids, values, table, table, table, table, row, row, f(0), f(0), f(0), True,
            0, 0,
        )  # fmt: skip
        sums_kernel(width)(starts, ids, table, row, table, 0, 0)
        running_kernel(width)(ids, ids, *parameters, row, 0, 0)
        multiplicative_kernel(width)(starts, ids, values, table, table, f(0), 0, 0)
