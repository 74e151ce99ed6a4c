"""The harness: a fake peer through the real protocol, errors, ratios, targets, the plot."""

import asyncio
import contextlib
import dataclasses
import json
import math
import sys
import time
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import numpy as np
import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

import recsys_core as rc
from benchmarks import data, document, peers, plot, report, runs, sessions, tune
from benchmarks.client import Client
from benchmarks.measuring import Arena, Line, measured
from benchmarks.systems import BY_NAME, SYSTEMS, System, chosen, settings_for
from recsys_core import models
from recsys_core.live.messages import Frame, RunNews, Tick, encode

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
def tables(model):
    import numpy as np
    return {"users": np.ones((40, 2)), "items": np.arange(60.0).reshape(30, 2) / 60}
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A peer in this Python, which predicts the mean for everyone, plus ``shift``."""
    (tmp_path / "fake.py").write_text(FAKE)
    monkeypatch.setattr(peers, "environment", lambda peer: sys.executable)
    path = str(tmp_path / "fake")  # from the root: not beside the other peers
    return System("fake", path, "SGD", "n_epochs", {}, {}, {"n_epochs": 4})


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
    biases = rc.UserItemBias().fit(arena.train)
    theirs = biases.predict(arena.test.user_ids, arena.test.item_ids)
    assert line.gain[0] == pytest.approx(rc.metrics.rmse(arena.test.values, theirs) - expected)


def test_passes_are_capped_where_they_would_take_too_long(fake, arena):
    slow = dataclasses.replace(fake, start={}, most={"10m": 3})
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


def test_lists_and_the_objective_are_judged_from_what_a_system_found(fake):
    """Against our own fitted model, whose measures and objective are computed elsewhere."""
    ratings = rc.datasets.low_rank(40, 30, 2, density=0.4, seed=1)
    train, test = data.split(ratings)
    model = rc.ImplicitALS(n_factors=4, alpha=2.0, reg=3.0, n_epochs=5, seed=0).fit(train)
    fitted = model.snapshot()
    with Arena(train, test, implicit=True) as arena:
        tables = {"users": fitted.user_factors, "items": fitted.item_factors}
        expected = rc.metrics.ranking(fitted, test)
        assert arena.lists(tables) == (expected.ndcg, expected.recall)
        assert arena.lists({"scores": fitted.predict_matrix(clip=False)}) == arena.lists(tables)
        assert arena.objective(tables, 2.0, 3.0) == pytest.approx(model.history[-1].loss, rel=1e-5)
        line = measured(fake, "100k", arena, {"n_epochs": 4}, tuned=True)
    # The last of thirty items has the highest score, for everybody.
    assert [len(each) for each in line.lists] == [6] * 4 and line.gain is None
    order = {"scores": np.tile(np.arange(30.0), (40, 1))}
    assert line.lists[-1][3:] == (*arena.lists(order), None)


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


def test_the_same_objective_gets_the_same_settings_under_its_own_names():
    found = {"ImplicitALS": {"100k": {"settings": {"n_epochs": 9, "reg": 44.0, "alpha": 2.0}}}}
    settings, tuned = settings_for(BY_NAME["buffalo ALS, CG"], "100k", found)
    assert tuned and "n_epochs" not in settings
    assert (settings["num_iters"], settings["reg"], settings["alpha"]) == (9, 44.0, 2.0)


def test_settings_of_ours_are_options_of_the_model():
    ours = [s for s in SYSTEMS if s.ours and s.fixed["model"] in rc.MODELS]
    wrong = {}
    for system in ours:
        options = {option.name for option in rc.MODELS[system.fixed["model"]].options()}
        wrong[system.name] = (set(system.space) | set(system.fixed)) - {"model"} - options
    assert len(ours) > 5 and not any(wrong.values()), wrong


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


def run_of(name, *lines, processor="one"):
    """A run as the results hold it, its lines as plain data."""
    about = {"id": name, "date": "2026-01-01", "processor": processor, "cores": 2, "threads": 2,
             "versions": {"numpy": "2"}, "commit": "abc", "code": "def"}  # fmt: skip
    return {"run": about, "lines": [vars(each) for each in lines]}


def measured_in(name, *lines):
    return report.Measured(
        run_of(name)["run"], [dataclasses.replace(each, run=name) for each in lines]
    )


def test_targets_say_met_or_missed_by_how_much():
    def said(*lines):
        return report.targets("100k", [measured_in("a", *lines)])[0]

    assert "SGD against LIBMF: 1.5× faster per fit, target 3×: **missed**" in said(
        OURS, line("LIBMF", 3.0, 0.895, passes=40)
    )
    met = said(OURS, line("LIBMF", 30.0, 0.895, passes=40))
    assert (
        "15× faster per fit, target 3×: **met** (RMSE −0.0050" in met
        and "Run a, without cornac MF" in met
    )
    # Faster but less accurate is not met; a peer that is faster is said to be.
    assert "**missed** (RMSE +0.0100)" in said(OURS, line("LIBMF", 30.0, 0.880, passes=40))
    assert "2× slower per fit, target 3×: **missed**" in said(
        OURS, line("LIBMF", 1.0, 0.895, passes=40)
    )
    # The fastest peer decides.
    both = line("LIBMF", 30.0, 0.895, passes=40), line("cornac MF", 6.0, 0.895, passes=40)
    assert "against cornac MF: 3× faster" in said(OURS, *both)


def test_implicit_feedback_is_compared_where_all_three_measures_are_reached():
    def made(name, passes, seconds, lists, **rest):
        return line(name, seconds, lists[-1][2], "implicit", passes=passes, lists=lists, **rest)

    ours = made("ImplicitALS", 6, 0.6, [
        (2, 0.2, 0.069, 0.30, 0.280, 9.0),  # AUC reached; recall not
        (4, 0.4, 0.071, 0.299, 0.299, 8.0),  # each at most .002 worse
        (6, 0.6, 0.070, 0.31, 0.31, 7.0),
    ], ours=True)  # fmt: skip
    peer = made("buffalo ALS, CG", 6, 0.3, [(6, 0.3, 0.070, 0.30, 0.30, 7.5)])
    found = report.ratios(ours, peer)
    assert (found.fit, found.to_its_error) == (0.5, pytest.approx(0.75))
    sentence = report.targets("1m", [measured_in("a", ours, peer)])[2]
    assert "1.3× slower to its AUC, NDCG@10 and recall@10, target 3×: **missed**" in sentence
    # A closed form of ours makes no passes and is not what it is compared with.
    closed = line("EASE", 0.1, 0.07, "implicit", ours=True)
    assert report.reference([closed, ours, peer], peer) is ours


# --- runs -----------------------------------------------------------------------------------------


def test_two_runs_never_meet_in_one_ratio(tmp_path, monkeypatch):
    """One machine has ours and a peer, another, slower one, five peers and ours for some."""
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    first = run_of("first", OURS, line("LIBMF", 8.0, 0.895, passes=40))
    slow = run_of(
        "slow", line("Surprise SVD", 500.0, 0.9, passes=40), line("cornac MF", 600.0, 0.9),
        line("ALS", 10.0, 0.9, "ALS", True, passes=10),
        line("cmfrec, CG", 30.0, 0.9, "ALS", passes=10),
        processor="two",
    )  # fmt: skip
    for each in (first, slow):
        runs.keep(report.path("100k", "json"), {"data_set": "100k", "n_ratings": 100}, each)
    facts, measured = report.read("100k")
    assert facts["n_ratings"] == 100 and [each.about["id"] for each in measured] == [
        "slow",
        "first",
    ]
    everything = [each for run in measured for each in run.lines]
    peers_of_slow = [each for each in everything if each.run == "slow" and each.family == "SGD"]
    for peer in peers_of_slow:
        assert report.reference(everything, peer) is None
        with pytest.raises(ValueError, match="of run first.*of run slow"):
            report.ratios(next(each for each in everything if each.name == "SGD"), peer)
    said = report.targets("100k", measured)
    assert "SGD against LIBMF: 4× faster" in said[0] and "Run first, without" in said[0]
    assert (
        "ALS against cmfrec, CG: 3× faster" in said[1]
        and "Run slow, without LensKit BiasedMF." in said[1]
    )
    assert said[-1] == "Surprise SVD: not measured, so nothing to compare with."
    text = report.markdown("100k")
    assert text.index("run slow") < text.index("An earlier run") < text.index("run first")
    assert "250" not in text and "300" not in text  # 500 and 600 over 2
    (row,) = (row for row in text.splitlines() if row.startswith("| Surprise SVD"))
    assert row.endswith("| – | – | – |")


def test_a_run_of_the_slow_peers_alone_does_not_decide():
    peers_there = line("LIBMF", 3.0, 0.895), line("cornac MF", 5.0, 0.895)
    newest = measured_in("newest", OURS, line("PyTorch, batch 512", 99.0, 0.895))
    full = measured_in("full", OURS, *(dataclasses.replace(p, passes=9) for p in peers_there))
    newest.lines[1].passes = 9
    assert "against LIBMF: 1.5× faster" in report.targets("100k", [newest, full])[0]


def test_a_run_is_kept_whole_while_something_in_it_is_not_measured_anew(tmp_path):
    file = tmp_path / "results.json"

    def kept():
        return [each["run"]["id"] for each in runs.read(file)["runs"]]

    a, b, c = (line(name, 1.0, 0.9) for name in "abc")
    runs.keep(file, {}, run_of("one", a, b))
    runs.keep(file, {}, run_of("two", b, c))
    assert kept() == ["one", "two"] and len(runs.read(file)["runs"][0]["lines"]) == 2
    runs.keep(file, {}, run_of("three", a))
    assert kept() == ["two", "three"]
    runs.keep(file, {}, run_of("three", a, b, c))  # the same run, further on
    assert kept() == ["three"]


def test_a_run_goes_on_only_on_the_same_machine_and_code():
    about = runs.about()
    assert runs.same(about, {**about, "id": "other", "date": "later", "commit": "other"})
    for name in ("processor", "threads", "versions", "code"):
        assert not runs.same(about, {**about, name: "other"})


def test_results_are_written_read_and_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    peer = line("LIBMF", 8.0, 0.895, passes=40, curve=[(20, 4.0, 0.9), (40, 8.0, 0.895)],
                gain=(0.03, 0.004))  # fmt: skip
    broken = Line("myFM, rank 32", "myfm", "Bayesian", False, failed="pip could not install it")
    about = run_of("a")["run"]
    report.write(
        "100k", 100, about, [dataclasses.replace(x, run="a") for x in (OURS, peer, broken)]
    )
    text = report.markdown("100k")
    row = "| LIBMF (not tuned) | – | 40 | 200 | 8 | 0.8950 | 0.0300 ± 0.0040 | 4 | 8 | 2 |"
    assert row in text
    assert "- myFM, rank 32: pip could not install it." in text
    shown = report.folded("100k")
    assert shown.index("![Test RMSE") < shown.index("<details>") < shown.index("| LIBMF")
    marked = f"Before.\n{document.MARKS[0]}\nold\n{document.MARKS[1]}\nAfter.\n"
    assert document.put_into(document.put_into(marked, "older"), shown) == marked.replace(
        "\nold\n", f"\n\n{shown}\n\n"
    )
    with pytest.raises(ValueError, match="lacks"):
        document.put_into("Nothing here.", shown)
    drawn = ET.parse(tmp_path / "100k.svg").getroot()
    words = [node.text for node in drawn.iter() if node.text]
    assert "LIBMF" in words and "SGD" in words
    # A part measured later has its own axis of time: it does not join the plot.
    ours = dataclasses.replace(OURS, name="ALS", run="b")
    report.write("100k", 100, run_of("b")["run"], [ours])
    words = [node.text for node in ET.parse(tmp_path / "100k.svg").getroot().iter() if node.text]
    assert "LIBMF" in words and "ALS" not in words and "run a" in " ".join(words)


def test_axes_have_round_numbers_and_points_lie_between_them(tmp_path):
    points = [(0.4, 0.93), (2.0, 0.90), (5.0, 0.88)]
    curves = [
        plot.Curve("A", points, True, "SGD"),
        plot.Curve("B", [(2.0, 0.92), (5.0, 0.915)], False, "ALS"),
    ]
    plot.write(tmp_path / "a.svg", curves, "T", "x", "y")
    nodes = list(ET.parse(tmp_path / "a.svg").getroot().iter())

    def ticks(anchor, along):
        texts = [node for node in nodes if node.get("text-anchor") == anchor and node.get(along)]
        return {float(n.text): float(n.get(along)) for n in texts if n.text not in ("x", "y")}

    across, up = ticks("middle", "x"), ticks("end", "y")
    assert list(across) == [0.5, 1.0, 2.0, 5.0]
    assert list(up) == [0.88, 0.89, 0.90, 0.91, 0.92, 0.93]
    dots = [(float(n.get("cx")), float(n.get("cy"))) for n in nodes if n.get("cx")]
    # Ours on top of the others. Logarithmic across, even upwards; numbers stand 4 below their line.
    doubled = across[2.0] - across[1.0]
    assert [x for x, _ in dots[2:]] == pytest.approx(
        [across[1.0] + math.log2(x) * doubled for x, _ in points], abs=0.3
    )
    assert [y for _, y in dots[2:]] == pytest.approx(
        [up[error] - 4 for _, error in points], abs=0.2
    )
    assert up[0.88] - up[0.93] == pytest.approx(5 * (up[0.88] - up[0.89]), abs=0.5)


def test_slopes_are_exponents():
    from benchmarks import scale

    assert scale.slope([(10, 3.0), (100, 30.0)]) == pytest.approx(1.0)
    assert scale.slope([(10, 3.0), (20, 5.0), (40, 48.0)]) == pytest.approx(2.0)
    result = {
        "by_ratings": {"SGD": [(10, 0.001), (100, 0.01)]},
        "by_k": {"SGD": [(8, 0.001), (16, 0.004)]},
    }
    text = scale.markdown({**result, "peak_mib": 1234.0})
    assert "| SGD, ms per epoch | 1 | 10 | 1.00 |" in text and "1,234 MiB" in text


# --- sessions: a server and browsers without a screen ---------------------------------------------


@pytest.fixture(scope="module")
def server():
    with sessions.serving() as running:
        yield running


@pytest.mark.slow
def test_every_algorithm_can_be_chosen_and_started(server):
    async def choose_all():
        watcher = sessions.Watcher(server.url)
        client, live = watcher.client, watcher.live
        await client.open("train", "data=party")
        for algorithm in models.MODELS.algorithms:
            await sessions.choose_algorithm(client, algorithm)
            number = client.find("algorithm_").key.removeprefix("algorithm_")
            ends = tuple(f"_{number}_{name}" for name in models.MODELS.algorithms)
            # What was drawn for the last algorithm is forgotten.
            fields = {w.key for w in client.widgets if w.key.endswith(ends)}
            options = models.MODELS[algorithm].options()
            assert fields == {f"{option.name}_{number}_{algorithm}" for option in options}
            if client.find("seed_") is not None:
                await client.enter("seed_", 7)  # not the run that is there
                await client.quiet()
            watcher.playing()
            before = live.main
            await client.press("start_new")
            await client.until(lambda: live.main != before, 60, "the run")  # noqa: B023
            await asyncio.wait_for(watcher.over.wait(), 120)
            await client.quiet()
            assert watcher.shown == live.known[live.main].epoch > 0
        with pytest.raises(LookupError, match="Neural MF"):
            await client.choose("algorithm_", "NeuralMF")
        assert not watcher.dropped
        await watcher.close()

    asyncio.run(choose_all())


@pytest.mark.slow
def test_sessions_train_runs_of_their_own_or_one_together(server):
    async def watch(*seeds):
        watchers = [sessions.Watcher(server.url) for _ in seeds]
        watched = [[] for _ in seeds]  # what each had in view when it began the next round
        for watcher, seed, streams in zip(watchers, seeds, watched, strict=True):

            def seed_of(turn, watcher=watcher, seed=seed, streams=streams):
                streams.append(watcher.live.main)
                return seed + 100 * turn

            watcher.seed_of = seed_of
            await watcher.prepare("party", "SGD", 300)
        until = asyncio.get_running_loop().time() + 60
        for watcher in watchers:
            await watcher.go(0)
            going = asyncio.create_task(watcher.go_on(until, wait=60))  # to no other page
            await watcher.client.until(lambda: watcher.turn == 2)  # noqa: B023
            going.cancel()
            await asyncio.wait([going])
            page = await watcher.client.visit("predictions")
            watcher.pages.append(page)
            assert page.n_bytes > 10_000 and watcher.live.main is not None
            await watcher.close()
        return [streams[1:3] for streams in watched], sessions.figures(watchers, 100.0), watchers

    (one, other, alike), found, watchers = asyncio.run(watch(1, 2, 1))
    assert one == alike and len({*one, *other}) == 4
    assert found["dropped"] == 0 and found["rss_mib"] == 100.0
    assert found["first_move_worst_s"] > 0 and found["page_p50_s"] > 0
    assert len(sessions.table(watchers).splitlines()) == 5
    assert list(found) == [
        "first_move_worst_s", "gap_p50_s", "gap_worst_s", "page_p50_s", "page_p95_s", "dropped",
        "rss_mib",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_server_that_ends_drops_its_sessions():
    async def watch(server):
        watcher = sessions.Watcher(server.url)
        await watcher.prepare("party", "SGD", 300)
        server.process.terminate()
        asked = sessions.Asked(sessions=1, seconds=60)
        await sessions.together([watcher], asked)
        await watcher.close()
        return watcher

    with sessions.serving() as server:
        assert sessions.figures([asyncio.run(watch(server))], 1.0)["dropped"] == 1


def test_first_moves_and_gaps_by_hand():
    now, said, socket = [10.0], [], []

    async def live_route(connection):
        socket.append(connection)
        async for text in connection:
            said.append(json.loads(text))

    async def becomes(so):
        async with asyncio.timeout(20):
            while not so():
                await asyncio.sleep(0)

    async def watch(url):
        watcher = sessions.Watcher(url, clock=lambda: now[0])
        watcher.measuring = True

        async def look_at(main, *streams):
            n_said = len(said)
            wanted = {"main": main, "streams": streams, "ticket": "t", "address": "/live"}
            watcher.live.watch(wanted)
            await becomes(lambda: len(said) > n_said)

        async def hear(at, stream, start, n, *frames, status="training"):
            now[0], n_heard = at, len(watcher.ticks)
            pictures = [Frame(epoch, "") for epoch in frames] or None
            news = RunNews(start, [0.0] * n, status, 100, frames=pictures)
            await socket[0].send(encode(Tick({stream: news})))
            await becomes(lambda: len(watcher.ticks) > n_heard)

        await look_at("old", "old")
        await hear(10.0, "old", 0, 5, 0, 4)
        watcher.playing()
        await hear(11.0, "old", 5, 3, 7)  # the run before
        await look_at("new", "old", "new")
        await hear(12.0, "new", 0, 1, 0)  # the initial state
        await hear(12.5, "new", 1, 2)  # epochs, and no frame of them yet
        assert (watcher.first, watcher.gaps) == ([], [])
        await hear(13.0, "new", 3, 0, 2)
        await hear(13.25, "new", 3, 0, status="training")  # nothing new
        await hear(14.0, "new", 3, 4)
        await hear(14.5, "old", 8, 3, 9)
        assert not watcher.over.is_set()
        await hear(16.0, "new", 7, 2, 8, status="finished")
        await hear(19.0, "new", 9, 0, status="finished")
        assert watcher.over.is_set()
        assert (watcher.first, watcher.gaps) == ([3.0], [1.0, 2.0])
        assert watcher.live.known["new"].frames == [0, 2, 8]
        assert len(watcher.ticks) == 10
        await look_at("old", "old", "new")
        await watcher.live.close()
        assert not watcher.dropped

    async def scene():
        async with websockets.serve(live_route, "127.0.0.1", 0) as route:
            await watch(f"http://127.0.0.1:{route.sockets[0].getsockname()[1]}")

    asyncio.run(scene())
    # What it has already, it says when it wants something else.
    assert [(each["main"], each["runs"], each["frames"]) for each in said] == [
        ("old", {"old": 0}, []),
        ("new", {"old": 8, "new": 0}, []),
        ("old", {"old": 11, "new": 9}, [0, 4, 7, 9]),
    ]


def test_figures_are_percentiles_over_all_sessions():
    def one(first, gaps, pages, lost):
        watcher = sessions.Watcher("http://nowhere", first=first, gaps=gaps, lost=lost)
        watcher.pages = [SimpleNamespace(seconds=seconds, n_bytes=1000) for seconds in pages]
        return watcher

    nobody = sessions.figures([], float("nan"))
    assert nobody.pop("dropped") == 0 and set(nobody.values()) == {None}
    assert sessions.figures(
        [one([1.0], [0.1, 0.3], [0.2] * 19, False), one([2.0, 0.5], [0.2], [2.2, None], True)], 9.04
    ) == {
        "first_move_worst_s": 2.0, "gap_p50_s": 0.2, "gap_worst_s": 0.3,
        "page_p50_s": 0.2, "page_p95_s": pytest.approx(0.3), "dropped": 1, "rss_mib": 9.0,
    }  # fmt: skip


# --- what a client knows of its page --------------------------------------------------------------


class Page:
    """A client, and the server that draws for it by hand."""

    async def __aenter__(self):
        self.asked = asyncio.Queue()  # reruns
        self.server = await websockets.serve(
            self.connected, "127.0.0.1", 0, process_request=self.asked_by_http,
            subprotocols=["streamlit"],
        )  # fmt: skip
        port = self.server.sockets[0].getsockname()[1]
        self.client = Client(f"http://127.0.0.1:{port}", lambda key, element: None)
        await self.client.open()
        await self.asked.get()
        return self

    async def __aexit__(self, *_):
        await self.client.close()
        self.server.close()
        await self.server.wait_closed()

    @staticmethod
    def asked_by_http(connection, request):
        return None if request.path == "/_stcore/stream" else connection.respond(200, "")

    async def connected(self, socket):
        self.socket = socket
        async for raw in socket:
            await self.asked.put(BackMsg.FromString(raw).rerun_script)

    async def draw(self, message):
        """Send it; how long it is."""
        raw = message.SerializeToString()
        await self.socket.send(raw)
        return len(raw)

    async def begin(self, *fragments, page="train"):
        message = ForwardMsg()
        message.new_session.page_script_hash = page
        message.metadata.run.fragment_ids.extend(fragments)
        return await self.draw(message)

    async def end(self, how=ForwardMsg.FINISHED_SUCCESSFULLY):
        return await self.draw(ForwardMsg(script_finished=how))

    async def block(self, *path, fragment=""):
        message = ForwardMsg()
        message.metadata.delta_path.extend(path)
        message.delta.fragment_id = fragment
        message.delta.add_block.allow_empty = True
        return await self.draw(message)

    async def button(self, key, *path, fragment=""):
        message = ForwardMsg()
        message.metadata.delta_path.extend(path)
        message.delta.fragment_id = fragment
        message.delta.new_element.button.id = f"$$ID-0-{key}"
        return await self.draw(message)

    async def first_drawn(self):
        await self.begin()
        await self.block(0, 0)
        await self.button("plain", 0, 0, 0)
        await self.block(0, 0, 1, fragment="f")
        await self.button("first", 0, 0, 1, 0, fragment="f")
        await self.button("second", 0, 0, 1, 1, fragment="f")
        await self.button("other", 0, 0, 2, fragment="g")
        await self.end()
        await self.shows("plain", "first", "second", "other")
        await self.client.quiet()

    async def shows(self, *keys):
        """What is sent has arrived, and these widgets are on the page."""

        def there():
            return [widget.key for widget in self.client.widgets]

        with contextlib.suppress(TimeoutError):
            await self.client.until(lambda: there() == list(keys), 5)
        assert there() == list(keys)


def drawn(scene):
    """Run a scene with a page that is drawn."""

    async def played():
        async with asyncio.timeout(60), Page() as page:
            await page.first_drawn()
            await scene(page)

    asyncio.run(played())


def test_a_fragment_forgets_what_it_no_longer_draws():
    async def scene(page):
        await page.begin("f")
        await page.block(0, 0, 1, fragment="f")
        await page.button("third", 0, 0, 1, 0, fragment="f")
        await page.shows("plain", "third", "second", "other")  # all stays until it has ended
        await page.end(ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
        await page.shows("plain", "third", "other")

    drawn(scene)


def test_a_page_forgets_what_it_no_longer_draws_and_its_states():
    async def scene(page):
        for key in ("plain", "other"):
            await page.client.enter(key, 1.0)
        states = [(await page.asked.get()).widget_states.widgets for _ in range(2)]
        assert [state.id for state in states[1]] == ["$$ID-0-plain", "$$ID-0-other"]
        await page.begin()
        await page.block(0, 0)
        await page.button("plain", 0, 0, 0)
        await page.end(ForwardMsg.FINISHED_EARLY_FOR_RERUN)
        await page.begin()
        await page.button("new", 0, 1)
        await page.shows("plain", "first", "second", "other", "new")  # a cut run forgets nothing
        await page.button("plain", 0, 0)  # in place of the block
        await page.shows("new", "plain")
        await page.end()
        await page.client.quiet()
        await page.client.press("new")
        sent = (await page.asked.get()).widget_states.widgets
        assert [(state.id, state.trigger_value) for state in sent] == [
            ("$$ID-0-plain", False), ("$$ID-0-new", True)
        ]  # fmt: skip
        await page.begin(page="latent")
        await page.shows()

    drawn(scene)


def test_a_run_cut_short_counts_for_the_one_that_follows():
    async def scene(page):
        before = time.monotonic()
        await page.client.press("first")
        after = time.monotonic()
        assert (await page.asked.get()).fragment_id == "f"
        await page.begin("f")
        size = await page.button("first", 0, 0, 1, 0, fragment="f")
        size += await page.end(ForwardMsg.FINISHED_EARLY_FOR_RERUN)
        await page.begin()
        size += await page.end()
        await page.client.quiet()
        _, whole = page.client.runs
        assert before <= whole.asked <= after and whole.seconds >= 0
        assert (whole.n_bytes, whole.fragments) == (size, frozenset())
        await page.begin("f")  # by itself
        await page.end()
        await page.client.until(lambda: len(page.client.runs) == 3)
        alone = page.client.runs[-1]
        assert (alone.asked, alone.seconds, alone.fragments) == (None, None, {"f"})

    drawn(scene)
