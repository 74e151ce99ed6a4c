"""The receipt under a result: one line that says what was run and proves it when replayed."""

from __future__ import annotations

import streamlit as st

from recsys_core.ratings import UPLOAD
from recsys_core.runs import Run


def button(run: Run, label: str = "Receipt") -> None:
    """A button that shows the receipt of a run, to be copied; worked out when it is opened."""
    with st.popover(
        label,
        icon=":material/receipt_long:",
        key=f"receipt_{run.id}",
        help="What was run, to be kept, checked or sent",
        on_change="rerun",
    ) as popover:
        if popover.open:
            show(run)


def show(run: Run) -> None:
    """The receipt and how to replay it; why there is none yet."""
    record = run.record()
    if record is None:
        st.caption(
            "It failed, so there is nothing to prove."
            if run.status == "failed"
            else "It is still at work: the receipt comes when it pauses or ends."
        )
        return
    file = " --data FILE" if run.experiment.data.name == UPLOAD else ""
    st.caption(
        "Data, split, model and seed, scores, and the digest of its predictions. Whoever replays "
        "it trains the same again and is told whether the same bits come out."
        + (" These ratings are your own: it takes their file, too." if file else "")
    )
    st.code(record.receipt, language=None, wrap_lines=True, height=140)
    st.caption("In a terminal:")
    st.code(f"python -m recsys_core replay RECEIPT{file}", language=None)
