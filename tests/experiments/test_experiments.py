"""Experiments, links, records and receipts: identities, equal bits, and what is refused."""

from __future__ import annotations

import base64
import functools
import io
import itertools
import json
import re
import string
import zlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import recsys_core as rc
from recsys_core import models, splits
from recsys_core.errors import (
    FactorscopeError,
    LinkError,
    MissingDataError,
    MissingRunError,
    ReceiptError,
    SettingsError,
)
from recsys_core.experiments import Experiment, Fork, Record, View, link, replay, run
from recsys_core.experiments import view as views
from recsys_core.experiments.experiment import model_class
from recsys_core.experiments.record import Receipt
from recsys_core.language import LANGUAGES
from recsys_core.recipes import DATA, SPLITS, Parameter, Recipe

# --- random experiments ---------------------------------------------------------------------------

_SMALL = st.floats(1e-4, 0.9, allow_nan=False)
_VALUES = {
    "int": st.integers(1, 5000),
    "float": st.one_of(_SMALL, st.integers(0, 20).map(float)),
    "bool": st.booleans(),
    "size": st.one_of(st.just(0), _SMALL, st.integers(1, 500)),
    "scale": st.sampled_from([(1.0, 5.0), (0.5, 5.0, 0.5), (1.0, 10.0, 1.0), (0.0, 100.0)]),
    "text": st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=20),
    "positions": st.lists(st.integers(0, 300), max_size=9).map(
        lambda p: ",".join(map(str, p)) or "none"
    ),
}


def values_of(parameter: Parameter):
    if parameter.kind == "choice":
        return st.sampled_from(parameter.choices)
    return _VALUES[parameter.kind]


@st.composite
def said_of(draw, parameters):
    chosen = draw(st.lists(st.sampled_from(parameters), unique=True)) if parameters else []
    return {p.name: draw(values_of(p)) for p in chosen}


@st.composite
def recipes(draw, book):
    name = draw(st.sampled_from(book.names))
    needed = {"id": "9c32826b7a1331c0"} if name in ("upload", "shared") else {}
    return {"name": name, **needed, **draw(said_of(book.parameters(name)))}


@st.composite
def experiments(draw):
    kind = model_class(draw(st.sampled_from(list(models.MODELS))))
    model = kind(**draw(said_of(kind.parameters())))
    made = Experiment(draw(recipes(DATA)), draw(st.none() | recipes(SPLITS)), model)
    free = [p for p in kind.parameters() if p.name not in kind.shaping]
    for epoch in draw(st.lists(st.integers(0, 300), max_size=3, unique=True).map(sorted)):
        if kind.has_epochs:
            made = made.fork(epoch, **draw(said_of(free)))
    return made


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(experiments())
def test_json_and_query_are_identities(experiment):
    through_json = Experiment.from_dict(json.loads(json.dumps(experiment.to_dict())))
    assert through_json == experiment and hash(through_json) == hash(experiment)
    text = experiment.to_query()
    through_query = Experiment.from_query(text)
    assert through_query == experiment and through_query.to_query() == text
    assert link.read(text) == (experiment, View(), [])


def parts_of(things):
    return st.lists(st.sampled_from(list(things)), unique=True).map(tuple)


NAMES = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=64)


@st.composite
def seen(draw, n_runs=1):
    """A View as a link can say it."""
    index, count = st.none() | st.integers(0, 10**6), st.integers(1, 12)
    view = View(
        run=draw(st.integers(1, n_runs)),
        moment=draw(index | st.sampled_from(["best", "latest"])),
        user=draw(index),
        item=draw(index),
        shown=draw(st.lists(count, unique=True).map(tuple)),
        speed=draw(st.none() | st.just("max") | st.floats(1e-3, 1000)),
        hide=draw(parts_of(views.PARTS)),
        lock=draw(parts_of(views.PARTS)),
        lesson=draw(st.none() | NAMES),
        step=draw(st.none() | count),
        lang=draw(st.none() | st.sampled_from(list(LANGUAGES))),
    )
    for name in draw(parts_of(views.OPTIONS)):
        option = views.OPTIONS[name]
        ways = [st.sampled_from(option.choices)] if option.choices else []
        ways += (
            [st.from_regex(re.compile(option.pattern), fullmatch=True)] if option.pattern else []
        )
        view = view.with_option(name, draw(st.one_of(ways)))
    return view


