"""The messages between server and browser, declared once.

The browser's scripts get the same declarations (``schema``), and one set of examples is read by
both sides in the tests. Every message carries ``v``, the version of these declarations: a page that
was opened before an update is told to reload.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from recsys_core.errors import LiveError
from recsys_core.text import Text, as_text

VERSION = 2

# What a browser sends is small.
_LONGEST = 20_000

_Epochs = Annotated[int, msgspec.Meta(ge=-1, le=10_000_000)]
_Name = Annotated[str, msgspec.Meta(max_length=64)]


class Sentence(msgspec.Struct, omit_defaults=True):
    """A Text: its id, its plural where there is one, and the values in it."""

    id: str
    values: dict[str, Any] = {}
    plural: str | None = None

    @classmethod
    def of(cls, text: Text | str) -> Sentence:
        """A Text as it travels, or a sentence of which only the words are known."""
        return cls(**as_text(text).to_dict())


class Frame(msgspec.Struct, omit_defaults=True):
    """The pictures at an epoch; numbers are little-endian 16-bit integers, in base64.

    ``matrix``: unsigned, row by row, 0 the lowest and 65534 the highest rating, 65535 none yet.
    ``latent``: signed, x and y of all users shown, then of all items; 32767 is ``reach``;
    ``spread`` is how far out all but a few lie.
    """

    epoch: int
    matrix: str
    latent: str | None = None
    reach: float = 0.0
    spread: float = 0.0


class Map(msgspec.Struct):
    """How the latent space is drawn, once the run's basis is known.

    ``reach`` is half the width of the picture; ``main`` and ``second`` name the axes.
    """

    reach: float
    main: Sentence
    second: Sentence


class Baseline(msgspec.Struct):
    """A grey line beside the curves: its name, and the errors it would have all along."""

    name: str
    train: float | None
    validation: float | None


class Said(msgspec.Struct):
    """The comment from an epoch on, while a run moves."""

    epoch: int
    text: Sentence


class RunNews(msgspec.Struct, omit_defaults=True):
    """What is new of one run since the last message.

    Attributes
    ----------
    from_ : the epoch at which ``loss``, ``train`` and ``validation`` begin; ``train`` and
        ``validation`` are None where the run has no such errors.
    status : ``message`` says why it failed; ``rewinding``: a fork is being retraced.
    n_epochs : planned; ``single``: there are none to speak of, it learns in one pass.
    best : the epoch of lowest validation RMSE so far; ``early``: it ended since that rose.
    seconds : how long an epoch takes; None while unknown.
    took : seconds of computing of each epoch, from ``from_`` on as the others.
    before, said, after : what is said before it begins, while it moves, and at its end.
    baselines, map, before, said, after, frames : only where they are new, and ``map`` and
        ``frames`` only of the run in view.
    """

    from_: int = msgspec.field(name="from")
    loss: list[float]
    status: Literal["paused", "training", "finished", "failed"]
    n_epochs: int
    train: list[float] | None = None
    validation: list[float] | None = None
    best: int | None = None
    single: bool = False
    early: bool = False
    rewinding: bool = False
    message: Sentence | None = None
    seconds: float | None = None
    took: list[float] | None = None
    baselines: list[Baseline] | None = None
    map: Map | None = None
    said: list[Said] | None = None
    before: Sentence | None = None
    after: Sentence | None = None
    frames: list[Frame] | None = None


class Tick(msgspec.Struct, tag="tick", tag_field="kind"):
    """All that is new for a page, in one message: by stream, what is new of each run.

    ``race`` says who is ahead of those that the page races; None where there is nothing new.
    ``measured`` counts what has been measured for the table of comparison, so that the page knows
    when there is more.
    """

    runs: dict[str, RunNews]
    v: int = VERSION
    race: Sentence | None = None
    measured: int = 0


class Refused(msgspec.Struct, tag="refused", tag_field="kind"):
    """Why nothing will come: another version, or a run that is not this browser's."""

    why: Sentence
    v: int = VERSION


class Watch(msgspec.Struct, tag="watch", tag_field="kind"):
    """Which runs a page shows, and how much of each it has.

    ``runs``: stream → the number of epochs that it has. ``main`` is the run in view, whose frames
    it wants; ``frames`` are the epochs of those that it has. ``ticket`` names the workspace.
    ``race`` are the streams of those that it races.
    """

    ticket: _Name
    main: _Name | None
    runs: dict[_Name, _Epochs]
    frames: list[_Epochs]
    v: int
    race: list[_Name] = []


class Want(msgspec.Struct, tag="want", tag_field="kind"):
    """One exact frame of the run in view, to look at for longer."""

    epoch: _Epochs
    v: int


ToBrowser = Tick | Refused
ToServer = Watch | Want


class _Versioned(msgspec.Struct):
    """The fields that a message of any version has."""

    v: int


_decoder = msgspec.json.Decoder(ToServer)
_version = msgspec.json.Decoder(_Versioned)


def encode(message: ToBrowser) -> str:
    """A message as JSON text."""
    return msgspec.json.encode(message).decode()


def decode(text: str) -> ToServer:
    """What a browser sent.

    Raises
    ------
    LiveError
        If it is not one of the declared messages, or of another version.
    """
    text = text[: _LONGEST + 1]
    try:
        if _version.decode(text).v != VERSION:
            raise LiveError(Text("Factorscope was updated; reload the page."))
        return _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        why = str(error)[:200]
        raise LiveError(Text("This message has no meaning: {why}.", why=why)) from None


def schema() -> dict[str, Any]:
    """The declarations as JSON Schema, for the browser's side."""
    return msgspec.json.schema_components([ToBrowser, ToServer])[1]
