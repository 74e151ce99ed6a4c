"""Runs, driven turn by turn on a clock that only the test moves (and once by the real worker)."""

import dataclasses
import time
from types import SimpleNamespace

import numpy as np
import pytest

import recsys_core as rc
from recsys_core import experiments, models, runs
from recsys_core.errors import DivergedError, MissingDataError, SettingsError
from recsys_core.experiments import Experiment, replay
from recsys_core.experiments.record import Receipt
from recsys_core.models import Model
from recsys_core.models.options import option
from recsys_core.recipes import Recipe
from recsys_core.runs import workspaces
from recsys_core.runs.kept import Kept
from recsys_core.runs.run import usual_speed
from recsys_core.training import Epoch


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        self.now += 1e-6  # reading a clock takes a moment, too
        return self.now

    def spend(self, seconds):
        self.now += seconds


class FakeTraining:
    """Counts epochs; each takes ``slices`` turns. Its parameters are its history, as one number.

    Where it is given a clock, each turn takes all the time it may.
    """

    clock = None

    def __init__(self, model, checkpoint):
        self.settings = dataclasses.asdict(model)
        self.n_epochs = model.n_epochs
        self.model = model
        self.history = list(checkpoint["history"]) if checkpoint else [Epoch(0, 1.0, 1.0, 1.0, 0.0)]
        self.weight = checkpoint["weight"] if checkpoint else 1.0
        self.part = 0
        self.best, self.best_epoch, self.stopped_early = None, None, False
        self.learner = SimpleNamespace(snapshot=self.snapshot)

    epoch = property(lambda self: self.history[-1].number)
    finished = property(lambda self: self.epoch >= self.n_epochs)

    def extend(self, n_epochs):
        self.n_epochs = self.epoch + n_epochs

    def advance(self, max_seconds):
        if self.finished:
            return None
        if FakeTraining.clock is not None:
            FakeTraining.clock.spend(max_seconds)
        self.part += 1
        if self.part < self.model.slices:
            return None
        self.part = 0
        if self.epoch + 1 == self.model.fails_at:
            raise FAILURES[self.model.failure]
        self.weight = self.weight * (1 - self.model.rate) + 0.1 * np.sin(self.epoch)
        self.history.append(Epoch(self.epoch + 1, self.weight, None, self.weight, 0.01))
        return self.history[-1]

    def snapshot(self):
        return SimpleNamespace(
            weight=self.weight, has_factors=False, nbytes=self.model.megabytes * 2**20
        )

    def checkpoint(self):
        return {"history": list(self.history), "weight": self.weight}


def _option(default, kind):
    return option(default, kind, "", "", "", "")


@dataclasses.dataclass
class FakeModel(Model):
    n_epochs: int = _option(10, "int")
    rate: float = _option(0.1, "float")
    slices: int = _option(1, "int")
    fails_at: int | None = _option(None, "int")
    failure: str = dataclasses.field(
        default="named", metadata={"option": dict(kind="choice", choices=("named", "secret"),
        symbol="", label="", meaning="", what_if="")})  # fmt: skip
    megabytes: int = _option(0, "int")

    title = "Fake"
    shaping = ()

    @classmethod
    def defaults(cls, ratings):
        return {}

    def _learner(self, train, settings):
        raise NotImplementedError

    def start(self, train, validation=None, checkpoint=None):
        return FakeTraining(self, checkpoint)


FAILURES = {
    "named": DivergedError("It diverged; use a smaller learning rate."),
    "secret": ZeroDivisionError("secret detail"),
}


@pytest.fixture(autouse=True)
def _experiments_may_name_it(monkeypatch):
    monkeypatch.setattr(models, "MODELS", (*models.MODELS, "FakeModel"))
    monkeypatch.setattr(models, "FakeModel", FakeModel, raising=False)


@pytest.fixture
def ratings():
    return rc.Ratings.from_matrix(np.array([[1, 5, 0], [5, 1, 4], [2, 0, 5]]))


@pytest.fixture
def server():
    return runs.Registry(clock=Clock(), threaded=False)


@pytest.fixture
def space(server, ratings):
    space = server.workspace("a browser")
    space.load(ratings)
    return space


def new_run(space, model):
    """A run of a model on what was loaded last."""
    return space.new_run(space.data[-1].experiment(model))


def settle(server, run, turns=1000):
    """Turns until nothing is left to do, time passing as it is needed."""
    for _ in range(turns):
        due = server.turn()
        if not run.busy:
            return
        server.clock.now = max(server.clock.now, due)
    raise AssertionError("the run never came to rest")


