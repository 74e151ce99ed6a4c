"""Packages that only parts of the core need: imported when first asked for, named where absent.

    with needed_for("Neural MF"):
        import torch

They are pip's extras; ``pyproject.toml`` says which versions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from recsys_core.errors import MissingPackageError
from recsys_core.text import Text

# By the name it is imported by: what the package is called, and the extra that installs it.
EXTRAS = {
    "torch": ("PyTorch", "neural"),
    "plotly": ("Plotly", "figures"),
    "openTSNE": ("openTSNE", "maps"),
    "umap": ("umap-learn", "maps"),
    "pyarrow": ("pyarrow", "files"),
    "python_calamine": ("python-calamine", "files"),
    "chardet": ("chardet", "files"),
    "optuna": ("Optuna", "sweeps"),
    "sqlalchemy": ("SQLAlchemy", "database"),
    "mlflow": ("mlflow-skinny", "mlflow"),
}


@contextmanager
def needed_for(what: str, instead: str = "") -> Iterator[None]:
    """Import such packages inside; ``instead`` ends the sentence with a way to do without.

    Raises
    ------
    MissingPackageError
        If one is not installed: “Neural MF needs PyTorch, which is not installed: pip install …”.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        title, extra = EXTRAS[package]
        raise MissingPackageError(
            Text(
                "{what} needs {title}, which is not installed: "
                "pip install 'factorscope[{extra}]'{instead}.",
                what=what if what[:1] == what[:1].upper() else what[:1].upper() + what[1:],
                title=title,
                extra=extra,
                instead=instead,
            )
        ) from None
