"""Which users and items of the matrix are shown, in which order: all, or a block of many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.shared import choices, model_in_view, pickers, view
from pages.shared.model_in_view import ModelInView
from recsys_core import words
from recsys_core.asking import matrix_view
from recsys_core.asking.matrix_view import Block
from recsys_core.asking.seriation import How
from recsys_core.ratings import SIDES, Side
from recsys_core.text import Text

ORDERS: dict[How, Text] = {
    "given": Text("by name"),
    "popularity": Text("by popularity"),
    "cluster": Text("by cluster"),
    "similarity": Text("by similarity"),
}

# The whole matrix is shown up to this size, blocks of it beyond.
_WHOLE = {"user": 100, "item": 80}
_BLOCK = {"user": 25, "item": 30}


@dataclass(frozen=True)
class _Shown:
    """Indices of one side in the order shown, and the cluster of each."""

    ids: np.ndarray
    groups: np.ndarray | None


def choose(model: ModelInView) -> Block:
    """Controls for order and place; the block they choose."""
    # In a box of their own: where there is no room beside the views, both go below them.
    wide = sum(200 if model.ratings.axis(side).n <= _WHOLE[side] else 375 for side in SIDES)
    with st.container(horizontal=True, gap="medium", width=wide + 30):
        users, items = (_side(model, side) for side in SIDES)
    return matrix_view.block_of(
        model.split.train,
        model.fitted,
        users.ids,
        items.ids,
        validation=model.split.validation,
        test=model.split.test,
        user_groups=users.groups,
        item_groups=items.groups,
    )


def _side(model: ModelInView, side: Side) -> _Shown:
    axis = model.ratings.axis(side)
    if axis.n <= _WHOLE[side]:
        with st.container(width=200):
            arranged = model_in_view.arrangement(model, side, _order(side, axis.noun, "given"))
        return _Shown(arranged.order, arranged.groups)
    with st.container(width=375, gap="xsmall"):
        ordering, finding = st.columns([1, 1.4], gap="small", wrap=False)
        with ordering:
            # A large matrix begins where most is known: its most rated corner.
            how = _order(side, axis.noun, "popularity")
        arranged = model_in_view.arrangement(model, side, how)
        with finding:
            _find(model, side)
        here = _page(side, arranged.order, getattr(view.now(), side))
    groups = None if arranged.groups is None else arranged.groups[here]
    return _Shown(arranged.order[here], groups)


def _order(side: Side, noun: str, usual: How) -> How:
    offered = {how: text.worded() for how, text in ORDERS.items()}
    key, name = f"order_{side}", f"{side}s_by"
    st.session_state[key] = chosen = view.option(name) or usual
    st.selectbox(
        words.nouns(noun).capitalize(),
        list(offered),
        format_func=offered.__getitem__,
        key=key,
        on_change=_order_chosen,
        args=(side,),
        help=Text(
            "Clusters and similarity go by what is predicted: {nouns} predicted alike stand side "
            "by side.",
            nouns=words.nouns(noun),
        ),
    )
    return chosen  # type: ignore[return-value]


def _order_chosen(side: Side) -> None:
    # Another order turns to the page of the chosen one.
    choices.choose(f"{side}s_by", st.session_state[f"order_{side}"], (f"{side}s_page", ""))


def _find(model: ModelInView, side: Side) -> None:
    """Turn to the page of a user or an item by name, and select it."""

    def found(index: int) -> None:
        view.choose((f"{side}s_page", ""))
        view.select(**{side: index})

    pickers.pick(side, model.ratings, f"find_{side}", found)


def _page(side: Side, order: np.ndarray, chosen: int | None) -> slice:
    """The block's part of an order, page by page."""
    size, name = _BLOCK[side], f"{side}s_page"
    n_pages = -(-len(order) // size)
    asked = view.option(name)
    place = 0 if chosen is None else int(np.flatnonzero(order == chosen)[0])
    page = min(int(asked), n_pages) if asked else place // size + 1
    key = f"page_{side}_{page}"  # what is turned to elsewhere is shown here, too
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.pagination(
            n_pages,
            default=page,
            max_visible_pages=5,
            key=key,
            on_change=lambda: choices.choose(name, str(st.session_state[key])),
        )
        first = (page - 1) * size
        last = min(first + size, len(order))
        st.caption(
            Text("{first:,}–{last:,} of {n:,}", first=first + 1, last=last, n=len(order)),
            width="content",
        )
    return slice(first, last)
