"""Whole rows in vector registers: the one place that speaks LLVM instead of Python.

LLVM unrolls a loop over a short row before it looks for vectors, and then adds the products one by
one: three to four times slower than the machine can. These intrinsics write the vector instructions
themselves, for rows of a known width. Nothing outside ``kernels`` knows of them, and each says in
plain Python what it does; the tests hold it to that.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from recsys_core.kernels.compiling import FAST

# An intrinsic is called otherwise than it is declared; Any keeps type checkers out of it.
_vector_code: Any = intrinsic(prefer_literal=True)

_FAST = tuple(sorted(FAST))
_FLOAT, _INT = ir.FloatType(), ir.IntType(64)


def _row(context: Any, builder: Any, kind: Any, array: Any, index: Any, width: int) -> Any:
    """Pointer to a whole row of a C-contiguous (n, width) float32 array, as one vector."""
    data = context.make_array(kind)(context, builder, array).data
    index = builder.zext(index, _INT) if index.type.width < 64 else index
    start = builder.gep(data, [builder.mul(index, ir.Constant(_INT, width))])
    return builder.bitcast(start, ir.VectorType(_FLOAT, width).as_pointer())


def _splat(builder: Any, value: Any, width: int) -> Any:
    """A vector with the same number in every place."""
    vector = ir.VectorType(_FLOAT, width)
    first = builder.insert_element(
        ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0)
    )
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)


def _two_rows(context: Any, builder: Any, signature: Any, args: Any) -> tuple[Any, Any, int]:
    """Pointers to row ``u`` of ``p`` and row ``i`` of ``q``."""
    width = signature.args[0].literal_value
    p_u = _row(context, builder, signature.args[1], args[1], args[2], width)
    q_i = _row(context, builder, signature.args[3], args[3], args[4], width)
    return p_u, q_i, width


@_vector_code
def dot_rows(typing_context: Any, width: Any, p: Any, u: Any, q: Any, i: Any) -> Any:
    """``p[u] @ q[i]``; ``width`` is a constant, ``u`` and ``i`` are unsigned."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        p_u, q_i, n = _two_rows(context, builder, signature, args)
        vector = ir.VectorType(_FLOAT, n)
        products = builder.fmul(builder.load(p_u, align=4), builder.load(q_i, align=4), flags=_FAST)
        add = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(_FLOAT, [_FLOAT, vector]),
            f"llvm.vector.reduce.fadd.v{n}f32",
        )
        return builder.call(add, [ir.Constant(_FLOAT, 0.0), products], fastmath=_FAST)

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
        p_u, q_i, n = _two_rows(context, builder, signature, args)
        old_p, old_q = builder.load(p_u, align=4), builder.load(q_i, align=4)
        g, k_p, k_q = (_splat(builder, value, n) for value in args[5:])

        def mixed(keep: Any, own: Any, other: Any) -> Any:
            kept = builder.fmul(keep, own, flags=_FAST)
            return builder.fadd(kept, builder.fmul(g, other, flags=_FAST), flags=_FAST)

        builder.store(mixed(k_p, old_p, old_q), p_u, align=4)
        builder.store(mixed(k_q, old_q, old_p), q_i, align=4)
        return context.get_dummy_value()

    f32 = types.float32
    return types.void(width, p, u, q, i, f32, f32, f32), generate


@_vector_code
def add_row(typing_context: Any, width: Any, a: Any, f: Any, share: Any, b: Any, g: Any) -> Any:
    """``a[f] += share * b[g]``; ``width`` is a constant, ``f`` and ``g`` are unsigned."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        n = signature.args[0].literal_value
        a_f = _row(context, builder, signature.args[1], args[1], args[2], n)
        b_g = _row(context, builder, signature.args[4], args[4], args[5], n)
        scaled = builder.fmul(_splat(builder, args[3], n), builder.load(b_g, align=4), flags=_FAST)
        total = builder.fadd(builder.load(a_f, align=4), scaled, flags=_FAST)
        builder.store(total, a_f, align=4)
        return context.get_dummy_value()

    return types.void(width, a, f, types.float32, b, g), generate