@pytest.mark.slow
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.lists(experiments(), min_size=1, max_size=4))
def test_a_link_holds_several_runs_and_a_view(data, several):
    view = data.draw(seen(len(several)))
    text = link.write(several, view)
    assert link.read_all(text) == (several, view, [])
    assert link.write(*link.read_all(text)[:2]) == text


@settings(max_examples=100)
@given(seen(), st.randoms(use_true_random=False))
def test_keys_of_a_view_mean_the_same_in_any_order_and_are_none_of_a_new_one(view, random):
    pairs = views.pairs(view)
    assert views.pairs(View()) == []
    random.shuffle(pairs)
    found = View()
    for key, text in pairs:
        found = views.read_key(found, key, text)
    assert found == view


def test_a_usual_choice_is_not_said_and_one_without_meaning_is_refused():
    for name, option in views.OPTIONS.items():
        other = "7" if not option.choices else option.choices[-1]
        chosen = View() if name in ("map_factors", "pair") else View().with_option(name, other)
        assert chosen.with_option(name, option.usual) == View()
        assert View().option(name) == option.usual
        if name != "genres":
            with pytest.raises(SettingsError, match=f"{name} = no such has no meaning in a link"):
                View().with_option(name, "no such")
    with pytest.raises(KeyError):
        View().option("no such")


# --- what a link may say --------------------------------------------------------------------------


def test_the_text_is_short_ordered_and_leaves_defaults_out():
    e = Experiment(
        {"name": "low_rank", "n_users": 60, "seed": 0},
        splits.random(rc.datasets.low_rank(n_users=60), validation=0, seed=1),
        rc.SGD(learning_rate=0.03, n_factors=3, biases=False),
    )
    assert e.to_query() == (
        "data=low_rank&data.n_users=60&split=random&split.validation=0&split.seed=1"
        "&model=SGD&k=3&learning_rate=0.03&biases=false"
    )
    forked = e.fork(40, learning_rate=0.01).fork(60, reg=1e-05)
    assert forked.to_query().endswith("&fork=40&fork.learning_rate=0.01&fork2=60&fork2.reg=1e-05")
    assert Experiment("party").to_query() == "data=party&model=SGD"


def test_two_trainings_are_alike_until_one_of_them_was_forked():
    parent = Experiment("party", None, rc.SGD(n_factors=2))
    fork = parent.fork(12, reg=0.5)
    assert parent.alike_until(parent) is None
    assert parent.alike_until(fork) == fork.alike_until(parent) == 12
    assert fork.alike_until(parent.fork(12, reg=0.1)) == 12, "forked beside it"
    assert fork.alike_until(parent.fork(7, reg=0.5)) == 7
    assert fork.alike_until(fork.fork(30, reg=0.1)) == 30, "a fork of a fork"
    assert fork.alike_until(Experiment("party", None, rc.SGD(n_factors=3))) == 0


def test_the_usual_experiment_is_short():
    assert Experiment("party").to_query() == "data=party&model=SGD"
    assert Experiment.from_query("data=party") == Experiment("party", None, rc.SGD())


def test_a_link_is_read_with_its_address_and_in_any_order():
    asked = Experiment("party", None, rc.SGD(n_factors=3, seed=2))
    text = "http://localhost:8501/train?seed=2&n_factors=3&model=SGD&epoch=best&data=party#here"
    assert Experiment.from_query(text) == asked
    assert Experiment.from_query("?data=party&k=3&seed=2") == asked


