"""Progress of a training on a terminal: one line that changes; without a terminal, a few lines."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from recsys_core.training import Epoch
from recsys_core.words import duration, error, number

# Seconds between two lines.
_ON_TERMINAL, _ELSEWHERE = 0.1, 5.0


class Progress:
    """Shows epochs as they end; call it with each Epoch and the number planned."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = sys.stderr if stream is None else stream
        self.terminal = self.stream.isatty()
        self.began = self.shown = time.monotonic()

    def __call__(self, epoch: Epoch, n_epochs: int) -> None:
        """Show an epoch, unless the last one was shown a moment ago."""
        now = time.monotonic()
        pause = _ON_TERMINAL if self.terminal else _ELSEWHERE
        if now - self.shown < pause and epoch.number < n_epochs:
            return
        self.shown = now
        left = (now - self.began) / max(epoch.number, 1) * (n_epochs - epoch.number)
        text = f"epoch {epoch.number:,} / {n_epochs:,}"
        if epoch.validation_rmse is not None:
            text += f" · validation RMSE {error(epoch.validation_rmse)}"
        elif epoch.train_rmse is not None:
            text += f" · training RMSE {error(epoch.train_rmse)}"
        else:
            text += f" · objective {number(epoch.loss)}"
        text += f" · {duration(left)} left" if left > 0.5 else ""
        before, after = ("\r\x1b[K", "") if self.terminal else ("", "\n")
        self.stream.write(before + text + after)
        self.stream.flush()

    def close(self) -> None:
        """End the line."""
        if self.terminal:
            self.stream.write("\n")
