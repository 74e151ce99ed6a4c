"""What a browser is told of its runs: all that is new, once, and never more than it can take."""

import base64
import random

import msgspec
import numpy as np
import pytest

import recsys_core as rc
from recsys_core import runs
from recsys_core.live import commentary, frames, latent_axes, status_lines
from recsys_core.live.feed import Feed
from recsys_core.live.messages import Sentence
from recsys_core.live.status_lines import short
from tests.node import Tab, needs_node


@pytest.fixture
def server():
    return runs.Registry(threaded=False)


def start(server, ratings, model, settled=True):
    space = server.workspace("a browser")
    data = space.load(ratings)
    data.choose("random")
    entry = space.new_entry(data.experiment(model))
    if settled:
        settle(server, entry.run)
    return entry


def settle(server, run):
    while run.busy:
        server.turn()


def train(server, entry, until=None):
    entry.train(until)
    settle(server, entry.run)
    return entry.run


def world(**options):
    return rc.datasets.low_rank(**{"n_users": 30, "n_items": 20, "density": 0.5} | options)


@pytest.fixture
def entry(server):
    return start(server, world(), rc.SGD(n_factors=3, n_epochs=30, patience=1000))


def of(run, **known):
    """A feed of one run in view."""
    return Feed({run.stream: run}, run.stream, **known)


def news(feed):
    """What the next message says of the run in view; None where there is none."""
    tick = feed.tick()
    return None if tick is None else tick.runs[feed.main]


def epochs_of(found):
    return [frame.epoch for frame in (found and found.frames) or []]


class Known:
    """What a browser has of a run after some messages, put together as ``store.js`` does."""

    def __init__(self):
        self.series = {"loss": [], "train": [], "validation": [], "took": []}
        self.frames, self.said, self.once = {}, {}, {}

    def take(self, found):
        for name, series in self.series.items():
            values = getattr(found, name)
            if values is not None:
                assert found.from_ <= len(series), "there is no gap"
                series[found.from_ :] = values
        self.frames |= {frame.epoch: frame for frame in found.frames or []}
        new = {said.epoch: said.text for said in found.said or []}
        assert not set(new) & set(self.said), "once is enough"
        self.said |= new
        for name in ("before", "after", "baselines", "map"):
            if getattr(found, name) is not None:
                self.once[name] = getattr(found, name)
        self.state = {
            name: getattr(found, name)
            for name in ("status", "message", "n_epochs", "best", "single", "early", "rewinding",
                         "seconds")
        }  # fmt: skip


def everything(run):
    """The whole of a run, straight from it."""
    whole = Known()
    for name, field in (
        ("loss", "loss"),
        ("train", "train_rmse"),
        ("validation", "validation_rmse"),
        ("took", "seconds"),
    ):
        values = [getattr(epoch, field) for epoch in run.epochs]
        whole.series[name] = [] if None in values else [short(value) for value in values]
    whole.frames = {m.epoch: frames.frame(run, m.epoch, m.value) for m in run.frames}
    whole.said = {e: Sentence.of(text) for e, text in commentary.changes(run, 0)}
    whole.once = {
        "before": Sentence.of(commentary.before(run)),
        "after": Sentence.of(commentary.after(run)),
        "baselines": status_lines.baselines_of(run),
        "map": latent_axes.map_of(run),
    }
    whole.state = {
        "status": run.status, "n_epochs": run.n_epochs,
        "message": Sentence.of(run.message) if run.message else None,
        "best": run.best_epoch, "single": False, "early": run.stopped_early, "rewinding": False,
        "seconds": run.seconds_an_epoch,
    }  # fmt: skip
    return whole


def same(known, whole):
    """All is known but, where there were too many, some of the frames."""
    assert vars(known) | {"frames": 0} == vars(whole) | {"frames": 0}
    assert all(whole.frames[epoch] == frame for epoch, frame in known.frames.items())


# --- what is new ----------------------------------------------------------------------------------


def test_a_tick_brings_what_is_new_and_says_where_it_starts(server, entry):
    run, feed = entry.run, of(entry.run)
    first = news(feed)
    assert first.from_ == 0 and len(first.loss) == 1 and epochs_of(first) == [0]
    assert first.before is not None and first.map is not None and len(first.baselines) == 2
    train(server, entry, until=3)
    then = news(feed)
    assert then.from_ == 1
    assert then.train == [short(e.train_rmse) for e in run.epochs[1:]]
    assert len(then.validation) == len(then.loss) == 3
    assert epochs_of(then) == [1, 2, 3]
    assert (then.before, then.map, then.baselines) == (None, None, None), "once is enough"
    assert feed.tick() is None, "nothing is new"


