"""The command line: ``python -m recsys_core COMMAND …``, one module a command.

A command's module has ``HELP`` (one line), ``add_arguments(parser)`` and ``run(arguments) → exit
status``; its docstring is what ``--help`` explains. Another one is another line in ``COMMANDS``.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from recsys_core import escape
from recsys_core.errors import FactorscopeError, MissingDataError

COMMANDS = (
    "train",
    "sweep",
    "runs",
    "recommend",
    "report",
    "lesson",
    "replay",
    "backup",
    "restore",
)

# Exit statuses: replay's own 1 says that results differ.
NEEDS_DATA, REFUSED, STOPPED = 2, 3, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. What a person can mend is one sentence on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console that knows few characters
            stream.reconfigure(errors="backslashreplace")
    parser = _Parser(prog="python -m recsys_core", description="Factorscope without its dashboard.")
    known = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        module = import_module(f"recsys_core.commands.{name}")
        one = known.add_parser(
            name,
            help=module.HELP,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(one)
        one.set_defaults(run=module.run)
    arguments = parser.parse_args(argv)
    try:
        return arguments.run(arguments)
    except FactorscopeError as error:
        print(escape.one_line(str(error)), file=sys.stderr)  # no control character gets through
        return NEEDS_DATA if isinstance(error, MissingDataError) else REFUSED
    except MemoryError:
        print("That does not fit into memory; choose a smaller one.", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # nobody reads on, as after “| head”
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED


class _Parser(argparse.ArgumentParser):
    """One that ends with a status of its own: argparse's 2 says that data are missing."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and end."""
        self.print_usage(sys.stderr)
        self.exit(REFUSED, f"{self.prog}: {escape.one_line(message)}\n")
