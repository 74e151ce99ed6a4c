"""Choose the regularisation λ of ALS by a plain loop.

Every λ is judged on the validation part; the test part is used once, for the λ chosen. The training
error cannot choose: it is lowest where the model overfits.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where nothing is installed

import recsys_core as rc

LAMBDAS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)

ratings = rc.datasets.low_rank(n_users=200, n_items=100, noise=0.7, seed=0)
split = rc.splits.random(ratings, validation=0.1, test=0.1, seed=0)
print(f"{ratings}\n{split.description}")

best, best_rmse = None, float("inf")
print("λ      training  validation   (RMSE, in rating units)")
for reg in LAMBDAS:
    model = rc.ALS(n_factors=6, reg=reg, n_epochs=30, seed=0).fit(split.train)
    validation = split.validation
    rmse = rc.metrics.rmse(
        validation.values, model.predict(validation.user_ids, validation.item_ids)
    )
    print(f"{reg:<6g} {model.history[-1].train_rmse:<9.3f} {rmse:.3f}")
    if rmse < best_rmse:
        best, best_rmse = model, rmse

test = split.test
print(f"\nchosen on validation: λ = {best.reg:g}")
for name, fitted in (("ALS", best), ("User + item bias", rc.UserItemBias().fit(split.train))):
    rmse = rc.metrics.rmse(test.values, fitted.predict(test.user_ids, test.item_ids))
    print(f"test RMSE of {name}: {rmse:.3f}")
