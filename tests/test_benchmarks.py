"""The harness: a fake peer through the real protocol, errors, ratios, targets, the plot."""

import json
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import recsys_core as rc
from benchmarks import data, peers, plot, report, tune
from benchmarks.measuring import Arena, Line, measured
from benchmarks.systems import BY_NAME, SYSTEMS, System, chosen, settings_for

FAKE = """
import sys
PACKAGE = "numpy"
def prepare(train, pairs):
    print("a library that prints")
    return train
def fit(data, n_epochs, shift=0.0):
    if n_epochs == 13:
        raise ValueError("thirteen")
    if n_epochs == 99:
        sys.exit("killed by a bug")
    return float(data.values.mean()) + shift
def predict(model, pairs):
    assert not hasattr(pairs, "values")
    return [model] * len(pairs.users)
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A peer in this Python, which predicts the mean for everyone, plus ``shift``."""
    (tmp_path / "fake.py").write_text(FAKE)
    adapter = (peers._HERE / "adapter.py").read_text()
    (tmp_path / "adapter.py").write_text(adapter)
    monkeypatch.setattr(peers, "_HERE", tmp_path)
    monkeypatch.setattr(peers, "environment", lambda peer: sys.executable)
    return System("fake", "fake", "SGD", "n_epochs", {}, {}, {"n_epochs": 4})


@pytest.fixture
def arena():
    ratings = rc.datasets.low_rank(40, 30, 2, density=0.4, seed=1)
    train, test = data.split(ratings)
    with Arena(train, test) as arena:
        yield arena


def test_the_parent_measures_what_a_peer_predicts(fake, arena):
    line = measured(fake, "100k", arena, {"n_epochs": 4, "shift": 100.0}, tuned=True)
    # Everything clipped to 5.
    expected = np.sqrt(np.mean((arena.test.values.astype(float) - 5.0) ** 2))
    assert line.failed == ""
    assert line.error == pytest.approx(expected, abs=1e-6)
    assert line.version == np.__version__
    assert [passes for passes, _, _ in line.curve] == [1, 2, 3, 4]


def test_passes_are_capped_where_they_would_take_too_long(fake, arena):
    slow = System("fake", "fake", "SGD", "n_epochs", {}, {}, most={"10m": 3})
    line = measured(slow, "10m", arena, {"n_epochs": 12}, tuned=True)
    assert (line.passes, line.capped, line.curve) == (3, 12, [])
    assert line.due == pytest.approx(4 * line.seconds)


def test_a_failing_peer_says_why_and_can_be_asked_again(fake, arena):
    with arena.session(fake) as session:
        with pytest.raises(peers.PeerError, match="ValueError: thirteen"):
            session.fit({"n_epochs": 13})
        assert session.alive
        assert session.fit({"n_epochs": 1}).predicted.shape == (len(arena.test),)
        with pytest.raises(peers.PeerError, match="killed by a bug"):
            session.fit({"n_epochs": 99})
    assert "thirteen" in measured(fake, "100k", arena, {"n_epochs": 13}, tuned=True).failed


def test_held_out_values_never_reach_a_peer(arena):
    with np.load(arena.folder / "data.npz") as file:
        sizes = {name: file[name].shape for name in file.files}
    assert sizes["values"] == (len(arena.train),)
    assert sizes["pair_users"] == sizes["pair_items"] == (len(arena.test),)
    assert set(sizes) == {
        "users", "items", "values", "shape", "scale", "pair_users", "pair_items"
    }  # fmt: skip


def test_our_own_models_take_the_same_way(arena):
    ours = System("ours", peers.OURS, "other", None, {"model": "GlobalMean"}, {})
    line = measured(ours, "100k", arena, {"model": "GlobalMean"}, tuned=False)
    mean = float(arena.train.values.mean(dtype=np.float64))
    assert line.failed == ""
    assert line.error == pytest.approx(
        np.sqrt(np.mean((arena.test.values.astype(float) - mean) ** 2)), abs=1e-5
    )


def test_nonsense_is_not_judged(arena):
    with pytest.raises(peers.PeerError, match="not finite"):
        arena.error(np.full(len(arena.test), np.nan))


