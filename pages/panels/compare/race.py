"""Race: runs on the same split, side by side and live; and two of them beside each other."""

from __future__ import annotations

import streamlit as st

from pages.panels.compare import chosen, pair
from pages.shared import choices, parts, session, view
from pages.shared.chart.chart import chart
from recsys_core import escape, words
from recsys_core.asking.race import Count
from recsys_core.figures import race
from recsys_core.figures.race import Racer
from recsys_core.live import race as lanes
from recsys_core.models import GlobalMean, UserItemBias
from recsys_core.runs import Entry
from recsys_core.text import Text

_HEIGHT = 420

_COUNTS: dict[Count, Text] = {
    "epochs": Text("Epochs"),
    "seconds": Text("Seconds"),
    "touched": Text("Ratings touched"),
}


def draw() -> None:
    """Draw the part."""
    if chosen.nothing_yet():
        return
    _race()
    _cell()
    _beside()


@view.fragment("race", "shown", "status", "options")
def _race() -> None:
    if view.entry() is None:
        return
    compared = chosen.choose()
    view.race(compared)
    racing = [each for each in compared if _can_race(each)]
    if parts.drawn("controls"):
        _start_or_pause(compared)
    if parts.drawn("commentary") and racing:
        said = lanes.verdict((each.name, each.run) for each in racing)
        st.html(
            f'<p data-fs="race" style="margin:0;font-size:1.07rem">{escape.html(str(said))}</p>'
        )
    if parts.drawn("curve") and racing:
        _chart(racing)
    _left_out([each for each in compared if each not in racing])
    chosen.remarks(compared)


@view.fragment("pair_cell", "user", "item", "shown", "status", "options")
def _cell() -> None:
    if view.entry() is not None:
        pair.head(view.compared())


@view.fragment("pair", "shown", "status", "options")
def _beside() -> None:
    if view.entry() is not None:
        pair.draw(view.compared())


def _can_race(each: Entry) -> bool:
    return lanes.lane(each.name, each.run) is not None


def _start_or_pause(compared: list[Entry]) -> None:
    left = [each for each in compared if each.run.status == "paused"]
    active = not left and any(each.training for each in compared)
    locked = parts.locked("controls")
    with st.container(horizontal=True, vertical_alignment="center", key="race_controls"):
        st.button(
            Text("Pause all") if active else Text("Start all"),
            icon=":material/pause:" if active else ":material/play_arrow:",
            type="primary",
            key="race_all",
            width=130,
            on_click=parts.unlocked("controls", _start_all if not active else _pause_all),
            disabled=locked or not (active or left),
            help=None if active or left else Text("All of them are trained."),
        )
        _axes()


def _start_all() -> None:
    for each in view.compared():
        if each.run.status == "paused":
            each.train()
    view.change(chosen=False, moment="best")
    view.redraw("status", "playing", "moment")


def _pause_all() -> None:
    for each in view.compared():
        each.hold()
    view.redraw("status", "playing", "moment")


def _axes() -> None:
    choices.segmented("race", Text("Over"), _COUNTS, "race_over", part="curve",
                      label_visibility="collapsed")  # fmt: skip
    log, locked = view.option("race_log"), parts.locked("curve")
    with st.popover(Text("Axes"), icon=":material/tune:", key="race_axes"):
        for axis, label in (
            ("x", Text("Logarithmic what is counted")), ("y", Text("Logarithmic errors"))
        ):  # fmt: skip
            st.session_state[f"race_log_{axis}"] = axis in log
            st.toggle(
                label,
                key=f"race_log_{axis}",
                on_change=parts.unlocked("curve", _scaled),
                disabled=locked,
            )
        st.caption(
            Text(
                "Seconds are of computing alone, up to the end of each epoch, also where other "
                "runs took turns in between. Ratings touched: an epoch of SGD reads each training "
                "rating once; one of ALS twice, for the users and for the items."
            )
        )


def _scaled() -> None:
    x, y = st.session_state.race_log_x, st.session_state.race_log_y
    choices.choose("race_log", "x" * x + "y" * y)


def _chart(racing: list[Entry]) -> None:
    count: Count = view.option("race")  # type: ignore[assignment]
    log = view.option("race_log")
    figure, following = race.live(
        [_racer(each) for each in racing],
        [GlobalMean.title, UserItemBias.title],
        session.theme(),
        count=count,
        log_x="x" in log,
        log_y="y" in log,
    )
    chart(
        figure,
        key="race",
        alt=race.alt([each.name for each in racing], count),
        height=_HEIGHT,
        live=following,
        table=lambda: race.table(
            [lane for each in racing if (lane := lanes.lane(each.name, each.run)) is not None]
        ),
        part="curve",
        what=f"race over {count}",
    )


def _racer(each: Entry) -> Racer:
    run = each.run
    single = not run.model.has_epochs
    return Racer(
        each.name, each.color_index, run.stream, run.n_epochs, run.touched_an_epoch, single
    )


def _left_out(others: list[Entry]) -> None:
    """Why some of the runs are not in the race."""
    if not others:
        return
    names = escape.markdown(words.listed([each.name for each in others]))
    if others[0].run.split.validation is None:
        st.info(
            Text(
                "This split keeps no ratings for validation, so nobody can say who is ahead; "
                "choose another on the Data page."
            ),
            icon=":material/info:",
        )
    else:
        st.caption(
            Text(
                "{names}: chooses items and predicts no ratings, so only the table compares it.",
                names=names,
            )
        )
