"""`python -m bench`: print every figure; ends with 1 where a promise is missed."""

from __future__ import annotations

import argparse
import compileall
import sys
from pathlib import Path

from bench import draw, durable, emit, lint, parse

PARTS = ("parse", "lint", "draw", "emit", "durable")


def main() -> int:
    """Run what was asked for."""
    options = argparse.ArgumentParser(prog="bench", description=__doc__)
    options.add_argument("what", nargs="*", choices=[*PARTS, []], help="else: all")
    options.add_argument("--runs", type=int, default=9, help="runs a figure is the median of")
    chosen = options.parse_args()
    root = Path(__file__).parents[1]
    compileall.compile_dir(str(root / "flowc"), quiet=2)
    work = root / ".bench"
    work.mkdir(exist_ok=True)
    kept = True
    if "parse" in (chosen.what or "parse"):
        kept &= parse.bench(chosen.runs)
    if "lint" in (chosen.what or "lint"):
        kept &= lint.bench(work, chosen.runs)
    if "emit" in (chosen.what or "emit"):
        kept &= emit.bench(chosen.runs)
    if "draw" in (chosen.what or "draw"):
        kept &= draw.bench(work, chosen.runs)
    if "durable" in (chosen.what or "durable"):
        kept &= durable.bench(work, min(chosen.runs, 3))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
