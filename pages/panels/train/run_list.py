"""The runs of this browser side by side, and the test error of the one in view, once."""

from __future__ import annotations

from weakref import WeakSet

import pandas as pd
import streamlit as st

from pages.panels.train.live_panels import curve_of
from pages.panels.train.settings import described
from pages.shared import download_buttons, parts, receipt, session, sidebar, view
from pages.shared.tables import aligned
from recsys_core import escape, glossary, language, words
from recsys_core.asking import exports
from recsys_core.asking.comparison import METRICS
from recsys_core.errors import FactorscopeError
from recsys_core.experiments.scores import PLACES, loses_to_popular
from recsys_core.figures import curves
from recsys_core.live import status_lines
from recsys_core.runs import Entry, Run
from recsys_core.text import Number, Text, worded

# Lines drawn at first, the latest, and how many more are with each wish: a line is a dozen
# elements, and a hundred runs made the page take more than a second.
_LINES = 20


@view.fragment("runs", "shown", "status")
def runs() -> None:
    """One line a run: colour, name, settings, errors, time; own runs first.

    Each can be shown, looked at, renamed and removed.
    """
    st.header(Text("Runs"), anchor=False, help=glossary.tooltip("Run", "Fork"))
    groups: dict[str, list[Entry]] = {}
    for each in session.workspace().entries:
        groups.setdefault(each.group, []).append(each)
    _lines(groups.pop("", []), "own")
    for group, theirs in groups.items():
        title = Text("{group}: {runs}", group=group, runs=words.plural("run", len(theirs)))
        with st.expander(title, key=f"group_{group}", on_change="rerun") as box:
            if box.open:
                _lines(theirs, group)


def _lines(entries: list[Entry], group: str) -> None:
    """The latest of these runs and the one in view; the earlier ones when asked for."""
    listed = f"runs_listed_{group}"
    n = st.session_state.get(listed, _LINES)
    earlier = [each for each in entries[:-n] if each is not view.entry()]
    if earlier:
        st.button(
            Text(
                "Show {shown:,} of {n:,} earlier run", "Show {shown:,} of {n:,} earlier runs",
                shown=min(len(earlier), _LINES), n=len(earlier),
            ),
            icon=":material/expand_less:", key=f"runs_earlier_{group}", type="tertiary",
            on_click=_list_more, args=(listed,),
        )  # fmt: skip
    for each in entries:
        if each not in earlier:
            _line(each)


def _list_more(listed: str) -> None:
    st.session_state[listed] = st.session_state.get(listed, _LINES) + _LINES


def _line(entry: Entry) -> None:
    run, here = entry.run, view.entry()
    assert here is not None
    name = escape.markdown(entry.name)
    locked = parts.locked("runs")
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"run_{entry.number}"
    ):
        visible = f"visible_{entry.number}"
        beside = entry in view.beside(here)
        st.session_state[visible] = beside and (entry is here or not view.hidden(entry))
        st.toggle(
            Text("Show {name}", name=name),
            key=visible,
            label_visibility="collapsed",
            help=Text("Show its curves"),
            on_change=parts.unlocked("runs", _show),
            args=(entry,),
            disabled=locked or not beside or entry is here,
        )
        st.html(f'<span style="font-size:1.3rem">{sidebar.dot(entry)}</span>', width="content")
        about = _about(entry, run.split is not view.split())
        st.button(
            name,
            key=f"select_{entry.number}",
            type="primary" if entry is here else "tertiary",
            disabled=locked,
            on_click=parts.unlocked("runs", _look_at),
            args=(entry,),
            help=escape.markdown(about),
        )
        st.html(f'<span class="fs-cut" title="{escape.html(about)}">{escape.html(about)}</span>')
        at = view.standing() if entry is here else status_lines.standing(run, run.epoch_at("best"))
        text = escape.html(status_lines.errors(at))
        seconds = sum(epoch.seconds for epoch in run.epochs)
        taken = words.duration(seconds) if seconds >= 0.1 else f"< {words.duration(0.1)}"
        taken = escape.html(taken)
        rate = words.number(curves.ratings_per_second(run.epochs, run.split.train.n_ratings))
        spent = escape.html(Text("Spent training: {rate} ratings per second", rate=rate))
        st.html(
            f'<span class="fs-errors"><span data-fs="errors" data-stream="{run.stream}">{text}'
            f'</span></span><span class="fs-took" title="{spent}">{taken}</span>',
            width="content",
        )
        if parts.drawn("export"):
            receipt.button(entry, Text("Receipt of {name}", name=name))
        with st.popover(
            Text("Rename {name}", name=name), icon=":material/edit:", help=Text("Rename"),
            key=f"rename_{entry.number}",
        ):  # fmt: skip
            field = f"name_{entry.number}"
            st.session_state[field] = entry.name
            st.text_input(
                Text("Name"), key=field, max_chars=80, disabled=locked,
                on_change=parts.unlocked("runs", _rename), args=(entry,),
            )  # fmt: skip
        st.button(
            Text("Remove {name}", name=name),
            icon=":material/delete:",
            key=f"remove_{entry.number}",
            help=Text("Remove this run"),
            disabled=locked,
            on_click=parts.unlocked("runs", _remove),
            args=(entry,),
        )


def _look_at(entry: Entry) -> None:
    if entry is view.entry():  # already: it stays at the epoch shown
        return
    view.look_at(entry)
    view.redraw("run")


def _show(entry: Entry) -> None:
    """In a callback: draw its curves, or no longer."""
    here = view.entry()
    assert here is not None
    shown = [each.number for each in view.beside(here) if each is here or not view.hidden(each)]
    if entry.number in shown:
        shown.remove(entry.number)
    else:
        shown.append(entry.number)
    everything = len(shown) == len(view.beside(here))
    view.change(shown=() if everything else tuple(sorted(shown)))
    view.redraw("shown")


