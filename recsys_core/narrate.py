"""The teacher's voice: one or two sentences on where a run stands, from its numbers."""

from __future__ import annotations

from recsys_core.models import UserItemBias
from recsys_core.runs import Run
from recsys_core.training import Epoch
from recsys_core.words import number, plural

# A fall of the training error by this share an epoch is fast; by less than the second, flat.
_FAST, _FLAT = 0.02, 0.003

# The validation error has risen when it is this share above its lowest.
_RISEN = 0.003


def sentence(run: Run) -> str:
    """What one sees: before training what will happen, during it what happens, then how good."""
    if run.status == "failed":
        return run.message
    if run.rewinding:
        return "Going back to that epoch: the epochs before it are trained again, bit for bit."
    if not run.n_epochs:
        return f"{run.model.title}: nothing to train. {_verdict(run)}"
    if not run.model.has_epochs:
        noun = run.split.train.item_noun
        comparing = f"Comparing each {noun} with every other: who rated both, and how alike?"
        return _verdict(run) if run.status == "finished" else comparing
    if run.epoch == 0:
        return _before(run)
    if run.status == "finished":
        return _after(run)
    return ("Paused. " if run.status == "paused" else "") + _during(run)


def _before(run: Run) -> str:
    rmse = run.epochs[0].train_rmse
    if rmse is None:
        return (
            "Nothing is learned yet. Press Play: the objective should fall fast, then ever more "
            "slowly. It predicts who would choose what, not ratings, so there is no RMSE."
        )
    watch = (
        "watch whether the solid curve, of ratings kept aside, follows."
        if run.split.validation is not None
        else "all ratings train here, so it shows how well they are memorised."
    )
    return (
        f"Nothing is learned yet: guesses are typically off by {number(rmse)} (RMSE). Press Play: "
        f"the dashed training curve should fall fast, then ever more slowly; {watch}"
    )


def _during(run: Run) -> str:
    epochs = list(run.epochs)
    burn_in = run.settings.get("burn_in")
    if burn_in is not None:
        return _drawing(run.epoch, burn_in)
    now = epochs[-1]
    if now.validation_rmse is not None:
        best = min(epochs, key=lambda e: e.validation_rmse or 0.0)
        assert best.validation_rmse is not None
        falling = _error(now) < _error(epochs[best.number])
        if now.validation_rmse > best.validation_rmse * (1 + _RISEN) and falling:
            return (
                f"Validation error has risen since epoch {best.number} while training error still "
                "falls: the model starts to memorise. More regularisation, fewer factors or an "
                "earlier stop would help."
            )
    fall = _fall(run)
    if fall > _FAST:
        return (
            f"Falling fast: about {100 * fall:.0f}\u00a0% of the {_what(now)} goes with each "
            "epoch. The big patterns come first: who is mild, what is loved."
        )
    if fall > _FLAT:
        return (
            "Falling more slowly: what is left to learn are finer tastes, shared by fewer people."
        )
    if fall > -_FLAT:
        return "Flattening: another epoch hardly changes the predictions any more."
    rises = f"{_what(now)} rises"
    if "learning_rate" in run.settings:
        rises += ": the steps overshoot. A smaller learning rate would help."
    else:
        rises += " for the moment, since something else is minimised along with it."
    return rises[0].upper() + rises[1:]


def _drawing(epoch: int, burn_in: int) -> str:
    """Where a sampler stands: its error says little before draws are kept."""
    if epoch <= burn_in:
        return (
            f"Burn-in until epoch {burn_in}: each epoch draws one plausible model, none is kept "
            "yet. A single draw is noisy, so the error jumps about."
        )
    return (
        "Every draw now counts: predictions are the mean over all that are kept, which is steadier "
        "than any of them. How far they spread says how sure it is."
    )


def _error(epoch: Epoch) -> float:
    """What should fall: the training error, or the objective where no ratings are predicted."""
    return epoch.loss if epoch.train_rmse is None else epoch.train_rmse


def _what(epoch: Epoch) -> str:
    return "objective" if epoch.train_rmse is None else "training error"


def _fall(run: Run) -> float:
    """Share of the error that an epoch took off, over the latest few."""
    epochs = list(run.epochs)
    back = min(len(epochs) - 1, max(1, len(epochs) // 20))
    before, now = _error(epochs[-1 - back]), _error(epochs[-1])
    if before <= 0:
        return 0.0
    return 1 - (now / before) ** (1 / back)


def _after(run: Run) -> str:
    if run.stopped_early and run.best_epoch is not None:
        waited = plural("epoch", run.epoch - run.best_epoch)
        began = (
            f"Stopped early: for {waited} validation error fell no further, so epoch "
            f"{run.best_epoch} is kept. "
        )
    elif run.best_epoch is not None and run.best_epoch < run.epoch:
        began = f"Done; epoch {run.best_epoch}, the best on validation, is kept. "
    else:
        began = "Done. "
    return began + _verdict(run)


def _verdict(run: Run) -> str:
    """How good it is against the baselines, in words and numbers."""
    validated = run.split.validation is not None
    best = run.best_epoch if validated else None
    epoch = run.epochs[-1 if best is None else best]
    rmse = epoch.validation_rmse if validated else epoch.train_rmse
    if rmse is None:
        return (
            "It predicts who would choose what, not ratings, so there is no RMSE: judge it by its "
            "lists, with the test measures below."
        )
    kind = "validation" if validated else "training"
    text = f"It predicts {kind} ratings to within {number(rmse)} (RMSE)"
    for baseline in run.baselines:
        if not isinstance(baseline.model, UserItemBias) or isinstance(run.model, UserItemBias):
            continue
        bias = baseline.validation_rmse if validated else baseline.train_rmse
        if bias:
            text += f"; {_compared(rmse, bias)}"
    if not validated:
        return (
            text + ". None were held out: this is how well it remembers, not how well it guesses."
        )
    return text + "."


def _compared(rmse: float, bias: float) -> str:
    name = f"user and item biases alone ({number(bias)})"
    gain = 1 - rmse / bias
    if gain > 0.005:
        return f"that is {100 * gain:.2g}\u00a0% better than {name}"
    if gain > -0.005:
        return f"no better than {name}: whatever else it learned adds nothing here"
    return f"worse than {name}: it has learned noise, or not enough"
