"""Sweep: many settings of one model, judged on validation."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.shared import empty_state, session, view
from pages.shared.chart.chart import chart
from pages.shared.tables import aligned
from recsys_core import escape, language, words
from recsys_core.asking import exports
from recsys_core.errors import FactorscopeError
from recsys_core.experiments import Experiment, sweep_results
from recsys_core.experiments.sweep import (
    How,
    Over,
    Sweep,
    named,
    sweepable,
    usual_over,
    usual_settings,
)
from recsys_core.figures import sweep as figures
from recsys_core.models import Model
from recsys_core.models.options import Option
from recsys_core.runs import SweepRun, registry
from recsys_core.text import Text, later, worded

# Seconds between two looks at a sweep that runs.
_TICK = 1.0

_HOW: dict[How, str] = {"grid": later("Grid"), "random": later("Random"), "tpe": "TPE (Optuna)"}

_MEANING: dict[How, str] = {
    "grid": later("Every combination of the values."),
    "random": later(
        "Each point drawn from the ranges: with many settings it finds more than a grid of as many "
        "trials."
    ),
    "tpe": later(
        "Optuna's tree-structured Parzen estimator: draws where the better points so far are."
    ),
}


def draw() -> None:
    """Draw the part."""
    view.page_shows("sweep", "options")
    st.markdown(
        Text(
            "Each point is one choice of settings, trained and judged on validation ratings, never "
            "on the test."
        )
    )
    if view.data() is None:
        empty_state.offer_party(Text("Here would be a surface of errors over two settings."))
        return
    _form()
    shown = _chosen()
    if shown is not None:
        _results(shown)


# --- what is swept --------------------------------------------------------------------------------


def _base() -> Experiment:
    """The model in view, else the usual one, on the data and split in view, before any fork."""
    entry, data = view.entry(), view.data()
    if entry is not None:
        experiment = entry.run.experiment
        held = experiment.with_model(experiment.make_model())
        return held.with_ratings(entry.run.ratings)
    assert data is not None
    return data.experiment()


@view.fragment("sweep_form", "sweep_refused")
def _form() -> None:
    """Which settings, over what, how, and how often; and Start."""
    experiment = _base()
    model = experiment.make_model()
    kind, split = type(model), experiment.make_split()
    key = f"{kind.__name__}_{abs(hash((experiment.data, experiment.split))) % 10**6}"
    try:
        values = model.resolve(split.train)
        usual = [option.name for option in usual_settings(kind)]
        Sweep(experiment, tuple(Over(name, (values[name],)) for name in usual)).check_split(split)
    except FactorscopeError as error:
        st.info(escape.markdown(worded(error.text)), icon=":material/info:")
        return
    options = {option.name: option for option in sweepable(kind, split.train)}
    with st.container(border=True, key="sweep_box"):
        chosen = st.multiselect(
            Text("Settings of {model} to sweep", model=kind.title),
            list(options),
            default=usual,
            format_func=lambda name: _label(options[name]),
            key=f"sweep_over_{key}",
            help=Text("The first two make the surface. All others stay as in the run in view."),
        )
        how: How = st.segmented_control(
            Text("How"), list(_HOW), default="grid", required=True,
            format_func=lambda how: Text(_HOW[how]), key="sweep_how",
            help=Text(_MEANING[st.session_state.get("sweep_how", "grid")]),
        )  # fmt: skip
        for name in chosen:
            _range(options[name], usual_over(options[name], values.get(name)), how, key)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            if how != "grid":
                st.number_input(
                    Text("Trials"), 1, 2000, 60, 10, key="sweep_trials", width=130,
                    help=Text("Trainings in all, those with other seeds included."),
                )  # fmt: skip
            st.number_input(
                Text("Seeds for each point"), 1, 20, 2, key="sweep_seeds", width=160,
                help=Text("How much the error differs between seeds is how much of it is chance."),
            )  # fmt: skip
            st.toggle(
                Text("Pause poor trials early"), True, key="sweep_pause",
                help=Text(
                    "From half of its epochs on, a trial whose lowest error is above the median of "
                    "what the others had by then is paused; it can be resumed."
                ),
            )  # fmt: skip
            arguments = (experiment, kind, tuple(chosen), how, key)
            st.button(
                _start_label(*arguments), icon=":material/play_arrow:", type="primary",
                key="sweep_start", on_click=_start, args=arguments, disabled=not chosen,
            )  # fmt: skip
        refused = st.session_state.pop("sweep_refused", "")
        if refused:
            st.html(f'<span role="alert" class="fs-refused">{escape.html(worded(refused))}</span>')


def _label(option: Option) -> str:
    return escape.markdown(f"{option.label} {option.symbol}".strip())


def _range(option: Option, usual: Over, how: How, key: str) -> None:
    """The fields of one setting: its range, or which of its values."""
    name = f"sweep_{option.name}_{key}"
    if usual.values:
        st.multiselect(
            Text("Values of {setting}", setting=_label(option)), list(usual.values),
            default=list(usual.values), format_func=sweep_results.said, key=f"{name}_values",
            help=option.meaning,
        )  # fmt: skip
        return
    what = _label(option)
    whole = usual.is_whole
    shape: dict[str, Any] = {"format": "%d", "step": 1} if whole else {"format": "%.4g"}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for end, label, value in (
            ("from", Text("{setting} from", setting=what), usual.low),
            ("to", Text("{setting} to", setting=what), usual.high),
        ):
            st.number_input(
                label, value=value, key=f"{name}_{end}", width=150,
                help=option.meaning, **shape,
            )  # fmt: skip
        if how == "grid":
            st.number_input(
                Text("Values of {setting}", setting=escape.markdown(named(option))),
                2,
                50,
                usual.steps,
                key=f"{name}_steps",
                width=130,
            )
        st.toggle(
            Text("{setting} logarithmic", setting=escape.markdown(named(option))), usual.log,
            key=f"{name}_log",
            help=Text("Even in ratio: 0.01, 0.1, 1. Else even in distance."),
        )  # fmt: skip


def _asked(
    experiment: Experiment, kind: type[Model], chosen: tuple[str, ...], how: How, key: str
) -> Sweep:
    """The sweep that the fields say.

    Raises
    ------
    SettingsError
        If they have no meaning.
    """
    state = st.session_state
    over = []
    for name in chosen:
        field = f"sweep_{name}_{key}"
        if f"{field}_values" in state:
            over.append(Over(name, tuple(state[f"{field}_values"])))
        else:
            ends = state[f"{field}_from"], state[f"{field}_to"]
            steps = int(state.get(f"{field}_steps", 6))
            over.append(Over(name, (), *ends, bool(state[f"{field}_log"]), steps))
    n_trials = 0 if how == "grid" else int(state.get("sweep_trials", 60))
    seeds, pause = int(state.get("sweep_seeds", 2)), bool(state.get("sweep_pause", True))
    return Sweep(experiment, tuple(over), how, n_trials, seeds, pause=pause)


def _start_label(*arguments: Any) -> str:
    try:
        return Text("Start {trials}", trials=words.plural("trial", _asked(*arguments).n_trials))
    except FactorscopeError:
        return Text("Start")


def _start(*arguments: Any) -> None:
    """In a callback: begin the sweep that the fields say, or say why not."""
    try:
        session.workspace().new_sweep(_asked(*arguments)).start()
    except FactorscopeError as error:
        st.session_state.sweep_refused = error.text
        view.redraw("sweep_refused")
        return
    st.session_state.pop("sweep_shown", None)
    view.redraw("sweep")


# --- what came of it ------------------------------------------------------------------------------


def _chosen() -> SweepRun | None:
    """The sweep shown: the latest, or the one chosen among several."""
    sweeps = session.workspace().sweeps
    if not sweeps:
        return None
    numbers = [each.number for each in reversed(sweeps)]
    if len(sweeps) > 1:
        if st.session_state.get("sweep_shown") not in numbers:
            st.session_state.sweep_shown = numbers[0]
        names = {each.number: _name(each) for each in sweeps}
        number = st.selectbox(
            Text("Sweep"), numbers, format_func=names.__getitem__, key="sweep_shown"
        )
        return session.workspace().sweep(number)
    return sweeps[-1]


def _name(each: SweepRun) -> str:
    how = Text(_HOW[each.sweep.how])
    return f"{each.number} · {each.sweep.title} · {how} · {each.split.train.name}"


def _results(shown: SweepRun) -> None:
    st.header(escape.markdown(_name(shown)), anchor=False)
    _controls(shown)
    axes = _axes(shown)
    with st.container(key="sweep_live"):
        if shown.busy:
            _live(shown.number, axes)
        else:
            _surface(shown, axes)
    trials = shown.trials
    points = sweep_results.points_of(trials)
    if len(points) < 2:
        return
    _open_as_run(shown, points)
    mode = session.theme()
    left, right = st.columns([3, 2], gap="large")
    with left:
        chart(
            figures.parallel(shown.sweep, points, mode),
            key="sweep_parallel",
            alt=figures.parallel_alt(shown.sweep, points),
            table=lambda: sweep_results.trials_table(shown.sweep, trials),
        )
    with right:
        if sweep_results.importances(shown.sweep, trials):
            chart(
                figures.importance_bars(shown.sweep, trials, mode),
                key="sweep_importances",
                alt=figures.importance_alt(shown.sweep, trials),
                table=lambda: sweep_results.importances_table(shown.sweep, trials),
            )
            st.caption(
                Text(
                    "Analysis of variance: of a grid exact; of points that were drawn, as far as "
                    "they cover the ranges."
                )
            )
    with st.expander(Text("All trials"), icon=":material/table_rows:", on_change="rerun",
                     key="sweep_trials_box") as box:  # fmt: skip
        if box.open:
            table = sweep_results.trials_table(shown.sweep, trials)
            st.dataframe(
                aligned(table), hide_index=True, height=300, key="sweep_table",
                alt=Text("All trials"),
            )  # fmt: skip


def _controls(shown: SweepRun) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if shown.busy:
            st.button(Text("Stop"), icon=":material/stop:", key="sweep_stop", on_click=_do,
                      args=(shown.stop,), help=Text("What is done stays."))  # fmt: skip
        elif shown.status == "stopped":
            st.button(Text("Continue"), icon=":material/play_arrow:", key="sweep_continue",
                      on_click=_do, args=(shown.start,))  # fmt: skip
        if not shown.busy and shown.n_paused:
            st.button(
                Text(
                    "Resume {n:,}\u00a0paused trial",
                    "Resume {n:,}\u00a0paused trials",
                    n=shown.n_paused,
                ),
                icon=":material/resume:",
                key="sweep_resume",
                on_click=_do,
                args=(shown.resume_paused,),
                help=Text("Trains them to their end: each anew, since only its numbers were kept."),
            )
        if not shown.busy:
            st.download_button(
                Text("All trials as CSV"),
                lambda: _csv(shown),
                f"sweep-{words.slug(shown.sweep.title)}.csv",
                "text/csv",
                icon=":material/download:",
                key="sweep_csv",
                on_click="ignore",
            )
            st.button(Text("Remove"), icon=":material/delete:", key="sweep_remove", on_click=_do,
                      args=(session.workspace().remove_sweep, shown),
                      help=Text("Forget this sweep"))  # fmt: skip


def _csv(shown: SweepRun) -> bytes:
    with language.speaking("en"):  # a file has the headings that programs know
        return exports.to_csv(sweep_results.trials_table(shown.sweep, shown.trials), index=False)


def _do(action: Any, *arguments: Any) -> None:
    """In a callback: do something with a sweep, and draw the page anew."""
    action(*arguments)
    view.redraw("sweep")


def _axes(shown: SweepRun) -> tuple[str, str | None]:
    """The settings of the surface's rows and columns: the first two, or as chosen."""
    options = {option.name: option for option in shown.sweep.options}
    names = list(options)
    if len(names) < 3:
        return names[0], names[1] if len(names) > 1 else None
    with st.container(horizontal=True, gap="small"):
        rows = st.selectbox(Text("Up"), names, format_func=lambda n: _label(options[n]),
                            key=f"sweep_rows_{shown.number}", width=220)  # fmt: skip
        rest = [name for name in names if name != rows]
        columns = st.selectbox(Text("Across"), rest, format_func=lambda n: _label(options[n]),
                               key=f"sweep_columns_{shown.number}", width=220)  # fmt: skip
    return rows, columns


