"""Prove a result: a receipt is one line of text from which anybody can run it again and compare.

It says data, split, model and all seeds, and what came of them: scores, and a digest of the
predictions. ``python -m recsys_core replay RECEIPT`` does the same on the command line.
"""

import dataclasses
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where nothing is installed

import recsys_core as rc

experiment = rc.Experiment(
    data={"name": "low_rank", "n_users": 200, "n_items": 100, "noise": 0.5, "seed": 3},
    split={"name": "random", "validation": 0.1, "test": 0.1, "seed": 1},
    model=rc.SGD(n_factors=4, n_epochs=40, seed=2),
)
record = rc.run(experiment).tested()  # measured on the test part once, of the best epoch
print(f"best epoch on validation: {record.best_epoch}")
for name, value in record.scores.items():
    print(f"{name}: {value:.4f}")
print(f"\n{record.receipt}\n")

# Nothing but the line of text is needed, here or elsewhere.
replayed = rc.experiments.replay(record.receipt)
print(f"the receipt replayed: {replayed.text}")

# A claim that is not true does not pass.
better = {**record.scores, "test_rmse": record.scores["test_rmse"] / 2}
claimed = dataclasses.replace(record, scores=better).receipt
print(f"half the error claimed: {rc.experiments.replay(claimed).text}")
