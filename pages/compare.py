"""Compare: several runs beside each other, honestly."""

from __future__ import annotations

import streamlit as st

from pages.panels.compare import kept, metrics, mlflow, race, splits, sweep, table
from pages.shared import choices, empty_state, header, take_home, view
from recsys_core.text import Text

PARTS = {
    "race": (Text("Race"), race.draw),
    "table": (Text("Table"), table.draw),
    "splits": (Text("Splits and seeds"), splits.draw),
    "metrics": (Text("Where metrics disagree"), metrics.draw),
    "sweep": (Text("Sweep"), sweep.draw),
    "kept": (Text("Kept runs"), kept.draw),
}

header.title(Text("Compare"), "Run", "Seed", "Validation part", "Test part")
st.markdown(
    Text("Several models beside each other: which is better, at what, and whether by chance.")
)
chosen = choices.segmented(
    "compare",
    Text("What to compare"),
    {name: title for name, (title, _) in PARTS.items()},
    key="compare",
    label_visibility="collapsed",
)
if view.ratings() is None and chosen != "kept":
    empty_state.offer_party(
        Text(
            "Here several models would race on the same ratings, and stand in one table with all "
            "that can be measured of them."
        )
    )
else:
    PARTS[chosen][1]()
    take_home.section()
    mlflow.button()