@st.fragment(run_every=_TICK)
def _live(number: int, axes: tuple[str, str | None]) -> None:
    """While it runs, in a container of its own; the page is drawn anew when it is over."""
    shown = session.workspace().sweep(number)
    if shown is None or not shown.busy:
        st.rerun()
    with registry().drawing():
        _surface(shown, axes)


def _surface(shown: SweepRun, axes: tuple[str, str | None]) -> None:
    """How far it is, the surface, and what it says."""
    sweep, trials = shown.sweep, shown.trials
    n, of = shown.n_ended, sweep.n_trials
    if shown.message:
        st.error(escape.markdown(worded(shown.message)), icon=":material/error:")
    elif shown.status != "finished":
        if n and shown.busy:
            left = words.duration(shown.seconds / n * (of - n))
            text = Text(
                "{done} of {n} trials, about {time} of training left", done=n, n=of, time=left
            )
        else:
            text = Text("{done} of {n} trials", done=n, n=of)
        st.progress(n / of, text)
    points = sweep_results.points_of(trials)
    over = sweep_results.surface_of(sweep, points, *axes)
    left_side, right_side = st.columns([3, 2], gap="large")
    with left_side:
        chart(
            figures.surface(sweep, over, session.theme()),
            key="sweep_surface",
            alt=figures.alt(sweep, over),
            table=lambda: sweep_results.surface_table(over),
            what=f"sweep {sweep.title}",
            on_pick=lambda where: _picked(shown.number, axes, where),
        )
    with right_side:
        for said in sweep_results.sentences(sweep, trials):
            st.markdown(escape.markdown(str(said)))
        if points:
            st.caption(
                Text(
                    "The lowest of many errors is a little too good, since it was chosen for being "
                    "low: open the point as a run, and look once at its test error."
                )
            )


