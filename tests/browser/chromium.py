"""Find a Chromium for the browser tests; ``python tests/browser/chromium.py --install`` gets one.

An installed one is taken first, else the distribution's package where we are root, else the one
that Playwright brings.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


@functools.cache
def find() -> str | None:
    """Path of a Chromium that starts, or None."""
    chosen = os.environ.get("FACTORSCOPE_CHROMIUM")
    candidates = [chosen] if chosen else [*filter(None, map(shutil.which, _NAMES)), _playwrights()]
    return next((path for path in candidates if path and _starts(path)), None)


def _playwrights() -> str:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _starts(path: str) -> bool:
    # A package may be a stub that only says where to get the real thing: ask for the version.
    try:
        asked = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def install() -> str | None:
    """Find a Chromium, or install one; its path, or None where that failed."""
    if find() is None and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium for the browser tests (apt-get) …", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "check": False}
        subprocess.run(["apt-get", "-qq", "update"], **quiet)
        subprocess.run(
            ["apt-get", "-qq", "-y", "--no-install-recommends", "install", "chromium"], **quiet
        )
        find.cache_clear()
    if find() is None:
        print("Installing Chromium for the browser tests (Playwright) …", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
        find.cache_clear()
    return find()


if __name__ == "__main__":
    path = install() if "--install" in sys.argv else find()
    print(f"Chromium: {Path(path)}" if path else "No Chromium: the browser tests will be skipped.")
