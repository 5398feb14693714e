"""What can go wrong in one statement by itself: a statement to the errors it may fail with."""

from __future__ import annotations

from flowc.compiler.flow import (
    Await,
    Call,
    Fail,
    ForEach,
    Halt,
    Node,
    Operation,
    Policy,
    Probe,
    Repeat,
    Step,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    # fail: a declared error, or one that a sub-flow or `fail` ends with; unknown: nobody knows
    # whether it took effect; timeout: nobody answered an await; limit: too many items or rounds.
    How = Literal["fail", "timeout", "limit", "unknown"]
    Errors = tuple[tuple[str, How], ...]


def exhausts(policy: Policy) -> bool:
    """Whether a call under it can run out of attempts or time; else it is tried for ever."""
    return policy.attempts is not None or policy.within is not None


def ends_unknown(operation: Operation, policy: Policy) -> bool:
    """Whether a call can end with nobody knowing what it did (rules 1 and 2)."""
    return exhausts(policy) or not operation.repeatable


def step_errors(step: Step, child: Callable[[str], tuple[str, ...]]) -> Errors:
    """The errors that a step can fail with, declared ones first.

    `child` tells the errors of a sub-flow. A halt is no error; nor is cancel or a deadline.
    """
    if step.otherwise is not None:
        return ()
    if not isinstance(step.call, Call):
        return tuple((error, "fail") for error in child(step.call.flow))
    operation, policy = step.call.operation, step.call.policy
    errors: list[tuple[str, How]] = []
    for error in operation.raises:
        stands = exhausts(policy) and (operation.is_read or policy.attempts == 1)
        if stands or not error.transient:
            errors.append((error.name, "fail"))
    if ends_unknown(operation, policy) and not isinstance(step.unknown, Halt):
        errors.append(("Unknown", "unknown"))
    return tuple(errors)


def own_errors(
    node: Node, child: Callable[[str], tuple[str, ...]], fits: Callable[[ForEach], bool]
) -> Errors:
    """The errors that a statement itself can fail with, without those from inside its blocks.

    `fits` tells whether a loop's list provably is no longer than its `max`.
    """
    match node:
        case Step():
            return step_errors(node, child)
        case Fail():
            return ((node.error.name, "fail"),)
        case Await():
            if node.within is not None and node.on_timeout is None:
                return (("TimedOut", "timeout"),)
        case ForEach():
            if not fits(node):
                return (("LimitReached", "limit"),)
        case Repeat():
            if node.exhausted is None:
                return (("LimitReached", "limit"),)
        case _:
            pass
    return ()


def enters_unsure(step: Step) -> bool:
    """Whether the step's compensation may enter the ledger though nobody knows that the step
    took effect (rule 3)."""
    if step.compensation is None or not isinstance(step.call, Call):
        return False
    if not ends_unknown(step.call.operation, step.call.policy):
        return False
    match step.unknown:
        case None | Halt():
            return False
        case Probe():
            operation = step.compensation.call.operation
            return operation.absorbing and not step.compensation.uses_result
        case _:
            return True
