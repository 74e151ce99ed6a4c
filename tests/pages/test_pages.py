"""Every page runs, with nothing loaded, with the party, and with a generated world."""

from __future__ import annotations

import re
from html import escape

import pytest

import recsys_core as rc
from pages.shared import visitor
from recsys_core import runs
from tests.app_harness import (
    card_of,
    components,
    current,
    load,
    new_entry,
    open_page,
    train,
    until,
    view_of,
)

NEED_DATA = ("data", "train", "predictions", "latent", "recommend", "compare")
PAGES = ("home", *NEED_DATA, "learn", "replicas", "room")

# What is drawn of data and of a model with factors.
CHARTS = {
    "home": set(),
    "data": {"known", "spread", "tail"},
    "train": {"curve", "matrix", "latent", "timeline"},
    "predictions": {"matrix", "terms"},
    "latent": {"latent", "latent_over", "turned"},
    "recommend": {"alike_matrix", "contributions", "exact_terms"},
    "compare": {"race"},
    "learn": set(),
    "replicas": set(),
    "room": set(),
}


def charts(at):
    """The keys of all charts, and of what lies over them; one stands where training went wrong."""
    return set(components(at)) - {
        "preload",
        "present",
        "share",
        "view",
        "doctor_curve",
        "formula_signs",
    }


@pytest.mark.parametrize(
    ("world", "trained"),
    [
        (None, False),
        (rc.datasets.music_party, False),
        (rc.datasets.music_party, True),
        (lambda: rc.datasets.low_rank(n_users=80, n_items=50, seed=3), False),
        (lambda: rc.datasets.low_rank(n_users=80, n_items=50, seed=3), True),
    ],
    ids=["nothing", "party", "party, trained", "world", "world, trained"],
)
def test_every_page_runs_and_says_what_one_sees(world, trained, browser_id):
    titles = {"home": "Factorscope", "latent": "Latent space", "replicas": "Learn"}
    if trained:
        space = load(browser_id, world())
        train(space, rc.PMF(n_factors=2, n_epochs=20))  # whose best epoch is a later one
    for page in PAGES:
        somebody = browser_id
        if not trained:  # whose first page it is
            somebody = visitor.new_id()
            space = world and load(somebody, world())
        at = open_page(page, somebody)
        title = titles.get(page, page.capitalize())
        if world and page == "train":
            title = f"{world().name} ▸ {current(space).name}"
        assert [each.value for each in at.title] == [title]
        assert re.search(r"\w{2,} .*[.!?]$", at.markdown[0].value.strip(), re.S), (
            f"{page} opens with a sentence on what one sees"
        )
        assert not at.error, page
        assert (escape(world().name) in card_of(at)) if world else not card_of(at), page
        if trained:
            many = world().n_users > 30  # too many for a matrix of who is like whom
            expected = CHARTS[page] - ({"alike_matrix"} if many else set())
            if current(space).run.split.validation is None:
                expected = expected - {"race"}  # nobody can say who is ahead
            if world().truth is not None and page == "latent":
                expected = expected | {"truth", "truth_errors"}
            assert charts(at) == expected, page


@pytest.mark.parametrize("page", NEED_DATA)
def test_an_empty_page_offers_the_party_in_one_click(page, browser_id):
    at = open_page(page, browser_id)
    offer = [b for b in at.main.button if "party" in b.label]
    assert len(offer) == 1
    offer[0].click().run()
    assert not at.exception
    entry = current(runs.registry().workspace(browser_id))
    assert entry.run.ratings.name == "Robbie's party"
    until(lambda: entry.run.status == "finished")
    assert not [b for b in at.main.button if "Start with" in b.label]


@pytest.mark.parametrize(("button", "name"), [("go_party", "party"), ("go_world", "generated")])
def test_home_is_one_click_from_a_model_that_moves(button, name, browser_id):
    at = open_page("home", browser_id)
    at.button(key=button).click().run()
    assert not at.exception
    run = current(runs.registry().workspace(browser_id)).run
    assert name in run.ratings.name
    until(lambda: run.status == "finished")
    assert at.title[0].value != "Factorscope"  # it went to where one can watch
    assert view_of(at).playing and view_of(at).moment == 0  # from the beginning


def test_home_leads_to_an_upload(browser_id):
    at = open_page("home", browser_id)
    at.button(key="go_own").click().run()
    assert not at.exception
    assert at.title[0].value == "Data"
    assert at.file_uploader


def test_the_cards_tell_the_data_and_the_run(browser_id):
    workspace = load(browser_id, rc.datasets.low_rank(n_users=80, n_items=50, seed=3))
    run = train(workspace, rc.SGD(n_factors=2, n_epochs=4))
    at = open_page("home", browser_id)
    text = card_of(at)
    assert "80 users × 50 items" in text
    assert "1,200 ratings" in text and "30 % filled" in text
    assert "random 80/10/10, seed 0" in text
    assert current(workspace).name in text
    assert f"epoch {run.best_epoch} / 4" in text
    assert "validation RMSE" in text and "bias only" in text


def test_names_from_a_file_cannot_inject_html(browser_id):
    evil = "<img src=x onerror=alert(1)>"
    load(browser_id, rc.datasets.music_party().replace(name=evil))
    at = open_page("home", browser_id)
    assert not any(evil in h.value for h in at.sidebar.html)


def test_two_browsers_see_their_own_data(browser_id):
    load(browser_id, rc.datasets.music_party())
    other = open_page("data", visitor.new_id())
    assert not any("Robbie" in h.value for h in other.sidebar.html)
    assert not other.metric


def test_a_run_is_paused_and_played_from_the_sidebar(browser_id):
    workspace = load(browser_id, rc.datasets.music_party())
    entry = new_entry(workspace, rc.SGD(n_epochs=100_000))
    entry.train()
    at = open_page("home", browser_id)
    at.button(key="card_play").click().run()
    assert entry.run.status == "paused" and not entry.training
    assert at.button(key="card_play").label == "Play this run"
    at.button(key="card_play").click().run()
    assert entry.run.status == "training" and entry.training
    assert at.button(key="card_play").label == "Pause this run"
    assert not view_of(at).playing  # there is nothing to be watched on this page