def test_a_new_run_shows_its_initial_state_at_once(space):
    run = new_run(space, FakeModel())
    assert [epoch.number for epoch in run.epochs] == [0]
    assert (run.epoch, run.n_epochs, run.status) == (0, 10, "paused")
    assert run.predictor.weight == 1.0
    assert space.latest is run


def test_play_trains_to_the_end_and_pacing_keeps_its_pace(server, space):
    run = new_run(space, FakeModel(n_epochs=10))
    run.set_speed(5)
    settle(server, run)
    began = server.clock.now
    run.play()
    settle(server, run)
    assert run.status == "finished" and run.epoch == 10
    # ten epochs, the first at once, then one every 0.2 s
    assert server.clock.now - began == pytest.approx(9 * 0.2, abs=0.01)
    assert run.seconds_left == 0


def test_the_remaining_time_follows_from_the_pace(server, space):
    run = new_run(space, FakeModel(n_epochs=10))
    run.set_speed(5)
    assert run.seconds_left == pytest.approx(2.0)
    run.play()
    server.turn()
    server.clock.now += 0.2
    server.turn()
    assert run.epoch == 2
    assert run.seconds_left == pytest.approx(8 * 0.2, abs=0.01)


def test_a_turn_that_comes_late_is_not_made_up_for(server, space):
    run = new_run(space, FakeModel(n_epochs=100))
    run.set_speed(20)
    run.play()
    server.turn()
    server.clock.now += 10  # somebody else had the machine
    server.turn()
    server.turn()
    assert run.epoch == 2


def test_as_fast_as_possible_does_not_wait(server, space):
    run = new_run(space, FakeModel(n_epochs=100))
    run.set_speed(None)
    run.play()
    began = server.clock.now
    settle(server, run)
    assert run.epoch == 100 and server.clock.now - began < 0.1


def test_pause_stops_between_slices_and_play_goes_on(server, space, monkeypatch):
    monkeypatch.setattr(FakeTraining, "clock", server.clock)
    run = new_run(space, FakeModel(slices=4))
    run.set_speed(None)
    run.play()
    for _ in range(6):  # one epoch of four slices, and half of the next
        server.turn()
    run.pause()
    for _ in range(20):
        server.turn()
    assert run.epoch == 1 and run.status == "paused" and not run.wants_training
    run.play()
    settle(server, run)
    assert run.epoch == 10


def test_step_is_one_epoch(server, space):
    run = new_run(space, FakeModel(slices=3))
    run.step()
    settle(server, run)
    assert run.epoch == 1 and run.status == "paused"
    run.step()
    run.step()
    settle(server, run)
    assert run.epoch == 3


def test_step_and_play_go_past_the_last_epoch(server, space):
    run = new_run(space, FakeModel(n_epochs=4))
    run.play()
    settle(server, run)
    run.step()
    settle(server, run)
    assert (run.epoch, run.n_epochs, run.status) == (5, 5, "finished")
    run.play()
    settle(server, run)
    assert (run.epoch, run.n_epochs) == (9, 9)


def test_reset_goes_back_to_the_first_state(server, space):
    run = new_run(space, FakeModel())
    run.play()
    settle(server, run)
    run.reset()
    assert (run.epoch, run.status, run.predictor.weight) == (0, "paused", 1.0)
    assert len(run.frames) == 1


def test_what_a_slice_brings_after_a_reset_is_dropped(server, space, monkeypatch):
    run = new_run(space, FakeModel())
    run.set_speed(None)
    training = run._course.training
    advance = training.advance

    def reset_meanwhile(seconds):
        run.reset()
        return advance(seconds)

    monkeypatch.setattr(training, "advance", reset_meanwhile)
    run.play()
    server.turn()
    assert run.epoch == 0 and len(run.frames) == 1


def test_a_failing_run_says_so_and_harms_no_other(server, space):
    bad = new_run(space, FakeModel(fails_at=3))
    worse = new_run(space, FakeModel(fails_at=2, failure="secret"))
    good = new_run(space, FakeModel())
    for run in (bad, worse, good):
        run.play()
    settle(server, good)
    assert good.status == "finished"
    assert bad.status == "failed" and bad.message.startswith("It diverged;")
    assert bad.epoch == 2  # what was reached stays to be looked at
    assert worse.status == "failed" and "secret" not in worse.message
    bad.play()
    assert bad.status == "failed"
    bad.reset()
    assert bad.status == "paused" and bad.message == ""


