"""Which news of its runs a browser has received, and what the next message contains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from recsys_core.live import commentary, latent_axes, race
from recsys_core.live.frames import frame, frame_bytes
from recsys_core.live.messages import Baseline, Frame, Map, RunNews, Said, Sentence, Tick
from recsys_core.live.status_lines import short
from recsys_core.models import FittedModel
from recsys_core.runs import Run
from recsys_core.runs.comparing import n_done
from recsys_core.runs.snapshots import Snapshot
from recsys_core.text import Text

# About how long the frames of one message may be, in bytes, and how many: of a tick, and of the
# first one, which brings the past along.
_TICK, _FIRST = 32_000, 160_000
_MOST_FRAMES, _MOST_FIRST = 30, 100


@dataclass
class _Told:
    """What of one run the browser has received."""

    epochs: int
    version: int = -1
    said: int = 0  # epochs whose sentence it knows
    before: bool = False
    after: Text | None = None
    baselines: bool = False
    map: Map | None = None
    frames: set[int] = field(default_factory=set)
    pictured: int = -1  # up to this epoch frames were sent
    series: object = None  # which models they were of


class Feed:
    """Messages for one browser tab: the epochs of the runs it shows, the frames of one.

    Parameters
    ----------
    runs : stream → Run, those whose curves it shows.
    main : the one in view; None where there is none.
    epochs : stream → how many epochs of it are known there; frames : epochs of known frames.
    racing : stream → name, of those that it races.
    """

    def __init__(
        self,
        runs: Mapping[str, Run],
        main: str | None = None,
        epochs: Mapping[str, int] | None = None,
        frames: Iterable[int] = (),
        racing: Mapping[str, str] | None = None,
    ) -> None:
        known = epochs or {}
        self.runs = dict(runs)
        self.main = main
        self.racing = dict(racing or {})
        self._said: Text | None = None
        self._measured = 0
        self._told = {stream: _Told(max(known.get(stream, 0), 0)) for stream in self.runs}
        if main in self._told:
            here = self._told[main]
            here.frames.update(frames)
            here.pictured = max(here.frames, default=-1)

    def tick(self) -> Tick | None:
        """Return what is new as a message; None if nothing is."""
        news = {
            stream: found
            for stream, run in self.runs.items()
            if (found := self._news(stream, run)) is not None
        }
        said = self._race() if self.racing and news else None
        measured = 0 if self.main not in self.runs else n_done(self.runs[self.main].split)
        if not news and measured == self._measured:
            return None
        self._measured = measured
        return Tick(news, race=said, measured=measured)

    def _race(self) -> Sentence | None:
        """Who is ahead, where that is new."""
        said = race.verdict([(name, self.runs[stream]) for stream, name in self.racing.items()])
        if said == self._said:
            return None
        self._said = said
        return Sentence.of(said)

    def exactly(self, epoch: int) -> Tick | None:
        """The frame of one epoch of the run in view, as near as it is kept."""
        if self.main is None or self.main not in self.runs:
            return None
        run, told = self.runs[self.main], self._told[self.main]
        if run.basis_pending:
            return None
        with run.lock:
            news = _state(run, told.epochs)
            moment = _snapshot_of(run, epoch)
        told.frames.add(moment.epoch)
        news.frames = [frame(run, moment.epoch, moment.value)]
        return Tick({self.main: news})

    def _news(self, stream: str, run: Run) -> RunNews | None:
        told = self._told[stream]
        version = run.version
        if version == told.version:
            return None
        pictured = stream == self.main
        if pictured:
            run.awaken()  # before the lock: a run that came back reads its models
        with run.lock:  # an epoch, its frame and the status change together
            news = _state(run, told.epochs)
            moments = list(run.frames) if pictured else []
            if told.series is not None and told.series is not run.history.frames:
                told.pictured = -1  # the models of a run that came back are there again
            told.series = run.history.frames
        told.version = version
        told.epochs = news.from_ + len(news.loss)
        self._tell_words(run, told, news)
        if not told.baselines and (known := list(run.baselines)):
            told.baselines = True
            news.baselines = [Baseline(str(b.name), b.train_rmse, b.validation_rmse) for b in known]
        if pictured and not run.basis_pending:
            news.frames = self._frames(run, told, moments)
            found = latent_axes.map_of(run)
            if found != told.map:
                told.map = news.map = found
        return news

    def _tell_words(self, run: Run, told: _Told, news: RunNews) -> None:
        if not told.before:
            told.before, news.before = True, Sentence.of(commentary.before(run))
        if run.model.has_epochs and told.epochs > told.said:
            new = commentary.changes(run, told.said)
            news.said = [
                Said(epoch, Sentence.of(text)) for epoch, text in new if epoch < told.epochs
            ]
            told.said = told.epochs
        after = commentary.after(run) if news.status == "finished" else None
        if after is not None and after != told.after:  # other words once its baselines are there
            told.after, news.after = after, Sentence.of(after)

    def _frames(
        self, run: Run, told: _Told, moments: list[Snapshot[FittedModel]]
    ) -> list[Frame] | None:
        first = told.pictured < 0
        new = [m for m in moments if m.epoch > told.pictured and m.epoch not in told.frames]
        n_bytes, n_frames = (_FIRST, _MOST_FIRST) if first else (_TICK, _MOST_FRAMES)
        most = min(max(1, n_bytes // frame_bytes(run)), n_frames)
        chosen = [new[i] for i in _spread(len(new), most)]
        told.pictured = moments[-1].epoch
        best = run.best_epoch
        if run.status == "finished" and best is not None:
            if best not in told.frames and all(m.epoch != best for m in chosen):
                chosen.append(_snapshot_of(run, best))
        told.frames.update(moment.epoch for moment in chosen)
        return [frame(run, m.epoch, m.value) for m in chosen] or None


def _snapshot_of(run: Run, epoch: int) -> Snapshot[FittedModel]:
    """Return the fitted model kept nearest to an epoch; a finished run keeps its best one."""
    if run.status == "finished" and epoch == run.best_epoch:
        return Snapshot(epoch, run.fitted)
    return Snapshot(*run.snapshot_near(epoch))


def _state(run: Run, known: int) -> RunNews:
    """Where a run stands, and its epochs from the first that is not known yet."""
    new = run.epochs[known:]
    started = min(known, len(run.epochs))
    rated = run.epochs[0].train_rmse is not None
    validated = rated and run.epochs[0].validation_rmse is not None
    return RunNews(
        from_=started,
        loss=[short(e.loss) for e in new],
        train=[short(e.train_rmse) for e in new] if rated else None,
        validation=[short(e.validation_rmse) for e in new] if validated else None,
        status=run.status,
        message=Sentence.of(run.message) if run.message else None,
        n_epochs=run.n_epochs,
        best=run.best_epoch,
        single=not run.model.has_epochs,
        early=run.stopped_early,
        rewinding=run.rewinding,
        seconds=run.seconds_an_epoch,
        took=[short(e.seconds) for e in new],
    )


def _spread(n: int, most: int) -> list[int]:
    """At most ``most`` of n positions, evenly spread, the last always among them."""
    if n <= most:
        return list(range(n))
    if most == 1:
        return [n - 1]
    return np.unique(np.rint(np.linspace(0, n - 1, most)).astype(int)).tolist()
