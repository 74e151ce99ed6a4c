"""Whole rows in vector registers: the one module written in LLVM's language instead of Python.

LLVM unrolls a loop over a short row before it looks for vectors, and then adds the products one by
one: three to four times slower than the machine can. These intrinsics write the vector instructions
themselves, for float32 rows of a known width, a multiple of 8. Kernels import them from
``vectors``; ``vectors_plain`` has the same operations as loops, and the tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from recsys_core.kernels.compiling import FAST, naming_the_switch


def _vector_code(declare: Callable[..., Any]) -> Any:
    """Make an intrinsic of a function that returns a signature and what generates the code.

    An intrinsic is called otherwise than it is declared; Any keeps type checkers out of it.
    """

    @wraps(declare)
    def declared(*args: Any) -> Any:
        signature, generate = declare(*args)

        def generated(*parts: Any) -> Any:
            with naming_the_switch():
                return generate(*parts)

        return signature, generated

    return intrinsic(prefer_literal=True)(declared)


_FAST = tuple(sorted(FAST))
_FLOAT, _INT = ir.FloatType(), ir.IntType(64)


def _pieces(width: int) -> list[tuple[int, ir.VectorType]]:
    """A row cut into vectors of 16, and one of 8 for what is left: (first column, type)."""
    cut = [(column, 16) for column in range(0, width - 15, 16)]
    cut += [(width - 8, 8)] if width % 16 else []
    return [(column, ir.VectorType(_FLOAT, size)) for column, size in cut]


class _Table:
    """A C-contiguous (n, width) float32 array, addressed by row and column."""

    def __init__(self, context: Any, builder: Any, signature: Any, args: Any, which: int) -> None:
        self.builder = builder
        self.width = signature.args[0].literal_value
        kind = signature.args[which]
        self.data = context.make_array(kind)(context, builder, args[which]).data

    def at(self, row: Any, column: int, kind: Any) -> Any:
        """Pointer to a number or a vector that begins in this place."""
        builder = self.builder
        row = builder.zext(row, _INT) if row.type.width < 64 else row
        start = builder.mul(row, ir.Constant(_INT, self.width))
        place = builder.gep(self.data, [builder.add(start, ir.Constant(_INT, column))])
        return builder.bitcast(place, kind.as_pointer())

    def number(self, row: Any, column: Any) -> Any:
        """Pointer to one number, in a column that is not known beforehand."""
        builder = self.builder
        start = builder.mul(row, ir.Constant(_INT, self.width))
        return builder.gep(self.data, [builder.add(start, column)])

    def row(self, row: Any) -> Iterator[tuple[Any, Any]]:
        """Pointer to each piece of a row, and its value."""
        for column, kind in _pieces(self.width):
            place = self.at(row, column, kind)
            yield place, self.builder.load(place, align=4)

    def values(self, row: Any) -> list[Any]:
        """The values of the pieces of a row."""
        return [value for _, value in self.row(row)]


def _splat(builder: Any, value: Any, kind: ir.VectorType) -> Any:
    """A vector with the same number in every place."""
    empty = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(empty, value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
    return builder.shuffle_vector(first, empty, zeros)


def _ints(kind: ir.VectorType) -> ir.VectorType:
    return ir.VectorType(ir.IntType(32), kind.count)


def _lanes(kind: ir.VectorType) -> ir.Constant:
    """The vector 0, 1, 2 …"""
    return ir.Constant(_ints(kind), list(range(kind.count)))


def _summed(builder: Any, vector: Any, start: Any) -> Any:
    """The sum of a vector's numbers and one more."""
    add = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(_FLOAT, [_FLOAT, vector.type]),
        f"llvm.vector.reduce.fadd.v{vector.type.count}f32",
    )
    return builder.call(add, [start, vector], fastmath=_FAST)


def _times(builder: Any, a: Any, b: Any) -> Any:
    return builder.fmul(a, b, flags=_FAST)


