"""The table: every chosen run and every baseline, with intervals of their differences."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, TypeVar
from weakref import WeakSet

import pandas as pd
import streamlit as st

from pages.panels.compare import chosen
from pages.shared import choices, parts, session, view
from pages.shared.chart.chart import chart
from pages.shared.tables import aligned
from recsys_core import escape, language, words
from recsys_core.asking import comparison, exports
from recsys_core.asking.comparison import METRICS, Difference, Measured, Row
from recsys_core.figures import comparison as pictures
from recsys_core.figures.comparison import Compared
from recsys_core.runs import Entry, comparing
from recsys_core.runs.comparing import Part
from recsys_core.splits import Split
from recsys_core.text import Text, later, worded

# Metrics whose differences are drawn, and said in sentences: one of errors, one of lists.
_DIFFERENCES = ("rmse", "ndcg")

T = TypeVar("T")


def draw() -> None:
    """Draw the part."""
    if not chosen.nothing_yet():
        _table()
        _meanings()


@view.fragment("table", "shown", "status", "options")
def _table() -> None:
    here = view.entry()
    if here is None:
        return
    split = here.run.split
    compared = chosen.choose()
    view.race(compared)
    view.tabulate(comparing.n_done(split))
    chosen.remarks(compared)
    if split.validation is None and split.test is None:
        st.info(
            Text(
                "This split holds no ratings out, so nothing can be measured; choose another on "
                "the Data page."
            ),
            icon=":material/info:",
        )
        return
    shows_test = _test_button(split, compared)
    shown: list[Part] = ["validation"] if split.validation is not None else []
    shown += ["test"] if shows_test else []
    if not shown:
        st.caption(Text("This split keeps no ratings for validation: there is only the test part."))
        return
    trained = [each for each in compared if each.run.epoch or not each.run.n_epochs]
    rows, wanted = _rows(trained, split, shown)
    there = [row for row in rows if any(getattr(row, part) is not None for part in shown)]
    done = sum(all(getattr(row, part) is not None for part in shown) for row in rows)
    if done < wanted:
        st.progress(
            done / wanted,
            Text(
                "Measured {done} of {n}; the others follow as soon as they are.",
                done=done,
                n=wanted,
            ),
        )
    if not there:
        return
    found = comparison.table(there)
    st.dataframe(
        aligned(found, **_decimals(found)),
        alt=Text("Measures of each run and baseline"),
        key="compared_table",
        column_config=_columns(found),
        height="content",
        placeholder="–",
    )
    _beside(split, there, shown[-1], found)


def _test_button(split: Split, compared: list[Entry]) -> bool:
    """The one button that shows the test columns of all runs; whether they are shown."""
    opened: WeakSet[Split] = st.session_state.setdefault("tests_compared", WeakSet())
    if not parts.drawn("test"):
        return False
    at_work = any(each.run.wants_training for each in compared)
    st.button(
        Text("Hide the test columns") if split in opened else Text("Show the test columns"),
        icon=":material/quiz:",
        key="compare_test",
        on_click=parts.unlocked("test", _open_or_close),
        args=(split,),
        disabled=split.test is None or at_work or parts.locked("test"),
        help=Text("This split keeps no ratings for testing; the Data page can.")
        if split.test is None
        else Text(
            "For all runs at once, at the end: who chooses by the test part measures nothing."
        ),
    )
    return split in opened and split.test is not None


def _open_or_close(split: Split) -> None:
    opened: WeakSet[Split] = st.session_state.tests_compared
    (opened.discard if split in opened else opened.add)(split)
    view.redraw("status")


def _rows(trained: list[Entry], split: Split, shown: list[Part]) -> tuple[list[Row], int]:
    """The rows, as far as they are measured; and how many there will be."""
    asked: list[tuple[str, int | None, int | None, float, dict[str, Measured | None]]] = []
    for each in trained:
        run = each.run
        which = comparing.subject(run)
        parts_of: dict[str, Measured | None] = {
            part: _now(comparing.of_run(run, which, part)) for part in shown
        }
        epoch = which.epoch if run.model.has_epochs else None
        asked.append((each.name, each.color_index, epoch, which.seconds, parts_of))
    there = {each.run.experiment.model.name for each in trained if comparing.is_baseline(each.run)}
    for kind in comparing.BASELINES:
        if kind.__name__ in there:
            continue
        fitted = _now(comparing.baseline(kind, split))
        parts_of = {part: _now(comparing.of_baseline(kind, split, part)) for part in shown}
        seconds = 0.0 if fitted is None else fitted.seconds
        asked.append((worded(kind.title), None, None, seconds, parts_of))
    rows = [
        Row(name, epoch, seconds, found.get("validation"), found.get("test"), colour)
        for name, colour, epoch, seconds, found in asked
    ]
    return rows, len(rows)


def _now(job: Future[T]) -> T | None:
    """What a job gave; None while it is at work, and where it failed."""
    return job.result() if job.done() and job.exception() is None else None


def _beside(split: Split, rows: list[Row], part: Part, found: pd.DataFrame) -> None:
    """Differences from one of the rows, with intervals: in sentences, as a picture, as a file."""
    # All that there will be, so that a row that is still measured can be chosen, and is the usual.
    own = [row for row in rows if row.colour is not None]
    named = {kind.__name__: worded(kind.title) for kind in comparing.BASELINES}
    named |= {str(at): row.name for at, row in enumerate(own, 1)}
    picked = choices.select(
        "reference", Text("Compare with"), named, "reference", usual="UserItemBias"
    )
    by_name = {row.name: row for row in reversed(rows)}
    reference = own[int(picked) - 1] if picked.isdigit() else by_name.get(named[picked])
    if reference is None:
        st.caption(Text("It is not measured yet; the differences follow."))
        return
    base: Measured | None = getattr(reference, part)
    others = [row for row in rows if row is not reference and getattr(row, part) is not None]
    if base is None or not others:
        st.caption(Text("The differences follow."))
        return
    models = [getattr(row, part) for row in others]
    jobs = {
        metric: _now(comparing.differences(split, models, base, metric)) for metric in _DIFFERENCES
    }
    if any(each is None for each in jobs.values()):
        st.caption(Text("The intervals follow in a moment."))
        return
    compared = [
        Compared(row.name, row.colour, {m: (jobs[m] or [None] * len(others))[at] for m in jobs})
        for at, row in enumerate(others)
    ]
    drawn = [m for m in _DIFFERENCES if any(each.differences[m] is not None for each in compared)]
    _sentences(compared, reference.name, drawn)
    if not drawn:
        return
    chart(
        pictures.differences(compared, reference.name, part, drawn, session.theme()),
        key="differences",
        alt=pictures.alt(compared, reference.name, drawn),
        table=lambda: pictures.table(compared, drawn),
        what=f"differences from {reference.name}",
        note=_note(base, part),
    )
    st.caption(escape.markdown(_note(base, part)))
    if parts.drawn("export"):

        def whole() -> bytes:
            with language.speaking("en"):  # a file has the headings that programs know
                beside = pictures.table(compared, drawn)
            return exports.to_csv(found.join(beside.add_suffix(f", from {reference.name}, {part}")))

        st.download_button(
            Text("The whole table as CSV"),
            whole,
            f"{words.slug(split.train.name)}-compared.csv",
            "text/csv",
            icon=":material/download:",
            key="compared_csv",
            on_click="ignore",
            disabled=parts.locked("export"),
        )


def _sentences(compared: list[Compared], reference: str, drawn: list[str]) -> None:
    """What each of the runs differs by, in words; of the baselines the picture says it."""
    said = []
    for each in compared:
        found: list[Difference] = [d for m in drawn if (d := each.differences[m]) is not None]
        if each.colour is not None and found:
            text = " ".join(str(d.sentence(each.name, reference)) for d in found)
            said.append(f"- {escape.markdown(text)}")
    if said:
        st.markdown("\n".join(said))


def _note(base: Measured, part: Part) -> str:
    return Text(
        _NOTES[part],
        n=len(base.users), level=words.percent(comparison.LEVEL), draws=comparison.N_DRAWS,
    )  # fmt: skip


_NOTES: dict[Part, str] = {
    "validation": later(
        "On validation ratings of {n:,} users; intervals hold {level} of {draws:,} draws of as "
        "many users, the same for both models (paired bootstrap, percentiles)."
    ),
    "test": later(
        "On test ratings of {n:,} users; intervals hold {level} of {draws:,} draws of as many "
        "users, the same for both models (paired bootstrap, percentiles)."
    ),
}


def _decimals(found: pd.DataFrame) -> dict[str, int]:
    """Decimals of each column that has its own."""
    digits = {"coverage": 1, "novelty": 2, "diversity": 3, "popularity": 1, "MAPE": 2}
    measures = ("precision", "recall", "NDCG", "MAP@")
    shown: dict[str, int] = {"training time, s": 2}
    for column in map(str, found.columns):
        for word, places in digits.items():
            if word in column:
                shown[column] = places
        if any(word in column for word in measures):
            shown[column] = words.MEASURE_DECIMALS
    return shown


def _columns(found: pd.DataFrame) -> dict[str, Any]:
    """What each column is called, and what it means, at its head."""
    helps: dict[str, str] = {
        "epoch": Text("The epoch of lowest validation RMSE, else the last"),
        "training time, s": Text("Of computing, up to that epoch"),
    }
    for column in map(str, found.columns):
        for metric in METRICS.values():
            name = metric.title.split(",")[0]
            if (
                column.removeprefix("validation ").removeprefix("test ").split("@")[0].split(",")[0]
                == name
            ):
                helps[column] = metric.tooltip
    return {
        column: st.column_config.Column(heading, help=helps.get(column))
        for column, heading in comparison.headings(found).items()
    }


def _meanings() -> None:
    with st.expander(
        Text("What is measured, and how"), icon=":material/menu_book:", key="meanings"
    ):
        rows = pd.DataFrame(
            {
                Text("measure"): [worded(metric.title) for metric in METRICS.values()],
                Text("says"): [worded(metric.meaning) for metric in METRICS.values()],
                Text("formula"): [worded(metric.formula) for metric in METRICS.values()],
                Text("source"): [metric.source for metric in METRICS.values()],
            }
        ).set_index(Text("measure"))
        st.table(rows)
        st.caption(
            Text(
                "r is a held-out rating, r̂ what is predicted; L a user's list of the {places} best "
                "items not rated in training, n_i how many users rated item i in training. Liked "
                "is three quarters of the scale and more, of counts all. Lists are of users with "
                "held-out ratings; of very many users a sample, the same for all.",
                places=comparison.PLACES,
            )
        )
