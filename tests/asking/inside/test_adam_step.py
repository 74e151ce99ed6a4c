"""One step of Adam, retraced: the bits of PyTorch's own training, and the formula of them."""

import math

import numpy as np
import pytest
import torch

import recsys_core as rc
from recsys_core.asking.inside.adam_step import AdamSteps
from recsys_core.errors import SettingsError

WORLD = rc.datasets.low_rank(20, 12, n_factors=3, density=0.5, seed=1)


class Watched:
    """A training straight through, and what each step of its optimiser changes in one epoch."""

    def __init__(self, model, before):
        self.training = model.start(WORLD)
        for _ in range(before):
            self.training.advance(math.inf)
        self.fitted, self.checkpoint = self.training.latest, self.training.checkpoint()
        self.network = self.training.trainer.network
        self.seen = []
        optimiser = self.training.trainer.optimiser
        step = optimiser.step

        def watched():
            before = self.now()
            step()
            self.seen.append((before, self.now()))

        optimiser.step = watched
        self.training.advance(math.inf)

    def now(self):
        """By name of a table: its numbers, the gradient PyTorch found, m and v."""
        found = {}
        for name in ("p", "q", "b_user", "b_item"):
            if not hasattr(self.network, name):
                continue
            weight = getattr(self.network, name).weight
            state = self.training.trainer.optimiser.state.get(weight, {})
            zero = torch.zeros_like(weight)
            parts = (weight.data, weight.grad, state.get("exp_avg", zero),
                     state.get("exp_avg_sq", zero))  # fmt: skip
            found[name] = tuple(part.detach().clone().numpy() for part in parts)
        return found


def rows_of(tables, user, item, part):
    """A part of the user's row and of the item's, the bias first where there is one."""
    for factors, bias, index in (("p", "b_user", user), ("q", "b_item", item)):
        own = tables[factors][part][index]
        yield np.append(tables[bias][part][index], own) if bias in tables else own


CASES = [
    ("dot", {}), ("GMF", {}), ("MLP", {}), ("NeuMF", {}),
    ("dot", {"biases": False}), ("NeuMF", {"sigmoid": True}),
]  # fmt: skip


@pytest.mark.parametrize(("variant", "more"), CASES)
@pytest.mark.parametrize("before", [0, 2])
def test_every_rating_of_an_epoch_finds_the_bits_of_the_training(variant, more, before):
    model = rc.NeuralMF(
        variant=variant, n_factors=4, n_epochs=9, batch_size=16, weight_decay=0.02, seed=3,
        device="cpu", **more,
    )  # fmt: skip
    watched = Watched(model, before)
    steps = AdamSteps(model, WORLD, watched.checkpoint)
    assert steps.epoch == before + 1
    seen_in = set()
    # From the last to the first as well: going back begins the epoch anew.
    for row in [*range(0, len(WORLD), 9), 4, 2, 0]:
        user, item = int(WORLD.user_ids[row]), int(WORLD.item_ids[row])
        found = steps.of(user, item)
        was, then = watched.seen[found.batch]
        assert found.holds and found.n_batches == len(watched.seen)
        assert found.step == before * found.n_batches + found.batch + 1
        for side, *expected in zip(
            ("user", "item"), rows_of(was, user, item, 0), rows_of(then, user, item, 0),
            rows_of(then, user, item, 1), rows_of(was, user, item, 2),
            rows_of(then, user, item, 2), rows_of(was, user, item, 3),
            rows_of(then, user, item, 3), strict=True,
        ):  # fmt: skip
            its = found.rows[side]
            given = (its.before, its.after, its.of_error, its.mean_before, its.mean_after,
                     its.square_before, its.square_after)  # fmt: skip
            for own, torchs in zip(given, expected, strict=True):
                np.testing.assert_array_equal(own.astype(np.float32), torchs)
            # The formula says the same, but for rounding to float32.
            np.testing.assert_allclose(its.update.value, its.after, atol=2e-6)
            np.testing.assert_allclose(its.update.moments.mean, its.mean_after, atol=1e-6)
            np.testing.assert_allclose(its.update.moments.square, its.square_after, atol=1e-6)
            assert its.update.moments.step == found.step
            np.testing.assert_allclose(its.update.gradient, its.of_error + its.of_penalty)
            assert len(its.names) == len(its.before)
        assert 1 <= found.n_user <= found.n <= 16 and 1 <= found.n_item
        seen_in.add(found.batch)
    assert len(seen_in) > 2


@pytest.mark.parametrize("sigmoid", [False, True])
def test_predictions_before_and_after_are_those_of_the_model(sigmoid):
    model = rc.NeuralMF(
        variant="NeuMF", n_factors=4, n_epochs=3, batch_size=10_000, sigmoid=sigmoid, device="cpu"
    )
    watched = Watched(model, 1)  # one batch is a whole epoch
    user, item = int(WORLD.user_ids[5]), int(WORLD.item_ids[5])
    found = AdamSteps(model, WORLD, watched.checkpoint).of(user, item)
    for fitted, predicted in (
        (watched.fitted, found.predicted_before), (watched.training.latest, found.predicted_after),
    ):  # fmt: skip
        assert predicted == pytest.approx(fitted.predict([user], [item], clip=False)[0], abs=1e-5)
    assert (found.n, found.n_user) == (len(WORLD), WORLD.user_counts[user])


def test_the_first_moments_are_nought_and_a_cell_that_is_not_trained_on_has_the_first_batch():
    model = rc.NeuralMF(n_factors=4, n_epochs=3, batch_size=16, device="cpu")
    watched = Watched(model, 0)
    user, item = np.argwhere(np.isnan(WORLD.block(range(20), range(12))))[0].tolist()
    found = AdamSteps(model, WORLD, watched.checkpoint).of(user, item)
    assert not found.holds and found.batch == 0 and found.step == 1
    for row in found.rows.values():
        assert not row.mean_before.any() and not row.square_before.any()
        assert np.allclose(row.update.mean_hat, row.update.gradient)
    side, at = found.largest
    assert abs(found.rows[side].moved[at]) == max(
        np.abs(row.moved).max() for row in found.rows.values()
    )


def test_only_neural_mf_takes_steps_of_adam():
    model = rc.SGD(n_factors=2)
    with pytest.raises(SettingsError, match="no steps of Adam"):
        AdamSteps(model, WORLD, model.start(WORLD).checkpoint())
