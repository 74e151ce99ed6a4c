"""What this tab looks at: one View, which one function changes, and the address says.

The view is read from the address when the tab opens, and when its Back or Forward is pressed; at
all other times the address follows the view. The browser gets it with every run of the script
(``tell``), and may change it itself: an epoch chosen on the slider, a cell clicked.
"""

from __future__ import annotations

import contextlib
import functools
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qsl

import streamlit as st

from pages.shared import session
from pages.shared.chart.assets import LIVE_ROUTE, component_of
from recsys_core import language
from recsys_core.errors import FactorscopeError
from recsys_core.experiments import Experiment, link
from recsys_core.experiments.view import Moment, Speed, View
from recsys_core.live import status_lines
from recsys_core.live.status_lines import Standing
from recsys_core.models import Model
from recsys_core.ratings import SIDES, Ratings, Side
from recsys_core.runs import DataSet, Entry, Run, Status, Workspace, past, playback, registry
from recsys_core.runs.keeping import Keeper
from recsys_core.splits import Split
from recsys_core.text import Text

_COMPONENT = st.components.v2.component(
    "factorscope_view", js=component_of("view.js"), isolate_styles=False
)
_KEY = "view"

# The page where runs are watched, and not only looked at; and the one of several at once.
_TRAIN, _COMPARE = "train", "compare"

# Runs whose curves one chart, and one link, can hold.
_MOST_SHOWN = 12

# Fields that the browser may change, and what each may be.
_MOMENTS = ("best", "latest")


@dataclass
class _Tab:
    """What a session holds.

    ``page`` is the path of the page in view; ``since`` is when playback began, on the clock;
    ``steps`` counts choices: each is an entry of the browser's history;
    ``seen`` is the last change the browser made that was taken in, ``taken`` the one at hand, and
    ``heard`` the fields that changed by it and are not drawn yet;
    ``fragments`` are the parts drawn in this run of the page, by key, and the fields each shows;
    ``page_shows`` are the fields for which the whole page has to run;
    ``racing`` are the runs that the page races, and their status when they were drawn;
    ``measured`` is how much had been measured when a table was drawn of it; None where none is;
    ``drawn`` is the run in view with its epochs and its status when drawing began, by which the
    browser knows whether it has come to rest since;
    ``script_run`` is the run of the script that has read what the browser changed.
    """

    view: View = field(default_factory=lambda: View(run=0))
    name: str = field(default_factory=lambda: secrets.token_hex(6))
    page: str = ""
    side: Side | None = None
    since: float = 0.0
    steps: int = 0
    seen: int = 0
    taken: int = 0
    heard: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)
    fragments: dict[str, frozenset[str]] = field(default_factory=dict)
    page_shows: set[str] = field(default_factory=set)
    racing: dict[Entry, Status] = field(default_factory=dict)
    measured: int | None = None
    drawn: tuple[Run, int, Status] | None = None
    script_run: object = None


def _tab() -> _Tab:
    tab = session.tab(_Tab)
    # Once in each run of the script: to ask Streamlit for a component's value takes a while.
    here = session.script_run()
    if tab.script_run is not here:
        tab.script_run = here
        told = _told()
        # Also before the callback of a button that was pressed after it, and came along with it:
        # that one is called first.
        if told is not None and told.get("sequence", 0) > tab.seen:
            _take_in(tab, told)
    return tab


# --- what is looked at ----------------------------------------------------------------------------


def now() -> View:
    """The view."""
    return _tab().view


def _end_playback() -> bool:
    """Before drawing: playback that has come to its end is over; whether it is so by this.

    Not in the midst of it: all that is drawn at once says the same, and the browser, which is told
    last, would not know that some of it has to be drawn once more.
    """
    tab = _tab()
    if not tab.view.playing:
        return False
    found = run()
    played = 0.0 if found is None else _played(tab, found)
    if found is None or playback.ended(played, found.epoch, found.status in ("finished", "failed")):
        change(chosen=False, playing=False, moment="best")
    elif found.status == "paused" and played >= found.epoch:
        change(chosen=False, playing=False, moment=found.epoch)  # paused in another tab
    return not tab.view.playing