def test_thirty_runs_all_move(server, ratings):
    everyone = []
    for number in range(30):
        space = server.workspace(f"student {number}")
        space.load(ratings)
        everyone.append(new_run(space, FakeModel(n_epochs=100)))
        everyone[-1].set_speed(5)
        everyone[-1].play()
    until = server.clock.now + 1
    while server.clock.now < until:
        server.clock.now = max(server.turn(), server.clock.now)
    assert all(5 <= run.epoch <= 7 for run in everyone)


def test_two_browsers_see_nothing_of_each_other(server, space):
    new_run(space, FakeModel())
    other = server.workspace("another browser")
    assert other.data == [] and other.runs == [] and other.latest is None
    assert server.workspace("a browser") is space


def test_workspaces_are_freed_fifteen_minutes_after_the_last_look(server, space):
    run = new_run(space, FakeModel())
    settle(server, run)
    server.clock.now += 899
    server.turn()
    assert server.workspace("a browser") is space  # which is a look
    server.clock.now += 899
    due = server.turn()
    assert len(server) == 1
    assert due == pytest.approx(server.clock.now + 1, abs=0.1)  # the worker comes back for it
    server.clock.now += 2
    server.turn()
    assert len(server) == 0
    assert server.turn() is None  # and then sleeps for good
    assert server.workspace("a browser").runs == []


def test_names_are_told_apart_and_can_be_changed(space):
    one, two = new_run(space, FakeModel()), new_run(space, FakeModel())
    assert (one.name, two.name) == ("Fake", "Fake (2)")
    assert (one.color_index, two.color_index) == (0, 1)
    space.rename(one, "  my best ")
    space.rename(two, " ")
    assert (one.name, two.name) == ("my best", "Fake (2)")


def test_removing_a_run_brings_no_colour_back(server, space):
    one, two = new_run(space, FakeModel()), new_run(space, FakeModel())
    two.step()
    settle(server, two)
    space.remove(two)
    assert space.runs == [one]
    three = new_run(space, FakeModel())
    assert three.color_index == 2
    space.remove(three)  # which nobody has seen learn
    assert new_run(space, FakeModel()).color_index == 2


def test_several_data_sets_lie_side_by_side(server, space, ratings):
    run = new_run(space, FakeModel())
    other = space.load(rc.Ratings.from_matrix(np.eye(4)))
    assert [data.ratings.n_users for data in space.data] == [3, 4]
    assert space.runs == [run] and space.latest is other
    again = space.load(rc.Ratings.from_matrix(np.array([[1, 5, 0], [5, 1, 4], [2, 0, 5]])))
    assert again is space.data[0] and len(space.data) == 2  # the same ratings
    space.look_at(run)
    assert space.latest is run
    space.unload(space.data[0])
    assert space.runs == [] and space.data == [other]


def test_groups_have_colours_of_their_own(space):
    own = new_run(space, FakeModel())
    theirs = [space.new_run(own.experiment, group="Replica 2") for _ in range(2)]
    other = new_run(space, FakeModel(rate=0.2))
    assert [run.color_index for run in (own, *theirs, other)] == [0, 0, 1, 1]
    assert space.run_of(own.experiment) is own
    assert space.run_of(own.experiment, "Replica 2") is theirs[-1]
    assert space.run_of(own.experiment.fork(3)) is None


def test_runs_on_the_same_split_share_it_and_its_baselines(space):
    one, two = new_run(space, FakeModel()), new_run(space, FakeModel(rate=0.2))
    assert one.split is two.split and one.baselines is two.baselines
    space.data[0].choose({"name": "random", "validation": 0.2, "test": 0, "seed": 3})
    three = new_run(space, FakeModel())
    assert three.split is not one.split and three.baselines is not one.baselines


def test_uploads_are_found_in_ones_own_workspace_alone(server, space):
    asked = Experiment.from_query(space.data[0].experiment(rc.SGD(n_factors=1)).to_query())
    assert asked.data.name == "upload"
    assert space.new_run(space.with_loaded_ratings(asked)).ratings is space.data[0].ratings
    with pytest.raises(MissingDataError, match="upload"):
        server.workspace("somebody else").with_loaded_ratings(asked)