def test_a_later_run_says_what_differs_only():
    one = Experiment("party", None, rc.SGD(n_factors=3, learning_rate=0.03))
    others = [
        Experiment("party", None, rc.ALS()),
        Experiment("party", None, rc.SGD(n_factors=5)),
        Experiment("party", {"name": "usual", "seed": 4}, rc.SGD(n_factors=3, learning_rate=0.03)),
        one,
    ]
    text = link.write([one, *others])
    assert text == (
        "data=party&model=SGD&k=3&learning_rate=0.03&run2.model=ALS&run3.k=5&run3.learning_rate="
        "&run4.split.seed=4&run5.data=party"
    )
    assert link.read_all(text)[0] == [one, *others]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "names no data"),
        ("model=SGD&k=3", "names no data"),
        ("data=partei", "no data called"),
        ("data=party&model=SGX", "no model called"),
        ("data=party&k=x", "n_factors = x"),
        ("data=party&k=0", "n_factors = 0"),
        ("data=party&k=3&k=4", "appears twice"),
        ("data=party&k=3&n_factors=4", "twice"),
        ("data=party&rank=3", "“rank” is not a key"),
        ("data=party&data.n_users=3", "data.n_users"),
        ("data=low_rank&data.scale=5,1", "no scale"),
        ("data=low_rank&data.seed=-1", "seed = -1"),
        ("data=party&learning_rate=nan", "learning_rate = nan"),
        ("data=party&learning_rate=1e999", "learning_rate = inf"),
        ("data=party&split=random&split.test=1.5", "1.5 is no size"),
        ("data=party&fork2=3", "out of order"),
        ("data=party&fork.reg=3", "has no epoch"),
        ("data=party&fork=3&fork.n_factors=2", "cannot change n_factors"),
        ("data=low_rank&data.k=3", "“data.k” is not a key"),
        ("data=party&fork=9&fork2=3", "later epoch"),
        ("data=party&model=ItemKNN&fork=3", "no epochs to fork"),
        ("data=party&run=2", "not among the runs"),
        ("data=party&run2.model=ALS", "several runs"),
        ("data=party&run3.model=ALS", "without a gap"),
        ("data=party&epoch=soon", "epoch = soon"),
        ("data=party&nonsense", "no “=”"),
        ("data=party&x=" + "y" * 9000, "longer than 8,000"),
    ],
)
def test_the_strict_reader_refuses_the_first_thing_without_meaning(text, why):
    with pytest.raises(LinkError, match=why):
        Experiment.from_query(text)


def test_the_lenient_reader_takes_what_is_valid_and_remarks_on_the_rest():
    text = "data=party&model=SGX&k=3&learning_rate=fast&epoch=best&user=x&colour=red"
    experiment, view, remarks = link.read(text)
    assert experiment == Experiment("party", None, rc.SGD(n_factors=3))
    assert view == View(moment="best")
    assert len(remarks) == 4
    assert link.read("data=partei&k=3")[0] is None
    assert link.read("user=3&hide=map,map,card.run") == (
        None, View(user=3, hide=("map", "card.run")), [],
    )  # fmt: skip


QUERIES = (
    "data=low_rank&data.n_users=60&split=random&split.test=0.1&split.seed=0&model=SGD&k=3"
    "&learning_rate=0.03&fork=40&fork.reg=0.1&epoch=40&hide=map,card.run",
    "data=upload&data.id=9c32826b7a1331c0&model=NeuralMF&variant=GMF&run2.model=ALS&run=2",
)
CHARACTERS = "aZ0-.,=&#%+;é\x00 "


again = functools.cache(link.read_all)  # most damaged texts say one of a few things


def read_or_refused(text):
    """Both readers agree on a text, and what the lenient one makes of it can be said in a link."""
    several, view, remarks = link.read_all(text)
    assert all(str(remark) for remark in remarks)
    assert again(link.write(several, view)) == (several, view, []), text
    try:
        strict = Experiment.from_query(text)
    except LinkError as error:
        assert str(error) and (remarks or len(several) != 1), text
    else:
        assert [strict] == several and not remarks, text


@pytest.mark.slow
@pytest.mark.parametrize("text", QUERIES)
def test_every_single_character_corruption_is_read_or_refused_by_name(text):
    corrupted = {text[:at] + text[at + 1 :] for at in range(len(text))}
    for at in range(len(text)):
        for character in CHARACTERS:
            corrupted.add(text[:at] + character + text[at + 1 :])
            corrupted.add(text[:at] + character + text[at:])
    for broken in corrupted:
        read_or_refused(broken)


@settings(max_examples=300)
@given(st.text(max_size=200) | st.text("data=prtyk&.%3fomel", max_size=80))
def test_any_text_is_read_or_refused_by_name(text):
    read_or_refused(text)


