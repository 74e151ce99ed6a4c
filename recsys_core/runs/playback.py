"""Which epoch is shown: from the moment chosen, or from how long playback has run.

The browser does the same between messages (``js/playback.js``); one table of cases
tests both.
"""

from __future__ import annotations

import math

from recsys_core.experiments.view import Moment, Speed

# Epochs per second that are offered; "max" is as fast as it trains.
SPEEDS: tuple[Speed, ...] = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, "max")

# How long a run is meant to be watched, in seconds.
_WATCHED = 10.0


def resolve(moment: Moment | None, trained: int, finished: bool, best: int | None) -> int:
    """Return the epoch that a moment (a number, “best” …) means for a run trained so far.

    An epoch not trained yet is the latest there is; so is "best" until training is over, and
    without validation. None is epoch 0.
    """
    if moment is None:
        return 0
    if moment == "best" and finished and best is not None:
        return best
    return trained if isinstance(moment, str) else min(moment, trained)


def played(start: int, seconds: float, speed: Speed, trained: int) -> float:
    """Compute the epoch, with its fraction, that playback has reached some seconds after its start.

    It never passes what is trained.
    """
    if speed == "max":
        return float(trained)
    return float(min(start + max(seconds, 0.0) * float(speed), max(trained, start)))


def ended(position: float, trained: int, finished: bool) -> bool:
    """Tell whether playback has reached the end of a trained run."""
    return finished and position >= trained


def usual_speed(n_epochs: int) -> Speed:
    """Choose the speed, of those offered, at which a run takes about ten seconds."""
    wanted = max(n_epochs, 1) / _WATCHED
    paced = [speed for speed in SPEEDS if not isinstance(speed, str)]
    return min(paced, key=lambda speed: abs(math.log(speed / wanted)))