def test_shared_ratings_are_read_by_code_until_that_is_undone(server, space):
    mine, other = space.data[0], server.workspace("another browser")
    code = server.share(space.owner, mine.ratings)
    assert server.share(space.owner, mine.ratings) == code
    asked = Experiment(code, None, rc.SGD(n_factors=1))
    assert Experiment.from_query(asked.to_query()) == asked
    run = other.new_run(other.with_loaded_ratings(asked))
    assert run.ratings is mine.ratings and run.experiment.data == code
    server.unshare(space.owner, mine.ratings)
    with pytest.raises(MissingDataError, match="no longer shared"):
        other.with_loaded_ratings(asked)
    with pytest.raises(MissingDataError, match="no longer shared"):
        asked.make_ratings()


def test_what_its_owner_forgets_is_nobodys_but_who_has_it_keeps_it(server, space):
    mine, other = space.data[0], server.workspace("another browser")
    code = server.share(space.owner, mine.ratings)
    asked = Experiment(code, None, rc.SGD(n_factors=1))
    run = other.new_run(other.with_loaded_ratings(asked))
    space.unload(mine)
    with pytest.raises(MissingDataError, match="no longer shared"):
        server.workspace("a third").with_loaded_ratings(asked)
    assert other.fork(run, 0).ratings is run.ratings
    assert server.share(other.owner, run.ratings) != code, "it can be shared again"


def test_a_receipt_of_shared_ratings_names_their_content_not_the_code(server, space):
    code = server.share(space.owner, space.data[0].ratings)
    run = space.new_run(space.with_loaded_ratings(Experiment(code, None, rc.SGD(n_epochs=2))))
    run.set_speed(None)
    run.play()
    settle(server, run)
    claims = Receipt.from_text(run.record().receipt)
    assert claims.experiment.data == Recipe.of("upload", id=run.ratings.fingerprint)
    assert code.get("id") not in run.record().receipt


def test_the_record_is_of_the_epoch_asked_for_and_test_scores_of_the_latest(server, space):
    space.load(rc.datasets.low_rank(30, 20, n_factors=2, density=0.6))
    run = new_run(space, rc.SGD(n_epochs=6, n_factors=2))
    run.set_speed(None)
    run.play()
    settle(server, run)
    record = run.record(3)
    assert (record.epoch, len(record.epochs)) == (3, 4)
    assert record.scores["validation_rmse"] == run.epochs[3].validation_rmse
    before = run.test_scores()[0]
    assert run.record().scores["test_rmse"] == before.rmse
    run.step()
    settle(server, run)
    assert "test_rmse" not in run.record().scores, "another model since"


# --- forks --------------------------------------------------------------------------------------


def test_a_fork_of_a_kept_epoch_goes_on_from_there(server, space):
    run = new_run(space, FakeModel())
    run.play()
    settle(server, run)
    fork = run.fork(4)
    assert [e.number for e in fork.epochs] == [0, 1, 2, 3, 4]
    assert (fork.status, fork.n_epochs) == ("paused", 10)
    fork.play()
    settle(server, fork)
    assert fork.predictor.weight == run.predictor.weight
    assert fork.name == "Fake, from epoch 4"


def test_a_changed_setting_changes_what_follows_only(server, space):
    run = new_run(space, FakeModel())
    run.play()
    settle(server, run)
    fork = run.fork(4, rate=0.5)
    fork.play()
    settle(server, fork)
    assert fork.settings["rate"] == 0.5
    assert [e.loss for e in fork.epochs[:5]] == [e.loss for e in run.epochs[:5]]
    assert fork.epochs[5].loss != run.epochs[5].loss


def test_unkept_epochs_are_retraced_through_forks_of_forks(server, space):
    run = new_run(space, FakeModel(n_epochs=20))
    run.play()
    settle(server, run)
    child = run.fork(7, rate=0.5)
    child.play()
    settle(server, child)
    while child.checkpoints.thin():
        pass
    assert [m.epoch for m in child.checkpoints] == [0, 20]
    grandchild = child.fork(11, rate=0.5)  # no change: it must end where the child ended
    assert grandchild.rewinding
    grandchild.play()
    settle(server, grandchild)
    assert grandchild.predictor.weight == child.predictor.weight
    early = child.fork(5)  # before the child's own branching: trained as the first run was
    early.step()
    settle(server, early)
    assert early.epochs[5].loss == run.epochs[5].loss
    assert early.epoch == 6


def test_a_fork_at_the_end_goes_on_for_as_many_epochs(server, space):
    run = new_run(space, FakeModel(n_epochs=5))
    run.play()
    settle(server, run)
    fork = run.fork(5)
    assert (fork.epoch, fork.n_epochs) == (5, 10)


