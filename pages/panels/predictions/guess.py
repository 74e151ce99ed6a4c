"""Predict before reveal: guess some hidden ratings, then see who was nearer, you or the model."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.shared import model_in_view, parts
from pages.shared.model_in_view import ModelInView
from pages.shared.tables import aligned
from recsys_core import escape, glossary, words
from recsys_core.asking import guessing
from recsys_core.asking.guessing import Cells
from recsys_core.models import FittedModel, Model
from recsys_core.text import Text, worded

_CELLS = 8

# A scale of more ratings than this is typed, not clicked.
_MOST_CLICKED = 11


def _start_of(model: ModelInView) -> str:
    """How the keys of the game on these data begin."""
    return f"of_{model.ratings.fingerprint}_{model.split.description}"


def _drawn(model: ModelInView) -> tuple[Cells, str]:
    """The cells of the game, and how the keys of this round begin."""
    start = _start_of(model)
    seed = int(st.session_state.get(f"{start}_seed", 0))
    train, held_out = model.split.train, model.split.validation
    cells = model_in_view.once(
        model.run, ("guess", seed), lambda: guessing.draw(train, held_out, _CELLS, seed)
    )
    return cells, f"{start}_{seed}"


def hidden(model: ModelInView) -> Cells | None:
    """The cells that are being guessed: nothing on the page may tell them. None: nobody guesses."""
    start = _start_of(model)
    if not model.fitted.has.ratings or not st.session_state.get(f"{start}_begun"):
        return None
    cells, round_ = _drawn(model)
    return None if st.session_state.get(f"{round_}_shown") else cells


def section(model: ModelInView) -> None:
    """The cells, to be guessed and revealed; in a part of the page that runs alone."""
    st.header(
        Text("Guess before you look"), anchor=False, help=glossary.tooltip("RMSE", "Baseline")
    )
    if not model.fitted.has.ratings:
        st.caption(
            Text("This model predicts who would choose what, not ratings: there are none to guess.")
        )
        return
    if st.session_state.get(f"{_start_of(model)}_begun"):
        _game(model)
        return
    st.markdown(
        Text("Are you better than the model? Guess eight ratings; then all are judged alike.")
    )
    if (
        st.button(
            Text("Hide eight ratings"), icon=":material/visibility_off:", key="guess_begin",
            disabled=parts.locked("guess"),
            help=Text(
                "The matrix above shows neither them nor their predictions until you have guessed."
            ),
        )
        and not parts.locked("guess")
    ):  # fmt: skip
        st.session_state[f"{_start_of(model)}_begun"] = True
        st.rerun()


@st.fragment
def _game(model: ModelInView) -> None:
    start = _start_of(model)
    seed = int(st.session_state.setdefault(f"{start}_seed", 0))
    cells, round_ = _drawn(model)
    keys = [f"guess_{at}_{round_}" for at in range(len(cells))]
    shown = f"{round_}_shown"
    locked, noun = parts.locked("guess"), model.ratings.item_noun
    if not st.session_state.get(shown):
        st.markdown(
            Text(
                "{ratings} that somebody gave and that no model has seen. Guess each from what is "
                "known of the user and of the {noun}, then look.",
                ratings=words.plural("rating", len(cells)), noun=noun,
            )
            if cells.held_out
            else Text(
                "{ratings} that somebody gave; nothing is held out here, so the model has learned "
                "from them, which is unfair to you. Guess each from what is known of the user and "
                "of the {noun}, then look.",
                ratings=words.plural("rating", len(cells)), noun=noun,
            )
        )  # fmt: skip
        for at, key in enumerate(keys):
            _row(model, cells, at, key, locked)
        missing = sum(st.session_state.get(key) is None for key in keys)
        revealed = st.button(
            Text("Reveal"), type="primary", icon=":material/visibility:", key="guess_reveal",
            disabled=bool(missing) or locked,
            help=Text("{n:,} still to guess", n=missing) if missing else None,
        )  # fmt: skip
        if revealed and not missing and not parts.locked("guess"):
            st.session_state[shown] = [float(st.session_state[key]) for key in keys]
            st.rerun()  # the whole page: the matrix shows them again
        return
    guesses = st.session_state[shown]
    models: dict[str, Model | FittedModel] = {model.run.model.title: model.fitted}
    models |= {each.name: each.model for each in model.run.baselines if each.name not in models}
    found = guessing.judge(cells, guesses, models)
    ranked = sorted(found.errors.items(), key=lambda pair: pair[1])
    place = [name for name, _ in ranked].index(guessing.YOU) + 1
    nearest = found.closest.count(guessing.YOU)
    st.markdown(
        Text(
            "Your RMSE is **{own}**, that of {title} **{rmse}**: you are number {place:d} of {of}. "
            "Of {cells} you were nearest in {nearest:d}. So few cells say little: chance decides "
            "much.",
            own=words.error(found.errors[guessing.YOU]),
            title=worded(model.run.model.title),
            rmse=words.error(found.errors[model.run.model.title]),
            place=place,
            of=len(ranked),
            cells=words.plural("cell", len(cells)),
            nearest=nearest,
        )
    )
    left, right = st.columns([2.2, 1], gap="medium")
    with left:
        names = model.ratings
        shown_as = {name: _called(name) for name in found.errors}
        table = found.table.rename(columns=shown_as | {"rating": Text("true")})
        table.insert(0, words.named(noun), [names.item_names[i] for i in cells.item_ids])
        table.insert(0, Text("user"), [names.user_names[u] for u in cells.user_ids])
        table[Text("nearest")] = [_called(name) for name in found.closest]
        decimals = {name: 2 for name in shown_as.values()}
        st.dataframe(
            aligned(table, **decimals), hide_index=True, height="content", key="guess_cells",
            alt=Text("Each cell: the true rating, your guess, the model’s and the baselines’"),
        )  # fmt: skip
    with right:
        errors = pd.DataFrame(
            {
                Text("who"): [_called(name) for name, _ in ranked],
                "RMSE": [error for _, error in ranked],
            }
        )
        st.dataframe(
            aligned(errors), hide_index=True, height="content", key="guess_errors",
            alt=Text("RMSE over these cells, the lowest first"),
        )  # fmt: skip
    if not cells.held_out:
        st.caption(Text("Nothing is held out: the model has learned from these very ratings."))
    again = st.button(
        Text("Another eight"), icon=":material/refresh:", key="guess_again", disabled=locked
    )
    if again and not parts.locked("guess"):
        st.session_state[f"{start}_seed"] = seed + 1
        st.rerun()


def _called(name: str) -> str:
    """Who guessed, as a table names them."""
    return str(Text("you") if name == guessing.YOU else worded(name))


def _row(model: ModelInView, cells: Cells, at: int, key: str, locked: bool) -> None:
    ratings = model.ratings
    user = ratings.user_names[int(cells.user_ids[at])]
    item = ratings.item_names[int(cells.item_ids[at])]
    known, scale = guessing.hints(cells, at), ratings.scale

    def named(pairs: list[tuple[int, float]]) -> str:
        parts_of = [
            f"{escape.markdown(escape.short(ratings.item_names[i], 40))} ({words.given(value)})"
            for i, value in pairs
        ]
        return " · ".join(parts_of)

    told = []
    if known.liked:
        told.append(Text("high: {items}", items=named(known.liked)))
    if known.disliked:
        told.append(Text("low: {items}", items=named(known.disliked)))
    if known.user_mean is not None:
        told.append(Text("their mean {x}", x=words.number(known.user_mean)))
    if known.item_mean is not None:
        told.append(
            Text("mean of this {noun} {x}", noun=ratings.item_noun, x=words.number(known.item_mean))
        )
    who = {"user": escape.markdown(user), "item": escape.markdown(item)}
    label = Text("Your guess of {user} on {item}", **who)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width=440, gap=None):
            st.markdown(Text("**{user}** on **{item}**", **who))
            st.caption("; ".join(told) + "." if told else Text("Nothing is known of either."))
        possible = scale.possible(_MOST_CLICKED)
        if possible:
            st.segmented_control(
                label, possible, key=key, disabled=locked, label_visibility="collapsed",
                format_func=lambda value: escape.markdown(scale.said(value)),
            )  # fmt: skip
        else:
            st.number_input(
                label, scale.low, scale.high, value=None, key=key, disabled=locked, width=150,
                label_visibility="collapsed",
                placeholder=Text(
                    "{low} to {high}", low=scale.said(scale.low), high=scale.said(scale.high)
                ),
            )  # fmt: skip
