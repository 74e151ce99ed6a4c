"""The messages between server and browser: one set of examples, read by both sides."""

from __future__ import annotations

import base64
import json
import random

import msgspec
import numpy as np
import pytest

from recsys_core.errors import LiveError
from recsys_core.live import messages
from recsys_core.live.messages import (
    VERSION,
    Baseline,
    Frame,
    Map,
    Refused,
    RunNews,
    Said,
    Sentence,
    Tick,
    Want,
    Watch,
    decode,
    encode,
)
from recsys_core.text import Text
from tests.node import Tab, needs_node

SENTENCE = Sentence.of(
    Text("{n} epoch of {what}", "{n:,} epochs of {what}", n=1200, what=Text("x"))
)

WHOLE = RunNews(
    from_=0,
    loss=[9.0, 4.5, 1e-7],
    status="failed",
    n_epochs=60,
    train=[1.5, 1.25, 1.0],
    validation=[1.6, 1.4, 1.3],
    best=2,
    single=True,
    early=True,
    rewinding=True,
    message=Sentence("It diverged."),
    seconds=0.125,
    took=[0.0, 0.5, 0.25],
    baselines=[Baseline("Global mean", 1.0, None), Baseline("User + item bias", 0.9, 0.95)],
    map=Map(2.5, Sentence.of(Text("main direction, 60 % of the spread")), SENTENCE),
    said=[Said(0, SENTENCE), Said(2, Sentence.of(Text("flat")))],
    before=Sentence.of(Text("before")),
    after=Sentence.of(Text("after")),
    frames=[Frame(0, "//8=", None), Frame(2, "AAD+/w==", "AQD//w==", 1.5, 1.25)],
)
LEAST = RunNews(from_=3, loss=[], status="paused", n_epochs=60)

# By name; every message there is, and RunNews with all it may hold and with the least.
TO_BROWSER = {
    "all of a run": Tick({"a": WHOLE}, race=SENTENCE, measured=3),
    "nothing new but where it stands": Tick({"a": LEAST}),
    "two runs": Tick({"a": WHOLE, "b": LEAST}),
    "refused": Refused(SENTENCE),
}
TO_SERVER = {
    "watch": Watch("a ticket", "a", {"a": 3, "b": 0}, [0, 2], VERSION, ["a", "b"]),
    "watch data alone": Watch("a ticket", None, {}, [], VERSION),
    "want": Want(17, VERSION),
}
_of_browser = msgspec.json.Decoder(messages.ToBrowser)


def as_json(message):
    return msgspec.json.encode(message).decode()


def test_there_is_an_example_of_every_message_with_all_it_may_hold():
    kinds = {type(each).__name__ for each in (*TO_BROWSER.values(), *TO_SERVER.values())}
    declared = {
        kind.__name__ for kind in (*messages.ToBrowser.__args__, *messages.ToServer.__args__)
    }
    assert kinds == declared
    for field in msgspec.structs.fields(RunNews):
        if not field.required:
            assert getattr(WHOLE, field.name) != field.default, field.name


@pytest.mark.parametrize("name", TO_BROWSER)
def test_what_is_sent_to_a_browser_reads_back(name):
    text = encode(TO_BROWSER[name])
    assert _of_browser.decode(text) == TO_BROWSER[name]
    assert json.loads(text)["v"] == VERSION


@pytest.mark.parametrize("name", TO_SERVER)
def test_what_a_browser_sends_is_read(name):
    assert decode(as_json(TO_SERVER[name])) == TO_SERVER[name]


def test_what_has_nothing_to_say_takes_no_room():
    assert json.loads(encode(Tick({"a": LEAST})))["runs"]["a"] == {
        "from": 3, "loss": [], "status": "paused", "n_epochs": 60,
    }  # fmt: skip


# --- what is refused ------------------------------------------------------------------------------


def test_another_version_is_told_to_reload():
    for message in (
        {"kind": "want", "epoch": 3},
        {"kind": "watch", "ticket": "x", "main": None, "runs": {}, "frames": []},
        {"kind": "watch", "ticket": "x", "of_another_time": [1, 2]},
        {"kind": "no_longer_declared"},
    ):
        for version in (0, VERSION + 1, 10**9):
            with pytest.raises(LiveError, match="reload the page"):
                decode(json.dumps(message | {"v": version}))