@pytest.mark.parametrize("seed", range(8))
def test_all_messages_together_are_the_whole_run_wherever_they_fall(server, entry, seed):
    chance, run = random.Random(seed), entry.run
    feed, known = of(run), Known()
    while run.status != "finished":
        if chance.random() < 0.6:
            found = news(feed)
            if found is not None:
                known.take(found)
        if chance.random() < 0.3:
            exact = feed.exactly(chance.randint(0, 40))
            if exact is not None:
                known.take(exact.runs[run.stream])
        entry.train(min(run.epoch + chance.randint(0, 4), 30))
        settle(server, run)
    if (found := news(feed)) is not None:
        known.take(found)
    same(known, everything(run))
    assert {0, 30, run.best_epoch} <= set(known.frames)
    assert news(feed) is None


def test_of_a_new_run_all_is_told_as_it_becomes_known(server):
    entry = start(server, world(), rc.SGD(n_factors=3, n_epochs=200, patience=1000), settled=False)
    run, feed, known = entry.run, of(entry.run), Known()
    entry.train()
    first = news(feed)
    known.take(first)
    assert first.frames is None and first.baselines is None and len(first.loss) == 1, (
        "curves do not wait for the basis or for baselines"
    )
    while run.busy:
        run.work(0)
        found = news(feed)
        if found is not None:
            known.take(found)
    same(known, everything(run))


def test_what_the_browser_says_it_has_is_not_sent_again(server, entry):
    run = train(server, entry, until=20)
    known, feed = Known(), of(run)
    known.take(news(feed))
    train(server, entry)
    again = of(run, epochs={run.stream: 21}, frames=list(known.frames))
    found = news(again)
    assert found.from_ == 21 and len(found.loss) == 10
    assert not set(epochs_of(found)) & set(known.frames)
    known.said.clear()  # what is said is told anew
    known.take(found)
    same(known, everything(run))
    latest = of(run, epochs={run.stream: 31}, frames=list(known.frames))
    found = news(latest)
    assert (found.from_, found.loss, found.frames) == (31, [], None)


@pytest.mark.parametrize("claim", [-1, 0, 7, 10_000_000])
def test_a_browser_that_claims_too_much_gets_nothing_wrong(server, entry, claim):
    run = train(server, entry, until=6)
    feed = Feed({run.stream: run}, run.stream, {run.stream: claim, "nobody": 3}, [claim])
    found = news(feed)
    assert found.from_ == min(max(claim, 0), 7) and len(found.loss) == 7 - found.from_
    train(server, entry)
    found = news(feed)
    assert found.from_ <= 7 and found.from_ + len(found.loss) == 31


def test_only_the_run_in_view_is_sent_with_pictures(server, entry):
    other = start(server, world(), rc.ALS(n_factors=2, n_epochs=4))
    train(server, entry, until=5)
    train(server, other)
    feed = Feed({e.run.stream: e.run for e in (entry, other)}, entry.run.stream)
    told = feed.tick().runs
    assert set(told) == {entry.run.stream, other.run.stream}
    assert epochs_of(told[entry.run.stream]) == [0, 1, 2, 3, 4, 5]
    beside = told[other.run.stream]
    assert beside.frames is None and beside.map is None
    assert len(beside.loss) == 5 and beside.baselines and beside.after
    train(server, entry, until=6)
    assert set(feed.tick().runs) == {entry.run.stream}, "of the other there is nothing new"
    for main in (None, "nobody"):
        assert not any(told.frames for told in Feed(feed.runs, main).tick().runs.values())
        assert Feed(feed.runs, main).exactly(0) is None


def test_a_change_of_status_alone_is_told(server, entry):
    feed = of(entry.run)
    assert news(feed).status == "paused"
    entry.train()
    assert news(feed).status == "training"
    entry.hold()
    assert news(feed).status == "paused"


def test_a_failure_is_told_with_its_reason(server):
    ratings = world(density=0.9)
    entry = start(server, ratings, rc.SGD(learning_rate=1.0, reg=1e-4, n_epochs=100))
    feed = of(entry.run)
    news(feed)
    train(server, entry)
    found = news(feed)
    assert found.status == "failed" and "smaller learning rate" in found.message.id
    assert found.after is None


