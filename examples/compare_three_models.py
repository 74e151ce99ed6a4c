"""Compare SGD, ALS and PMF on ten random splits, beside the two baselines.

One split says little: which model is best on it may be chance. So each model is trained on the same
ten splits, with the settings it chooses from the size of the data; validation decides when training
stops, and the test RMSE is reported as mean ± standard deviation over the splits.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where nothing is installed

import recsys_core as rc

N_SPLITS = 10
MODELS = (rc.SGD, rc.ALS, rc.PMF, rc.UserItemBias, rc.GlobalMean)

ratings = rc.datasets.low_rank(n_users=200, n_items=100, n_factors=4, noise=0.5, seed=0)
print(ratings)

errors = np.empty((N_SPLITS, len(MODELS)))  # test RMSE, in rating units
for seed in range(N_SPLITS):
    split = rc.splits.random(ratings, validation=0.1, test=0.1, seed=seed)
    for column, model_class in enumerate(MODELS):
        model = model_class(seed=seed).fit(split.train, split.validation)
        predicted = model.predict(split.test.user_ids, split.test.item_ids)
        errors[seed, column] = rc.metrics.rmse(split.test.values, predicted)

print(f"test RMSE on {N_SPLITS} random splits 80/10/10, seeds 0 to {N_SPLITS - 1}:")
for column in np.argsort(errors.mean(axis=0)):
    mean, deviation = errors[:, column].mean(), errors[:, column].std(ddof=1)
    print(f"{MODELS[column].title:<17} {mean:.3f} ± {deviation:.3f}")

# Models are compared on the same splits: their differences vary less than their errors.
first, second = np.argsort(errors.mean(axis=0))[:2]
difference = errors[:, second] - errors[:, first]
print(
    f"{MODELS[first].title} is better than {MODELS[second].title} on {(difference > 0).sum()} of "
    f"{N_SPLITS} splits, by {difference.mean():.3f} ± {difference.std(ddof=1):.3f}"
)