@pytest.mark.parametrize("name", models.MODELS.algorithms)
def test_a_fork_either_trains_or_is_refused_at_once(name):
    kind = model_class(name)
    if not kind.has_epochs:
        pytest.skip("it has no epochs to fork from")
    few = {"n_epochs": 3} | ({"burn_in": 1} if name == "BayesianPMF" else {})
    for parameter in kind.parameters():
        values = {"bool": (True, False), "choice": parameter.choices, "float": (0.05, 0.01)}
        values = values.get(parameter.kind, (3, 4))
        here = [value for value in values if value not in ("cuda", "mps")]
        for before, after in itertools.permutations(here, 2):
            e = Experiment(SMALL, None, kind(**few | {parameter.name: before}))
            try:
                forked = e.fork(2, **{parameter.name: after})
            except SettingsError as error:
                assert parameter.name in kind.shaping and parameter.name in str(error)
            else:
                assert parameter.name not in kind.shaping
                run(forked)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("data=low_rank&data.n_users=100000000&data.n_items=1000", "does not fit in memory"),
        ("data=party&k=100000000", "do not fit into memory"),
        ("data=party&" + "&".join(f"fork{n if n > 1 else ''}={n}" for n in range(1, 20)), "12"),
        ("data=low_rank&data.n_users=2147483648", "n_users"),
    ],
)
def test_what_no_machine_can_train_is_refused_in_a_sentence(text, why):
    with pytest.raises(FactorscopeError, match=why):
        run(Experiment.from_query(text))


def test_no_setting_is_named_like_a_key_of_the_view():
    taken = {*views.KEYS, *views.OPTIONS, "data", "split", "model", "k", "fork"}
    assert len(taken) == len(views.KEYS) + len(views.OPTIONS) + 5
    for name in models.MODELS:
        assert not {p.name for p in model_class(name).parameters()} & taken


# --- objects and recipes --------------------------------------------------------------------------


def test_objects_names_and_dicts_say_the_same():
    party = rc.datasets.music_party()
    one = Experiment(party, splits.whole(party), rc.SGD(n_factors=3, seed=0))
    assert one == Experiment("party", "whole", rc.SGD(n_factors=3))
    assert one == Experiment({"name": "party"}, {"name": "whole"}, {"name": "SGD", "n_factors": 3})
    assert one != Experiment("party", "whole", rc.SGD(n_factors=3, seed=1))
    assert one != Experiment("party", None, rc.SGD(n_factors=3))
    assert one.make_ratings() is party


def test_what_cannot_be_made_again_is_refused():
    party = rc.datasets.music_party()
    with pytest.raises(SettingsError, match="by hand"):
        Experiment(party, splits.Split(party, None, None, "mine"))

    class Mine(rc.SGD):
        pass

    with pytest.raises(SettingsError, match="no model called"):
        Experiment(party, None, Mine())


def test_only_what_things_are_called_can_change_without_being_other_data():
    party = rc.datasets.music_party()
    assert party.source == Recipe.of("party") == party.replace(name="ours").source
    edited = party.replace(values=party.values + 0.5, scale=rc.Scale(0, 6))
    assert edited.source == Recipe.of("upload", id=edited.fingerprint)
    assert party.take(party.values > 2).source.name == "upload"


@pytest.mark.parametrize("name", SPLITS.names)
def test_every_split_is_made_again_by_its_recipe(name, zip_path, monkeypatch):
    ratings = rc.datasets.low_rank(n_users=40, n_items=30, seed=5)
    times = np.random.default_rng(0).integers(0, 10**6, len(ratings))
    ratings = ratings.replace(timestamps=times, origin=ratings.origin)
    if name == "predefined":
        monkeypatch.setenv("FACTORSCOPE_DATA", str(zip_path("ml-100k.zip").parent))
        ratings = DATA.make(DATA.recipe("movielens", {"release": "100k"}))
        made = SPLITS.make(SPLITS.recipe(name, {"part": "ua"}), ratings)
    elif name == "by_mask":
        made = splits.by_mask(ratings, ratings.values > 4.2, validation=0.2, seed=3)
    else:
        made = SPLITS.make(SPLITS.recipe(name), ratings)
    again = SPLITS.make(SPLITS.recipe(made.recipe.name, dict(made.recipe.options)), ratings)
    assert again.recipe == made.recipe and again.description == made.description
    for part in ("train", "validation", "test"):
        one, other = getattr(made, part), getattr(again, part)
        assert (one is None) == (other is None)
        if one is not None:
            for array in ("user_ids", "item_ids", "values"):
                np.testing.assert_array_equal(getattr(one, array), getattr(other, array))