def _rename(entry: Entry) -> None:
    session.workspace().rename(entry, st.session_state[f"name_{entry.number}"])
    view.redraw("run")


def _remove(entry: Entry) -> None:
    """In a callback: forget a run; one in view makes way for the latest other one on its data."""
    in_view, data = entry is view.entry(), view.data()
    workspace = session.workspace()
    workspace.remove(entry)
    if in_view:
        others = [
            other
            for other in workspace.entries
            if other.run.experiment.data == entry.run.experiment.data and other.group == entry.group
        ]
        if others:
            view.look_at(others[-1])
        elif data is not None:
            view.look_at(data)
    view.redraw("run")


def _about(entry: Entry, elsewhere: bool) -> str:
    """Its settings; and the data, where they are not those in view."""
    run = entry.run
    text = described(run)
    best = run.best_epoch
    if best is not None and run.model.has_epochs and best < run.epoch:
        text = Text(
            "{settings}; lowest validation RMSE at epoch {best:,}", settings=text, best=best
        )
    return f"{text} · {run.ratings.name}, {worded(run.split.description)}" if elsewhere else text


@view.fragment("results", "status")
def results() -> None:
    """The epochs as a table, and the test error."""
    entry = view.entry()
    if entry is None:
        return
    left, right = st.columns(2, gap="large")
    with left:
        _epochs(entry)
        if parts.drawn("export") and (entry.run.epoch or not entry.run.n_epochs):
            download_buttons.trained_model(entry.run, entry.name)
    with right:
        if parts.drawn("test"):
            _test(entry.run)


def _epochs(entry: Entry) -> None:
    if not entry.run.model.has_epochs:
        return
    with st.expander(
        Text("Table of epochs"), icon=":material/table_rows:", on_change="rerun", key="epochs"
    ) as box:
        if box.open:
            table = curves.table(curve_of(entry), entry.run.split.train)
            st.dataframe(
                aligned(table), height=300, key="epochs_table",
                alt=Text("Epochs of {name}", name=entry.name),
            )  # fmt: skip
            with language.speaking("en"):  # the headings of a file are data
                file = exports.to_csv(curves.table(curve_of(entry), entry.run.split.train))
            st.download_button(
                "CSV", file, f"{entry.name}.csv", "text/csv",
                icon=":material/download:", on_click="ignore", key="epochs_csv",
            )  # fmt: skip


def _test(run: Run) -> None:
    """Test error on demand, so that nobody picks an epoch by it; others may share the run."""
    shown: WeakSet[Run] = st.session_state.setdefault("tests_shown", WeakSet())
    if run.tested is None or run not in shown:
        asked = st.button(
            Text("Show test error"),
            icon=":material/quiz:",
            key="test",
            disabled=run.wants_training
            or (run.epoch == 0 and run.n_epochs > 0)
            or run.split.test is None
            or parts.locked("test"),
            help=Text(
                "Measured once, at the end, on ratings no choice was made by; of lists as well."
            )
            if run.split.test is not None
            else Text("This split keeps no ratings for testing; the Data page can."),
        )
        if not asked or parts.locked("test"):
            return
        shown.add(run)
    try:
        with st.spinner(Text("Measuring …")):
            found = run.test_scores()
    except FactorscopeError as error:
        st.error(escape.markdown(worded(error.text)), icon=":material/error:")
        return
    recall, rounded = Text("recall@{places}", places=PLACES), Text("RMSE, rounded")
    rows = pd.DataFrame(
        {
            Text("on test ratings"): [worded(s.name) for s in found],
            "RMSE": [_error(s.rmse) for s in found],
            "MAE": [_error(s.mae) for s in found],
            f"NDCG@{PLACES}": [words.measure(s.ndcg) for s in found],
            recall: [words.measure(s.recall) for s in found],
        }
    )
    if any(s.rmse_rounded is not None for s in found):
        rows[rounded] = [_error(s.rmse_rounded) for s in found]
    if any(s.mape is not None for s in found):
        rows["MAPE, %"] = ["–" if s.mape is None else Number(f"{s.mape:.2f}") for s in found]
    st.dataframe(
        rows,
        hide_index=True,
        alt=Text("Errors on the test ratings"),
        column_config={
            "RMSE": st.column_config.TextColumn(help=METRICS["rmse"].tooltip),
            "MAE": st.column_config.TextColumn(help=METRICS["mae"].tooltip),
            f"NDCG@{PLACES}": st.column_config.TextColumn(
                help=f"{METRICS['ndcg'].tooltip} {_SAMPLED.worded()}"
            ),
            recall: st.column_config.TextColumn(help=METRICS["recall"].tooltip),
            rounded: st.column_config.TextColumn(help=_ROUNDED.worded()),
            "MAPE, %": st.column_config.TextColumn(
                help=f"{METRICS['mape'].tooltip} {_PERCENT.worded()}"
            ),
        },
    )
    st.caption(
        Text(
            "RMSE asks how well ratings are guessed, NDCG and recall how good each user's {places} "
            "best of all unrated {items} are: who wins at one can lose at the other.",
            places=PLACES, items=words.nouns(run.ratings.item_noun),
        )
    )  # fmt: skip
    if (lost := loses_to_popular(found)) is not None:
        st.caption(escape.markdown(worded(lost)))


# Beside the meaning of each measure.
_ROUNDED = Text("RMSE of predictions rounded to a rating that can be given.")
_SAMPLED = Text("Of very many users a sample is judged, the same for all models.")
_PERCENT = Text("One star of error counts five times as much on a 1 as on a 5.")


def _error(value: float | None) -> str:
    return "–" if value is None else words.error(value)
