"""Send to MLflow: runs of this browser, written to a tracking server beside the page."""

from __future__ import annotations

import streamlit as st

from pages.shared import parts, session
from recsys_core import escape
from recsys_core.errors import FactorscopeError
from recsys_core.runs import Entry
from recsys_core.takehome import sending
from recsys_core.takehome.mlflow_export import EXPERIMENT_NAME
from recsys_core.takehome.sending import Sending
from recsys_core.text import Text, worded

_JOB = "mlflow_sending"


def button() -> None:
    """Draw the button, behind which address and runs are chosen."""
    trained = [each for each in session.workspace().entries if each.run.epoch]
    if not trained or not parts.drawn("export"):
        return
    with st.popover(
        "Send to MLflow",
        icon=":material/send:",
        key="mlflow",
        help="Write runs to a tracking server: epochs, settings, scores, receipt",
        on_change="rerun",
        disabled=parts.locked("export"),
    ) as popover:
        if popover.open:
            _form(trained)


def _form(trained: list[Entry]) -> None:
    try:
        sending.check_installed()
    except FactorscopeError as error:
        st.caption(escape.markdown(str(error)))
        return
    job: Sending | None = st.session_state.get(_JOB)
    going = job is not None and not job.done
    names = {each.number: each.name for each in trained}
    st.multiselect(
        "Runs",
        list(names),
        default=list(names),
        format_func=lambda number: names.get(number, ""),
        key="mlflow_runs",
        disabled=going,
    )
    st.text_input(
        "Address of MLflow",
        value=sending.configured(),
        placeholder="https://mlflow.example.org",
        key="mlflow_address",
        max_chars=500,
        disabled=going,
    )
    st.text_input(
        "Experiment", value=EXPERIMENT_NAME, key="mlflow_name", max_chars=250, disabled=going
    )
    st.caption(
        "Numbers, settings, link and receipt are written there; ratings, names and the model are "
        "not."
    )
    st.button(
        "Send",
        type="primary",
        key="mlflow_send",
        on_click=parts.unlocked("export", _send),
        disabled=going or not st.session_state.mlflow_runs,
    )
    if job is not None:
        (_going if going else _over)(job)


def _send() -> None:
    chosen = set(st.session_state.mlflow_runs)
    entries = [each for each in session.workspace().entries if each.number in chosen]
    records = [record for each in entries if (record := each.run.record()) is not None]
    if records:
        st.session_state[_JOB] = Sending(
            records, st.session_state.mlflow_address, st.session_state.mlflow_name
        )


@st.fragment(run_every=0.7)
def _going(job: Sending) -> None:
    if job.done:
        st.rerun()
    st.progress(job.n / max(job.of, 1), f"{job.n} of {job.of} written")


def _over(job: Sending) -> None:
    if job.failed:
        st.error(escape.markdown(worded(job.failed)))
    else:
        st.success(
            escape.markdown(
                Text(
                    "{n} run was written to {where}.",
                    "{n} runs were written to {where}.",
                    n=job.n,
                    where=escape.brief(job.tracking_uri, 200),
                )
            )
        )