def _picked(number: int, axes: tuple[str, str | None], where: dict[str, Any]) -> None:
    """In a callback: the point that was clicked becomes a run."""
    shown = session.workspace().sweep(number)
    if shown is None:
        return
    points = sweep_results.points_of(shown.trials)
    over = sweep_results.surface_of(shown.sweep, points, *axes)
    point = figures.point_at(shown.sweep, over, where["row"], where["column"], where["point"])
    if point is not None:
        _open(shown, point.trials[0].number)


def _open_as_run(shown: SweepRun, points: list[sweep_results.Point]) -> None:
    """The same for those who do not click on charts: the best points by name."""
    ranked = sorted(points, key=lambda point: (point.paused, point.error))[:20]
    names = [
        f"{sweep_results.point_said(shown.sweep, p.settings)}: {words.error(p.error)}"
        for p in ranked
    ]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        at = st.selectbox(
            Text("Point"), range(len(ranked)), format_func=names.__getitem__, width=340,
            key=f"sweep_point_{shown.number}",
        )  # fmt: skip
        number = ranked[at or 0].trials[0].number
        st.button(
            Text("Open as a run"), icon=":material/open_in_new:", key="sweep_open",
            on_click=_open, args=(shown, number),
            help=Text(
                "Trained, and in view on all pages: the same seed, the same bits. A click on the "
                "surface does so as well."
            ),
        )  # fmt: skip


def _open(shown: SweepRun, number: int) -> None:
    """In a callback: a trial as a run of this workspace, trained and in view."""
    space = session.workspace()
    experiment = shown.experiment_of(number)
    try:
        entry = space.entry_of(experiment) or space.new_entry(experiment)
    except FactorscopeError as error:
        st.session_state.sweep_refused = error.text
        view.redraw("sweep_refused")
        return
    entry.train()
    view.look_at(entry)
    st.toast(escape.markdown(Text("In view: {run}", run=entry.name)), icon=":material/check:")
    view.redraw("run")
