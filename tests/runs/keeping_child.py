"""A program that trains and keeps, until it is killed: ``python keeping_child.py URL``.

It prints the epoch of each run, over and over; the newest lines say what was shown at the end.
"""

import sys
import time

import recsys_core as rc
from recsys_core.runs import past
from recsys_core.runs.registry import Registry

if __name__ == "__main__":
    registry = Registry()
    past.install(sys.argv[1], registry)
    workspace = registry.workspace("me")
    data = workspace.load(rc.datasets.low_rank(n_users=60, n_items=40))
    sgd = workspace.new_entry(data.experiment(rc.SGD(n_factors=3, n_epochs=10**6, patience=10**6)))
    sgd.train()
    while True:
        print(sgd.run.epoch, flush=True)
        time.sleep(0.05)
