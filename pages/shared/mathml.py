"""Formulas as MathML, which browsers typeset, with every explained sign marked.

LaTeX is turned by latex2mathml; a sign is found as the piece of MathML that its own LaTeX gives.
"""

from __future__ import annotations

import re
from functools import lru_cache

from recsys_core import escape
from recsys_core.formulas import SYMBOLS, Formula

_OUTER = re.compile(r"^<math[^>]*><mrow>(.*)</mrow></math>$", re.DOTALL)


@lru_cache(maxsize=256)
def inner(latex: str) -> str:
    """The MathML of a piece of LaTeX, without the element around it."""
    from latex2mathml.converter import convert

    found = _OUTER.match(convert(latex))
    assert found is not None, latex
    return found[1]


def typeset(formula: Formula) -> str:
    """A formula as MathML; each explained sign is an ``mrow`` with ``data-sign``, its LaTeX."""
    text = inner(formula.latex)
    # The longest first: e_ui holds a u, and so a sign of one letter is looked for last.
    signs = sorted(formula.symbols, key=lambda sign: -len(inner(sign)))
    for number, sign in enumerate(signs):
        text = text.replace(inner(sign), f"\0{number}\0")
    for number, sign in enumerate(signs):
        read, _ = SYMBOLS[sign]
        marked = (
            f'<mrow data-sign="{escape.html(sign)}" aria-label="{escape.html(read)}">'
            f"{inner(sign)}</mrow>"
        )
        text = text.replace(f"\0{number}\0", marked)
    return f'<math display="block"><mrow>{text}</mrow></math>'
