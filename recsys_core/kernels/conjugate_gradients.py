"""Implicit ALS's half-step by a few rounds of conjugate gradients, one row at a time.

With the other side's rows x_j fixed, the row w of one user solves A w = a,

    A = G + λ I + Σ_j α n_j x_j x_jᵀ      G = Σ_all x xᵀ      a = Σ_j (1 + α n_j) x_j

j over what the user chose, n_j the counts. A is never built: a product with it is one with G and
one pass over the chosen rows, A v = G v + λ v + Σ_j α n_j (x_j · v) x_j. From the present w,

    r = a − A w      d = r
    t = rᵀr / dᵀA d      w ← w + t d      r ← r − t A d      d ← r + (rᵀr / the one before) d

Each round lowers the row's objective, so that alternating never raises the whole one, and the next
pass goes on from where this one stopped, for k numbers a choice instead of k². With k = 32, on
MovieLens 100K and 1M, the objective after nine passes is 1/1000 or less above that of exact
solving, after fifteen equal; AUC, NDCG and recall do not differ by more than two seeds do. Of k ≤ 3
unknowns three rounds find the solution itself.

Sources: Hestenes and Stiefel, *Methods of Conjugate Gradients for Solving Linear Systems*, 1952;
Takács, Pilászy and Tikk, *Applications of the Conjugate Gradient Method for Implicit Feedback
Collaborative Filtering*, 2011.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys_core.kernels.compiling import compiled, specialised
from recsys_core.kernels.scratch import empty
from recsys_core.kernels.vectors import add_projections, add_rows, dot_rows, move_row

# Rounds for each row in each half-step.
N_ROUNDS = 3


@specialised
def conjugate_kernel(width: int) -> Callable[..., None]:
    """Return the function that improves a run of rows of w, (n_rows, width), in place.

    It takes:

    choices : Rows of α n, the values; 0 is no choice.
    confidences : 1 + α n where α n > 0, else 0, float32, (n_ratings,).
    x : float32, (n_columns, width); matrix : G + λ I, (width, width), zero in columns of padding.
    w, first, last. A row without choices becomes 0.
    """

    @compiled
    def improve_rows(choices, confidences, x, matrix, w, first, last):
        starts, columns, more = choices
        zero, one, top = np.float32(0), np.float32(1), np.uint32(0)
        rest, way, image = empty(1, width), empty(1, width), empty(1, width)  # r, d, A d
        all_rows = np.arange(width)
        flat, flat_w = way.reshape(width), w.reshape(w.size)
        for row in range(first, last):
            at, begin, end = np.uint32(row), starts[row], starts[row + 1]
            if begin == end:
                w[row, :] = zero
                continue
            rest[:] = zero
            add_rows(width, rest, top, -one, flat_w, row * width, 1, matrix, all_rows, 0, width)
            add_projections(
                width, rest, top, w, at, one, confidences, -one, more, x, columns, begin, end
            )
            way[:] = rest
            length = dot_rows(width, rest, top, rest, top)
            for _ in range(N_ROUNDS):
                image[:] = zero
                add_rows(width, image, top, one, flat, 0, 1, matrix, all_rows, 0, width)
                add_projections(
                    width,
                    image,
                    top,
                    way,
                    top,
                    zero,
                    confidences,
                    one,
                    more,
                    x,
                    columns,
                    begin,
                    end,
                )
                steep = dot_rows(width, way, top, image, top)
                if not steep > zero:  # solved already
                    break
                far = length / steep
                move_row(width, w, at, one, far, way, top)
                move_row(width, rest, top, one, -far, image, top)
                before, length = length, dot_rows(width, rest, top, rest, top)
                move_row(width, way, top, length / before, one, rest, top)

    return improve_rows


@specialised
def choices_kernel(width: int) -> Callable[..., float]:
    """Return the function that sums what choices add to the objective, for a run of rows.

    Σ c (1 − x)² − x² over the chosen cells, x = w · x_j, c = 1 + α n: the rest of the objective is
    a sum over all cells. For a row it is

        Σ c + w · Σ (α n (x_j · w) − 2 c) x_j

    so that its rows are passed as in a round of ``conjugate_kernel``, whose arguments it takes:
    choices, confidences, x, w, first, last.
    """

    @compiled
    def chosen(choices, confidences, x, w, first, last):
        starts, columns, more = choices
        total, one, top = 0.0, np.float32(1), np.uint32(0)
        pulls = empty(1, width)
        for row in range(first, last):
            at, begin, end = np.uint32(row), starts[row], starts[row + 1]
            some = np.float32(0)
            for n in range(begin, end):
                some += confidences[n]
            pulls[:] = np.float32(0)
            add_projections(
                width, pulls, top, w, at, np.float32(-2), confidences, one, more, x, columns, begin,
                end,
            )  # fmt: skip
            total += float(some) + float(dot_rows(width, w, at, pulls, top))
        return total

    return chosen
