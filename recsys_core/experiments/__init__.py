"""What was run, as a value: data, split and model, each with its own seed.

    e = Experiment(data="party", model=rc.SGD(n_factors=3, seed=0))
    record = run(e)                        # what came of it, as plain data
    print(record.receipt)                  # … and as a line of text that ``replay`` checks
    print(e.to_query())                    # data=party&model=SGD&k=3
    assert Experiment.from_query(e.to_query()) == e

Equal experiments give equal bits on one machine.
"""

from recsys_core.experiments.defaults import looks_like_counts, usual_experiment, usual_model
from recsys_core.experiments.experiment import Experiment, Fork
from recsys_core.experiments.record import Record
from recsys_core.experiments.replay import Replay, replay
from recsys_core.experiments.running import ExperimentTraining, run
from recsys_core.experiments.view import View

__all__ = [
    "Experiment", "ExperimentTraining", "Fork", "Record", "Replay", "View", "looks_like_counts",
    "replay", "run", "usual_experiment", "usual_model",
]  # fmt: skip