def corrupted():
    """Messages damaged in all sorts of ways, and texts that never were one."""
    chance = random.Random(0)
    texts = [as_json(message) for message in TO_SERVER.values()]
    for text in texts:
        for at in range(len(text)):
            yield text[:at]
            yield text[:at] + text[at + 1 :]
            for one in '"{}[],:-0e.\\\x00é\ud800':
                yield text[:at] + one + text[at + 1 :]
                yield text[:at] + one + text[at:]
    for _ in range(2000):
        text = list(chance.choice(texts))
        chance.shuffle(text)
        yield "".join(text)
    yield from ("", "null", "[]", "3", "NaN", '"watch"', "{}", '{"kind":3}', '{"kind":null,"v":2}')
    yield from ("[" * 20_000, '{"kind":' * 2000, '{"kind":"want","v":2,"x":' + "[" * 15_000)
    yield '{"kind":"want","epoch":1,"v":2,"x":' + "[" * 4000 + "]" * 4000 + "}"
    yield '{"kind":"want","epoch":1,"v":2,"x":"' + "x" * 30_000 + '"}'
    for wrong in ("-2", "10000001", "1.5", '"3"', "null", "true", "1e400", "9" * 400):
        yield f'{{"kind":"want","epoch":{wrong},"v":2}}'
        yield f'{{"kind":"want","epoch":3,"v":{wrong}}}'
        yield f'{{"kind":"watch","ticket":"x","main":"a","runs":{{"a":{wrong}}},"frames":[],"v":2}}'
        yield f'{{"kind":"watch","ticket":"x","main":"a","runs":{{}},"frames":[{wrong}],"v":2}}'
    for long in ("x" * 65, "é" * 65):
        yield f'{{"kind":"watch","ticket":"{long}","main":null,"runs":{{}},"frames":[],"v":2}}'
        yield f'{{"kind":"watch","ticket":"x","main":"{long}","runs":{{}},"frames":[],"v":2}}'
        yield f'{{"kind":"watch","ticket":"x","main":null,"runs":{{"{long}":1}},"frames":[],"v":2}}'


def test_a_damaged_message_is_refused_in_a_sentence_or_read_as_what_it_then_says():
    refused = 0
    for text in corrupted():
        try:
            message = decode(text)
        except LiveError as error:
            refused += 1
            assert str(error).endswith(".") and len(str(error)) < 300, text[:80]
            encode(Refused(Sentence.of(error.text)))  # it can be sent
        else:
            assert isinstance(message, Watch | Want) and message.v == VERSION
            epochs = [message.epoch] if isinstance(message, Want) else message.frames
            assert all(-1 <= epoch <= 10_000_000 for epoch in epochs)
    assert refused > 5000


# --- what the scripts say -------------------------------------------------------------------------


@pytest.fixture
def tab():
    tab = Tab()
    yield tab
    tab.close()


def watching(tab, main="a", streams=("a",), ticket="a ticket"):
    """The tab watches these runs, over a connection that is open."""
    wanted = {"address": "/live", "ticket": ticket, "main": main, "streams": list(streams)}
    tab.call("live.js", "watch", wanted)
    return wanted


def agrees(text, kind):
    """A message of the scripts: what it says is declared, and all that is required is there."""
    declared = messages.schema()[kind]
    said = json.loads(text)
    assert set(said) <= set(declared["properties"]), "every key has a meaning"
    assert set(said) >= set(declared["required"])
    assert said["kind"] == declared["properties"]["kind"]["enum"][0]
    return decode(text)