def test_a_mask_holds_for_the_sorted_ratings_of_an_upload():
    """The mask points at rows as they were brought; the experiment trains on sorted ones."""
    frame = pd.DataFrame(
        {"user": ["b", "a", "c", "b", "a"], "item": list("xyxyx"), "rating": [1, 2, 3, 4, 5]}
    )
    ratings = rc.Ratings.from_frame(frame, scale=rc.Scale(1, 5, 1))
    split = splits.by_mask(ratings, ratings.values == 3, ratings.values == 4)
    made = Experiment(ratings, split, rc.SGD()).make_split()
    assert made.test.to_frame().to_numpy().tolist() == [["c", "x", 3.0]]
    assert made.validation.to_frame().to_numpy().tolist() == [["b", "y", 4.0]]


def test_a_mask_too_long_for_a_link_is_named_by_its_digest():
    ratings = rc.datasets.low_rank(n_users=200, n_items=100, density=0.5)
    drawn = np.random.default_rng(0).random(len(ratings)) < 0.3
    e = Experiment(ratings, splits.by_mask(ratings, drawn, validation=0), rc.ALS())
    assert len(e.to_query()) < 200 and Experiment.from_query(e.to_query()) == e
    assert e.make_split().test.n_ratings == drawn.sum()
    digest = e.split["test_rows"].removeprefix("#")
    assert e.to_query().count(digest) == 1
    elsewhere = e.to_query().replace(digest, digest[::-1])  # a mask that nobody chose here
    with pytest.raises(MissingDataError, match="not at hand any more"):
        Experiment.from_query(elsewhere).make_split()


# --- fingerprints and files -----------------------------------------------------------------------


@st.composite
def tables(draw):
    """A table of ratings without repeated pairs, its labels text or numbers."""
    users = draw(st.lists(st.integers(0, 400), min_size=3, max_size=6, unique=True))
    items = draw(st.lists(st.text("abcXYZ é", min_size=1, max_size=6).map(str.strip)
                          .filter(lambda s: s.lower() not in ("", "na", "nan", "null", "none")),
                          min_size=3, max_size=6, unique=True))  # fmt: skip
    pairs = [(user, item) for user in users for item in items]
    kept = draw(st.lists(st.sampled_from(pairs), min_size=8, max_size=len(pairs), unique=True))
    ratings = draw(st.lists(st.integers(1, 5), min_size=len(kept), max_size=len(kept)))
    table = pd.DataFrame(kept, columns=["user", "item"]).assign(rating=ratings)
    ok = table["user"].nunique() > 1 and table["item"].nunique() > 1 and len(set(ratings)) > 1
    return table if ok else None


def as_csv(table):
    return table.to_csv(index=False).encode(), "ratings.csv"


def as_excel(table):
    file = io.BytesIO()
    table.to_excel(file, index=False)
    return file.getvalue(), "ratings.xlsx"


def as_parquet(table):
    file = io.BytesIO()
    table.assign(user=table["user"].astype(float)).to_parquet(file)
    return file.getvalue(), "ratings.parquet"


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(tables().filter(lambda t: t is not None), st.randoms(use_true_random=False))
def test_order_and_format_of_a_file_change_neither_fingerprint_nor_bits(table, random):
    met = set()
    for write in (as_csv, as_excel, as_parquet):
        order = random.sample(range(len(table)), len(table))
        data, name = write(table.iloc[order])
        ratings = rc.read_ratings(data, name=name, user="user", item="item", rating="rating")
        for model in (rc.SGD(n_epochs=3, n_factors=2), rc.ALS(n_epochs=2, n_factors=2)):
            e = Experiment(ratings, "whole", model)
            factors = run(e).fitted.user_factors.tobytes()
            met.add((ratings.fingerprint, type(model).__name__, factors))
        assert e.make_ratings().users == sorted({str(user) for user in table["user"]})
    assert len(met) == 2, "one set of bits a model"


