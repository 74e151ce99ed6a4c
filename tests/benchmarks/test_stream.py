"""Memory moved: bytes counted by hand, the share of the bandwidth, a triad that adds up."""

import math

import pytest

import recsys_core as rc
from benchmarks import stream


def test_bytes_of_a_rating_by_hand():
    row = 32 * 4
    # Two ids and a value; p_u and q_i read and written; two biases read and written.
    assert stream.bytes_per_rating("SGD", 32) == 12 + 4 * row + 16
    # Twice an index, a value, a row and a bias.
    assert stream.bytes_per_rating("ALS", 32) == 2 * (8 + row + 4) == 280
    # Both sides, four times over: an index, a weight, a target and a row.
    assert stream.bytes_per_rating("ImplicitALS", 32) == 8 * (12 + row)
    assert stream.bytes_per_rating("BayesianPMF", 17) == 280, "rows are padded to 32"


def test_shares_of_the_bandwidth_by_hand():
    found = {
        "data_set": "100k", "k": 32, "bandwidth": 10e9, "ratings_per_second": {"ALS": 5e6},
    }  # fmt: skip
    (row,) = [line for line in stream.markdown(found).splitlines() if line.startswith("| ALS")]
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "ALS", "280", "5", "1.40", "0.14",
    ]  # fmt: skip


def test_a_triad_and_a_pass_are_timed():
    assert 0 < stream.bandwidth(1 << 16) < math.inf
    ratings = rc.datasets.low_rank(n_users=30, n_items=20, density=0.4, seed=0)
    for model in ("SGD", "ALS", "BayesianPMF", "ImplicitALS"):
        assert 0 < stream.per_second(model, ratings, 4) < math.inf
    with pytest.raises(KeyError):
        stream.bytes_per_rating("NMF", 4)