@needs_node
def test_what_the_browser_watches_is_understood(tab):
    watching(tab)
    assert tab.look("sockets") == ["ws://localhost:8501/live"]
    assert tab.look("sent") == [], "not connected yet"
    tab.open()
    (first,) = tab.look("sent")
    assert agrees(first, "Watch") == Watch("a ticket", "a", {"a": 0}, [], VERSION)
    tab.receive(encode(Tick({"a": WHOLE, "b": LEAST})))
    watching(tab, streams=["a", "b"])
    (then,) = tab.look("sent")
    assert agrees(then, "Watch") == Watch("a ticket", "a", {"a": 3, "b": 0}, [0, 2], VERSION)
    watching(tab, streams=["a", "b"])
    assert tab.look("sent") == [], "nothing else is watched"
    watching(tab, main=None, streams=[])
    assert agrees(tab.look("sent")[0], "Watch") == Watch("a ticket", None, {}, [], VERSION)


@needs_node
def test_a_lost_connection_is_taken_up_where_it_was(tab):
    watching(tab)
    tab.open()
    tab.receive(encode(Tick({"a": WHOLE})))
    tab.look("sent")
    tab.cut()
    tab.wait(499)
    assert len(tab.look("sockets")) == 1
    tab.wait(2)
    assert len(tab.look("sockets")) == 2
    tab.open()
    assert agrees(tab.look("sent")[0], "Watch").runs == {"a": 3}
    for longer in (500, 1000, 2000, 5000, 5000):  # nobody answers: ever less often
        tab.cut()
        before = len(tab.look("sockets"))
        tab.wait(longer - 1)
        assert len(tab.look("sockets")) == before
        tab.wait(2)
        assert len(tab.look("sockets")) == before + 1


@needs_node
def test_where_one_stays_to_look_the_exact_frame_is_wanted_once(tab):
    news = RunNews(from_=0, loss=[3.0, 2.0, 1.0], status="paused", n_epochs=9,
                   frames=[Frame(0, "AAA="), Frame(2, "AAA=")])  # fmt: skip
    watching(tab)
    tab.open()
    tab.see(1, main="a", moment=2)
    tab.receive(encode(Tick({"a": news})))
    tab.wait(100)
    tab.look("sent")
    tab.store("change", {"moment": 1})
    tab.wait(100)
    (wanted,) = tab.look("sent")
    assert agrees(wanted, "Want") == Want(1, VERSION)
    for _ in range(3):  # it is drawn again before the answer comes
        tab.store("again")
        tab.wait(100)
    assert tab.look("sent") == []
    exact = RunNews(from_=3, loss=[], status="paused", n_epochs=9, frames=[Frame(1, "AQA=")])
    tab.receive(encode(Tick({"a": exact})))
    found = tab.store("around", "a", 1)
    assert found["before"]["epoch"] == 1 and found["before"]["matrix"] == [1]
    tab.store("change", {"moment": 2})
    tab.wait(100)
    assert tab.look("sent") == [], "that one is here"


@needs_node
def test_why_nothing_moves_is_said_until_something_does(tab):
    watching(tab)
    tab.open()
    tab.receive(encode(Refused(SENTENCE)))
    assert tab.look("notice") == "1,200 epochs of x"
    tab.receive(encode(Tick({"a": WHOLE})))
    assert tab.look("notice") == ""
    tab.receive(encode(Tick({"a": LEAST}, v=VERSION + 1)))
    assert tab.store("run", "a")["n_epochs"] == 60 and tab.store("run", "a")["status"] == "failed"


# --- what the browser makes of a tick -------------------------------------------------------------


def numbers(text, kind):
    return np.frombuffer(base64.b64decode(text), kind).tolist()


@needs_node
def test_all_that_a_tick_says_is_kept(tab):
    tab.take(Tick({"a": WHOLE}))
    kept, said = tab.store("run", "a"), json.loads(as_json(WHOLE))
    assert kept.pop("frames") == [
        {"epoch": 0, "matrix": [65535], "latent": None, "reach": 0, "spread": 0},
        {"epoch": 2, "matrix": [0, 65534], "latent": [1, -1], "reach": 1.5, "spread": 1.25},
    ]
    assert kept == {name: value for name, value in said.items() if name not in ("from", "frames")}
    assert tab.store("trained", "a") == 2


