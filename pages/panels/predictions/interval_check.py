"""Whether the intervals hold: how many held-out ratings lie inside, on average and by quarter."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.shared import parts
from pages.shared.model_in_view import ModelInView, once
from recsys_core import words
from recsys_core.asking.coverage import GROUPED_BY, Coverage, coverage
from recsys_core.models import seen_as
from recsys_core.models.posterior import Posterior

# Quarters of the ratings, in the rows of the table.
_QUARTERS = ("lowest", "second", "third", "highest")

# Columns of the table, short enough for a telephone, and what they say.
_NAMES = dict(zip(GROUPED_BY, ("uncertainty", "prediction", "user's ratings"), strict=True))
_HELP = {
    "uncertainty": "Quarters of the ratings by the standard deviation the model expects.",
    "prediction": "Quarters of the ratings by what is predicted.",
    "user's ratings": "Quarters of the ratings by how many their user has in training.",
}


def show(model: ModelInView) -> None:
    """Show the table of shares and its sentence; on test ratings where somebody asked for them."""
    if not model.fitted.has.intervals:
        return
    fitted = seen_as(Posterior, model.fitted)
    st.markdown("**Do the intervals hold?**")
    found = once(model.run, ("coverage", model.key), lambda: coverage(fitted))
    if found is not None:
        st.markdown(_sentence(found, fitted.calibrated_on))
        _table(found, "coverage")
    else:
        st.caption(
            "They are as wide as the model itself thinks: there is no validation part to set them "
            "by, and *Hold back a tenth* is off."
        )
    if parts.drawn("test"):
        _on_test(model, fitted)


def _sentence(found: Coverage, source: str) -> str:
    where = "validation" if source == "validation" else "held-back"
    return (
        f"{words.percent(found.promised)} intervals hold **{_share(found.inside)}** of "
        f"{found.n_ratings:,} {where} ratings; their mean width is {words.number(found.width)}. "
        "Their widths are set on these ratings, so each half is judged here by widths from the "
        "other half."
    )


def _on_test(model: ModelInView, fitted: Posterior) -> None:
    """The same on test ratings, on demand, so that nothing is chosen by them."""
    key = f"coverage_test_{model.key}"
    if not st.session_state.get(key):
        none = model.split.test is None
        busy = model.run.wants_training or model.epoch == 0
        st.button(
            "Show on test ratings",
            icon=":material/quiz:",
            key="coverage_test",
            disabled=none or busy or parts.locked("test"),
            on_click=parts.unlocked("test", _ask),
            args=(key,),
            help="This split keeps no ratings for testing; the Data page can."
            if none
            else "Measured at the end, on ratings that neither the model nor the widths saw.",
        )
        return
    found = once(
        model.run,
        ("coverage on test", model.key),
        lambda: coverage(fitted, model.split.test),
    )
    assert found is not None
    st.markdown(
        f"On {found.n_ratings:,} test ratings: **{_share(found.inside)}**, mean width "
        f"{words.number(found.width)}."
    )
    _table(found, "coverage_on_test")


def _ask(key: str) -> None:
    st.session_state[key] = True


def _table(found: Coverage, key: str) -> None:
    columns: dict[str, list[str]] = {}
    for by in GROUPED_BY:
        rows = found.table[found.table["by"] == by].set_index("quarter")
        columns[_NAMES[by]] = [
            f"{100 * rows.loc[q, 'inside']:.1f} ± {100 * rows.loc[q, 'error']:.1f}"
            if q in rows.index
            else "–"
            for q in range(1, 5)
        ]
    table = pd.DataFrame(columns, index=pd.Index(_QUARTERS, name="quarter by"))
    st.dataframe(
        table,
        key=key,
        width="content",
        alt="Share of held-out ratings inside their intervals, by quarter",
        column_config={
            name: st.column_config.TextColumn(help=text) for name, text in _HELP.items()
        },
    )
    st.caption("% of the ratings inside, ± the standard error of a share of so many.")


def _share(share: float) -> str:
    return f"{100 * share:.1f}\u00a0%"