def entry() -> Entry | None:
    """The run in view, as this browser's list has it; None where only data are in view."""
    tab, space = _tab(), session.workspace()
    found = space.entry(tab.view.run)
    if found is None and (tab.view.data is None or space.data_of(tab.view.data) is None):
        latest = space.latest  # a new tab, or what was in view was removed
        if latest is not None:
            look_at(latest, chosen=False)
            found = latest if isinstance(latest, Entry) else None
    return found


def run() -> Run | None:
    """The run in view; None where only data are."""
    found = entry()
    return None if found is None else found.run


def data() -> DataSet | None:
    """The loaded data in view: those of the run where they are loaded, else the last looked at."""
    found, space = entry(), session.workspace()
    source = _tab().view.data if found is None else found.run.experiment.data
    own = None if source is None else space.data_of(source)
    return own or max(space.data, key=lambda each: each.seen, default=None)


def ratings() -> Ratings | None:
    """The ratings in view: those of the run, else of the data; None where there are none."""
    found = run() or data()
    return None if found is None else found.ratings


def split() -> Split | None:
    """The split in view, likewise."""
    found = run() or data()
    return None if found is None else found.split


def epoch() -> int:
    """The epoch shown; 0 without a run."""
    view, found = now(), run()
    if found is None:
        return 0
    if view.playing:
        return math.floor(_played(_tab(), found) + 1e-6)
    return found.epoch_at(view.moment)


def standing() -> Standing:
    """Where the run in view is, at the epoch shown."""
    found = run()
    assert found is not None
    return status_lines.standing(found, epoch(), now().playing, speed())


def is_watched() -> bool:
    """Whether the page is the one where runs are watched, not only looked at."""
    return _tab().page == _TRAIN


def active() -> bool:
    """Whether the run in view plays, or is being trained for this browser: it can be paused."""
    found = entry()
    return found is not None and (now().playing or found.training)


def _played(tab: _Tab, found: Run) -> float:
    start = tab.view.moment if isinstance(tab.view.moment, int) else 0
    return playback.played(start, time.monotonic() - tab.since, speed(), found.epoch)


def speed() -> Speed:
    """Epochs a second of playback."""
    chosen, found = _tab().view.speed, run()
    if chosen is not None:
        return chosen
    return "max" if found is None else playback.usual_speed(found.n_epochs)


def shown() -> list[Entry]:
    """The runs whose curves are drawn: those on the data and split in view that are not hidden.

    Only such as have a curve of the same measure: objectives of different models do not compare.
    Of many the latest, the run in view always among them.
    """
    here = entry()
    if here is None:
        return []
    near = beside(here)
    others = [each for each in near if each is not here and not hidden(each)]
    drawn = {here, *others[-(_MOST_SHOWN - 1) :]}
    return [each for each in near if each in drawn]


def beside(here: Entry) -> list[Entry]:
    """A run and those whose curves can be drawn beside its own."""
    has_ratings = here.run.fitted.has.ratings
    return [
        other
        for other in session.workspace().entries
        if other is here
        or (other.group == here.group and other.run.split is here.run.split
            and other.run.model.has_epochs and other.run.fitted.has.ratings == has_ratings)
    ]  # fmt: skip


def comparable(here: Entry) -> list[Entry]:
    """A run and all others on the same data and split, whatever they predict."""
    return [
        other
        for other in session.workspace().entries
        if other is here or (other.group == here.group and other.run.split is here.run.split)
    ]


def compared() -> list[Entry]:
    """The runs chosen to be compared with the one in view: those of them that are not hidden.

    Of many the latest, the run in view always among them.
    """
    here = entry()
    if here is None:
        return []
    near = comparable(here)
    others = [each for each in near if each is not here and not hidden(each)]
    chosen = {here, *others[-(_MOST_SHOWN - 1) :]}
    return [each for each in near if each in chosen]