@needs_node
def test_frames_are_unpacked_and_found_around_an_epoch(tab):
    tab.take(Tick({"a": WHOLE}))
    middle = tab.store("around", "a", 0.5)
    assert (middle["before"]["epoch"], middle["after"]["epoch"]) == (0, 2)
    assert middle["share"] == 0.25
    assert middle["before"]["matrix"] == numbers("//8=", "<u2") == [65535]
    last = tab.store("around", "a", 7)
    assert last["before"] == last["after"] and last["share"] == 0
    assert last["before"]["matrix"] == numbers("AAD+/w==", "<u2") == [0, 65534]
    assert last["before"]["latent"] == numbers("AQD//w==", "<i2") == [1, -1]
    assert (last["before"]["reach"], last["before"]["spread"]) == (1.5, 1.25)
    assert tab.store("around", "nobody", 0) is None


@needs_node
def test_a_standing_is_what_was_put_in(tab):
    for at in range(3):
        tab.see(at, main="a", moment=at, playing=False, speed=5.0)
        tab.take(Tick({"a": WHOLE}))
        assert tab.store("standing", "a") == {
            "shown": at, "trained": 2, "planned": 60, "status": "failed", "best": 2,
            "single": True, "early": True, "rewinding": True, "playing": False, "speed": 5.0,
            "seconds": 0.125, "train": WHOLE.train[at], "validation": WHOLE.validation[at],
            "loss": WHOLE.loss[at],
        }  # fmt: skip
    assert tab.store("standing", "nobody") is None


@needs_node
def test_without_epochs_it_is_shown_as_soon_as_it_is_there(tab):
    tab.see(1, main="a", moment=None, playing=False, speed=5.0)
    tab.take(Tick({"a": WHOLE}))
    assert WHOLE.single and tab.store("standing", "a")["shown"] == 2


@needs_node
def test_what_a_later_tick_leaves_out_is_over_or_stays(tab):
    tab.take(Tick({"a": WHOLE}))
    tab.take(Tick({"a": LEAST}))
    kept = tab.store("run", "a")
    over = {"best": None, "single": False, "early": False, "rewinding": False, "seconds": None,
            "message": None, "status": "paused"}  # fmt: skip
    assert {name: kept[name] for name in over} == over
    stays = ("loss", "train", "validation", "baselines", "map", "said", "before", "after")
    said = json.loads(as_json(WHOLE))
    assert {name: kept[name] for name in stays} == {name: said[name] for name in stays}


@needs_node
def test_ticks_that_overlap_or_come_twice_change_nothing(tab):
    def news(start, end, epochs=()):
        return RunNews(
            from_=start, loss=[float(e) for e in range(start, end)],
            train=[e / 2 for e in range(start, end)], status="training", n_epochs=99,
            said=[Said(e, Sentence(f"at {e}")) for e in epochs],
            frames=[Frame(e, "AAA=") for e in epochs],
        )  # fmt: skip

    for part in (news(0, 4, [0, 2]), news(2, 6, [2, 5]), news(2, 6, [2, 5]), news(6, 6, [3])):
        tab.take(Tick({"a": part}))
    kept = tab.store("run", "a")
    assert kept["loss"] == [0, 1, 2, 3, 4, 5] and kept["train"] == [0, 0.5, 1, 1.5, 2, 2.5]
    assert [frame["epoch"] for frame in kept["frames"]] == [0, 2, 3, 5], "in order"
    said = [each["epoch"] for each in kept["said"]]
    assert said == sorted(set(said))


@needs_node
def test_the_browser_tells_the_server_what_it_has(tab):
    tab.take(Tick({"a": WHOLE, "b": LEAST}))
    assert tab.store("known", ["a", "c"], "a") == {"runs": {"a": 3, "c": 0}, "frames": [0, 2]}


@needs_node
def test_it_forgets_the_runs_not_heard_of_for_longest(tab):
    for number in range(30):
        tab.take(Tick({f"run {number}": WHOLE, "kept": LEAST}))
    found = [number for number in range(30) if tab.store("run", f"run {number}")]
    assert found == list(range(7, 30)) and tab.store("run", "kept")
