"""Whether the suite notices that an engine means something else: `python -m tests.support.noticing
ENGINE [RULE]`, with status 3 if a story differs: of that rule first, or of any other."""

from __future__ import annotations

import sys

from tests.support import clauses
from tests.support.suite import Stage


def differs(engine: str, first: list[int]) -> str:
    """The first difference, empty if there is none."""
    others = sorted({row[0] for row in clauses.CLAUSES} - {*first})
    with Stage(engine) as stage:
        for rules in filter(None, (first, others)):
            if found := clauses.hold(stage, rules, all_of_them=False).found:
                return found[0]
    return ""


if __name__ == "__main__":
    told = differs(sys.argv[1], [int(rule) for rule in sys.argv[2:]])
    print(told)
    sys.exit(3 if told else 0)
