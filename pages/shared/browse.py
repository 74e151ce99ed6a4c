"""Which users and items of the matrix are shown, in which order: all, or a block of many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.shared import explore, state
from pages.shared.explore import Model
from recsys_core import blocks, words
from recsys_core.blocks import Block
from recsys_core.ordering import How, Side

ORDERS: dict[How, str] = {
    "given": "as given",
    "popularity": "by popularity",
    "cluster": "by cluster",
    "similarity": "by similarity",
}

# The whole matrix is shown up to this size, blocks of it beyond.
_WHOLE = {"user": 100, "item": 80}
_BLOCK = {"user": 30, "item": 40}


@dataclass(frozen=True)
class _Shown:
    """Indices of one side in the order shown, and the cluster of each."""

    ids: np.ndarray
    groups: np.ndarray | None


def choose(model: Model) -> Block:
    """Controls for order and place; the block they choose."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        users = _side(model, "user", model.ratings.n_users)
        items = _side(model, "item", model.ratings.n_items)
    return blocks.cut(
        model.split.train,
        model.predictor,
        users.ids,
        items.ids,
        validation=model.split.validation,
        test=model.split.test,
        user_groups=users.groups,
        item_groups=items.groups,
    )


def _side(model: Model, side: Side, size: int) -> _Shown:
    noun = "user" if side == "user" else model.ratings.item_noun
    paged = size > _WHOLE[side]
    with st.container(width=330 if paged else 220, gap="xsmall"):
        how = _order(side, noun, paged)
        arranged = explore.arrangement(model, side, how)
        if not paged:
            return _Shown(arranged.order, arranged.groups)
        here = _page(model, side, noun, arranged.order, how)
    groups = None if arranged.groups is None else arranged.groups[here]
    return _Shown(arranged.order[here], groups)


def _order(side: Side, noun: str, paged: bool) -> How:
    # A large matrix begins where most is known: its most rated corner.
    usual: How = "popularity" if paged else "given"
    return st.selectbox(
        words.many(noun).capitalize(),
        list(ORDERS),
        index=list(ORDERS).index(usual),
        format_func=ORDERS.__getitem__,
        key=f"order_{side}",
        persist_state="session",
        help=f"Clusters and similarity go by what is predicted: {words.many(noun)} predicted alike "
        "stand side by side.",
    )


def _page(model: Model, side: Side, noun: str, order: np.ndarray, how: How) -> slice:
    """The block's part of an order: turned to by page, or found by name."""
    selection = state.selection()
    chosen = getattr(selection, side)
    size = _BLOCK[side]
    found = explore.pick(side, model.ratings, f"find_{side}", chosen=chosen)
    if found is not None and found != chosen:
        setattr(selection, side, found)
        chosen = found
    n_pages = -(-len(order) // size)
    # A new order or a new choice turns to the page of the chosen one; else the page stays.
    place = 0 if chosen is None else int(np.flatnonzero(order == chosen)[0])
    page = st.pagination(
        n_pages,
        default=place // size + 1,
        max_visible_pages=5,
        key=f"page_{side}_{how}_{chosen}",
    )
    first = (page - 1) * size
    last = min(first + size, len(order))
    st.caption(f"{words.many(noun)} {first + 1:,}–{last:,} of {len(order):,}, {ORDERS[how]}")
    return slice(first, last)
