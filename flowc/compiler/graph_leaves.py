"""Nodes and edges of the statements that hold no others: steps, values, waits, failures."""

from __future__ import annotations

from typing import Any, assert_never

from flowc.compiler.expr import Lit
from flowc.compiler.flow import (
    Call,
    CompensateBlind,
    Fail,
    Halt,
    Let,
    Next,
    Probe,
    Record,
    Step,
    SubFlow,
    WaitFor,
    WaitUntil,
)
from flowc.compiler.graph_net import COMPENSATED, HALTED, INCOMPLETE, Exit, Net, Place


class Leaves(Net):
    """Each takes the edges that lead to a statement, and returns those that leave it."""

    def step(self, step: Step, place: Place, entries: tuple[Exit, ...]) -> tuple[Exit, ...]:
        kind = "subflow" if isinstance(step.call, SubFlow) else "step"
        here = self.add(
            f"{place.prefix}{step.name}",
            kind,
            step.name,
            step.span,
            place.frame,
            **self.facts.of_step(step),
        )
        self.join(entries, here)
        exits = [Exit(here, "next")]
        before = self.ledger
        undo = self._compensation(step, here, place)
        if isinstance(step.call, SubFlow):
            raised: frozenset[str] | None = None
            named = ""
            self.edge(here, HALTED, "unknown", "the sub-flow halts")
        else:
            raised = frozenset(self._errors(step.call))
            named = ", ".join(self._errors(step.call))
        unknown = frozenset(("Unknown",))
        match step.unknown:
            case Probe():
                exits += self._probe(step, step.unknown, here, place, before=before, undo=undo)
            case CompensateBlind():
                if undo is not None:
                    self.edge(here, undo, "unknown", "unknown")
                if step.otherwise is None:
                    entered = before if undo is None else (undo,)
                    self.fails(
                        here, unknown, place, kind="unknown", label="unknown", ledger=entered
                    )
            case Halt():
                self.edge(here, HALTED, "unknown", "unknown")
            case None:
                if raised is not None:
                    raised |= unknown
            case _:
                assert_never(step.unknown)
        if step.otherwise is not None:
            otherwise = f"otherwise {self.text(step.otherwise)}"
            exits.append(Exit(here, "failure", otherwise, answered=True))
            self.graph.nodes[here]["otherwise"] = self.text(step.otherwise)
        elif raised is None or raised:
            self.fails(here, raised, place, label=named, ledger=before)
        if undo is not None:
            self.ledger = (undo,)
        return tuple(exits)

    @staticmethod
    def _errors(call: Call) -> list[str]:
        """The declared errors that a step can fail with (rule 2), in order."""
        last = call.operation.is_read or call.policy.attempts == 1
        return [error.name for error in call.operation.raises if last or not error.transient]

    def _compensation(self, step: Step, here: str, place: Place) -> str | None:
        compensation = step.compensation
        if compensation is None:
            return None
        undo = self.add(
            f"{here}:compensation",
            "compensation",
            f"undo {step.name}",
            compensation.span,
            place.frame,
            of=here,
            uses_result=compensation.uses_result,
            **self.facts.of_call(compensation.call),
        )
        self.edge(here, undo, "compensation", "compensate")
        page = compensation.call.policy.page
        self.edge(undo, INCOMPLETE, "failure", f"stuck, pages {page}" if page else "stuck")
        for target in self.ledger or (() if self.committed else (COMPENSATED,)):
            self.edge(undo, target, "compensation", "then")
        return undo

    def _probe(
        self,
        step: Step,
        probe: Probe,
        here: str,
        place: Place,
        *,
        before: tuple[str, ...],
        undo: str | None,
    ) -> tuple[Exit, ...]:
        node = self.add(
            f"{here}:probe",
            "probe",
            f"did {step.name} happen?",
            probe.span,
            place.frame,
            of=here,
            **self.facts.of_call(probe.call),
        )
        self.edge(here, node, "unknown", "unknown")
        self.edge(node, HALTED, "unknown", "no answer")
        yes = Exit(node, "next", "yes")
        if step.otherwise is not None:
            no = f"no, otherwise {self.text(step.otherwise)}"
            return (yes, Exit(node, "failure", no, answered=True))
        compensation = step.compensation
        bars = (
            compensation is not None
            and compensation.call.operation.absorbing
            and not compensation.uses_result
        )
        entered = (undo,) if bars and undo is not None else before
        self.fails(node, frozenset(("Unknown",)), place, label="no", ledger=entered)
        return (yes,)

    def value(
        self, node: Let | Record | Next, place: Place, entries: tuple[Exit, ...]
    ) -> tuple[Exit, ...]:
        if isinstance(node, Record):
            what, label = "record", f"record {node.name} = {node.what}()"
        else:
            what = "let" if isinstance(node, Let) else "next"
            label = f"{what} {node.name} = {self.text(node.value)}"
        wanted = f"{place.prefix}{what}:{node.name}"
        here = self.add(wanted, "value", label, node.span, place.frame, what=what, name=node.name)
        self.join(entries, here)
        return (Exit(here, "next"),)

    def wait(
        self, node: WaitFor | WaitUntil, place: Place, entries: tuple[Exit, ...]
    ) -> tuple[Exit, ...]:
        more: dict[str, Any] = {}
        if isinstance(node, WaitFor):
            label = f"wait {self.text(node.duration)}"
            if isinstance(node.duration, Lit) and isinstance(node.duration.value, int):
                more["duration_ms"] = node.duration.value
        else:
            label = f"wait until {self.text(node.time)}"
        here = self.structure(place, "wait", "wait", node.span, label=label, **more)
        self.join(entries, here)
        return (Exit(here, "next"),)

    def fail(self, node: Fail, place: Place, entries: tuple[Exit, ...]) -> tuple[Exit, ...]:
        name = node.error.name
        here = self.structure(
            place,
            "fail",
            "fail",
            node.span,
            label=f"fail {name}",
            error=name,
            args={
                field.name: self.text(arg)
                for field, arg in zip(node.error.fields, node.args, strict=False)
            },
        )
        self.join(entries, here)
        self.fails(here, frozenset((name,)), place)
        return ()