def test_implicit_feedback_is_judged_by_pairs():
    ratings = rc.datasets.low_rank(40, 30, 2, density=0.4, seed=1)
    train, test = data.split(ratings)
    rated = set(zip(ratings.user_ids.tolist(), ratings.item_ids.tolist(), strict=True))
    drawn = data.unrated(ratings, test)
    assert not rated & set(zip(test.user_ids.tolist(), drawn.tolist(), strict=True))
    with Arena(train, test, implicit=True) as arena:
        n = len(test)
        assert arena.error(np.r_[np.ones(n), np.zeros(n)]) == 0.0
        assert arena.error(np.zeros(2 * n)) == 0.5
        assert arena.error(np.r_[np.zeros(n), np.ones(n)]) == 1.0


def test_tuning_never_sees_the_test_part():
    ratings = rc.datasets.low_rank(40, 30, 2, density=0.4, seed=1)
    _, test = data.split(ratings)
    train, validation = data.tuning_split(ratings)

    def pairs(part):
        return set(zip(part.user_ids.tolist(), part.item_ids.tolist(), strict=True))

    assert not pairs(test) & (pairs(train) | pairs(validation))
    assert len(train) + len(validation) + len(test) == len(ratings)


def test_of_the_best_trials_the_shortest_is_taken():
    trials = [
        {"settings": {"n_epochs": 30}, "error": 0.9000, "seconds": 1.0},
        {"settings": {"n_epochs": 20}, "error": 0.9009, "seconds": 3.0},
        {"settings": {"n_epochs": 10}, "error": 0.9020, "seconds": 0.1},
        {"settings": {"n_epochs": 5}, "failed": "it took longer than 9 s"},
    ]
    assert tune.pick(trials, "n_epochs")["settings"] == {"n_epochs": 20}
    assert tune.pick(trials, None)["settings"] == {"n_epochs": 30}  # no passes: by seconds
    assert tune.pick(trials[3:], "n_epochs") is None


# --- settings -------------------------------------------------------------------------------------


def test_names_are_unique_and_likenesses_exist():
    assert len(BY_NAME) == len(SYSTEMS)
    assert all(not s.like or s.like in BY_NAME for s in SYSTEMS)
    assert [s.name for s in chosen(["sgd"])] == ["SGD"]
    assert len(chosen(["cmfrec"])) == 2
    with pytest.raises(SystemExit, match="No system"):
        chosen(["nobody"])


def test_settings_come_from_the_largest_set_tuned_that_is_no_larger():
    found = {"LIBMF": {"100k": {"settings": {"eta": 1.0}}, "1m": {"settings": {"eta": 2.0}}}}
    libmf = BY_NAME["LIBMF"]
    for data_set, eta in (("100k", 1.0), ("1m", 2.0), ("10m", 2.0)):
        settings, tuned = settings_for(libmf, data_set, found)
        assert (settings["eta"], settings["k"], tuned) == (eta, 32, True)
    assert settings_for(libmf, "100k", {}) == ({**libmf.start, **libmf.fixed}, False)


@pytest.mark.parametrize("system", [s for s in SYSTEMS if s.ours], ids=lambda s: s.name)
def test_settings_of_ours_are_options_of_the_model(system):
    model = getattr(rc, system.fixed["model"], None)
    if model is None:
        pytest.skip(f"{system.fixed['model']} is not part of this version")
    names = {option.name for option in model.options()}
    assert set(system.space) | set(system.fixed) - {"model"} <= names


# --- the table ------------------------------------------------------------------------------------


def line(name, seconds, error, family="SGD", ours=False, **rest):
    return Line(name, "peer", family, ours, seconds=seconds, error=error, **rest)


OURS = line("SGD", 2.0, 0.890, ours=True, passes=20,
            curve=[(5, 0.5, 0.899), (10, 1.0, 0.894), (20, 2.0, 0.890)])  # fmt: skip


