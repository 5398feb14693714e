"""A call under its policy, as activities: how its attempts ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.exceptions import TimeoutError as TimeLimit

from .calls import Call, Operation, Policy
from .errors import FlowError
from .values import decode, encode

LONGEST = timedelta(days=3650)  # a wait between attempts that has no cap


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
    end = None if policy.within is None else workflow.now() + policy.within
    outcome: Outcome
    declared: Outcome | None = None
    number = 0
    native = _native(call.operation, policy, repeatable=repeatable)
    while True:
        number += 1
        retry = _retry(policy) if native else RetryPolicy(maximum_attempts=1)
        outcome = await _activity(path, call, policy, retry, end)
        if outcome.kind == "ok":
            return outcome
        if outcome.error is not None:
            declared = outcome
            if not outcome.error.transient:
                return outcome
        if native or outcome.final or (outcome.kind == "unknown" and not repeatable):
            break
        if policy.attempts is not None and number >= policy.attempts:
            break
        wait = timedelta(milliseconds=policy.wait(number, workflow.random().random()))
        if end is not None and workflow.now() + wait >= end:
            break
        if wait:
            await workflow.sleep(wait, summary=f"{path}: before attempt {number + 1}")
    if call.operation.kind == "read":
        return declared or outcome
    if outcome.kind == "fail" and policy.attempts != 1:
        return Outcome("unknown", reason=str(outcome.error))
    return outcome


def _native(operation: Operation, policy: Policy, *, repeatable: bool) -> bool:
    """Whether Temporal's own retry means the same: it retries whatever fails, and tells only of
    the last attempt. It costs no history, and it cannot do without a pause."""
    if policy.attempts == 1:
        return True
    if operation.kind == "read" and any(kind.transient for kind in operation.raises):
        return False  # its last declared error counts, also when it was not the last of all
    return repeatable and policy.backoff > timedelta() and policy.factor >= 1


def _retry(policy: Policy) -> RetryPolicy:
    cap = LONGEST if policy.cap is None else policy.cap
    first = min(policy.backoff, cap) or timedelta(seconds=1)
    return RetryPolicy(
        initial_interval=first,
        backoff_coefficient=policy.factor if policy.factor >= 1 else 1.0,
        maximum_interval=max(cap, first),
        maximum_attempts=policy.attempts or 0,
    )


async def _activity(
    path: str, call: Call[Any], policy: Policy, retry: RetryPolicy, end: datetime | None
) -> Outcome:
    left = None if end is None else end - workflow.now()
    if left is not None and left <= timedelta():
        return Outcome("unknown", reason="its time ended before it began", final=True)
    try:
        row = await workflow.execute_activity(
            call.operation.title,
            encode(dict(call.arguments)),
            result_type=dict,
            start_to_close_timeout=policy.timeout,
            schedule_to_close_timeout=left,
            heartbeat_timeout=policy.heartbeat,
            retry_policy=retry,
            summary=path,
        )
    except ActivityError as failed:
        return _failed(call.operation, failed)
    if "error" in row:
        return Outcome("fail", error=_declared(call.operation, row["error"]))
    return Outcome("ok", value=decode(call.operation.result, row["ok"]))


def _failed(operation: Operation, failed: ActivityError) -> Outcome:
    """What a failed activity says; behind a timeout of all attempts stands the last one."""
    cause: BaseException | None = failed.cause
    if isinstance(cause, TimeLimit) and isinstance(cause.cause, ApplicationError):
        cause = cause.cause
    if isinstance(cause, ApplicationError):
        if cause.type == "Transient" and cause.details:
            return Outcome("fail", error=_declared(operation, cause.details[0]))
        final = cause.non_retryable
        return Outcome("unknown", reason=cause.message, final=final)
    if isinstance(cause, TimeLimit):
        kind = "" if cause.type is None else cause.type.name.lower().replace("_", " ")
        return Outcome("unknown", reason=f"no answer in time ({kind})")
    return Outcome("unknown", reason=str(cause or failed))


def _declared(operation: Operation, row: dict[str, Any]) -> FlowError:
    kind = next(kind for kind in operation.raises if kind.error_name == row["name"])
    return kind.from_fields(row["fields"], row["message"])
