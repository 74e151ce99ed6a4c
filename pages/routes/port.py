"""Look whether a port is free before a server takes it: ``python -m pages.routes.port 8501``.

Streamlit's own words for one that is taken name no remedy.
"""

from __future__ import annotations

import errno
import os
import socket
import sys


def refusal(port: int) -> str | None:
    """Why nothing can listen on a port, as one sentence with the remedy; None where it can."""
    try:
        with socket.socket() as probe:
            if os.name == "posix":  # as servers do: what was closed a moment ago is free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("", port))
            probe.listen()
    except (OSError, OverflowError) as error:
        remedy = f"start on another one, as in: make run PORT={8502 if port == 8501 else 8501}"
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            return f"Port {port} is taken by another program; end that one, or {remedy}"
        return f"Port {port} cannot be used by you; {remedy}"
    return None


if __name__ == "__main__":
    said = refusal(int(sys.argv[1]))
    if said is not None:
        sys.exit(said)