def test_a_fork_with_an_unknown_setting_is_refused_and_leaves_nothing(space):
    run = new_run(space, FakeModel())
    with pytest.raises(SettingsError, match="no setting called speed"):
        run.fork(0, speed=3)
    assert space.runs == [run]


# --- budgets ------------------------------------------------------------------------------------


def test_thinning_keeps_the_first_the_last_and_an_even_rest():
    kept = Kept()
    for epoch in range(101):
        kept.add(epoch, np.zeros(1000))
    assert kept.thin() and kept.thin()
    assert [m.epoch for m in kept] == list(range(0, 101, 4))
    for epoch in range(101, 107):
        kept.add(epoch, np.zeros(1000))
    assert [m.epoch for m in kept] == [*range(0, 105, 4), 106]
    assert kept.nbytes == sum(m.nbytes for m in kept)
    assert kept.nearest(50).epoch in (48, 52)
    assert kept.at_or_before(51).epoch == 48
    while kept.thin():
        pass
    assert [m.epoch for m in kept] == [0, 106]


def test_a_run_stays_within_its_budget(server, space):
    run = new_run(space, FakeModel(n_epochs=100, megabytes=2))
    run.set_speed(None)
    run.play()
    for _ in range(200):
        server.turn()
        assert run.frames.nbytes <= workspaces.RUN_FRAMES
    kept = [moment.epoch for moment in run.frames]
    assert kept[0] == 0 and kept[-1] == 100
    assert len(kept) > 10 and max(np.diff(kept)) <= 2 * np.median(np.diff(kept))


def test_a_workspace_and_the_server_stay_within_theirs(server, ratings, monkeypatch):
    monkeypatch.setattr(workspaces, "WORKSPACE", 40 * 2**20)
    monkeypatch.setattr(workspaces, "SERVER", 100 * 2**20)
    everyone = []
    for owner in "abcd":
        space = server.workspace(owner)
        space.load(ratings)
        for _ in range(3):
            everyone.append(new_run(space, FakeModel(n_epochs=30, megabytes=1)))
            everyone[-1].set_speed(None)
            everyone[-1].play()
    for _ in range(40):
        server.turn()
        sizes = [run.frames.nbytes + run.checkpoints.nbytes for run in everyone]
        assert sum(sizes) <= 100 * 2**20
        for first in range(0, 12, 3):
            assert sum(sizes[first : first + 3]) <= 40 * 2**20
    assert all(run.epoch == 30 for run in everyone)


# --- speeds -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_epochs", "n_ratings", "speed"),
    [(200, 25, 20), (50, 100_000, 5), (15, 100_000, 1), (2000, 25, None), (40, 10**6, None)],
)
def test_the_usual_speed_makes_a_small_run_last_about_ten_seconds(n_epochs, n_ratings, speed):
    assert usual_speed(n_epochs, n_ratings) == speed


# --- real models, and the real worker -----------------------------------------------------------


