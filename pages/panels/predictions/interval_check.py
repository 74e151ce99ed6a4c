"""Whether the intervals hold: how many held-out ratings lie inside, on average and by quarter."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.shared import parts
from pages.shared.model_in_view import ModelInView, once
from recsys_core import words
from recsys_core.asking.coverage import GROUPED_BY, Coverage, coverage
from recsys_core.models import seen_as
from recsys_core.models.posterior import Posterior
from recsys_core.text import Number, Text, later

# Quarters of the ratings, in the rows of the table.
_QUARTERS = Text("lowest"), Text("second"), Text("third"), Text("highest")

# Columns of the table, short enough for a telephone, and what they say.
_NAMES = dict(
    zip(
        GROUPED_BY,
        (
            (
                Text("uncertainty"),
                Text("Quarters of the ratings by the standard deviation the model expects."),
            ),
            (Text("prediction"), Text("Quarters of the ratings by what is predicted.")),
            (
                Text("user's ratings"),
                Text("Quarters of the ratings by how many their user has in training."),
            ),
        ),
        strict=True,
    )
)


def show(model: ModelInView) -> None:
    """Show the table of shares and its sentence; on test ratings where somebody asked for them."""
    if not model.fitted.has.intervals:
        return
    fitted = seen_as(Posterior, model.fitted)
    st.markdown(Text("**Do the intervals hold?**"))
    found = once(model.run, ("coverage", model.key), lambda: coverage(fitted))
    if found is not None:
        st.markdown(_sentence(found, fitted.calibrated_on))
        _table(found, "coverage")
    else:
        st.caption(
            Text(
                "They are as wide as the model itself thinks: there is no validation part to set "
                "them by, and *Hold back a tenth* is off."
            )
        )
    if parts.drawn("test"):
        _on_test(model, fitted)


def _sentence(found: Coverage, source: str) -> Text:
    where = (
        later(
            "{promised} intervals hold **{inside}** of {n:,} validation ratings; their mean width "
            "is {width}. Their widths are set on these ratings, so each half is judged here by "
            "widths from the other half."
        )
        if source == "validation"
        else later(
            "{promised} intervals hold **{inside}** of {n:,} held-back ratings; their mean width "
            "is {width}. Their widths are set on these ratings, so each half is judged here by "
            "widths from the other half."
        )
    )
    return Text(
        where,
        promised=words.percent(found.promised),
        inside=_share(found.inside),
        n=found.n_ratings,
        width=words.number(found.width),
    )


def _on_test(model: ModelInView, fitted: Posterior) -> None:
    """The same on test ratings, on demand, so that nothing is chosen by them."""
    key = f"coverage_test_{model.key}"
    if not st.session_state.get(key):
        none = model.split.test is None
        busy = model.run.wants_training or model.epoch == 0
        st.button(
            Text("Show on test ratings"),
            icon=":material/quiz:",
            key="coverage_test",
            disabled=none or busy or parts.locked("test"),
            on_click=parts.unlocked("test", _ask),
            args=(key,),
            help=Text("This split keeps no ratings for testing; the Data page can.")
            if none
            else Text("Measured at the end, on ratings that neither the model nor the widths saw."),
        )
        return
    found = once(
        model.run,
        ("coverage on test", model.key),
        lambda: coverage(fitted, model.split.test),
    )
    assert found is not None
    st.markdown(
        Text(
            "On {n:,} test ratings: **{inside}**, mean width {width}.",
            n=found.n_ratings,
            inside=_share(found.inside),
            width=words.number(found.width),
        )
    )
    _table(found, "coverage_on_test")


def _ask(key: str) -> None:
    st.session_state[key] = True


def _table(found: Coverage, key: str) -> None:
    columns: dict[str, list[str]] = {}
    helps: dict[str, Any] = {}
    for by in GROUPED_BY:
        rows = found.table[found.table["by"] == by].set_index("quarter")
        name, what = _NAMES[by]
        helps[name.worded()] = st.column_config.TextColumn(help=what.worded())
        columns[name.worded()] = [
            Number(f"{100 * rows.loc[q, 'inside']:.1f} ± {100 * rows.loc[q, 'error']:.1f}")
            if q in rows.index
            else "–"
            for q in range(1, 5)
        ]
    table = pd.DataFrame(
        columns, index=pd.Index([each.worded() for each in _QUARTERS], name=Text("quarter by"))
    )
    st.dataframe(
        table,
        key=key,
        width="content",
        alt=Text("Share of held-out ratings inside their intervals, by quarter"),
        column_config=helps,
    )
    st.caption(Text("% of the ratings inside, ± the standard error of a share of so many."))


def _share(share: float) -> Number:
    return Number(f"{100 * share:.1f}\u00a0%")