def test_a_label_is_one_label_however_it_is_written():
    frame = pd.DataFrame({"user": [1, "1", 2.0, "2"], "item": [1, 2, 1, 2], "rating": [1, 2, 3, 4]})
    mixed = rc.Ratings.from_frame(frame)
    text = rc.Ratings.from_frame(frame.assign(user=["1", "1", "2", "2"]))
    assert mixed.n_users == 2 and mixed.fingerprint == text.fingerprint


def test_a_fingerprint_tells_values_times_scale_and_labels_apart():
    ratings = rc.datasets.music_party()
    times = np.arange(len(ratings), dtype=np.int64)
    changed = ratings.values.copy()
    changed[0] += 1
    prints = {
        ratings.fingerprint,
        ratings.replace(values=changed).fingerprint,
        ratings.replace(timestamps=times).fingerprint,
        ratings.replace(timestamps=times[::-1].copy()).fingerprint,
        ratings.replace(scale=rc.Scale(0, 5, 0.5)).fingerprint,
        ratings.replace(users=[*ratings.users[:-1], "Data"]).fingerprint,
        ratings.replace(users=[*ratings.users, "Data"]).fingerprint,
        ratings.replace(users=ratings.items[:4], items=[*ratings.users, *range(8)]).fingerprint,
    }
    assert len(prints) == 8
    assert all(len(text) == 16 and set(text) <= set(string.hexdigits) for text in prints)


def test_a_release_is_known_by_its_rows_and_their_order(zip_path):
    ratings = rc.read_ratings(zip_path("ml-100k.zip"))
    assert ratings.source == DATA.recipe("movielens", {"release": "100k"})
    frame = ratings.to_frame()
    same = rc.read_ratings(frame.to_csv(index=False).encode(), name="mine.csv")
    assert same.source == ratings.source
    later = frame.assign(timestamp=frame["timestamp"] + 1).to_csv(index=False).encode()
    timed = rc.read_ratings(later, name="mine.csv").source
    assert timed.name == "movielens" and timed != ratings.source, "a split by time may differ"
    shuffled = frame.sample(frac=1, random_state=0).to_csv(index=False).encode()
    other = rc.read_ratings(shuffled, name="mine.csv")
    assert other.source.name == "upload" and other.fingerprint == ratings.fingerprint


# --- running --------------------------------------------------------------------------------------


SMALL = {"name": "low_rank", "n_users": 40, "n_items": 30, "density": 0.5}


@pytest.mark.parametrize("name", models.MODELS)
def test_equal_experiments_give_equal_bits_and_a_short_receipt(name):
    kind = model_class(name)
    few = {"n_epochs": 4} if kind.has_epochs else {}
    if name == "BayesianPMF":
        few["burn_in"] = 1
    e = Experiment(SMALL, None, kind(**few))
    first, second = run(e), run(Experiment.from_dict(e.to_dict()))
    assert first.digest == second.digest and first.scores == second.scores
    assert len(first.receipt) < 1500
    assert replay(first.receipt).outcome == "same bits"


@pytest.mark.parametrize("model", [rc.SGD(), rc.ALS(), rc.PMF(), rc.NMF()], ids=lambda m: m.title)
def test_a_fork_is_what_training_on_with_other_settings_gives(model):
    e = Experiment(SMALL, None, model).fork(3).fork(5)
    plain, forked = run(Experiment(SMALL, None, model), until=8), run(e, until=8)
    assert plain.digest == forked.digest, "a fork that changes nothing changes no bit"
    record = run(e.fork(5, n_epochs=7))
    assert record.epochs[-1].number == 7 and record.epochs[:6] != ()
    assert [x.loss for x in record.epochs[:6]] == [x.loss for x in plain.epochs[:6]]


def test_forking_a_fork_earlier_carries_its_changes_along():
    e = Experiment("party").fork(40, reg=0.2).fork(60, learning_rate=0.01)
    assert e.fork(50, decay=True).forks == (
        Fork(40, (("reg", 0.2),)),
        Fork(50, (("learning_rate", 0.01), ("decay", True))),
    )
    assert e.fork(40).forks == (Fork(40, (("learning_rate", 0.01), ("reg", 0.2))),)


