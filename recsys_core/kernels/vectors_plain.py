"""The operations of ``vectors_llvm`` in ordinary loops: same names, same arguments, same meaning.

What each one says here is what the other must do; the tests compare the two. Compiled they take
part in the kernels (see ``vectors``); ``.py_func`` of each is plain Python, for float32 and float64
alike. Arrays: tables (n, width), ``y`` and ``pivot`` (width,), ``shares`` and ``rows`` flat.
"""

from __future__ import annotations

import numpy as np

from recsys_core.kernels.compiling import compiled


@compiled
def dot_rows(width, p, u, q, i):
    """Compute Σ_k p[u, k] q[i, k]."""
    total = p.dtype.type(0)
    for k in range(width):
        total += p[u, k] * q[i, k]
    return total


@compiled
def blend_rows(width, p, u, q, i, gain, keep_p, keep_q):
    """Replace p_u by keep_p p_u + gain q_i and q_i by keep_q q_i + gain p_u, both from the old."""
    for k in range(width):
        old_p, old_q = p[u, k], q[i, k]
        p[u, k] = keep_p * old_p + gain * old_q
        q[i, k] = keep_q * old_q + gain * old_p


@compiled
def move_row(width, a, f, keep, gain, x, n):
    """Replace a_f by keep a_f + gain x_n."""
    for k in range(width):
        a[f, k] = keep * a[f, k] + gain * x[n, k]


@compiled
def add_rows(width, a, f, sign, shares, offset, stride, x, rows, start, stop):
    """Add Σ_n sign shares[offset + n stride] x[rows[n]] to a_f, n from ``start`` to ``stop``."""
    for n in range(start, stop):
        share = sign * shares[offset + n * stride]
        for k in range(width):
            a[f, k] += share * x[rows[n], k]


@compiled
def add_projections(width, a, f, v, g, plus, targets, sign, weights, x, rows, start, stop):
    """Add Σ_n (plus targets[n] + sign weights[n] (x_n · v_g)) x_n to a_f, x_n = x[rows[n]]."""
    for n in range(start, stop):
        share = plus * targets[n] + sign * weights[n] * dot_rows(width, x, rows[n], v, g)
        for k in range(width):
            a[f, k] += share * x[rows[n], k]


@compiled
def add_normal(width, u, a, targets, ones, x, rows, start, stop):
    """Add what rows x_n, n from ``start`` to ``stop``, contribute to normal equations.

    Σ_n x_n x_nᵀ goes to the upper half of the matrix u[1:], Σ_n ones[n − start] x_n to u[0] and
    Σ_n targets[n − start] x_n to a[0].
    """
    for n in range(start, stop):
        row, one, target = rows[n], ones[n - start], targets[n - start]
        for f in range(width):
            x_f = x[row, f]
            u[0, f] += one * x_f
            a[0, f] += target * x_f
            for g in range(f, width):
                u[1 + f, g] += x_f * x[row, g]


@compiled
def prefetch_row(width, x, row):
    """Do nothing: to ask for memory in advance changes no number."""


@compiled
def factorise(width, u, a, y, pivot):
    """Turn each u[s, 1:], a symmetric matrix's upper half, into Cholesky's U, and solve Uᵀ y = a.

    ``u`` is (2, width + 1, width), the others (2, width): two systems s. Row 0 of u[s] is the
    unknown before all others, already done; row f + 1 is row f of the matrix, then of U. ``a`` is
    used up.

        U_fk ← (A_fk − Σ_{g before f} U_gf U_gk) / U_ff  for k ≥ f, 0 for k < f    pivot_f = 1/U_ff
        y_f = (a_f − Σ_{g<f} y_g U_gf) / U_ff
    """
    for s in range(2):
        for f in range(width):
            for g in range(f + 1):
                u_gf = u[s, g, f]
                for k in range(f, width):
                    u[s, f + 1, k] -= u_gf * u[s, g, k]
            pivot[s, f] = 1 / np.sqrt(u[s, f + 1, f])
            y[s, f] = a[s, f] * pivot[s, f]
            for k in range(f):
                u[s, f + 1, k] = 0
            for k in range(f, width):
                u[s, f + 1, k] *= pivot[s, f]
                a[s, k] -= y[s, f] * u[s, f + 1, k]


@compiled
def substitute(width, u, y, pivot, w):
    """Solve U w = y, each U in u[s, 1:], into w[s]: w_f = (y_f − Σ_{g>f} U_fg w_g) / U_ff."""
    for s in range(2):
        for f in range(width - 1, -1, -1):
            known = y[s, f]
            for g in range(f + 1, width):
                known -= u[s, f + 1, g] * w[s, g]
            w[s, f] = known * pivot[s, f]
