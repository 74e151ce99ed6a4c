import base64

import numpy as np
import pytest

import recsys_core as rc
from recsys_core import runs
from recsys_core.figures import frames
from recsys_core.figures.feed import Feed


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def server():
    return runs.Registry(threaded=False)


def start(server, ratings, model):
    space = server.workspace("a browser")
    data = space.load(ratings)
    data.choose("random")
    run = space.new_run(data.experiment(model))
    run.set_speed(None)
    settle(server, run)
    return run


def settle(server, run):
    while run.busy:
        server.turn()


def step(server, run, n=1):
    for _ in range(n):
        run.step()
        settle(server, run)


@pytest.fixture
def run(server):
    return start(server, rc.datasets.low_rank(30, 20, density=0.5), rc.SGD(n_factors=3))


@pytest.fixture
def feed():
    feed = Feed(Clock())
    feed.later = lambda: setattr(feed._clock, "now", feed._clock.now + 1)
    return feed


def epochs_of(tick):
    return [frame["epoch"] for frame in tick["frames"]["list"]]


def test_a_tick_brings_what_is_new_and_says_where_it_starts(server, run, feed):
    tick = feed.tick([run], run)
    assert tick["curves"][run.stream]["from"] == 0
    assert tick["frames"]["after"] == -1 and epochs_of(tick) == [0]
    feed.later()
    step(server, run, 3)
    tick = feed.tick([run], run)
    curve = tick["curves"][run.stream]
    assert curve["from"] == 1
    assert curve["train"] == [pytest.approx(e.train_rmse, rel=1e-5) for e in run.epochs[1:]]
    assert len(curve["validation"]) == len(curve["loss"]) == 3
    assert tick["frames"]["after"] == 0 and epochs_of(tick) == [1, 2, 3]
    feed.later()
    assert feed.tick([run], run)["frames"] == {"after": 3, "list": []}


def test_what_may_have_been_skipped_is_sent_again(server, run, feed):
    feed.tick([run], run)
    feed.later()
    step(server, run)
    assert epochs_of(feed.tick([run], run)) == [1]
    step(server, run)
    assert epochs_of(feed.tick([run], run)) == [1, 2]  # within half a second
    feed.later()
    step(server, run)
    tick = feed.tick([run], run)
    assert epochs_of(tick) == [3] and tick["frames"]["after"] == 2
    assert tick["curves"][run.stream]["from"] == 3


def test_forgotten_everything_is_sent_again(server, run, feed):
    step(server, run, 4)
    before = feed.tick([run], run)
    feed.later()
    feed.forget()
    assert feed.tick([run], run) == before


def test_a_reset_is_another_stream(server, run, feed):
    step(server, run, 2)
    first = feed.tick([run], run)["stream"]
    feed.later()
    run.reset()
    tick = feed.tick([run], run)
    assert tick["stream"] != first
    assert tick["curves"][run.stream]["from"] == 0 and epochs_of(tick) == [0]


def test_frames_wait_for_the_basis_and_curves_do_not(server):
    ratings = rc.datasets.music_party()
    space = server.workspace("a browser")
    run = space.new_run(space.load(ratings).experiment(rc.SGD(n_epochs=3)))
    assert run.basis_pending
    tick = Feed().tick([run], run)
    assert tick["frames"]["list"] == [] and len(tick["curves"][run.stream]["train"]) == 1
    settle(server, run)
    assert epochs_of(Feed().tick([run], run)) == [0]


def test_a_tick_stays_within_tens_of_kilobytes_and_brings_the_latest(server, feed):
    run = start(
        server,
        rc.datasets.low_rank(900, 900, density=0.02, n_factors=2),
        rc.SGD(n_factors=2, n_epochs=40, patience=None),
    )
    feed.tick([run], run)
    feed.later()
    run.play()
    settle(server, run)
    tick = feed.tick([run], run)
    assert epochs_of(tick)[-1] == 40
    size = sum(len(f["matrix"]) + len(f["latent"]) for f in tick["frames"]["list"])
    assert 10_000 < size < 40_000
    first = Feed().tick([run], run)  # after a reload: more of the past, but not all
    assert epochs_of(first)[0] == 0 and epochs_of(first)[-1] == 40 and len(epochs_of(first)) > 8


def unpacked(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


def test_a_frame_holds_predictions_and_places(server, run):
    step(server, run, 5)
    predictor = run.predictor_at(5)
    frame = frames.frame(run, 5, predictor)
    part = frames.shown(run.split.train)
    low, high, _ = run.ratings.scale
    levels = unpacked(frame["matrix"], "<u2").reshape(len(part.rows), len(part.columns))
    predicted = low + levels / 65534 * (high - low)
    np.testing.assert_allclose(
        predicted, predictor.predict_matrix(part.rows, part.columns), atol=(high - low) / 65534
    )
    xy = unpacked(frame["latent"], "<i2").reshape(-1, 2) * frame["reach"] / 32767
    expected = run.basis.project(predictor.user_factors)
    np.testing.assert_allclose(xy[: len(expected)], expected, atol=frame["reach"] / 32767)


def test_before_training_nothing_is_predicted(run):
    levels = unpacked(frames.frame(run, 0, run.predictor_at(0))["matrix"], "<u2")
    assert (levels == 65535).all()


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
