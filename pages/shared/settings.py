"""The settings of a run as one form, made from what each model declares about itself."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from pages.shared import state
from recsys_core import models
from recsys_core.errors import FactorscopeError
from recsys_core.experiments import looks_like_counts
from recsys_core.models import Model
from recsys_core.models.options import Option
from recsys_core.runs import Run

# Title and summary of neural MF, written here, since to ask it would load torch; the others say
# themselves.
_NEURAL = ("Neural MF", "The factors meet in a small neural network, trained in batches by Adam.")


def title_of(algorithm: str) -> tuple[str, str]:
    """Title and one-line summary of an algorithm."""
    if algorithm == "NeuralMF":
        return _NEURAL
    kind = getattr(models, algorithm)
    return kind.title, kind.summary


def settings(run: Run) -> None:
    """Algorithm and settings; a new run with them, or a fork of the run in view."""
    current = type(run.model).__name__
    with st.container(gap="xsmall", key="choose_algorithm"):
        algorithm = st.pills(
            "Algorithm",
            models.ALGORITHMS,
            default=current if current in models.ALGORITHMS else "SGD",
            format_func=lambda name: title_of(name)[0],
            required=True,
            label_visibility="collapsed",
            key=f"algorithm_{run.id}",
        )
        st.markdown(title_of(algorithm)[1])
        _advise(run, algorithm)
    if algorithm == "NeuralMF":
        with st.spinner("Loading PyTorch …"):
            kind: type[Model] = models.NeuralMF
    else:
        kind = getattr(models, algorithm)
    values = kind.defaults(run.split.train)
    if isinstance(run.model, kind):
        values |= run.settings
    shown = dict(values)
    epoch = state.selection().epoch
    with st.form(f"settings_{run.id}_{algorithm}", border=True):
        options, key = kind.options(), f"{run.id}_{algorithm}"
        chosen = _fields([option for option in options if not option.advanced], values, key)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            anew = st.form_submit_button("Start a new run", icon=":material/play_arrow:")
            fork = kind.has_epochs and st.form_submit_button(
                "Fork from the latest epoch" if epoch is None else f"Fork from epoch {epoch:,}",
                icon=":material/fork_right:",
                disabled=not isinstance(run.model, kind) or run.epoch == 0,
                help="A new run that goes on from that epoch with the settings above; drag the "
                "slider to choose another epoch.",
            )
            rest = [option for option in options if option.advanced]
            if rest:
                with st.popover("More settings", icon=":material/tune:"):
                    chosen |= _fields(rest, values, key, n_columns=1)
    try:
        if anew:
            touched = {k: v for k, v in chosen.items() if v != shown.get(k)}
            _start(run, _as_shown(run, kind(**touched), chosen))
        elif fork:
            own = {k: v for k, v in chosen.items() if v != run.settings.get(k)}
            state.show(run.fork(run.epoch if epoch is None else epoch, **own)).play()
            st.rerun()
    except FactorscopeError as error:
        st.error(str(error), icon=":material/error:")


def _advise(run: Run, algorithm: str) -> None:
    """Where the data are counts: which of the models is made for them."""
    if looks_like_counts(run.ratings) and algorithm != "ImplicitALS":
        st.caption(
            ":material/lightbulb: These look like counts, such as plays: implicit ALS is made for "
            "them. The others would try to guess how often, not whether."
        )


def _as_shown(run: Run, model: Model, chosen: dict[str, Any]) -> Model:
    """The model with what nobody touched left to the data, as long as that gives what is shown.

    Of another model than the run's, it is chosen anew, now that the other settings are known.
    """
    if not isinstance(run.model, type(model)):
        return model
    given = dict(run.experiment.model.options)
    for fork in run.experiment.forks:
        given |= fork.settings
    settings = given | model.explicit_settings()
    resolved = type(model)(**settings).resolve(run.split.train)
    return type(model)(**settings | {k: v for k, v in chosen.items() if v != resolved.get(k)})


def _start(run: Run, model: Model) -> None:
    workspace, experiment = state.workspace(), run.experiment.with_model(model)
    model.resolve(run.split.train)  # raises before anything is given up
    if run.epoch == 0 and not run.wants_training and not run.group:
        workspace.remove(run)  # it was only there to be looked at
    state.show(workspace.new_run(experiment)).play()
    st.rerun()


def _fields(
    options: list[Option], values: dict[str, Any], key: str, n_columns: int | None = None
) -> dict[str, Any]:
    """One input for each option, with its meaning below."""
    chosen = {}
    with st.grid(n_columns or max(len(options), 1), min_column_width=128, gap="small"):
        for option in options:
            with st.container(gap=None):
                chosen[option.name] = _field(option, values, key)
                st.caption(option.meaning)
    return chosen


def _field(option: Option, values: dict[str, Any], key: str) -> Any:
    value = values.get(option.name, option.default)
    label = f"{option.label} {option.symbol}".strip()
    common = {"help": f"What if? {option.what_if}", "key": f"{option.name}_{key}"}
    if option.kind == "bool":
        return st.toggle(label, bool(value), **common)
    if option.kind == "choice":
        return st.selectbox(label, option.choices, option.choices.index(value), **common)
    if option.kind == "int":
        low, high = int(option.low or 0), int(option.high or 10**6)
        return st.number_input(
            label, low, high, None if value is None else min(max(int(value), low), high), **common
        )
    value = float(value or 0.0)
    low, high = float(option.low or 0.0), float(option.high or 1e6)
    return st.number_input(
        label, min(low, value), max(high, value), value, step=_step(value), format="%.4g", **common
    )


def _step(value: float) -> float:
    """One unit of the leading digit: what a click on + adds."""
    return 10.0 ** math.floor(math.log10(value)) if value > 0 else 0.001


def described(run: Run) -> str:
    """The settings of a run in one line: “k = 32, γ = 0.015, λ = 0.08 …”."""
    parts = []
    for option in run.model.options():
        value = run.settings.get(option.name)
        if option.advanced or value is None:
            continue
        name = option.symbol or option.label.lower()
        if option.kind == "bool":
            parts.append(option.label.lower() if value else f"no {option.label.lower()}")
        elif option.kind == "choice":
            parts.append(str(value))
        else:
            parts.append(f"{name} = {value:,.4g}")
    return ", ".join(parts)
