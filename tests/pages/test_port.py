"""A port that is taken: one sentence, with the way out."""

import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def look(port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pages.routes.port", str(port)],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_a_port_that_is_taken_is_told_with_the_command_for_another():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = look(port)
    assert done.returncode == 1 and done.stderr.splitlines() == [
        f"Port {port} is taken by another program; end that one, or start on another one, as in: "
        "make run PORT=8501"
    ]
    assert (free := look(port)).returncode == 0 and not free.stderr


def test_make_run_looks_before_it_starts():
    recipe = (ROOT / "Makefile").read_text().partition("\nrun:")[2].partition("\n\n")[0]
    assert recipe.index("pages.routes.port $(PORT)") < recipe.index("streamlit run app.py")
