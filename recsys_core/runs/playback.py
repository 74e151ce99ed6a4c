"""Which epoch is shown: a moment resolved, and where playback has come to.

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
    """The epoch that a moment means for a run that is trained so far.

    An epoch not trained yet is the latest there is; so is "best" until training is over, and
    without validation. None is epoch 0.
    """
    if moment is None:
        return 0
    if moment == "best" and finished and best is not None:
        return best
    return trained if isinstance(moment, str) else min(moment, trained)


def played(start: int, seconds: float, speed: Speed, trained: int) -> float:
    """Where playback is that began at an epoch some seconds ago, in epochs, fractions included.

    It never passes what is trained.
    """
    if speed == "max":
        return float(trained)
    return float(min(start + max(seconds, 0.0) * float(speed), max(trained, start)))


def ended(position: float, trained: int, finished: bool) -> bool:
    """Whether playback has come to the end of a run that is trained."""
    return finished and position >= trained


def usual_speed(n_epochs: int) -> Speed:
    """The offered speed at which a run is over after about ten seconds."""
    wanted = max(n_epochs, 1) / _WATCHED
    paced = [speed for speed in SPEEDS if not isinstance(speed, str)]
    return min(paced, key=lambda speed: abs(math.log(speed / wanted)))
