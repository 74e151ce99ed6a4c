"""``python -m recsys_core COMMAND``: what can be done without the dashboard; see ``commands``."""

import sys

from recsys_core.commands import main

if __name__ == "__main__":
    sys.exit(main())