def planted(space, seed=0):
    """Load ratings with two true factors, 20 % of them validation and 20 % test."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(30, 2)) @ generator.normal(size=(2, 20))
    values = np.clip(np.rint(3 + values), 1, 5)
    values[generator.random(values.shape) < 0.3] = 0
    data = space.load(rc.Ratings.from_matrix(values))
    data.choose({"name": "random", "validation": 0.2, "test": 0.2, "seed": seed})
    return data.split


@pytest.mark.parametrize("model", [rc.SGD(), rc.ALS(), rc.PMF()], ids=lambda m: m.title)
def test_real_runs_end_where_fit_ends_and_forks_continue_bit_for_bit(server, model):
    space = server.workspace("a browser")
    split = planted(space)
    run = new_run(space, dataclasses.replace(model, n_epochs=12, seed=3))
    run.set_speed(None)
    run.play()
    settle(server, run)
    fitted = dataclasses.replace(model, n_epochs=12, seed=3).fit(split.train, split.validation)
    np.testing.assert_array_equal(run.predictor.user_factors, fitted.user_factors)
    while run.checkpoints.thin():
        pass
    fork = run.fork(7)
    fork.play()
    settle(server, fork)
    assert [e.loss for e in fork.epochs] == [e.loss for e in run.epochs]
    np.testing.assert_array_equal(
        fork.predictor_at(12).item_factors, run.predictor_at(12).item_factors
    )


def test_whatever_was_done_to_a_run_its_receipt_replays_to_the_same_bits(server):
    space = server.workspace("a browser")
    planted(space)
    ratings = space.data[0].ratings

    def same_bits(run):
        settle(server, run)
        found = replay(run.record().receipt, ratings)
        assert found.outcome == "same bits", found.text
        assert found.record.epochs[-1].number == run.epoch

    run = new_run(space, rc.SGD(n_factors=2, n_epochs=8, patience=3))
    assert run.record() is not None  # at epoch 0
    same_bits(run)
    run.step()
    run.step()
    same_bits(run)
    run.play()
    assert run.record() is None, "while it trains, numbers would not agree"
    same_bits(run)
    run.play()  # as many epochs again
    same_bits(run)
    run.test_scores()
    assert "test_rmse" in run.record().scores
    same_bits(run)
    while run.checkpoints.thin():
        pass
    fork = run.fork(5, learning_rate=0.01)
    assert fork.rewinding and fork.record() is None
    fork.play()
    same_bits(fork)
    again = fork.fork(6, reg=0.3)
    again.play()
    same_bits(again)
    earlier = again.fork(2)
    earlier.play()
    same_bits(earlier)
    again.reset()
    again.play()
    same_bits(again)


def test_an_experiment_with_forks_runs_as_it_is_when_it_comes_from_elsewhere(server):
    space = server.workspace("a browser")
    planted(space)
    asked = space.data[0].experiment(rc.SGD(n_factors=2, n_epochs=8)).fork(3, reg=0.5).fork(8)
    run = space.new_run(asked)
    assert (run.n_epochs, run.settings["reg"]) == (16, 0.5)
    run.play()
    settle(server, run)
    assert run.epoch == 16 or run.stopped_early
    assert run.record().digest == experiments.run(asked).digest


def test_one_basis_for_the_whole_run_and_its_forks(server):
    space = server.workspace("a browser")
    planted(space)
    run = new_run(space, rc.SGD(n_factors=3, n_epochs=30))
    assert run.basis is None and run.basis_pending
    settle(server, run)  # found before anybody plays
    basis = run.basis
    assert basis is not None and not run.basis_pending
    run.play()
    settle(server, run)
    assert run.basis is basis
    assert run.fork(10).basis is basis


def test_test_error_beside_the_baselines_is_computed_once(server):
    space = server.workspace("a browser")
    planted(space)
    run = new_run(space, rc.ALS(n_factors=2))
    run.play()
    settle(server, run)
    found = run.test_scores()
    assert [score.name for score in found] == [run.name, "Global mean", "User + item bias"]
    # The biases of this world may teach nothing; then their best epoch is the mean itself.
    assert found[0].rmse < found[2].rmse <= found[1].rmse
    split = run.split
    error = split.test.values - run.predictor.predict(split.test.user_ids, split.test.item_ids)
    assert found[0].rmse == pytest.approx(np.sqrt((error.astype(float) ** 2).mean()))
    assert run.test_scores() is found
    assert [b.name for b in run.baselines] == ["Global mean", "User + item bias"]


def test_without_a_test_part_one_sentence_says_what_to_do(space):
    with pytest.raises(SettingsError, match="Data page"):
        new_run(space, rc.GlobalMean()).test_scores()


def test_a_baseline_is_finished_from_the_start(server, space):
    run = new_run(space, rc.GlobalMean())
    assert run.status == "finished"
    settle(server, run)
    run.play()
    run.step()
    assert run.status == "finished" and run.basis is None and not run.basis_pending


def test_a_run_that_diverges_fails_with_the_remedy(server):
    space = server.workspace("a browser")
    planted(space)
    run = new_run(space, rc.SGD(learning_rate=1.0, reg=1e-4, n_epochs=100))
    run.set_speed(None)
    run.play()
    settle(server, run)
    assert run.status == "failed" and "smaller learning rate" in run.message


def test_the_worker_trains_while_nobody_asks(ratings):
    server = runs.Registry()
    space = server.workspace("a browser")
    space.load(ratings)
    run = new_run(space, FakeModel(n_epochs=30))
    run.set_speed(None)
    run.play()
    for _ in range(500):
        if not run.busy:
            break
        time.sleep(0.01)
    assert run.epoch == 30
    run.step()  # wakes the sleeping worker
    for _ in range(500):
        if not run.busy:
            break
        time.sleep(0.01)
    assert run.epoch == 31
