"""The compiler's codes: what each finding is called, and whether it stops a build."""

from __future__ import annotations

from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.diagnostic import Severity


class Code(Struct):
    """A code, its name, its severity. The pages stand in `pages.py`."""

    code: str
    name: str
    severity: Severity


def _codes() -> dict[str, Code]:
    rows = """
    REF001 unknown-name
    REF002 duplicate-declaration
    REF003 bound-twice
    REF004 unused-declaration              warning
    REF005 bad-import
    REF006 import-cycle
    REF007 out-of-reach
    TYP001 type-mismatch
    TYP002 maybe-none
    TYP003 needless-fallback
    TYP004 unknown-field
    TYP005 wrong-arguments
    TYP006 no-result
    TYP007 bad-number
    TYP008 bad-type
    TYP009 not-exhaustive
    TYP010 misplaced-clause
    TYP011 repeated-clause
    TYP012 bad-probe
    TYP013 not-a-literal
    TYP014 not-drawn
    CTL001 unreachable-statement           warning
    CTL002 missing-return
    CTL003 return-in-parallel
    CTL004 fail-after-commit
    CTL005 misplaced-statement
    SAG002 unknown-outcome-unanswered
    SAG003 compensation-needs-lost-result
    SAG009 commit-in-parallel
    TIM007 missing-timeout
    """
    table: dict[str, Code] = {}
    for row in rows.split("\n"):
        words = row.split()
        if words:
            code, name = words[:2]
            table[name] = Code(code, name, "warning" if len(words) > 2 else "error")
    return table


CODES = _codes()