def test_a_record_is_plain_data():
    record = run(Experiment(SMALL, None, rc.ALS(n_epochs=5)), keep=(2,))
    again = Record.from_dict(json.loads(json.dumps(record.to_dict())))
    assert again == record and again.receipt == record.receipt
    assert record.model is not None and again.model is None and set(record.snapshots) == {2}
    best = record.epochs[record.best_epoch]
    assert record.scores["validation_rmse"] == best.validation_rmse
    assert "test_rmse" not in record.scores, "measured on demand"
    test = record.split.test
    assert record.tested().scores["test_rmse"] == pytest.approx(
        rc.metrics.rmse(test.values, record.model.predict(test.user_ids, test.item_ids))
    )
    with pytest.raises(MissingRunError, match="numbers only"):
        again.tested()


def test_the_sixteen_predictions_are_of_validation_pairs_evenly_spaced():
    record = run(Experiment(SMALL, None, rc.ALS(n_epochs=2)))
    held = record.split.validation
    predicted = record.model.predict(held.user_ids, held.item_ids, clip=False)
    at = np.rint(np.linspace(0, len(held) - 1, 16)).astype(int)
    assert record.sampled == tuple(predicted[at].astype(float))


# --- receipts -------------------------------------------------------------------------------------


def altered(receipt: str, **changes) -> str:
    import dataclasses

    return dataclasses.replace(Receipt.from_text(receipt), **changes).to_text()


def test_a_receipt_replays_to_the_same_bits_as_far_as_it_was_trained():
    e = Experiment(SMALL, None, rc.SGD(n_epochs=6, patience=2))
    for until in (None, 3, 9):
        record = run(e, until=until)
        found = replay(record.receipt)
        assert (found.outcome, found.code, str(found.text)) == ("same bits", 0, "same bits")
        assert found.record.epochs[-1].number == record.epochs[-1].number


def test_another_seed_differs():
    record = run(Experiment(SMALL, None, rc.SGD(n_epochs=4)))
    other = Experiment(SMALL, None, rc.SGD(n_epochs=4, seed=1))
    found = replay(altered(record.receipt, experiment=other))
    assert (found.outcome, found.code) == ("differs", 1)
    assert str(found.text).startswith("differs: ")


def test_false_claims_differ():
    record = run(Experiment(SMALL, None, rc.SGD(n_epochs=4)))
    better = {**record.scores, "validation_rmse": record.scores["validation_rmse"] - 0.01}
    assert "validation_rmse is" in str(replay(altered(record.receipt, scores=better)).text)
    assert replay(altered(record.receipt, best_epoch=1)).outcome == "differs"


def test_other_last_digits_are_the_same_to_four_decimals():
    record = run(Experiment(SMALL, None, rc.SGD(n_epochs=4)))
    near = tuple(value + 4e-5 for value in record.sampled)
    elsewhere = altered(
        record.receipt, digest="0" * 64, sampled=near, versions={"numpy": "1.0"}, processor="Z80"
    )
    found = replay(elsewhere)
    assert (found.outcome, found.code) == ("same", 0)
    said = str(found.text)
    assert said.startswith("same to four decimals; ") and said.endswith(" differ")
    assert "numpy" in said and "Z80" in said


def before_standardizing(receipt: str) -> str:
    """The receipt as version 0.1.0 would have written it, where all was fitted to the ratings."""
    head, packed = receipt[:4], receipt[4:] + "=" * (-len(receipt[4:]) % 4)
    claims = json.loads(zlib.decompress(base64.urlsafe_b64decode(packed)))
    claims["experiment"]["version"] = 1
    claims["experiment"]["model"].pop("standardize", None)
    claims["versions"]["factorscope"] = "0.1.0"
    return head + base64.urlsafe_b64encode(zlib.compress(json.dumps(claims).encode())).decode()


def test_a_receipt_of_the_time_before_standardizing_is_replayed_without_it():
    as_they_are = run(Experiment(SMALL, None, rc.SGD(n_epochs=4, standardize=False)))
    found = replay(before_standardizing(as_they_are.receipt))
    assert found.outcome == "same bits" and found.record.settings["standardize"] is False
    standardized = run(Experiment(SMALL, None, rc.SGD(n_epochs=4)))
    found = replay(before_standardizing(standardized.receipt))
    assert found.outcome == "differs"
    assert "written by Factorscope 0.1.0, this is " in str(found.text)
    neighbours = run(Experiment(SMALL, None, rc.ItemKNN()))  # has no such setting
    assert replay(before_standardizing(neighbours.receipt)).outcome == "same bits"


