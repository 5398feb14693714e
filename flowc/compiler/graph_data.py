"""Turns contracts, policies and places into the JSON values that a graph's nodes carry."""

from __future__ import annotations

import re

from flowc.compiler.flow import Await, Call, Flow, Operation, Policy, Step, SubFlow
from flowc.compiler.types import show
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_GAP = re.compile(
    r'(?P<text>"(?:\\.|[^"\\\n])*")'  # left as it is
    r"|(?P<tail>,(?:\s|//[^\n]*)*(?=[)\]]))"  # a trailing comma of a list over several lines
    r"|(?:\s|//[^\n]*)+"
)
_TIGHT = re.compile(r'(?P<text>"(?:\\.|[^"\\\n])*")|(?<=[(\[]) | (?=[)\]])')


class Facts:
    """What a flow's nodes say about themselves."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow

    def text(self, span: Span) -> str:
        """What the user wrote there, on one line, without comments."""
        written = self.flow.source.text[span.start : span.end]
        line = _GAP.sub(lambda gap: gap["text"] or ("" if gap["tail"] else " "), written)
        return _TIGHT.sub(lambda gap: gap["text"] or "", line).strip()

    def place(self, span: Span) -> dict[str, Any]:
        start, end = self.flow.source.position(span.start), self.flow.source.position(span.end)
        return {
            "span": [span.start, span.end],
            "line": start.line,
            "column": start.column,
            "end_line": end.line,
            "end_column": end.column,
        }

    def of_flow(self) -> dict[str, Any]:
        flow = self.flow
        slo = flow.slo
        return {
            "flow": flow.name,
            "file": flow.source.name,
            "version": flow.version,
            "versions": list(flow.versions),
            "doc": flow.doc,
            "owner": flow.owner,
            "runbook": flow.runbook,
            "key": None if flow.key is None else self.text(flow.key.span),
            "on_duplicate": flow.on_duplicate,
            "deadline_ms": flow.deadline,
            "compensate_within_ms": flow.compensate_within,
            "slo": None
            if slo is None
            else {
                "start_ms": slo.start,
                "complete_ms": slo.complete,
                "complete_percent": slo.complete_percent,
                "failures_percent": slo.failures_percent,
            },
            "params": [{"name": one.name, "type": show(one.type)} for one in flow.params],
            "result": None if flow.result is None else show(flow.result),
        }

    def of_step(self, step: Step) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "doc": step.doc,
            "type": None if step.type is None else show(step.type),
            "after_commit": step.after_commit,
            "effectful": step.effectful,
        }
        if isinstance(step.call, SubFlow):
            names = (param.name for param in step.call.params)
            args = dict(zip(names, self._args(step.call), strict=False))
            return {**facts, "calls": step.call.flow, "args": args}
        return {**facts, **self.of_call(step.call)}

    def of_call(self, call: Call) -> dict[str, Any]:
        names = (param.name for param in call.operation.params)
        return {
            "calls": call.operation.title,
            "args": dict(zip(names, self._args(call), strict=False)),
            "contract": contract(call.operation),
            "policy": policy(call.policy),
        }

    def of_await(self, node: Await) -> dict[str, Any]:
        return {
            "doc": node.doc,
            "type": show(node.type),
            "who": None if node.who is None else self.text(node.who.span),
            "within_ms": node.within,
            "reminders": [
                {"delay_ms": one.delay, "repeating": one.repeating} for one in node.reminders
            ],
        }

    def _args(self, call: Call | SubFlow) -> list[str]:
        return [self.text(arg.span) for arg in call.args]


def contract(operation: Operation) -> dict[str, Any]:
    return {
        "operation": operation.title,
        "kind": operation.kind,
        "doc": operation.doc,
        "result": None if operation.result is None else show(operation.result),
        "writes": operation.writes,
        "notifies": operation.notifies,
        "key": None if operation.key is None else list(operation.key),
        "raises": [error.name for error in operation.raises],
        "transient": [error.name for error in operation.raises if error.transient],
        "lease_ms": operation.lease,
        "absorbing": operation.absorbing,
    }


def policy(rules: Policy) -> dict[str, Any]:
    return {
        "name": rules.name,
        "timeout_ms": rules.timeout,
        "attempts": rules.attempts,
        "backoff_ms": rules.backoff,
        "cap_ms": rules.cap,
        "factor": rules.factor,
        "jitter": rules.jitter,
        "within_ms": rules.within,
        "heartbeat_ms": rules.heartbeat,
        "page": rules.page,
    }