def test_a_fork_that_is_retraced_says_so_and_brings_its_past(server, entry):
    run = train(server, entry)
    while run.checkpoints.thin():
        pass
    fork = server.workspace("a browser").fork(entry, 11, reg=0.5).run
    feed = of(fork)
    found = news(feed)
    assert found.rewinding and len(found.loss) == 12 and found.best is None
    assert epochs_of(found) == list(range(12))
    settle(server, fork)
    found = news(feed)
    assert not found.rewinding and found.best is not None


def test_baselines_that_come_late_are_told_and_change_what_is_said(server):
    entry = start(server, world(), rc.SGD(n_factors=2, n_epochs=3), settled=False)
    run, feed, known = entry.run, of(entry.run), Known()
    entry.train()
    while run.status != "finished":
        run.work(0.05)
        known.take(news(feed))
    assert not list(run.baselines)
    alone = known.once["after"]
    assert alone == Sentence.of(commentary.after(run)), "a finished run is spoken of as one at once"
    settle(server, run)
    known.take(news(feed))
    assert known.once["after"] == Sentence.of(commentary.after(run)) != alone
    assert len(known.once["baselines"]) == 2


def test_what_cannot_be_known_is_left_out(server):
    implicit = start(server, world(), rc.ImplicitALS(n_factors=2, n_epochs=3)).run
    found = news(of(implicit))
    assert found.train is found.validation is found.best is None and len(found.loss) == 1
    single = start(server, world(), rc.ItemKNN())
    train(server, single)
    found = news(of(single.run))
    assert found.single and found.said is None and found.after is not None
    assert found.map is None and all(frame.latent is None for frame in found.frames)


# --- frames ---------------------------------------------------------------------------------------


def size_of(found):
    return len(msgspec.json.encode(found.frames or []))


def large(server, n_epochs=40, n_factors=2):
    ratings = rc.datasets.low_rank(900, 900, density=0.02, n_factors=2)
    return start(server, ratings, rc.SGD(n_factors=n_factors, n_epochs=n_epochs, patience=1000))


def test_a_tick_stays_within_tens_of_kilobytes_and_brings_the_latest(server):
    entry = large(server)
    run, feed = entry.run, of(entry.run)
    before = epochs_of(news(feed))
    train(server, entry)
    found = news(feed)
    assert 40 in epochs_of(found) and run.best_epoch in before + epochs_of(found)
    one = frames.frame_bytes(run)
    assert 10_000 < size_of(found) <= 32_000 + one, "the best epoch may come on top"
    first = news(of(run))  # after a reload: more of the past, but not all
    assert epochs_of(first)[0] == 0 and 40 in epochs_of(first) and len(epochs_of(first)) > 8
    assert 60_000 < size_of(first) <= 160_000 + one
    assert max(np.diff(sorted(epochs_of(first)))) <= 5, "spread evenly"


def test_each_tick_of_a_fast_run_keeps_to_the_budget_in_bytes_and_in_number(server):
    entry = start(
        server, rc.datasets.music_party(), rc.SGD(n_factors=2, n_epochs=400, patience=1000)
    )
    feed, run = of(entry.run), entry.run
    news(feed)
    for until in (100, 250, 400):
        train(server, entry, until)
        found = news(feed)
        assert until in epochs_of(found)
        assert len(epochs_of(found)) <= 31 and size_of(found) <= 32_000 + frames.frame_bytes(run)


@pytest.mark.parametrize("n_factors", [2, 8])
def test_how_long_a_frame_is_is_known_beforehand(server, n_factors):
    for entry in (large(server, 1, n_factors), start(server, world(), rc.SGD(n_epochs=1))):
        train(server, entry)
        actual = len(msgspec.json.encode(news(of(entry.run)).frames[-1]))
        assert actual <= frames.frame_bytes(entry.run) + 60 and actual > 0.9 * frames.frame_bytes(
            entry.run
        )


