"""The settings of a run, made from what each model declares about itself."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import streamlit as st

from pages.panels.train import formula, number_field
from pages.shared import parts, session, view
from recsys_core import escape
from recsys_core.errors import FactorscopeError, SettingsError
from recsys_core.experiments import looks_like_counts
from recsys_core.models import MODELS, Model
from recsys_core.models.options import Option
from recsys_core.runs import Entry, Run
from recsys_core.text import Text, worded


# Of no field of the view: what is typed here is not to be drawn over while a run moves.
@view.fragment("settings", "refused")
def settings() -> None:
    """Algorithm and settings; a new run with them, or a fork of the run in view."""
    entry = view.entry()
    if entry is None:
        return
    run, locked = entry.run, parts.locked("settings")
    current = type(run.model).__name__
    with st.container(gap="xsmall", key="choose_algorithm"):
        algorithm = st.pills(
            Text("Algorithm"),
            MODELS.algorithms,
            default=current if current in MODELS.algorithms else "SGD",
            format_func=lambda name: MODELS.described(name)[0],
            required=True,
            label_visibility="collapsed",
            key=f"algorithm_{entry.number}",
            disabled=locked,
        )
        st.markdown(MODELS.described(algorithm)[1])
        _advise(run, algorithm)
    with st.spinner(Text("Loading PyTorch …")) if algorithm == "NeuralMF" else nullcontext():
        kind = MODELS[algorithm]
    values = kind.defaults(run.split.train)
    if isinstance(run.model, kind):
        values |= run.settings
    options, key = kind.options(), f"{entry.number}_{algorithm}"
    lacking = {option.name: option.lacking(run.split.train) for option in options}
    with st.container(border=True, key="settings_box"):
        _fields([option for option in options if not option.advanced], values, key, locked, lacking)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                Text("Start a new run"),
                icon=":material/play_arrow:",
                key="start_new",
                disabled=locked,
                on_click=parts.unlocked("settings", _start),
                args=(entry, kind, values, key),
            )
            _fork_button(entry, kind, key, locked)
            rest = [option for option in options if option.advanced]
            if rest:
                with st.popover(Text("More settings"), icon=":material/tune:", key="more_settings"):
                    _fields(rest, values, key, locked, lacking, n_columns=1)
            refused = worded(st.session_state.pop("refused", ""))
            if refused:
                st.html(f'<span role="alert" class="fs-refused">{escape.html(refused)}</span>')
    formula.show(algorithm)


@view.fragment("fork", "moment", "playing", "status")
def _fork_button(entry: Entry, kind: type[Model], key: str, locked: bool) -> None:
    if not kind.has_epochs:
        return
    now, label = view.now(), Text("Fork from epoch {epoch:,}", epoch=view.epoch())
    if now.playing:
        label = Text("Fork from the epoch shown")
    elif now.moment == "latest" or (now.moment == "best" and entry.training):
        label = Text("Fork from the latest epoch")
    st.button(
        label,
        icon=":material/fork_right:",
        key="fork",
        disabled=locked or not isinstance(entry.run.model, kind) or entry.run.brought,
        on_click=parts.unlocked("settings", _fork),
        args=(entry, kind, key),
        help=Text(
            "A new run that goes on from the epoch shown with the settings above; drag the slider "
            "to choose another epoch."
        ),
    )


def _advise(run: Run, algorithm: str) -> None:
    """Where the data are counts: which of the models is made for them."""
    if looks_like_counts(run.ratings) and algorithm not in ("ImplicitALS", "EASE"):
        st.caption(
            Text(
                ":material/lightbulb: These look like counts, such as plays: implicit ALS and EASE "
                "are made for them. The others would try to guess how often, not whether."
            )
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


def _start(entry: Entry, kind: type[Model], shown: dict[str, Any], key: str) -> None:
    """In a callback: a new run with the settings as they stand, or why not."""
    workspace, run = session.workspace(), entry.run
    try:
        chosen = _chosen(kind, key)
        touched = {k: v for k, v in chosen.items() if v != shown.get(k)}
        model = _as_shown(run, kind(**touched), chosen)
        model.resolve(run.split.train)  # raises before anything is given up
        fresh = workspace.new_entry(run.experiment.with_model(model))
    except FactorscopeError as error:
        _refuse(error.text)
        return
    if not entry.started and not entry.group:
        workspace.remove(entry)  # it was only there to be looked at
    view.watch(fresh)
    view.redraw("run")


def _fork(entry: Entry, kind: type[Model], key: str) -> None:
    """In a callback: go on from the epoch shown with changed settings, or why not."""
    epoch = view.epoch()
    if not entry.run.epoch:
        _refuse(Text("Nothing is trained yet: press Play first, then fork."))
        return
    try:
        changed = {k: v for k, v in _chosen(kind, key).items() if v != entry.run.settings.get(k)}
        fresh = session.workspace().fork(entry, epoch, **changed)
    except FactorscopeError as error:
        _refuse(error.text)
        return
    view.watch(fresh, epoch)
    view.redraw("run")


def _refuse(why: str) -> None:
    """In a callback: say why not, beside the buttons."""
    st.session_state.refused = why
    view.redraw("refused")


def _chosen(kind: type[Model], key: str) -> dict[str, Any]:
    """What the fields say, those that are drawn.

    Raises
    ------
    SettingsError
        If one is beyond what has a meaning.
    """
    found = {}
    for option in kind.options():
        name = f"{option.name}_{key}"
        if name not in st.session_state:
            continue
        value = st.session_state[name]
        if option.kind in ("int", "float") and value is not None:
            least = 0 if option.kind == "float" else int(option.low or 0)
            if value < least:
                raise SettingsError(
                    Text(
                        "{label} is {value:g}; it has to be {least} or more.",
                        label=option.label, value=value, least=least,
                    )
                )  # fmt: skip
            value = int(value) if option.kind == "int" else float(value)
        found[option.name] = value
    return found


def _fields(
    options: list[Option],
    values: dict[str, Any],
    key: str,
    locked: bool,
    lacking: dict[str, str],
    n_columns: int | None = None,
) -> None:
    """One input for each option, with its meaning below, or why these data have no use for it."""
    with st.grid(n_columns or max(len(options), 1), min_column_width=128, gap="small"):
        for option in options:
            with st.container(gap=None):
                why = lacking[option.name]
                _field(option, values.get(option.name, option.default), key, locked or bool(why))
                st.caption(worded(why or option.meaning))


def _field(option: Option, value: Any, key: str, locked: bool) -> None:
    label = f"{worded(option.label)} {option.symbol}".strip()
    name = f"{option.name}_{key}"
    what_if = Text("What if? {what_if}", what_if=option.what_if)
    common: dict[str, Any] = {"help": what_if, "disabled": locked}
    if option.kind == "float":
        number_field.field(label, None if value is None else float(value), name, **common)
        return
    if name not in st.session_state:
        st.session_state[name] = value if option.kind != "bool" else bool(value)
    if option.kind == "bool":
        st.toggle(label, key=name, **common)
    elif option.kind == "choice":
        st.selectbox(label, option.choices, format_func=Text, key=name, **common)
    else:
        now = st.session_state[name]
        step = 10 ** max(len(str(now or 0)) - 2, 0)
        st.number_input(label, value=None, step=step, key=name, **common)


def described(run: Run) -> str:
    """The settings of a run in one line: “k = 32, γ = 0.015, λ = 0.08 …”."""
    parts = []
    for option in run.model.options():
        value = run.settings.get(option.name)
        if option.advanced or value is None:
            continue
        if value or option.kind != "bool" or option.needs is None:
            parts.append(option.said(value))  # what few data allow is only told where it is on
    return ", ".join(parts)
