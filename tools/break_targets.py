"""Breaks the clauses of the meaning, one at a time and in one target, and asks who notices.

    python tools/break_targets.py [TARGET...]

A change is made in a copy of the sources: a story of the clauses must be told differently there,
and none without the change. Exit status 1 if a change goes unnoticed, or changes nothing any more.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.breaking import sound, survives
from tests.support.breaks import changes

PROCESSES = 2


def main() -> int:
    engines = sys.argv[1:] or list(dict.fromkeys(change.engine for change in changes()))
    chosen = [change for change in changes() if change.engine in engines]
    left = 0
    with ThreadPoolExecutor(PROCESSES) as pool:
        for engine, wrong in zip(engines, pool.map(sound, engines), strict=True):
            print(f"{engine}: {wrong or 'nothing differs unchanged'}", flush=True)
            left += wrong is not None
        for change, wrong in zip(chosen, pool.map(survives, chosen), strict=True):
            said = wrong or "noticed"
            print(f"rule {change.rule:2} {change.engine:9} {change.file}: {said}", flush=True)
            if wrong is not None:
                left += 1
                print(f"  {change.old!r} -> {change.new!r}", flush=True)
    print(f"{len(chosen)} changes, {left} unnoticed")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
