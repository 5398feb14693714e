"""A call under its policy, as activities: how its attempts ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from cadence.error import ActivityFailure  # type: ignore[import-untyped]

from . import engine, workflow
from .activities import Failed
from .calls import Call, Operation, Policy
from .engine import LONGEST, whole
from .errors import FlowError
from .values import decode, encode

FINAL = ("WrongType",)  # reasons that no retry mends


@dataclass(frozen=True)
class Outcome:
    """OK(value), FAIL(declared error) or UNKNOWN(reason); `final`: not tried again."""

    kind: Literal["ok", "fail", "unknown"]
    value: Any = None
    error: FlowError | None = None
    reason: str = ""
    final: bool = False


async def attempts(path: str, call: Call[Any], policy: Policy, *, repeatable: bool) -> Outcome:
    """Attempt a call until its policy has enough; give the outcome that stands.

    `repeatable`: an attempt of unknown outcome may simply be made again.
    """
    operation = call.operation
    if policy.attempts == 1:
        return await activity(path, call, policy, None, policy.within)
    if native(operation, policy, repeatable=repeatable):
        return _settled(operation, await activity(path, call, policy, _retry(policy), None))
    end = None if policy.within is None else engine.now() + policy.within
    declared: Outcome | None = None
    number = 0
    while True:
        number += 1
        outcome = await _attempt(path, call, policy, end)
        if outcome.kind == "ok":
            return outcome
        if outcome.error is not None:
            declared = outcome
            if not outcome.error.transient:
                return outcome
        if outcome.final or (outcome.kind == "unknown" and not repeatable):
            break
        if policy.attempts is not None and number >= policy.attempts:
            break
        luck = engine.random() if policy.jitter else 1.0
        wait = timedelta(milliseconds=policy.wait(number, luck))
        if end is not None and engine.now() + wait >= end:
            break
        if wait:
            await engine.sleep(wait)
    if operation.kind == "read":
        return declared or outcome
    return _settled(operation, outcome)


def _settled(operation: Operation, outcome: Outcome) -> Outcome:
    """After several attempts, a transient error of the last one speaks only for that one."""
    transient = outcome.kind == "fail" and (outcome.error is None or outcome.error.transient)
    if transient and operation.kind != "read":
        return Outcome("unknown", reason=str(outcome.error or outcome.reason))
    return outcome


def native(operation: Operation, policy: Policy, *, repeatable: bool) -> bool:
    """Whether Cadence's own retry means the same: it retries whatever fails, tells only of the
    last attempt, and does not cut an attempt when the time of all is up."""
    if not repeatable or policy.backoff <= timedelta() or policy.factor < 1:
        return False
    if operation.kind == "read" and any(kind.transient for kind in operation.raises):
        return False  # its last declared error counts, also when it was not the last of all
    return policy.within is None or _fits(policy, policy.within)


def _fits(policy: Policy, within: timedelta) -> bool:
    """Whether all attempts and waits fit into it, however long each takes."""
    if policy.attempts is None or policy.timeout is None:
        return False
    total = timedelta()
    for number in range(1, policy.attempts + 1):
        total += whole(policy.timeout)
        if number < policy.attempts:
            total += whole(timedelta(milliseconds=policy.wait(number, 1.0)))
        if total > within:
            return False
    return True


def _retry(policy: Policy) -> dict[str, Any]:
    cap = LONGEST if policy.cap is None else policy.cap
    made: dict[str, Any] = {
        "initial_interval": whole(min(policy.backoff, cap)),
        "backoff_coefficient": policy.factor,
        "maximum_interval": whole(cap),
        "non_retryable_error_reasons": list(FINAL),
    }
    if policy.attempts is None:  # Cadence wants one of the two
        made["expiration_interval"] = LONGEST
    else:
        made["maximum_attempts"] = policy.attempts
    return made


async def _attempt(path: str, call: Call[Any], policy: Policy, end: datetime | None) -> Outcome:
    left = None if end is None else end - engine.now()
    if left is not None and left <= timedelta():
        return Outcome("unknown", reason="its time ended before it began", final=True)
    return await activity(path, call, policy, None, left)


async def activity(
    path: str,
    call: Call[Any],
    policy: Policy,
    retry: dict[str, Any] | None,
    left: timedelta | None,
) -> Outcome:
    """One activity, within what is left of the time; `retry` lets Cadence repeat it."""
    timeout = min(part for part in (policy.timeout, left, LONGEST) if part is not None)
    options: dict[str, Any] = {
        "schedule_to_start_timeout": LONGEST if left is None else left,
        "start_to_close_timeout": timeout,
        # the client's own default would end everything after an hour
        "schedule_to_close_timeout": LONGEST + timeout if left is None else left,
    }
    if policy.heartbeat is not None:
        options["heartbeat_timeout"] = policy.heartbeat
    if retry is not None:
        options["retry_policy"] = retry
    given = encode(dict(call.arguments))
    title = call.operation.title
    try:
        again = retry is not None
        row = await workflow.execute_activity(title, dict, path, given, again, options=options)
    except (ActivityFailure, Failed) as failed:
        engine.woken()
        return _failed(failed)
    engine.woken()
    if "error" in row:
        return Outcome("fail", error=_declared(call.operation, row["error"]))
    return Outcome("ok", value=decode(call.operation.result, row["ok"]))


def _failed(failed: Exception) -> Outcome:
    """What a failed activity says. Cadence hands on the name of the class and a traceback; its
    test environment raises what the activity raised."""
    lines = [line for line in str(failed).splitlines() if line.strip()]
    reason = type(failed).__name__
    if isinstance(failed, ActivityFailure):
        reason = lines[0] if lines else ""
    shown = lines[-1].strip() if lines else reason
    if reason == "Transient":
        return Outcome("fail", reason=shown)
    return Outcome("unknown", reason=shown, final=reason in FINAL)


def _declared(operation: Operation, row: dict[str, Any]) -> FlowError:
    kind = next(kind for kind in operation.raises if kind.error_name == row["name"])
    return kind.from_fields(row["fields"], row["message"])
