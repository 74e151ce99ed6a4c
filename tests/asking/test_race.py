"""Who is ahead of a race: by hand, and as the run itself says which epoch is its best."""

import pytest

import recsys_core as rc
from recsys_core.asking.race import Lane, verdict
from recsys_core.live import race as lanes
from recsys_core.runs import Registry


def said(*racing: Lane) -> str:
    return str(verdict(racing)).replace("\u00a0", " ")


def test_who_leads_depends_on_what_is_counted():
    # After 2 epochs: .9 against 1.2; after 1.5 s: 3.0 (its first epoch takes 2 s) against 1.1.
    fast = Lane("fast", (3.0, 1.0, 0.9), (0.0, 2.0, 4.0), touched=100)
    slow = Lane("slow", (3.0, 1.5, 1.2, 1.1), (0.0, 0.5, 1.0, 1.5), touched=400)
    text = said(fast, slow)
    assert "After 2 epochs fast leads with 0.9000 (slow: 1.2000)" in text
    assert "after 1.5 s slow leads with 1.1000 (fast: 3.0000)" in text
    assert "after 200 ratings touched fast leads with 0.9000 (slow: 3.0000)" in text
    assert "Each at its best, fast is ahead with 0.9000 (slow: 1.1000)." in text


def test_an_error_lower_by_noise_alone_is_no_better_epoch():
    nearly = Lane("nearly", (2.0, 1.0, 1.0 - 0.9e-4), (0.0, 1.0, 2.0), touched=1)
    other = Lane("other", (2.0, 1.0, 1.0 - 1.1e-4), (0.0, 1.0, 2.0), touched=1)
    assert nearly.kept == [2.0, 1.0, 1.0] and other.kept[-1] == 1.0 - 1.1e-4
    assert Lane("wide", other.errors, other.seconds, 1, size=2.0).kept[-1] == 1.0
    assert "other is ahead however one counts" in said(nearly, other)


@pytest.mark.parametrize("model", [rc.ALS(n_factors=3), rc.SGD(n_factors=3, n_epochs=40)], ids=str)
def test_at_its_end_a_lane_has_the_error_of_the_runs_best_epoch(model):
    registry = Registry(threaded=False)
    space = registry.workspace("a" * 32)
    loaded = space.load(rc.datasets.low_rank(n_users=60, n_items=40, seed=1))
    entry = space.new_entry(loaded.experiment(model))
    entry.train()
    while entry.run.busy:
        registry.turn()
    lane, run = lanes.lane("it", entry.run), entry.run
    assert lane.kept[-1] == run.epochs[run.best_epoch].validation_rmse
