"""Everything that can go wrong in a way a person can mend: one sentence each, saying the remedy."""


class FactorscopeError(ValueError):
    """Base of all errors meant for people: its text is one sentence a page can show as it is."""


class RatingsError(FactorscopeError):
    """The ratings cannot be used (none left, a label nobody knows, values not finite)."""


class ReadError(FactorscopeError):
    """A file could not be read as ratings; the text names the place and the remedy."""


class MissingPackageError(FactorscopeError):
    """An optional package is not installed; the text names it and the command that installs it."""


class NotFittedError(FactorscopeError):
    """A question was put to a model that has not been trained yet."""


class DivergedError(FactorscopeError):
    """Training left the finite numbers."""


class SettingsError(FactorscopeError):
    """A setting has no meaning, or none for these ratings."""


class TooLargeError(FactorscopeError):
    """An answer would not fit in memory, or in the page."""
