"""Operations on whole rows, used by all kernels, in two versions with the same results.

``vectors_llvm`` writes vector instructions itself and is fast. ``vectors_plain`` says the same in
ordinary loops. The switch of ``compiling.PLAIN`` chooses, for all kernels at once.
"""

from __future__ import annotations

from recsys_core.kernels.compiling import PLAIN, naming_the_switch

if PLAIN:
    from recsys_core.kernels.vectors_plain import (
        add_normal,
        add_projections,
        add_rows,
        blend_rows,
        dot_rows,
        factorise,
        move_row,
        prefetch_row,
        substitute,
    )
else:
    with naming_the_switch():
        from recsys_core.kernels.vectors_llvm import (
            add_normal,
            add_projections,
            add_rows,
            blend_rows,
            dot_rows,
            factorise,
            move_row,
            prefetch_row,
            substitute,
        )

__all__ = [
    "add_normal", "add_projections", "add_rows", "blend_rows", "dot_rows", "factorise", "move_row",
    "prefetch_row", "substitute",
]  # fmt: skip