def _plus(builder: Any, a: Any, b: Any) -> Any:
    return builder.fadd(a, b, flags=_FAST)


def _products(builder: Any, row: list[Any], other_row: list[Any]) -> list[Any]:
    """Two rows multiplied and added up piece by piece: at most one vector of 16 and one of 8."""
    sums: dict[int, Any] = {}  # by vector size
    for own, other in zip(row, other_row, strict=True):
        size, product = own.type.count, _times(builder, own, other)
        sums[size] = _plus(builder, sums[size], product) if size in sums else product
    return list(sums.values())


def _picked(builder: Any, a: Any, b: Any, places: list[int]) -> Any:
    """The numbers of two vectors, one after the other, that stand in some places."""
    kind = ir.VectorType(ir.IntType(32), len(places))
    return builder.shuffle_vector(a, b, ir.Constant(kind, places))


def _paired(builder: Any, a: Any, b: Any, these: list[int], those: list[int]) -> Any:
    """In every four places ``these`` of two vectors plus ``those``: 0–3 of a, 4–7 of b."""
    n = a.type.count

    def everywhere(places: list[int]) -> list[int]:
        return [at + place % 4 + place // 4 * n for at in range(0, n, 4) for place in places]

    return _plus(
        builder,
        _picked(builder, a, b, everywhere(these)),
        _picked(builder, a, b, everywhere(those)),
    )


def _four_sums(builder: Any, rows: list[list[Any]]) -> Any:
    """The sums of four rows of numbers, each one or two vectors, as a vector of four.

    As in transposing: two vectors become one that holds half as many sums of both, and again, until
    each quarter of a vector holds a part of all four sums.
    """
    total = None
    for vectors in zip(*rows, strict=True):
        a, b, c, d = vectors
        n = a.type.count
        ab = _paired(builder, a, b, [0, 4, 1, 5], [2, 6, 3, 7])
        cd = _paired(builder, c, d, [0, 4, 1, 5], [2, 6, 3, 7])
        parts = _paired(builder, ab, cd, [0, 1, 4, 5], [2, 3, 6, 7])
        while n > 4:
            n //= 2
            parts = _plus(
                builder,
                _picked(builder, parts, parts, list(range(n))),
                _picked(builder, parts, parts, list(range(n, 2 * n))),
            )
        total = parts if total is None else _plus(builder, total, parts)
    return total


@_vector_code
def dot_rows(typing_context: Any, width: Any, p: Any, u: Any, q: Any, i: Any) -> Any:
    """``p[u] @ q[i]``; ``width`` is a constant, ``u`` and ``i`` are unsigned."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        p_u = _Table(context, builder, signature, args, 1).values(args[2])
        q_i = _Table(context, builder, signature, args, 3).values(args[4])
        total = ir.Constant(_FLOAT, 0.0)
        for vector in _products(builder, p_u, q_i):
            total = _summed(builder, vector, total)
        return total

    return types.float32(width, p, u, q, i), generate


@_vector_code
def blend_rows(
    typing_context: Any, width: Any, p: Any, u: Any, q: Any, i: Any, gain: Any, keep_p: Any,
    keep_q: Any,
) -> Any:  # fmt: skip
    """Both from the old rows, ``p[u]`` and ``q[i]`` become

    ``keep_p * p[u] + gain * q[i]`` and ``keep_q * q[i] + gain * p[u]``.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        p_u = _Table(context, builder, signature, args, 1).row(args[2])
        q_i = _Table(context, builder, signature, args, 3).row(args[4])
        for (p_place, old_p), (q_place, old_q) in zip(p_u, q_i, strict=True):
            g, k_p, k_q = (_splat(builder, value, old_p.type) for value in args[5:])

            def mixed(keep: Any, own: Any, other: Any, gain: Any = g) -> Any:
                return _plus(builder, _times(builder, keep, own), _times(builder, gain, other))

            builder.store(mixed(k_p, old_p, old_q), p_place, align=4)
            builder.store(mixed(k_q, old_q, old_p), q_place, align=4)
        return context.get_dummy_value()

    f32 = types.float32
    return types.void(width, p, u, q, i, f32, f32, f32), generate


@_vector_code
def move_row(
    typing_context: Any, width: Any, a: Any, f: Any, keep: Any, gain: Any, x: Any, n: Any
) -> Any:
    """``a[f] = keep * a[f] + gain * x[n]``; ``width`` is a constant, ``f`` and ``n`` unsigned."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        a_f = _Table(context, builder, signature, args, 1).row(args[2])
        x_n = _Table(context, builder, signature, args, 5).row(args[6])
        for (place, old), (_, added) in zip(a_f, x_n, strict=True):
            kept = _times(builder, _splat(builder, args[3], old.type), old)
            gained = _times(builder, _splat(builder, args[4], old.type), added)
            builder.store(_plus(builder, kept, gained), place, align=4)
        return context.get_dummy_value()

    f32 = types.float32
    return types.void(width, a, f, f32, f32, x, n), generate


@_vector_code
def add_rows(
    typing_context: Any, width: Any, a: Any, f: Any, sign: Any, shares: Any, offset: Any,
    stride: Any, x: Any, rows: Any, start: Any, stop: Any,
) -> Any:  # fmt: skip
    """``for n in range(start, stop): a[f] += sign * shares[offset + n * stride] * x[rows[n]]``.

    ``width`` is a constant, ``f`` unsigned, ``shares`` and ``rows`` are flat. The sum is held in
    registers: in memory it would be waited for at every step.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        a_f = list(_Table(context, builder, signature, args, 1).row(args[2]))
        x_table = _Table(context, builder, signature, args, 7)
        shares_data, rows_data = (
            context.make_array(signature.args[which])(context, builder, args[which]).data
            for which in (4, 8)
        )
        # Several sums side by side, since each addition waits for the one before it.
        n_sums = max(1, min(4, 12 // len(a_f)))
        held = [[cgutils.alloca_once(builder, old.type) for _, old in a_f] for _ in range(n_sums)]
        for number, totals in enumerate(held):
            for (_, old), total in zip(a_f, totals, strict=True):
                builder.store(ir.Constant(old.type, None) if number else old, total)

        def add(n: Any, totals: list[Any]) -> None:
            place = builder.gep(shares_data, [builder.add(args[5], builder.mul(n, args[6]))])
            share = _times(builder, args[3], builder.load(place))
            row = builder.load(builder.gep(rows_data, [n]))
            for (_, added), total in zip(x_table.row(row), totals, strict=True):
                scaled = _times(builder, _splat(builder, share, added.type), added)
                builder.store(_plus(builder, builder.load(total), scaled), total)

        start, stop, step = args[9], args[10], ir.Constant(_INT, n_sums)
        size = builder.sub(stop, start)
        some = builder.icmp_signed(">", size, ir.Constant(_INT, 0))
        rest = builder.srem(builder.select(some, size, ir.Constant(_INT, 0)), step)
        with cgutils.for_range_slice(builder, start, builder.sub(stop, rest), step) as (n, _):
            for number, totals in enumerate(held):
                add(builder.add(n, ir.Constant(_INT, number)), totals)
        one = ir.Constant(_INT, 1)
        with cgutils.for_range_slice(builder, builder.sub(stop, rest), stop, one) as (n, _):
            add(n, held[0])
        for piece, (place, _) in enumerate(a_f):
            total = builder.load(held[0][piece])
            for totals in held[1:]:
                total = _plus(builder, total, builder.load(totals[piece]))
            builder.store(total, place, align=4)
        return context.get_dummy_value()

    i64, f32 = types.int64, types.float32
    return types.void(width, a, f, f32, shares, i64, i64, x, rows, i64, i64), generate


@_vector_code
def add_projections(
    typing_context: Any, width: Any, a: Any, f: Any, v: Any, g: Any, plus: Any, targets: Any,
    sign: Any, weights: Any, x: Any, rows: Any, start: Any, stop: Any,
) -> Any:  # fmt: skip
    """``for n in range(start, stop):``

    ``a[f] += (plus * targets[n] + sign * weights[n] * (x[rows[n]] @ v[g])) * x[rows[n]]``.

    ``width`` is a constant, ``f`` and ``g`` are unsigned, ``targets``, ``weights`` and ``rows``
    flat. Four rows at a time: their products are summed across in one go, which for a single row
    costs more than all the rest, and each adds to a sum of its own, held in registers.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        a_f = list(_Table(context, builder, signature, args, 1).row(args[2]))
        v_g = _Table(context, builder, signature, args, 3).values(args[4])
        x_table = _Table(context, builder, signature, args, 9)
        targets_data, weights_data, rows_data = (
            context.make_array(signature.args[which])(context, builder, args[which]).data
            for which in (6, 8, 10)
        )
        n_sums = max(1, min(4, 8 // len(a_f)))
        held = [[cgutils.alloca_once(builder, old.type) for _, old in a_f] for _ in range(n_sums)]
        for number, totals in enumerate(held):
            for (_, old), total in zip(a_f, totals, strict=True):
                builder.store(ir.Constant(old.type, None) if number else old, total)

        def shares(n: Any, dots: Any) -> Any:
            """Of one row, or of as many as ``dots`` has."""
            kind = dots.type

            def some(data: Any) -> Any:
                place = builder.bitcast(builder.gep(data, [n]), kind.as_pointer())
                return builder.load(place, align=4)

            def all_of(value: Any) -> Any:
                return value if kind is _FLOAT else _splat(builder, value, kind)

            weight = _times(builder, all_of(args[7]), some(weights_data))
            target = _times(builder, all_of(args[5]), some(targets_data))
            return _plus(builder, target, _times(builder, weight, dots))

        def add(row: Any, share: Any, totals: list[Any]) -> None:
            for (_, own), total in zip(x_table.row(row), totals, strict=True):
                scaled = _times(builder, _splat(builder, share, own.type), own)
                builder.store(_plus(builder, builder.load(total), scaled), total)

        def row_of(n: Any) -> Any:
            return builder.load(builder.gep(rows_data, [n]))

        start, stop, four = args[11], args[12], ir.Constant(_INT, 4)
        size = builder.sub(stop, start)
        some = builder.icmp_signed(">", size, ir.Constant(_INT, 0))
        rest = builder.srem(builder.select(some, size, ir.Constant(_INT, 0)), four)
        with cgutils.for_range_slice(builder, start, builder.sub(stop, rest), four) as (n, _):
            rows = [row_of(builder.add(n, ir.Constant(_INT, number))) for number in range(4)]
            products = [_products(builder, x_table.values(row), v_g) for row in rows]
            dots = _four_sums(builder, products)
            of_each = shares(n, dots)
            for number, row in enumerate(rows):
                share = builder.extract_element(of_each, ir.Constant(ir.IntType(32), number))
                add(row, share, held[number % n_sums])
        one = ir.Constant(_INT, 1)
        with cgutils.for_range_slice(builder, builder.sub(stop, rest), stop, one) as (n, _):
            row = row_of(n)
            dot = ir.Constant(_FLOAT, 0.0)
            for vector in _products(builder, x_table.values(row), v_g):
                dot = _summed(builder, vector, dot)
            add(row, shares(n, dot), held[0])
        for piece, (place, _) in enumerate(a_f):
            total = builder.load(held[0][piece])
            for totals in held[1:]:
                total = _plus(builder, total, builder.load(totals[piece]))
            builder.store(total, place, align=4)
        return context.get_dummy_value()

    i64, f32 = types.int64, types.float32
    signature = types.void(
        width, a, f, v, g, f32, targets, f32, weights, x, rows, i64, i64
    )  # fmt: skip
    return signature, generate


@_vector_code
def add_normal(
    typing_context: Any, width: Any, u: Any, a: Any, targets: Any, ones: Any, x: Any, rows: Any,
    start: Any, stop: Any,
) -> Any:  # fmt: skip
    """``for n in range(stop - start):``, with ``x_n = x[rows[start + n]]``,

    ``u[1:] += np.outer(x_n, x_n)``, ``u[0] += ones[n] * x_n`` and ``a[0] += targets[n] * x_n``.

    ``u[1:]`` is filled where column ≥ row, and in the rest of the tiles that the diagonal crosses.
    It is done tile by tile, each held in registers while all rows pass by: a sum in memory would be
    loaded and stored again for every row.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        sums, right_side, x_table = (
            _Table(context, builder, signature, args, which) for which in (1, 2, 5)
        )
        targets_data, ones_data, rows_data = (
            context.make_array(signature.args[which])(context, builder, args[which]).data
            for which in (3, 4, 6)
        )
        zero, one = ir.Constant(_INT, 0), ir.Constant(_INT, 1)
        for column, kind in _pieces(sums.width):
            for first in range(0, column + kind.count, 8):
                tile = [sums.at(ir.Constant(_INT, 1 + first + f), column, kind) for f in range(8)]
                if not first:  # beside the first tile of a column, what is no product of two rows
                    tile += [sums.at(zero, column, kind), right_side.at(zero, column, kind)]
                held = [cgutils.alloca_once(builder, kind) for _ in tile]
                for place, total in zip(tile, held, strict=True):
                    builder.store(builder.load(place, align=4), total)
                with cgutils.for_range_slice(builder, args[7], args[8], one) as (index, _):
                    row = builder.load(builder.gep(rows_data, [index]))
                    right = builder.load(x_table.at(row, column, kind), align=4)
                    lefts = [x_table.at(row, first + f, _FLOAT) for f in range(8)]
                    if not first:
                        n = builder.sub(index, args[7])
                        lefts += [builder.gep(data, [n]) for data in (ones_data, targets_data)]
                    for left, total in zip(lefts, held, strict=True):
                        scaled = _splat(builder, builder.load(left, align=4), kind)
                        product = _times(builder, scaled, right)
                        builder.store(_plus(builder, builder.load(total), product), total)
                for place, total in zip(tile, held, strict=True):
                    builder.store(builder.load(total), place, align=4)
        return context.get_dummy_value()

    i64 = types.int64
    return types.void(width, u, a, targets, ones, x, rows, i64, i64), generate


@_vector_code
def prefetch_row(typing_context: Any, width: Any, x: Any, row: Any) -> Any:
    """Ask for ``x[row]`` to be brought near, without waiting; changes nothing."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        table, number, byte = (
            _Table(context, builder, signature, args, 1),
            ir.IntType(32),
            ir.IntType(8),
        )
        kinds = [byte.as_pointer(), number, number, number]
        ask = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), kinds), "llvm.prefetch.p0i8"
        )
        for column in range(0, table.width, 16):  # sixteen numbers are a line of cache
            place = builder.bitcast(table.at(args[2], column, _FLOAT), byte.as_pointer())
            builder.call(ask, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(width, x, row), generate


@_vector_code
def factorise(typing_context: Any, width: Any, u: Any, a: Any, y: Any, pivot: Any) -> Any:
    """Turn each ``u[s, 1:]``, a symmetric matrix's upper half, into Cholesky's U; solve Uᵀ y = a.

    For both systems s, side by side: each number waits for the one before it, and in the time the
    other system's is computed. Row 0 of ``u[s]`` is the unknown before all others, already done.
    By rows:

        for f in range(width):
            row = u[s, f + 1] - u[s, : f + 1, f] @ u[s, : f + 1]
            pivot[s, f] = 1 / sqrt(row[f])
            u[s, f + 1] = where(column < f, 0, row * pivot[s, f])
            y[s, f] = a[s, f] * pivot[s, f]
            a[s] -= y[s, f] * u[s, f + 1]

    Of a row only the vectors from the diagonal on are computed. ``a`` is used up.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        table, rest, y_table, pivot_table = (
            _Table(context, builder, signature, args, which) for which in (1, 2, 3, 4)
        )
        zero, one = ir.Constant(_INT, 0), ir.Constant(_INT, 1)
        pieces = _pieces(table.width)
        root = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(_FLOAT, [_FLOAT]), "llvm.sqrt.f32"
        )
        firsts = [ir.Constant(_INT, system * (table.width + 1)) for system in range(2)]
        for number, (first, kind) in enumerate(pieces):
            needed = pieces[number:]
            n_sums = 2 if len(needed) < 8 else 1
            end = ir.Constant(_INT, first + kind.count)
            with cgutils.for_range_slice(builder, ir.Constant(_INT, first), end, one) as (f, _):
                own = builder.add(f, one)
                held = [
                    [[cgutils.alloca_once(builder, k) for _, k in needed] for _ in range(n_sums)]
                    for _ in firsts
                ]
                for begin, sums in zip(firsts, held, strict=True):
                    for which, totals in enumerate(sums):
                        for (column, k), total in zip(needed, totals, strict=True):
                            old = builder.load(
                                table.at(builder.add(begin, own), column, k), align=4
                            )
                            builder.store(ir.Constant(k, None) if which else old, total)

                def subtract(
                    g: Any, which: int, f: Any = f, needed: Any = needed, held: Any = held
                ) -> None:
                    for begin, sums in zip(firsts, held, strict=True):
                        there = builder.add(begin, g)
                        factor = builder.fneg(builder.load(table.number(there, f)))
                        for (column, k), total in zip(needed, sums[which], strict=True):
                            row = builder.load(table.at(there, column, k), align=4)
                            scaled = _times(builder, _splat(builder, factor, k), row)
                            builder.store(_plus(builder, builder.load(total), scaled), total)

                step = ir.Constant(_INT, n_sums)
                whole = builder.sub(own, builder.srem(own, step))
                with cgutils.for_range_slice(builder, zero, whole, step) as (g, _):
                    for which in range(n_sums):
                        subtract(builder.add(g, ir.Constant(_INT, which)), which)
                with cgutils.for_range_slice(builder, whole, own, one) as (g, _):
                    subtract(g, 0)
                place = builder.trunc(builder.sub(f, ir.Constant(_INT, first)), ir.IntType(32))
                left = builder.icmp_signed("<", _lanes(kind), _splat(builder, place, _ints(kind)))
                for system, (begin, sums) in enumerate(zip(firsts, held, strict=True)):
                    at = ir.Constant(_INT, system)
                    row = []
                    for piece in range(len(needed)):
                        total = builder.load(sums[0][piece])
                        for totals in sums[1:]:
                            total = _plus(builder, total, builder.load(totals[piece]))
                        row.append(total)
                    diagonal = builder.extract_element(row[0], place)
                    inverse = builder.fdiv(ir.Constant(_FLOAT, 1.0), builder.call(root, [diagonal]))
                    builder.store(inverse, pivot_table.number(at, f))
                    value = _times(builder, builder.load(rest.number(at, f)), inverse)
                    builder.store(value, y_table.number(at, f))
                    row[0] = builder.select(left, ir.Constant(kind, None), row[0])
                    here = builder.add(begin, own)
                    for column, k in pieces[:number]:
                        builder.store(ir.Constant(k, None), table.at(here, column, k), align=4)
                    for (column, k), total in zip(needed, row, strict=True):
                        scaled = _times(builder, total, _splat(builder, inverse, k))
                        builder.store(scaled, table.at(here, column, k), align=4)
                        there = rest.at(at, column, k)
                        known = _times(builder, _splat(builder, builder.fneg(value), k), scaled)
                        builder.store(
                            _plus(builder, builder.load(there, align=4), known), there, align=4
                        )
        return context.get_dummy_value()

    return types.void(width, u, a, y, pivot), generate


@_vector_code
def substitute(typing_context: Any, width: Any, u: Any, y: Any, pivot: Any, w: Any) -> Any:
    """Solve U w = y, each U in ``u[s, 1:]``, into ``w[s]``: from the last number to the first,

    ``w[s, f] = (y[s, f] - u[s, f + 1] @ w[s]) * pivot[s, f]``, both systems side by side and four
    numbers at a time, with all w held in registers.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        table, y_table, pivot_table, result = (
            _Table(context, builder, signature, args, which) for which in (1, 2, 3, 4)
        )
        pieces, four = _pieces(table.width), ir.VectorType(_FLOAT, 4)
        held = [[cgutils.alloca_once(builder, kind) for _, kind in pieces] for _ in range(2)]
        for totals in held:
            for (_, kind), total in zip(pieces, totals, strict=True):
                builder.store(ir.Constant(kind, None), total)

        def last_four(system: int, f: Any, known: Any) -> Any:
            """Solve for w_f … w_f+3, given Σ_g U_fg w_g over all g after these, in each."""
            at, begin = ir.Constant(_INT, system), ir.Constant(_INT, system * (table.width + 1) + 1)

            def numbers(of: Any) -> Any:
                place = builder.bitcast(of.number(at, f), four.as_pointer())
                return builder.load(place, align=4)

            inverses = numbers(pivot_table)
            left = _times(builder, builder.fsub(numbers(y_table), known, flags=_FAST), inverses)
            solved: dict[int, Any] = {}
            for row in range(3, -1, -1):
                place = ir.Constant(ir.IntType(32), row)
                value = builder.extract_element(left, place)
                inverse = builder.extract_element(inverses, place)
                there = builder.add(begin, builder.add(f, ir.Constant(_INT, row)))
                for column, other in solved.items():
                    across = builder.add(f, ir.Constant(_INT, column))
                    factor = _times(builder, builder.load(table.number(there, across)), inverse)
                    value = builder.fsub(value, _times(builder, factor, other), flags=_FAST)
                solved[row] = value
            result = ir.Constant(four, ir.Undefined)
            for row, value in solved.items():
                result = builder.insert_element(result, value, ir.Constant(ir.IntType(32), row))
            return result

        for number in range(len(pieces) - 1, -1, -1):
            first, kind = pieces[number]
            size, step = ir.Constant(_INT, kind.count), ir.Constant(_INT, 4)
            with cgutils.for_range_slice(builder, step, builder.add(size, step), step) as (n, _):
                lane = builder.sub(size, n)
                f = builder.add(lane, ir.Constant(_INT, first))
                place = _splat(builder, builder.trunc(lane, ir.IntType(32)), _ints(kind))
                begins = ir.Constant(_ints(kind), [at // 4 * 4 for at in range(kind.count)])
                here = builder.icmp_signed("==", begins, place)
                for system, totals in enumerate(held):
                    so_far = [builder.load(total) for total in totals[number:]]
                    rows = []
                    for row in range(4):
                        at = ir.Constant(_INT, system * (table.width + 1) + 1 + row)
                        there = builder.add(f, at)
                        parts = [
                            builder.load(table.at(there, c, k), align=4) for c, k in pieces[number:]
                        ]
                        rows.append(_products(builder, parts, so_far))
                    solved = last_four(system, f, _four_sums(builder, rows))
                    repeated = _picked(builder, solved, solved, list(range(4)) * (kind.count // 4))
                    builder.store(builder.select(here, repeated, so_far[0]), totals[number])
        for system, totals in enumerate(held):
            for (column, kind), total in zip(pieces, totals, strict=True):
                place = result.at(ir.Constant(_INT, system), column, kind)
                builder.store(builder.load(total), place, align=4)
        return context.get_dummy_value()

    return types.void(width, u, y, pivot, w), generate
