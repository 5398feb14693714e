"""The policies that calls run under to named constants of one module."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.targets.python.expressions import duration
from flowc.targets.python.names import BUILTINS, Names, quote
from flowc.targets.writer import Code, Group, Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def calls_of(flow: ir.Flow) -> Iterable[ir.Call]:
    """Every call that a flow may make, in textual order."""
    for step in flow.steps:
        if isinstance(step.call, ir.Call):
            yield step.call
        if isinstance(step.unknown, ir.Probe):
            yield step.unknown.call
        if step.compensation is not None:
            yield step.compensation.call


class Policies:
    """A constant for each distinct policy, named after the flow's policy and its `within`."""

    def __init__(self, flows: Iterable[ir.Flow]) -> None:
        self._constants: dict[tuple[object, ...], str] = {}
        self._policies: dict[str, ir.Policy] = {}
        names = Names(BUILTINS | {"Policy", "timedelta"})
        found = [call.policy for flow in flows for call in calls_of(flow)]
        withins: dict[str | None, set[int | None]] = {}
        for policy in found:
            withins.setdefault(policy.name, set()).add(policy.within)
        several = {name for name, spans in withins.items() if len(spans) > 1}
        for policy in found:
            if _terms(policy) not in self._constants:
                base = (policy.name or "inline").upper()
                if policy.name in several and policy.within is not None:
                    base += f"_WITHIN_{_short(policy.within)}"
                constant = names.take(base)
                self._constants[_terms(policy)] = constant
                self._policies[constant] = policy

    def name(self, policy: ir.Policy) -> str:
        """How flow modules call it."""
        return f"policies.{self._constants[_terms(policy)]}"

    def module(self) -> str:
        """The text of the module."""
        out = Writer()
        out.line('"""How calls are governed: time limits, attempts, waits between them."""')
        out.blank()
        if any("timedelta(" in str(_arguments(p)) for p in self._policies.values()):
            out.line("from datetime import timedelta")
            out.blank()
        if self._policies:
            out.line("from .runtime.calls import Policy")
            out.blank()
        for constant, policy in self._policies.items():
            out.line(Group(f"{constant} = Policy(", _arguments(policy), ")"))
        return out.text


def _terms(policy: ir.Policy) -> tuple[object, ...]:
    return tuple(
        getattr(policy, field) for field in ir.Policy.__match_args__ if field not in ("span",)
    )


def _short(ms: int) -> str:
    """A duration inside an identifier: `5M`, `2H`, `1500MS`."""
    for unit, size in (("D", 86_400_000), ("H", 3_600_000), ("M", 60_000), ("S", 1000)):
        if ms and ms % size == 0:
            return f"{ms // size}{unit}"
    return f"{ms}MS"


def _arguments(policy: ir.Policy) -> tuple[Code, ...]:
    parts: list[Code] = []
    if policy.timeout is not None:
        parts.append(f"timeout={duration(policy.timeout)}")
    if policy.attempts != 1:
        parts.append(f"attempts={policy.attempts}")
    if policy.backoff:
        parts.append(f"backoff={duration(policy.backoff)}")
    if policy.cap is not None:
        parts.append(f"cap={duration(policy.cap)}")
    if policy.factor != 1:
        parts.append(f"factor={float(policy.factor)!r}")
    if policy.jitter:
        parts.append("jitter=True")
    if policy.within is not None:
        parts.append(f"within={duration(policy.within)}")
    if policy.heartbeat is not None:
        parts.append(f"heartbeat={duration(policy.heartbeat)}")
    if policy.page is not None:
        parts.append(f"page={quote(policy.page)}")
    return tuple(parts)
