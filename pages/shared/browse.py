"""Which users and items of the matrix are shown, in which order: all, or a block of many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.shared import explore, finding, state
from pages.shared.explore import Model
from recsys_core import blocks, words
from recsys_core.blocks import Block
from recsys_core.ordering import How, Side

ORDERS: dict[How, str] = {
    "given": "by name",
    "popularity": "by popularity",
    "cluster": "by cluster",
    "similarity": "by similarity",
}

# The whole matrix is shown up to this size, blocks of it beyond.
_WHOLE = {"user": 100, "item": 80}
_BLOCK = {"user": 25, "item": 30}


@dataclass(frozen=True)
class _Shown:
    """Indices of one side in the order shown, and the cluster of each."""

    ids: np.ndarray
    groups: np.ndarray | None


def choose(model: Model) -> Block:
    """Controls for order and place; the block they choose."""
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
    if size <= _WHOLE[side]:
        with st.container(width=200):
            arranged = explore.arrangement(model, side, _order(side, noun, "given"))
        return _Shown(arranged.order, arranged.groups)
    with st.container(width=375, gap="xsmall"):
        ordering, finding = st.columns([1, 1.4], gap="small", wrap=False)
        with ordering:
            # A large matrix begins where most is known: its most rated corner.
            how = _order(side, noun, "popularity")
        arranged = explore.arrangement(model, side, how)
        with finding:
            chosen = _find(model, side)
        here = _page(side, arranged.order, how, chosen)
    groups = None if arranged.groups is None else arranged.groups[here]
    return _Shown(arranged.order[here], groups)


def _order(side: Side, noun: str, usual: How) -> How:
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


def _find(model: Model, side: Side) -> int | None:
    """The selected user or item, whom a name typed here changes."""
    selection = state.selection()
    chosen = getattr(selection, side)
    finding.pick(
        side,
        model.ratings,
        f"find_{side}",
        lambda found: setattr(selection, side, found),
        chosen=chosen,
    )
    return chosen


def _page(side: Side, order: np.ndarray, how: How, chosen: int | None) -> slice:
    """The block's part of an order, page by page."""
    size = _BLOCK[side]
    # A new order or a new choice turns to the page of the chosen one; else the page stays.
    place = 0 if chosen is None else int(np.flatnonzero(order == chosen)[0])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        page = st.pagination(
            -(-len(order) // size),
            default=place // size + 1,
            max_visible_pages=5,
            key=f"page_{side}_{how}_{chosen}",
        )
        first = (page - 1) * size
        last = min(first + size, len(order))
        st.caption(f"{first + 1:,}–{last:,} of {len(order):,}", width="content")
    return slice(first, last)
