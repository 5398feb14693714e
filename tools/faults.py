"""The whole fault matrix of the three examples on the real engine, in virtual time where it can be.

    python tools/faults.py [KIND...] [--every N] [--parts N]

Works on both cores, shows how far it is, and counts the cases of each kind. Exit status 1 if any
case does not end as the reference interpreter says, or `flowc status` tells another story of it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.faults.matrix import KINDS, parts, told  # noqa: E402 - after the path is known


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth case")
    parser.add_argument("--parts", type=int, metavar="N", help="only N parts of each kind")
    arguments = parser.parse_args()
    kinds = arguments.kinds or list(KINDS)
    if unknown := set(kinds) - set(KINDS):
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    began = time.monotonic()
    counts: Counter[str] = Counter()
    differing = 0
    todo = [part for kind in kinds for part in parts(kind, arguments.parts)]
    for number, (kind, shard, found) in enumerate(told(todo, arguments.every), 1):
        for difference in found.differences:
            print(f"  {difference}")
        differing += len(found.differences)
        counts.update({f"{kind}: {label}": n for label, n in found.counts.items()})
        print(
            f"[{number}/{len(todo)}] {kind}, {shard}: {found.counts.total()} cases,"
            f" {len(found.differences)} differences",
            flush=True,
        )
    for label, number in sorted(counts.items()):
        print(f"{number:6} {label}")
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    print(f"{counts.total()} cases in {minutes}m {seconds}s: {differing} differences")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
