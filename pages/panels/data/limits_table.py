"""What this server allows: its limits as they are in force."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from recsys_core import limits, words
from recsys_core.text import Text, worded


def section() -> None:
    """The table of limits, folded away."""
    with st.expander(
        Text("Limits of this server"), icon=":material/speed:", key="limits", on_change="rerun"
    ) as box:
        if not box.open:
            return
        st.markdown(
            Text(
                "What is refused is refused with one sentence, and what you have stays. Training "
                "takes turns by visitor: who has much going slows nobody but themselves."
            )
        )
        rows = [
            (worded(limit.meaning), worded(words.number(limits.of(limit.name))))
            for limit in limits.LIMITS.values()
        ]
        # Lines that are broken where there is no room: on a telephone all of it is seen.
        st.table(pd.DataFrame(rows, columns=[Text("What"), Text("At most")]), hide_index=True)