def test_an_upload_needs_its_file_and_takes_no_other(tmp_path):
    table = pd.DataFrame(
        [(u, i, 1 + (u * ord(i)) % 4) for u in range(9) for i in "abcdef"],
        columns=["u", "i", "rating"],
    )
    ratings = rc.Ratings.from_frame(table, "u", "i", scale=rc.Scale(1, 10, 1))  # not the guessed
    record = run(Experiment(ratings, None, rc.ALS(n_epochs=3)))
    found = replay(record.receipt)
    assert (found.outcome, found.code) == ("needs", 2)
    assert str(found.text).startswith("needs the file") and ratings.fingerprint in str(found.text)
    file = tmp_path / "mine.csv"
    table.sample(frac=1, random_state=1).to_csv(file, index=False)
    assert replay(record.receipt, file).outcome == "same bits"
    table.assign(rating=table["rating"].iloc[::-1].to_numpy()).to_csv(file, index=False)
    assert replay(record.receipt, file).outcome == "needs"


@pytest.mark.parametrize(
    "claims",
    [
        {"scores": {"validation_rmse": float("nan")}},
        {"sampled": (float("inf"),) * 16},
        {"epoch": -1},
        {"n_epochs": -1},
        {"n_epochs": 10**9},
        {"best_epoch": 1.5},
        {"scale": (float("nan"), 5.0)},
        {"digest": "a" * 200},
        {"processor": "\x1b[2J"},
        {"versions": {"numpy": "\x1b[2J"}},
    ],
    ids=str,
)
def test_a_forged_receipt_is_refused_before_anything_is_trained(claims):
    receipt = run(Experiment("party", None, rc.SGD(n_epochs=1))).receipt
    with pytest.raises(ReceiptError, match="damaged"):
        Receipt.from_text(altered(receipt, **claims))


def test_a_receipt_may_be_of_any_epoch_and_of_the_test_part():
    e = Experiment(SMALL, None, rc.SGD(n_epochs=6))
    early = run(e, at=2)
    assert early.epoch == 2 and early.receipt != run(e).receipt
    assert replay(early.receipt).outcome == "same bits"
    claims = Receipt.from_text(early.receipt)
    assert claims.scores["validation_rmse"] == pytest.approx(early.epochs[2].validation_rmse)
    ranked = run(Experiment(SMALL, None, rc.ImplicitALS(n_epochs=3))).tested()
    assert "test_ndcg" in ranked.scores and replay(ranked.receipt).outcome == "same bits"
    better = {**ranked.scores, "test_ndcg": 1.0}
    assert replay(altered(ranked.receipt, scores=better)).outcome == "differs"


@pytest.mark.parametrize("damage", ["", "fs1.", "fs2.abc", "hello", "fs1.abc", "cut", "swap"])
def test_a_damaged_receipt_is_one_sentence(damage):
    receipt = run(Experiment("party", None, rc.SGD(n_epochs=1))).receipt
    damage = {"cut": receipt[:-9], "swap": receipt[:60] + receipt[70:80] + receipt[60:]}.get(
        damage, damage
    )
    with pytest.raises(ReceiptError, match="receipt"):
        replay(damage)


def test_a_receipt_may_be_wrapped_by_a_mail_program():
    receipt = run(Experiment("party", None, rc.SGD(n_epochs=1))).receipt
    wrapped = "\n ".join(receipt[at : at + 60] for at in range(0, len(receipt), 60))
    assert replay(f"  {wrapped}\n").outcome == "same bits"


def test_a_receipt_cannot_unpack_without_end():
    bomb = zlib.compress(b'{"experiment":"' + b"a" * 50_000_000 + b'"}', 9)
    with pytest.raises(ReceiptError, match="damaged"):
        replay("fs1." + base64.urlsafe_b64encode(bomb).decode())


def test_every_named_error_is_one_of_ours():
    for error in (LinkError, MissingDataError, MissingRunError, ReceiptError):
        assert issubclass(error, FactorscopeError)