def test_the_best_epoch_is_pictured_at_the_end_however_much_is_thinned(server):
    model = rc.SGD(n_factors=6, n_epochs=40, learning_rate=0.2, patience=1000)
    entry = start(server, world(density=0.9), model)
    run, feed = entry.run, of(entry.run)
    news(feed)
    train(server, entry, until=39)
    while run.frames.thin():
        pass
    train(server, entry)
    best = run.best_epoch
    assert best not in [moment.epoch for moment in run.frames]
    found = news(feed)
    assert epochs_of(found)[-1] == best and 40 in epochs_of(found)
    assert found.frames[-1] == frames.frame(run, best, run.fitted)
    fitted = model.fit(run.split.train, run.split.validation)
    part = frames.shown(run.split.train)
    levels = unpacked(found.frames[-1].matrix, "<u2").reshape(len(part.rows), len(part.columns))
    predicted = fitted.predict_matrix(part.rows, part.columns)
    np.testing.assert_allclose(1 + levels / 65534 * 4, predicted, atol=4 / 65534)


def test_one_exact_frame_is_sent_whenever_it_is_wanted(server):
    entry = large(server)
    run = train(server, entry)
    feed = of(run)
    missing = next(e for e in range(41) if e not in epochs_of(news(feed)))
    for _ in range(2):  # a browser that asks again has let it go
        exact = feed.exactly(missing).runs[run.stream]
        assert exact.frames == [frames.frame(run, missing, run.fitted_at(missing))]
        assert exact.from_ == 41 and exact.loss == [] and exact.status == "finished"
    while run.frames.thin():
        pass
    (near,) = feed.exactly(missing).runs[run.stream].frames
    assert near.epoch in (0, 40), "as near as it is kept"
    (best,) = feed.exactly(run.best_epoch).runs[run.stream].frames
    assert best.epoch == run.best_epoch, "which is always kept"


def test_frames_wait_for_the_basis_and_curves_do_not(server):
    entry = start(server, rc.datasets.music_party(), rc.SGD(n_epochs=3), settled=False)
    run = entry.run
    assert run.basis_pending
    feed = of(run)
    assert feed.exactly(0) is None
    found = news(feed)
    assert found.frames is None and len(found.train) == 1
    settle(server, run)
    found = news(feed)
    assert epochs_of(found) == [0] and found.map is not None


def test_the_picture_is_packed_once_for_all_who_watch(server, entry):
    run = train(server, entry, until=4)
    first = news(of(run))
    assert epochs_of(first) == [0, 1, 2, 3, 4]
    for _ in range(30):
        pairs = zip(news(of(run)).frames, first.frames, strict=True)
        assert all(again is frame for again, frame in pairs)


