"""`python -m flowc`."""

from __future__ import annotations

import sys

from flowc.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