def test_ratios_by_hand():
    r = report.ratios(OURS, line("LIBMF", 8.0, 0.895, passes=40))
    assert (r.fit, r.to_its_error, r.a_pass) == (4.0, 8.0, 2.0)
    assert r.gap == pytest.approx(-0.005)
    assert report.ratios(OURS, line("LIBMF", 8.0, 0.880, passes=40)).to_its_error is None
    capped = line("Surprise SVD", 3.0, 1.0, passes=3, capped=30)
    r = report.ratios(OURS, capped)
    assert (r.fit, r.to_its_error, r.gap, r.a_pass) == (15.0, None, None, 10.0)


def test_samplers_are_compared_at_equal_rank():
    lines = [
        line(f"BayesianPMF, rank {k}", k / 10, 0.88, "Bayesian", True, passes=10) for k in (32, 16)
    ] + [line("SMURFF, rank 16", 8.0, 0.88, "Bayesian", passes=10)]
    assert report.reference(lines, lines[2]) is lines[1]


def test_targets_say_met_or_missed_by_how_much():
    said = report.targets("100k", [OURS, line("LIBMF", 3.0, 0.895, passes=40)])
    assert "SGD against LIBMF: 1.5× faster a fit, 2× wanted: **missed**" in said[0]
    assert "0.8900 (SGD)" in said[-1] and "missed by 0.0100" in said[-1]
    met = report.targets("100k", [OURS, line("LIBMF", 30.0, 0.895, passes=40)])
    assert "15× faster a fit, 2× wanted: **met**" in met[0]
    # Faster but less accurate is not met.
    worse = report.targets("100k", [OURS, line("LIBMF", 30.0, 0.880, passes=40)])
    assert "**missed** (RMSE +0.0100)" in worse[0]


def test_results_are_written_read_and_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    peer = line("LIBMF", 8.0, 0.895, passes=40, curve=[(20, 4.0, 0.9), (40, 8.0, 0.895)])
    broken = Line("myFM, rank 32", "myfm", "Bayesian", False, failed="pip could not install it")
    result = {
        "data_set": "100k", "n_ratings": 100, "machine": {"threads": 2, "processor": "one"},
        "lines": [vars(each) for each in (OURS, peer, broken)],
    }  # fmt: skip
    report.write(json.loads(json.dumps(result)))
    text = report.markdown("100k")
    assert "| LIBMF (not tuned) | – | 40 | 200 | 8 | 0.8950 | 4 | 8 | 2 |" in text
    assert "- myFM, rank 32: pip could not install it." in text
    shown = report.folded("100k")
    assert shown.index("![Test RMSE") < shown.index("<details>") < shown.index("| LIBMF")
    marked = f"Before.\n{report._MARKS[0]}\nold\n{report._MARKS[1]}\nAfter.\n"
    assert report.put_into(report.put_into(marked, "older"), shown) == marked.replace(
        "\nold\n", f"\n\n{shown}\n\n"
    )
    with pytest.raises(SystemExit, match="lacks"):
        report.put_into("Nothing here.", shown)
    drawn = ET.parse(tmp_path / "100k.svg").getroot()
    words = [node.text for node in drawn.iter() if node.text]
    assert "LIBMF" in words and "SGD" in words

    # A part measured again replaces its own lines alone.
    again = {**result, "lines": [vars(line("LIBMF", 9.0, 0.895, passes=40))]}
    report.write(json.loads(json.dumps(again)), keep=True)
    assert [each.seconds for each in report.read("100k")["lines"]] == [2.0, 9.0, None]


def test_axes_have_round_numbers():
    assert plot._decades(0.3, 6.0) == [0.5, 1.0, 2.0, 5.0]
    assert plot._even(0.88, 0.94) == [0.88, 0.89, 0.90, 0.91, 0.92, 0.93, 0.94]


def test_slopes_are_exponents():
    from benchmarks import scale

    assert scale.slope([(10, 3.0), (100, 30.0)]) == pytest.approx(1.0)
    assert scale.slope([(10, 3.0), (20, 5.0), (40, 48.0)]) == pytest.approx(2.0)
    result = {
        "by_ratings": {"SGD": [(10, 0.001), (100, 0.01)]},
        "by_k": {"SGD": [(8, 0.001), (16, 0.004)]},
    }
    text = scale.markdown({**result, "peak_mib": 1234.0})
    assert "| SGD, ms an epoch | 1 | 10 | 1.00 |" in text and "1,234 MiB" in text
