"""Whose turn it is, on a clock that only the work moves."""

from recsys_core.runs.turns import AHEAD, ROUND, SLICE, Turns


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Thing:
    """Takes all the time it is given, in whole steps of ``step`` seconds, and counts it."""

    def __init__(self, clock, step=0.0):
        self.clock, self.step, self.worked, self.turns = clock, step, 0.0, 0

    def work(self, seconds):
        spent = max(seconds, self.step)
        self.clock.now += spent
        self.worked += spent
        self.turns += 1


def played(clock, wanted, seconds):
    turns, until = Turns(clock), clock.now + seconds
    while clock.now < until:
        turns.round(wanted)


def worked(things):
    return sum(thing.worked for thing in things)


def test_who_has_ten_runs_gets_one_visitors_share():
    clock = Clock()
    greedy = [Thing(clock) for _ in range(10)]
    others = {f"student {n}": [Thing(clock)] for n in range(4)}
    played(clock, {"greedy": greedy, **others}, 60)
    for (only,) in others.values():
        # A fifth of the time each.
        assert only.worked >= 60 / 5 - AHEAD
    assert worked(greedy) <= 60 / 5 + AHEAD + SLICE
    assert max(t.worked for t in greedy) - min(t.worked for t in greedy) <= SLICE, "in turn"


def test_long_steps_are_paid_for_afterwards():
    clock = Clock()
    large, small = Thing(clock, step=1.0), Thing(clock)
    played(clock, {"large": [large], "small": [small]}, 100)
    assert abs(large.worked - small.worked) <= 1.0 + AHEAD + SLICE


def test_thirty_visitors_are_all_visited_within_a_round_also_beside_one_with_fifty_things():
    clock = Clock()
    wanted = {f"student {n}": [Thing(clock)] for n in range(30)}
    wanted["greedy"] = [Thing(clock) for _ in range(50)]
    Turns(clock).round(wanted)
    assert all(only.turns == 1 for only, *rest in wanted.values() if not rest)
    assert clock.now <= ROUND + 1e-6


def test_alone_a_visitor_has_all_things_worked_on_in_every_round():
    clock = Clock()
    things = [Thing(clock) for _ in range(10)]
    Turns(clock).round({"one": things})
    assert [thing.turns for thing in things] == [1] * 10
    assert clock.now <= ROUND + 1e-6


def test_what_several_want_is_worked_on_once_and_counts_for_each_of_them():
    clock = Clock()
    common, own, other = Thing(clock), Thing(clock), Thing(clock)
    wanted = {f"student {n}": [common] for n in range(3)} | {"four": [common, own], "five": [other]}
    played(clock, wanted, 100)
    # Three look at one thing and the fourth at two; the fifth has as much as any of them.
    assert abs(common.worked - other.worked) <= AHEAD + SLICE
    assert 0 < own.worked < other.worked


def test_who_begins_later_starts_level_and_who_rests_saves_nothing():
    clock = Clock()
    early, late = Thing(clock), Thing(clock)
    turns = Turns(clock)
    for _ in range(1000):
        turns.round({"early": [early]})
    before = early.worked
    for _ in range(100):
        turns.round({"early": [early], "late": [late]})
    assert abs((early.worked - before) - late.worked) <= AHEAD + SLICE
