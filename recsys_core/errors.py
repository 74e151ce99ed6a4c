"""Errors that a person can correct; each text is one sentence that says how."""

from recsys_core.text import Text, as_text


class FactorscopeError(ValueError):
    """Base of all errors meant for people: one sentence a page can show as it is.

    ``text`` is that sentence as data where it was raised as a Text, else the plain sentence;
    ``str(error)`` is the English.
    """

    def __init__(self, text: Text | str = "") -> None:
        super().__init__(str(text))
        self.text = as_text(text)


class RatingsError(FactorscopeError):
    """The ratings cannot be used (none left, a label nobody knows, values not finite)."""


class ReadError(FactorscopeError):
    """A file could not be read as ratings; the text names the place and the remedy."""


class MissingPackageError(FactorscopeError):
    """An optional package is not installed; the text names it and the command that installs it."""


class NotFittedError(FactorscopeError):
    """A model was asked for results before it was trained."""


class DivergedError(FactorscopeError):
    """Training diverged: parameters or predictions are no longer finite, or far off the scale."""


class SettingsError(FactorscopeError):
    """A setting has no meaning, or none for these ratings."""


class TooLargeError(FactorscopeError):
    """An answer would not fit in memory, or in the page."""


class LinkError(FactorscopeError):
    """A link, or the JSON of an experiment, holds something that has no meaning."""


class MissingDataError(FactorscopeError):
    """The ratings of an experiment are not here: an upload, a release, data shared elsewhere."""


class MissingRunError(FactorscopeError):
    """A value was asked for that needs a run which has not been run, or is not kept."""


class ReceiptError(FactorscopeError):
    """A receipt is damaged, or was written by a newer version."""


class TrackingError(FactorscopeError):
    """Runs could not be written to an MLflow server: its address, the way there, its refusal."""


class LiveError(FactorscopeError):
    """A message from a browser has no meaning, or comes from a page of another version."""


class StoreError(FactorscopeError):
    """The database of runs cannot be used: locked, full, read-only, gone, damaged, or newer."""


class LessonError(FactorscopeError):
    """A lesson's file has a line without meaning, or a certificate is not from this server."""


class RoomError(FactorscopeError):
    """A room refuses what was asked of it: a nickname nobody can read, a rating off its scale."""


class MissingRoomError(RoomError):
    """There is no room of that code, or it was deleted."""


class NotInRoomError(RoomError):
    """Whoever asks is nobody in this room: never joined, or was removed by the teacher."""


class NotNowError(RoomError):
    """The room is full, or in a phase in which this cannot be done."""
