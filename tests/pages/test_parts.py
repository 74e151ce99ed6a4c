"""Each part of the pages: shown; hidden by a link; locked by one, also for clicks on their way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import recsys_core as rc
from recsys_core.experiments import Experiment, link
from recsys_core.experiments.view import PARTS
from recsys_core.language import LANGUAGES
from recsys_core.runs import Workspace
from tests.app_harness import checked, components, load, new_entry, open_page, tell, train, view_of


class Place(NamedTuple):
    """Where a part is: a page and what its link says besides.

    ``marks`` are what only this part shows: keys, or what is said; ``widgets`` are the keys of
    those whose use changes something, ``still`` of those that do nothing by themselves.
    """

    page: str
    query: str
    marks: str
    widgets: str = ""
    still: str = ""


_WORLD = rc.datasets.low_rank(30, 20, n_factors=2, density=0.5)
_MODEL = rc.SGD(n_factors=2, n_epochs=9)
_FIELDS = " ".join(f"{option.name}_2_SGD" for option in rc.SGD.options())

# Those with the most ratings are offered to be rated; the first is among them.
_OFFERED = np.argsort(-_WORLD.item_counts, kind="stable")[:8]
_GUEST = sorted({"guest_0", *(f"guest_{item}" for item in _OFFERED)})

# The button of the run in view, which leads to where one is.
_IN_VIEW = "select_2"

# Where only one language is offered, there is none to choose.
_LANGUAGE = [("language", Place("home", "", "language_en", "language_en"))]
_LANGUAGE = _LANGUAGE if len(LANGUAGES) > 1 else []

PLACES = [
    ("pages", Place("home", "", "pages")),
    ("card.data", Place("train", "", "card_data")),
    ("card.run", Place("train", "", "card_run", "card_play")),
    *_LANGUAGE,
    ("controls", Place("train", "", "controls play speed", "play step reset speed")),
    ("timeline", Place("train", "", "timeline")),
    ("timeline", Place("predictions", "epoch=3", "epoch", "epoch epoch_latest")),
    ("curve", Place("train", "", "curve", "curve_measure curve_log_x curve_log_y")),
    ("matrix", Place("train", "", "matrix")),
    ("matrix", Place("predictions", "", "matrix")),
    ("map", Place("train", "", "latent")),
    ("map", Place("latent", "", "latent turned", "turn")),
    ("settings", Place("train", "", "settings_box", "start_new fork", f"algorithm_2 {_FIELDS}")),
    ("commentary", Place("train", "", "says:sentence")),
    ("runs", Place("train", "", "run_1 run_2",
                   "visible_1 select_1 select_2 name_1 name_2 remove_1 remove_2")),
    ("upload", Place("data", "", "offers:Upload offers:Paste offers:MovieLens")),
    ("generate", Place("data", "", "offers:Generate")),
    ("split", Place("data", "", "split_use", "split_use")),
    ("editor", Place("data", "", "grid_train", "grid_train")),
    ("test", Place("train", "", "test", "test")),
    ("why", Place("train", "user=1&item=1", "leads:Why?")),
    ("why", Place("predictions", "", "terms")),
    ("inside", Place("predictions", "inside=step", "expand inside one_step", "expand")),
    ("why", Place("recommend", "", "contributions")),
    ("guest", Place("recommend", "who=guest", "recommend_who guest_0",
                    " ".join(["guest_over", *_GUEST]))),
    ("similar", Place("latent", "item=1", "says:similarity")),
    ("similar", Place("recommend", "", "alike_users_like", "alike_users_like")),
    ("similar", Place("recommend", "similar=items&item=0", "alike_item_0",
                      "alike_item_0 alike_items_like")),
    ("similar", Place("recommend", "similar=neighbours", "neighbours_how",
                      "neighbours_n neighbours_how alike_neighbours_like")),
    ("similar", Place("latent", "look=cosine&item=1&close_to=3", "angle",
                      "close_of close_one_item_1 close_other_item_3")),
    ("closer", Place("recommend", "", "exact_terms says:adds", "", "again_start again_item_0_2_1")),
    ("closer", Place("recommend", "closer=ask", "ask_next")),
    ("closer", Place("recommend", "closer=cold", "cold_way cold_dial")),
    ("closer", Place("recommend", "closer=surprise", "surprise_curve", "surprise surprise_by")),
    ("closer", Place("recommend", "closer=edit", "edit_back edit_block edit_row", "edit_of")),
    ("guess", Place("predictions", "", "guess_begin", "guess_begin")),
    ("doctor", Place("train", "", "doctor_box", "", "doctor_start")),
    ("truth", Place("latent", "", "truth truth_errors truth_of", "truth_of",
                    "recovery_start selection_start")),
    ("truth", Place("predictions", "", "truth_line")),
    ("export", Place("train", "", "receipt_1 receipt_2")),
    ("export", Place("predictions", "", "export receipt_2")),
    ("export", Place("recommend", "", "export receipt_2")),
    ("export", Place("data", "", "export")),
    ("share", Place("home", "", "share")),
]  # fmt: skip


def at_each(places: list[tuple[str, Place]]) -> pytest.MarkDecorator:
    """The test for each part in each of its places."""
    ids = [f"{part} on {p.page} {p.query}".strip() for part, p in places]
    return pytest.mark.parametrize(("part", "place"), places, ids=ids)


each_place = at_each(PLACES)
each_place_with_widgets = at_each([(part, place) for part, place in PLACES if place.widgets])


@pytest.fixture
def world(browser_id) -> Workspace:
    """Two runs, one of them trained further than it is best; a guest has rated the first item."""
    space = load(browser_id, _WORLD)
    train(space, rc.ALS(n_factors=2, n_epochs=4))
    run = train(space, _MODEL)
    assert run.best_epoch != 3
    space.guest[run.experiment.data] = {0: 4.0}
    return space


def opened(place: Place, browser_id: str, more: str = "") -> AppTest:
    epoch = "" if "epoch" in place.query else "epoch=best"
    said = [link.write([Experiment(_WORLD, model=_MODEL)]), epoch, place.query, more]
    at = open_page(place.page, browser_id, "&".join(filter(None, said)))
    assert not [h for h in at.main.get("html") if "fs-remark" in h.value]
    return at


def marks(at: AppTest) -> set[str]:
    """What is there, by key; and what is said, offered, or led to."""
    found = {node.key for node in _all(at) if getattr(node, "key", None)} | set(components(at))
    said = " ".join(h.value for h in at.get("html"))
    found |= {f"says:{which}" for which in re.findall(r'data-fs="(\w+)"', said)}
    found |= {f"says:{column}" for table in at.main.dataframe for column in table.value.columns}
    found |= {f"offers:{text}" for c in at.segmented_control for text in c.options}
    return found | {f"leads:{each.label.split()[0]}" for each in at.main.get("page_link")}


def _all(at: AppTest) -> Iterator[Any]:
    yield from at.main
    yield from at.sidebar


def enabled(at: AppTest) -> dict[str, bool]:
    """Whether each widget, by key, takes clicks."""
    return {
        node.key.split("_of_")[0]: not node.disabled  # what of is not known beforehand
        for node in _all(at)
        if getattr(node, "key", None) and hasattr(node, "disabled") and node.type != "dataframe"
    }


def state(at: AppTest, space: Workspace) -> object:
    """All that a click could change."""
    return (
        view_of(at).replace(version=0),
        [(e.number, e.name, e.run.wishes.furthest, e.run.tested is None) for e in space.entries],
        [(data.source, data.split.recipe) for data in space.data],
        {source: dict(rated) for source, rated in space.guest.items()},
        "guess_begin" in marks(at),  # else cells are hidden, to be guessed
    )


def lock(at: AppTest, *parts: str) -> None:
    """Lock these parts, and no other, before the page is drawn again."""
    tab = at.session_state["tab"]
    tab.view = tab.view.replace(lock=parts)


def use(at: AppTest, key: str) -> None:
    """Click, or choose something else than what is chosen."""
    node = at.get_by_key(key)
    now = None if node.type in ("button", "download_button") else node.value
    if node.type == "button":
        node._value = True
    elif node.type in ("toggle", "checkbox"):
        node._value = not now
    elif node.type == "text_input":
        node._value = "forged"
    elif node.type == "number_input":
        node._value = (now or 0) + 1
    elif node.type == "slider":
        node._value = node.min if now != node.min else node.max
    else:
        offered = range(len(node.options))
        formatted = [node.format_func(v) if callable(node.format_func) else v for v in [now]]
        at_now = node.options.index(str(formatted[0])) if now is not None else -1
        node._value = _values(node)[next(i for i in offered if i != at_now)]
    checked(at.run())


def _values(node: Any) -> list[Any]:
    """What a choice stands for in Python, in the order of its options."""
    if node.key.startswith("guest_"):
        return [float(text) for text in node.options]
    if node.key == "speed":
        return [float(text) if text != "max" else text for text in node.options]
    if node.key.startswith(("alike_item_", "close_one_", "close_other_")):
        return list(range(len(node.options)))
    named = {
        "curve_measure": ["rmse", "objective"],
        "neighbours_how": ["mean", "sum"],
        "truth_of": ["item", "user"],
        "close_of": ["user", "item"],
        "edit_of": ["user", "item"],
        "surprise_by": ["diverse", "novel"],
        "algorithm_2": list(rc.MODELS.algorithms),
        "language_en": ["en", "pt"],
    }
    return list(named.get(node.key, ["predictions", "factors"]))


def test_each_part_has_a_place_here():
    pages = {part for part in PARTS if part.startswith("page.")}
    one_language = {"language"} if not _LANGUAGE else set()
    assert {part for part, _ in PLACES} == set(PARTS) - one_language - pages


PAGES_OF_PARTS = {part.removeprefix("page."): part for part in PARTS if part.startswith("page.")}


def menu_of(at: AppTest) -> dict[str, bool]:
    """The titles in the menu, and whether they can be followed."""
    links = at.sidebar.get("page_link")
    return {each.proto.label: not each.proto.disabled for each in links}


def test_every_page_can_be_left_out(browser_id):
    titles = menu_of(open_page("home", browser_id))
    assert len(titles) == len(PAGES_OF_PARTS)
    for page, title in zip(PAGES_OF_PARTS, titles, strict=True):
        assert title.lower().startswith(page), "in the order of the menu"


@pytest.mark.parametrize("page", PAGES_OF_PARTS)
def test_a_page_that_is_hidden_or_locked_is_not_drawn_and_the_others_are(page, browser_id, world):
    part, elsewhere = PAGES_OF_PARTS[page], "data" if page == "home" else "home"
    plain = open_page(elsewhere, browser_id)
    title = list(menu_of(plain))[list(PAGES_OF_PARTS).index(page)]
    hidden = menu_of(open_page(elsewhere, browser_id, f"hide={part}"))
    assert hidden == {name: on for name, on in menu_of(plain).items() if name != title}
    locked = menu_of(open_page(elsewhere, browser_id, f"lock={part}"))
    assert locked == {name: name != title for name in menu_of(plain)}
    for how in ("hide", "lock"):
        at = open_page(page, browser_id, f"{how}={part}")
        (said,) = at.main.info
        assert "left out" in said.value
        assert not [each for each in at.main if each.type in ("button", "heading", "markdown")]


@each_place
def test_a_part_is_there_and_gone_with_hide_and_off_with_lock(part, place, browser_id, world):
    plain = opened(place, browser_id)
    hidden, locked = (opened(place, browser_id, f"{how}={part}") for how in ("hide", "lock"))
    shown = set(place.marks.split())
    assert shown <= marks(plain) and shown <= marks(locked)
    assert not shown & marks(hidden)
    before, after = enabled(plain), enabled(locked)
    off = {key for key, on in before.items() if on and not after.get(key, True)}
    assert off == {*place.widgets.split(), *place.still.split()}
    assert part in components(locked)["view"]["view"]["locked"]  # for what the browser does itself


@pytest.mark.slow
@each_place_with_widgets
def test_a_click_that_meets_the_lock_on_its_way_has_no_effect(part, place, browser_id, world):
    """The page was drawn without the lock; with it, the callbacks are called all the same."""
    at = opened(place, browser_id)
    before = state(at, world)
    for key in place.widgets.split():
        lock(at, part)
        use(at, key)
        lock(at)
        checked(at.run())
        assert state(at, world) == before, key


@pytest.mark.slow
@each_place_with_widgets
def test_what_the_lock_keeps_from_happening_happens_without_it(part, place, browser_id, world):
    for key in place.widgets.split():
        at = opened(place, browser_id)
        before = state(at, world)
        use(at, key)
        assert (state(at, world) == before) == (key == _IN_VIEW), key


def test_the_browser_cannot_move_a_locked_timeline_but_select(browser_id, world):
    at = opened(Place("train", "epoch=3", ""), browser_id, "lock=timeline")
    tell(at, sequence=1, moment=5, user=2)
    assert (view_of(at).moment, view_of(at).user) == (3, 2)
    assert components(at)["timeline"] == {"locked": True}
    tell(at, sequence=2, moment="best", playing=False)  # it does not play: nothing has ended
    assert view_of(at).moment == 3


def test_playback_ends_on_a_locked_timeline(browser_id, world):
    entry = new_entry(world, rc.SGD(n_factors=2, n_epochs=100_000))
    at = open_page("train", browser_id, "lock=timeline")
    at.button(key="play").click().run()
    assert view_of(at).playing
    tell(at, sequence=1, playing=False, moment="best")
    assert (view_of(at).playing, view_of(at).moment) == (False, "best")
    entry.hold()


@pytest.mark.parametrize("part", ["upload", "generate"])
def test_a_locked_source_says_so_and_opens_nothing(part, browser_id, world):
    at = open_page("data", browser_id, f"lock={part}")
    source = {"upload": "Upload", "generate": "Generate"}[part]
    at.segmented_control(key="data_source").set_value(source).run()
    assert "locked" in " ".join(caption.value for caption in at.main.caption)
    assert not at.file_uploader and "Generate" not in {b.label for b in at.main.button}
    other = {"upload": "Generate", "generate": "Upload"}[part]
    at.segmented_control(key="data_source").set_value(other).run()
    assert at.file_uploader if other == "Upload" else "Generate" in {b.label for b in at.button}


@pytest.mark.parametrize(("part", "popover"), [("export", "export"), ("export", "receipt_2")])
def test_what_is_behind_a_button_is_locked_with_it(part, popover, browser_id, world):
    for lock in (False, True):
        at = open_page("recommend", browser_id, f"lock={part}" * lock)
        assert at.get_by_key(popover).proto.popover.disabled is lock


def test_links_are_locked(browser_id, world):
    for lock in (False, True):
        place = Place("train", "user=1&item=1", "")
        at = opened(place, browser_id, "lock=pages,why,share" * lock)
        links = [*at.sidebar.get("page_link"), *at.main.get("page_link")]
        assert len(links) == 10 and all(each.proto.disabled is lock for each in links)
        assert components(at)["share"] == {"locked": lock, "language": "en"}