def race(entries: list[Entry]) -> None:
    """While drawing: what is drawn from here on is of these runs; it is drawn anew when one stops.

    The browser is told who is ahead of them as they go on.
    """
    _tab().racing = {each: each.run.status for each in entries}


def tabulate(n_measured: int) -> None:
    """While drawing: a table is drawn of what was measured so far, and anew when there is more."""
    _tab().measured = n_measured


def hidden(each: Entry) -> bool:
    """Whether a run's curve was switched off."""
    chosen = _tab().view.shown
    return bool(chosen) and each.number not in chosen


def option(name: str) -> str:
    """What a page shows, as chosen on it."""
    return _tab().view.option(name)


def side() -> Side | None:
    """Which of the selected user and item was selected last; None where this tab chose neither."""
    return _tab().side


# --- how it changes -------------------------------------------------------------------------------


def change(chosen: bool = True, **fields: Any) -> None:
    """Look at something else. ``chosen``: by a person, who may go back to what was before."""
    tab = _tab()
    changed = tab.view.replace(**fields)
    if changed == tab.view:
        return
    if fields.get("playing") or ("moment" in fields and changed.playing) or "speed" in fields:
        tab.since = time.monotonic()
    for one in SIDES:
        if fields.get(one) is not None:
            tab.side = one
    tab.view = changed.replace(version=tab.view.version + 1)
    tab.steps += chosen


def choose(*choices: tuple[str, str]) -> None:
    """Make choices that a page offers: names and texts of options."""
    changed = _tab().view
    for name, text in choices:
        changed = changed.with_option(name, text)
    change(options=changed.options)


def select(user: int | None = None, item: int | None = None) -> None:
    """Select a user, an item or both; what is not named stays selected."""
    named = {"user": user, "item": item}
    fields: dict[str, Any] = {side: i for side, i in named.items() if i is not None}
    change(**fields)


def look_at(seen: DataSet | Entry, chosen: bool = True) -> None:
    """Bring a run, where it is best, or data without a run, into view."""
    before = ratings() if chosen else None
    session.workspace().look_at(seen)
    fields = _where(seen)
    if before is not (seen.run.ratings if isinstance(seen, Entry) else seen.ratings):
        fields |= {"user": None, "item": None, "shown": ()}
    elif isinstance(seen, Entry) and hidden(seen):
        fields["shown"] = (*_tab().view.shown, seen.number)
    change(chosen, **fields)


def _where(seen: DataSet | Entry) -> dict[str, Any]:
    if isinstance(seen, Entry):
        moment = "best" if seen.started else None
        return {"run": seen.number, "data": None, "moment": moment, "playing": False}
    return {"run": 0, "data": seen.source, "moment": None, "playing": False}


def forget() -> None:
    """In a callback: look at nothing any more, as a new tab does."""
    session.forget_tab()


def new_entry(model: Model | None = None) -> Entry:
    """A run of a model (None: the usual one) on the data in view, which comes into view itself."""
    found = data()
    assert found is not None, "there are no data yet"
    fresh = session.workspace().new_entry(found.experiment(model))
    look_at(fresh)
    change(chosen=False, moment=None)  # from its start, however far others have trained it
    return fresh


def play(watched: bool | None = None) -> None:
    """Have the run in view trained to its end; where it is watched, from the epoch shown on.

    None: on Train it is watched, elsewhere looked at.
    """
    found = entry()
    if found is None:
        return
    begin = epoch()
    if found.run.status == "finished" and begin >= found.run.epoch_at("best"):
        begin = 0  # at its end: once more
    found.train()
    watched = is_watched() if watched is None else watched
    playing = watched and found.run.model.has_epochs
    change(chosen=False, playing=playing, moment=begin if playing else "best")


def pause() -> None:
    """Hold playback where it is, and training with it; what has come to its end stays there."""
    if not active():
        return
    found, at = entry(), epoch()
    if found is not None:
        found.hold()
    change(chosen=False, playing=False, moment=at)


