"""The receipt under a result: one line that says what was run and proves it when replayed."""

from __future__ import annotations

import streamlit as st

from pages.shared import parts
from recsys_core.experiments.experiment import SHARED
from recsys_core.ratings import UPLOAD
from recsys_core.runs import Entry, Run
from recsys_core.text import Text, worded


def button(
    entry: Entry, label: str = Text("Receipt"), epoch: int | None = None, key: str = "receipt"
) -> None:
    """A button that shows the receipt of a run, to be copied; worked out when it is opened.

    ``epoch`` is the one looked at; None is the best, or the last without validation. ``key`` tells
    two receipts of one run on a page apart.
    """
    with st.popover(
        worded(label),
        icon=":material/receipt_long:",
        key=f"{key}_{entry.number}",
        help=Text("What was run, to be kept, checked or sent"),
        on_change="rerun",
        disabled=parts.locked("export"),
    ) as popover:
        if popover.open:
            line(entry.run, epoch)
            explain([entry.run])


def line(run: Run, epoch: int | None = None) -> None:
    """The receipt, to be copied; or why there is none yet."""
    record = run.record(epoch)
    if record is not None:
        if run.model.has_epochs:
            st.markdown(
                Text("Of epoch {epoch:,}, the best on validation:", epoch=record.epoch)
                if record.epoch == record.best_epoch
                else Text("Of epoch {epoch:,}:", epoch=record.epoch)
            )
        st.code(record.receipt, language=None, wrap_lines=True)
    elif run.unsplit:
        st.caption(
            Text("It came from a file that does not say what was run: it cannot be replayed.")
        )
    elif run.status == "failed":
        st.caption(Text("It failed, so there is nothing to prove."))
    elif run.wants_training or run.rewinding:
        st.caption(Text("It is still at work: the receipt comes when it pauses or ends."))
    else:
        st.caption(Text("The model of this epoch is not kept any more; choose another epoch."))


def explain(runs: list[Run]) -> None:
    """What a receipt says, and how to replay it."""
    uploaded = any(run.experiment.data.name in (UPLOAD, SHARED) for run in runs)
    said = [
        Text(
            "It says data, split, model and seed, the scores, and the digest of the predictions. "
            "Whoever replays it in a terminal trains the same again, and is told whether the same "
            "bits come out."
        )
    ]
    if uploaded:
        said.append(
            Text(
                "These ratings were uploaded: it takes them as a file, too. *Data* gives it under "
                "*Export*."
            )
        )
    st.caption(" ".join(said))
    file = " --data FILE" if uploaded else ""
    st.code(f"python -m recsys_core replay RECEIPT{file}", language=None)
