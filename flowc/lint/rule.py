"""What a rule is: a pure generator of findings, with its page."""

from __future__ import annotations

from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowc.diagnostic import Finding, Severity
    from flowc.simulate.study import Study

    Check = Callable[[Study], Iterator[Finding]]


class Rule(Struct):
    """A check of one flow at one version, and everything that its page says.

    `on` tells whether it runs without being selected; `bad` and `good` are whole small `.flow`
    files, the first with exactly this finding, the second clean. A `sound` rule looks only at
    files without errors: what it misses there may be what the file was meant to say.
    """

    code: str
    name: str
    severity: Severity
    on: bool
    bad: str
    good: str
    page: str
    check: Check
    sound: bool = False


def rule(
    *,
    code: str,
    name: str,
    bad: str,
    good: str,
    severity: Severity = "warning",
    on: bool = True,
    sound: bool = False,
) -> Callable[[Check], Rule]:
    """Make a Rule of the generator below; its docstring is the rule's manual page."""

    def make(check: Check) -> Rule:
        return Rule(code, name, severity, on, bad, good, check.__doc__ or "", check, sound)

    return make