def pace(chosen: Speed) -> None:
    """Play faster or slower from here on."""
    moment = {"moment": epoch()} if now().playing else {}
    change(chosen=False, speed=chosen, **moment)


def step() -> None:
    """The next epoch, and no further."""
    found, at = entry(), epoch() + 1
    if found is not None:
        found.train(until=max(at, found.run.epoch))
        change(chosen=False, playing=False, moment=at)


def reset() -> None:
    """Back to the beginning; what is trained stays."""
    found = entry()
    if found is not None:
        found.hold()
    change(chosen=False, playing=False, moment=0)


def start(model: Model | None = None, watched: bool | None = None) -> None:
    """A new run of a model (None: the usual one) on the data in view, from its start."""
    new_entry(model)
    play(watched)


def watch(fresh: Entry, begin: int = 0) -> None:
    """Bring a run into view that is just made, and train it; on Train, from an epoch on."""
    look_at(fresh)
    change(chosen=False, moment=begin)
    play()


# --- parts of a page that run by themselves -------------------------------------------------------


def fragment(key: str, *shows: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A part of a page that is drawn anew, alone, when one of these fields of the view changes."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def first(*arguments: Any, **named: Any) -> None:
            with registry().drawing():
                function(*arguments, **named)

        drawn = st.fragment(first, key=key)

        @functools.wraps(function)
        def draw(*arguments: Any, **named: Any) -> None:
            _tab().fragments[key] = frozenset(shows)
            drawn(*arguments, **named)

        return draw

    return decorate


def page_shows(*fields: str) -> None:
    """The whole page has to run when one of these fields changes."""
    _tab().page_shows |= set(fields)


def redraw(*fields: str) -> None:
    """In a callback: run what shows these fields, and nothing else.

    Only where the browser asked for a part; a run of the whole page shows them anyway.
    """
    tab, changed = _tab(), set(fields)
    if not session.asked_for_a_part():
        return
    if _end_playback():
        changed |= {"playing", "moment", "status"}
    if tab.page_shows & changed:
        _rerun("app")
    if "status" in changed:
        _begin_drawing()
    keys = [key for key, shows in tab.fragments.items() if shows & changed]
    _rerun([*keys, _KEY])


def _begin_drawing() -> None:
    found = run()
    _tab().drawn = None if found is None else (found, found.epoch, found.status)


def _rerun(scope: Any) -> NoReturn:
    st.rerun(scope)


# --- the address ----------------------------------------------------------------------------------


def arrive(page: str) -> None:
    """At the start of every page: read the address where it has the say; forget what was drawn.

    On any page but Train a run is looked at, not watched: playback is over, training goes on. On
    Train there is a run, before the sidebar says which.
    """
    fresh = session.is_new()
    tab = _tab()
    tab.fragments, tab.page_shows, tab.page = {}, {"run", "data", "hide", "lock", "lang"}, page
    tab.racing, tab.measured = {}, None
    if fresh or session.went_back_or_forward():
        query = "&".join(p for p in session.address().split("&") if not p.startswith("embed"))
        if query:
            read(query)
        elif fresh:
            _return_to(past.keeper())
    if tab.view.playing and page != _TRAIN:
        change(chosen=False, playing=False, moment="best")
    if page == _TRAIN and ratings() is not None and entry() is None:
        with contextlib.suppress(FactorscopeError):  # which the page then says
            new_entry()
    _end_playback()
    _begin_drawing()


def _return_to(keeper: Keeper | None) -> None:
    """In a new tab: look at what this browser looked at last, as far as it is here."""
    space = session.workspace()
    before = None if keeper is None else keeper.view(space.owner)
    if before is not None and space.entry(before.run) is not None:
        tab = _tab()
        tab.view = before.replace(version=tab.view.version + 1)


def keep() -> None:
    """Keep what is looked at, so that it is found again after the server has restarted."""
    keeper = past.keeper()
    if keeper is not None:
        keeper.note_view(session.workspace().owner, now())


def read(query: str) -> None:
    """Look at what a link says; what has no meaning is remarked on, what is not here as well."""
    tab = _tab()
    experiments, asked, remarks = link.read_all(query)
    said: list[str] = [*remarks]
    before = tab.view
    fields: dict[str, Any] = {"run": 0, "data": None, "moment": None, "user": None, "item": None}
    entries: dict[int, Entry] = {}
    known = set(session.workspace().entries)
    for number, experiment in enumerate(experiments, start=1):
        try:
            if number == 1:
                loaded = _load(experiment)
                fields["data"] = loaded.source
            if link.names_model(query):
                entries[number] = _entry(experiment)
        except FactorscopeError as error:
            said.append(error.text)
    if entries:
        here = entries.get(asked.run) or next(iter(entries.values()))
        session.workspace().look_at(here)
        fields |= {"run": here.number, "data": None, "moment": asked.moment}
        fields |= _selected(asked, here.run.ratings, said)
        if asked.moment is not None:
            for each in entries.values():
                if each is here:
                    _reach(each, asked.moment)
                elif each not in known:
                    each.train()
        near = comparable(here) if tab.page == _COMPARE else beside(here)
        others = [e for e in near if e not in entries.values()]
        if others:
            fields["shown"] = tuple(each.number for each in entries.values())
    elif fields["data"] is not None:
        looked_at = session.workspace().data_of(fields["data"])
        assert looked_at is not None
        session.workspace().look_at(looked_at)
        fields |= _selected(asked, looked_at.ratings, said)
    tab.view = asked.replace(**{"shown": (), **fields}, playing=False, version=before.version + 1)
    tab.remarks = said


def _selected(asked: View, here: Ratings, said: list[str]) -> dict[str, int | None]:
    """The user and item a link selects, where there are such."""
    found: dict[str, int | None] = {}
    for side, n in (("user", here.n_users), ("item", here.n_items)):
        index = getattr(asked, side)
        if index is not None and index >= n:
            said.append(
                Text(
                    "{side} = {index} is not among the {n:,} there are.",
                    side=side,
                    index=index,
                    n=n,
                )
            )
            index = None
        found[side] = index
    return found


def _load(experiment: Experiment) -> DataSet:
    """The data of a link, loaded, with its split chosen."""
    space = session.workspace()
    held = space.with_loaded_ratings(experiment)
    loaded = space.data_of(experiment.data) or space.load(held.make_ratings(), experiment.data)
    if experiment.split != loaded.split.recipe:
        loaded.choose(experiment.split)
    return loaded


def _entry(experiment: Experiment) -> Entry:
    """The run of a link: the one there is, best one of a person's own, or a new one."""
    space = session.workspace()
    groups = dict.fromkeys(["", *(each.group for each in space.entries)])
    there = (space.entry_of(experiment, group) for group in groups)
    return next((each for each in there if each is not None), None) or space.new_entry(experiment)


def _reach(here: Entry, moment: Moment) -> None:
    """Have a run trained as far as a link says; one that is there goes on, or waits, as it did."""
    until = moment if isinstance(moment, int) else None
    if max(here.run.epoch, here.run.wishes.of(here)) < (1 if until is None else until):
        here.train(until)


def query() -> str:
    """The view as the text of a link, runs numbered as it says them."""
    view, here, found = now(), entry(), data()
    if here is None:
        alone = [] if found is None else [found.experiment()]
        return link.write(alone, view.replace(run=1, moment=None, shown=()), data_alone=True)
    started = here.run.epoch > 0 or here.run.wants_training
    moment = "latest" if view.playing else view.moment
    said = view.replace(moment=moment if started else None, shown=())
    entries = compared() if _tab().page == _COMPARE else shown()
    while True:
        numbered = said.replace(run=entries.index(here) + 1)
        text = link.write([each.run.experiment for each in entries], numbered)
        if len(text) <= link.COMFORTABLE or len(entries) == 1:
            return text
        entries.remove(next(each for each in entries if each is not here))  # the oldest


def parameters() -> dict[str, str]:
    """The same as keys and values, for links within the app."""
    return dict(parse_qsl(query(), keep_blank_values=True))


def remarks() -> list[str]:
    """What of the link that was opened has no meaning, or is not here; said once."""
    tab = _tab()
    said, tab.remarks = tab.remarks, []
    return said


def remark(text: str) -> None:
    """Have something of the link that was opened said, once."""
    _tab().remarks.append(text)


# --- the browser ----------------------------------------------------------------------------------


@st.fragment(key=_KEY)
def tell() -> None:
    """Draw last: tells the browser what is looked at, and hears from it."""
    tab, view, here = _tab(), now(), entry()
    space = session.workspace()
    if here is not None and (tab.drawn is None or tab.drawn[0] is not here.run):
        _begin_drawing()  # it came into view on the way
    _, trained, status = tab.drawn or (None, 0, None)
    _COMPONENT(
        key=_KEY,
        data={
            "view": {
                "session": tab.name,
                "version": view.version,
                "seen": tab.seen,
                "moment": view.moment,
                "playing": view.playing,
                "elapsed": time.monotonic() - tab.since if view.playing else 0.0,
                "speed": speed(),
                "user": view.user,
                "item": view.item,
                "locked": list(view.lock),
                "trained": trained,
                "status": status,
                "measured": tab.measured,
                "racing": {each.run.stream: was for each, was in tab.racing.items()},
            },
            "live": {
                "address": LIVE_ROUTE,
                "ticket": space.ticket,
                "main": None if here is None else here.run.stream,
                "streams": _streams(space),
                "race": [each.run.stream for each in tab.racing],
            },
            "page": tab.page,
            "language": language.now(),
            "query": query(),
            "steps": tab.steps,
            "asked": session.address(),
        },
        height=1,
        on_change_change=_heard,
    )


def _streams(space: Workspace) -> list[str]:
    """The runs that something on the page is said of: those shown, and those in the list."""
    entries = [*shown(), *_tab().racing, *space.entries[-_MOST_SHOWN:]]
    return list(dict.fromkeys(each.run.stream for each in entries))


def _told() -> dict[str, Any] | None:
    """What was changed in the browser, if this run of the script comes of it."""
    told = st.session_state[_KEY].get("change") if _KEY in st.session_state else None
    return told if isinstance(told, dict) else None


def _heard() -> None:
    """In a callback: something was changed in the browser."""
    tab, told = _tab(), _told()
    if told is not None and told.get("sequence", 0) != tab.taken:
        _take_in(tab, told)
    fields, tab.heard = tab.heard, set()
    session.run_all_that_was_asked_for(_KEY)
    redraw(*fields)


def _index(told: Any) -> int | None:
    """What a browser says is an epoch, a user or an item, from 0; None where it is no number."""
    if isinstance(told, int | float) and math.isfinite(told):
        return max(0, int(told))
    return None


def _take_in(tab: _Tab, told: dict[str, Any]) -> None:
    """Change what the browser says; nothing where it speaks of a run no longer in view."""
    tab.taken = int(told.get("sequence", 0))
    tab.seen = max(tab.seen, tab.taken)
    here = run()
    if "main" in told and told["main"] != (here and here.stream):
        return
    fields: dict[str, Any] = {}
    if told.get("playing") is False:
        fields["playing"] = False
    if "moment" in told:
        moment = told["moment"]
        if moment in _MOMENTS:
            fields["moment"] = moment
        elif (at := _index(moment)) is not None:
            fields["moment"] = at
    # Playback that came to its end is nobody's choice.
    ended = tab.view.playing and fields == {"playing": False, "moment": "best"}
    if "timeline" in tab.view.lock and not ended:
        fields = {}
    found = ratings()
    for side in SIDES:
        at = _index(told.get(side))
        if at is not None and found is not None:
            fields[side] = min(at, found.axis(side).n - 1)
    change(chosen=not ended, **fields)
    tab.heard |= {*fields, *(["status"] if "status" in told else [])}