def unpacked(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


def test_a_frame_holds_predictions_and_places(server, entry):
    run = train(server, entry, until=5)
    fitted = run.fitted_at(5)
    frame = frames.frame(run, 5, fitted)
    part = frames.shown(run.split.train)
    low, high = fitted.extent[:2]
    levels = unpacked(frame.matrix, "<u2").reshape(len(part.rows), len(part.columns))
    predicted = low + levels / 65534 * (high - low)
    np.testing.assert_allclose(
        predicted, fitted.predict_matrix(part.rows, part.columns), atol=(high - low) / 65534
    )
    xy = unpacked(frame.latent, "<i2").reshape(-1, 2) * frame.reach / 32767
    expected = run.basis.project(fitted.user_factors)
    np.testing.assert_allclose(xy[: len(expected)], expected, atol=frame.reach / 32767)
    expected = run.basis.project(fitted.item_factors)
    np.testing.assert_allclose(xy[-len(expected) :], expected, atol=frame.reach / 32767)
    outside = np.abs(xy).max(axis=1) > frame.spread + frame.reach / 32767
    assert outside.sum() <= 1 and frame.spread <= frame.reach


def test_before_training_the_matrix_is_what_the_first_state_predicts(entry):
    run = entry.run
    levels = unpacked(frames.frame(run, 0, run.fitted_at(0)).matrix, "<u2")
    part, (low, high) = frames.shown(run.split.train), run.fitted.extent[:2]
    predicted = run.fitted_at(0).predict_matrix(part.rows, part.columns).ravel()
    np.testing.assert_allclose(low + levels / 65534 * (high - low), predicted, atol=1e-3)


def test_of_large_data_the_most_rated_and_the_same_sample_are_shown():
    ratings = rc.datasets.low_rank(2000, 700, density=0.01)
    part = frames.shown(ratings)
    assert part.rows.shape == (frames.MOST_ROWS,) and part.columns.shape == (frames.MOST_COLUMNS,)
    others = np.delete(ratings.user_counts, part.rows)
    assert ratings.user_counts[part.rows].min() >= others.max()
    assert len(part.users) == len(set(part.users.tolist())) == frames.MOST_POINTS
    assert set(part.columns) <= set(part.items)  # the most rated are among the points
    again = frames.shown(ratings.replace(name="the same"))
    np.testing.assert_array_equal(part.users, again.users)


def test_small_data_are_shown_whole_in_their_order():
    part = frames.shown(rc.datasets.music_party())
    np.testing.assert_array_equal(part.rows, range(4))
    np.testing.assert_array_equal(part.items, range(12))


def test_the_map_has_room_for_all(server, entry):
    run = train(server, entry)
    found = latent_axes.map_of(run)
    ends = frames.places(run, run.fitted)
    assert found.reach >= frames.spread(ends)
    shares = [f"{100 * share:.0f}" for share in run.basis.shares]
    assert shares[0] in found.main.values["first"]["number"]
    assert shares[1] in found.second.values["second"]["number"]


# --- from a run to what one reads -----------------------------------------------------------------

MODELS = {
    "sgd": rc.SGD(n_factors=3, n_epochs=12, learning_rate=0.2, patience=4),
    "als": rc.ALS(n_factors=2, n_epochs=6),
    "sampled": rc.BayesianPMF(n_factors=2, n_epochs=6, burn_in=2),
    "implicit": rc.ImplicitALS(n_factors=2, n_epochs=4),
    "neighbours": rc.ItemKNN(),
    "mean": rc.GlobalMean(),
    "diverges": rc.SGD(learning_rate=1.0, reg=1e-4, n_epochs=40),
}


def spans(run):
    return [{"fs": what} for what in ("progress", "quality", "errors", "sentence")] + [
        {"fs": what, "stream": run.stream} for what in ("progress", "quality", "errors")
    ]


def said_by_the_page(run, epoch, playing, speed):
    at = status_lines.standing(run, epoch, playing, speed)
    known = [
        status_lines.progress(at),
        status_lines.quality(at, status_lines.baselines_of(run)),
        status_lines.errors(at),
    ]
    return [*known, str(commentary.sentence(run, epoch, playing)), *known]


@needs_node
@pytest.mark.parametrize("validated", [True, False], ids=["validated", "whole"])
@pytest.mark.parametrize("name", MODELS)
def test_what_the_page_says_of_a_run_the_browser_says_too(server, name, validated):
    """From training to the words on the page: the feed, the store and the lines together."""
    space = server.workspace("a browser")
    data = space.load(world(density=0.9))
    data.choose("random" if validated else "whole")
    entry = space.new_entry(data.experiment(MODELS[name]))
    run, feed, tab, version = entry.run, of(entry.run), Tab(), 0
    chance = random.Random(0)

    def look(**fields):
        nonlocal version
        version += 1
        speed = chance.choice([1.0, 20.0, "max"])
        tab.see(version, speed=speed, status=run.status, **{"main": run.stream} | fields)
        return speed

    def compare():
        if (tick := feed.tick()) is not None:
            tab.take(tick)
        if run.basis_pending:
            return  # the picture is not there yet, and what moves waits for it
        for moment in (0, run.epoch // 2, "latest", "best"):
            speed = look(moment=moment)
            epoch = run.epoch_at(moment)
            assert tab.store("epoch") == epoch
            assert tab.say(*spans(run)) == said_by_the_page(run, epoch, False, speed)
        speed = look(moment=0, playing=True)
        for _ in range(3):
            tab.wait(50)
            if tab.look("view")["playing"]:
                at = tab.store("epoch")
                assert tab.say(*spans(run)) == said_by_the_page(run, at, True, speed)
        speed = look(main="another")
        best = said_by_the_page(run, run.epoch_at("best"), False, speed)
        assert tab.say(*spans(run))[4:] == best[4:], "in the list a run is at its best"

    compare()
    for until in (0, 1, 2, 5, None):
        entry.train(until)
        compare()
        run.work(0)
        compare()
        entry.hold()
        compare()
        entry.train(until)
        settle(server, run)
        compare()
    assert run.status == ("failed" if name == "diverges" else "finished")
    if run.model.has_epochs and run.status == "finished":
        fork = space.fork(entry, 1)
        run, feed = fork.run, of(fork.run)
        compare()
    tab.close()
