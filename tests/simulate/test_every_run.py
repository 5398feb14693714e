"""What outcomes say is possible is what a brute force search of all runs finds possible."""

from __future__ import annotations

from random import Random

import pytest

from flowc.compiler.check import check
from flowc.compiler.flow import Await, Flow, ForEach, Node, Step
from flowc.simulate.outcomes import Outcomes
from flowc.source import Source
from tests.support.every_run import every_run
from tests.support.saga import saga

SIMPLE = ("effect", "undone", "sure", "probed", "read", "told", "wait", "fail", "leave")
DEEP = ("if", "parallel", "for", "repeat", "await", "try", "collect")


class Writer:
    """Writes the body of a random flow; every name is new."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.count = 0

    def name(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def body(self) -> str:
        parts = [self.block(0, at_top=True)]
        if self.random.random() < 0.6:
            parts += ["commit", self.block(0, at_top=False)]
        return "\n".join([*parts, "return none"])

    def block(self, depth: int, *, at_top: bool) -> str:
        most = 3 if depth == 0 else 2
        kinds = SIMPLE + DEEP * 2 if depth < 2 else SIMPLE
        parts = []
        for _ in range(self.random.randint(1 if depth == 0 else 0, most)):
            kind = self.random.choice(kinds)
            if kind in ("fail", "leave"):
                if depth and at_top and self.random.random() < 0.5:
                    parts.append("fail Refused" if kind == "fail" else "return none")
                    break
                continue
            parts.append(getattr(self, f"write_{kind}")(depth + 1, at_top))
        return "\n".join(parts)

    def step(self, call: str, *clauses: str) -> str:
        return "\n  ".join((f"step {self.name()} = {call}", *clauses))

    def pick(self) -> str:
        return f'stock.pick(order, "{self.count}")'

    def write_effect(self, _depth: int, _top: bool) -> str:
        call = self.random.choice((self.pick(), "money.charge(order)"))
        return self.step(call, "on unknown halt", *self.maybe_otherwise())

    def write_undone(self, _depth: int, _top: bool) -> str:
        call = self.random.choice(("parcels.ship(order)", "money.charge(order)"))
        undo = "parcels.recall(order)" if "ship" in call else "money.refund(order)"
        return self.step(call, f"compensate {undo}", *self.maybe_otherwise())

    def write_sure(self, _depth: int, _top: bool) -> str:
        return self.step(self.pick(), "on unknown halt", "compensate stock.release(order)")

    def write_probed(self, _depth: int, _top: bool) -> str:
        undo = self.random.choice(("release", "unreserve"))
        return self.step(
            "stock.reserve(order)",
            "on unknown probe stock.find(order)",
            f"compensate stock.{undo}(order)",
        )

    def maybe_otherwise(self) -> tuple[str, ...]:
        return ("otherwise none",) if self.random.random() < 0.3 else ()

    def write_read(self, _depth: int, _top: bool) -> str:
        return self.step("checks.ok(order)", *self.maybe_otherwise())

    def write_told(self, _depth: int, _top: bool) -> str:
        return self.step("mail.tell(order)", *self.maybe_otherwise())

    def write_wait(self, _depth: int, _top: bool) -> str:
        return "wait 1h"

    def braced(self, depth: int, top: bool) -> str:
        inner = self.block(depth, at_top=top)
        return "{\n" + inner + "\n}"

    def write_if(self, depth: int, top: bool) -> str:
        text = f"if gift {self.braced(depth, top)}"
        return f"{text} else {self.braced(depth, top)}" if self.random.random() < 0.5 else text

    def write_parallel(self, depth: int, _top: bool) -> str:
        when = " when gift" if self.random.random() < 0.3 else ""
        one, two = self.braced(depth, False), self.braced(depth, False)
        return f"parallel {{\nbranch a{when} {one}\nbranch b {two}\n}}"

    def write_for(self, depth: int, _top: bool) -> str:
        limit = self.random.choice((1, 2, 3))
        return f"for {self.name()} in lines max {limit} {self.braced(depth, False)}"

    def write_collect(self, depth: int, top: bool) -> str:
        return f"{self.write_for(depth, top)} collect failure as {self.name()}"

    def write_repeat(self, depth: int, _top: bool) -> str:
        limit, pause = self.random.choice((1, 2, 3)), self.random.choice(("", ", every 1m"))
        text = f"repeat max {limit}{pause} {self.braced(depth, False)} until gift"
        if self.random.random() < 0.5:
            text += f" on exhausted {self.braced(depth, False)}"
        return text

    def write_await(self, depth: int, top: bool) -> str:
        text = f"await {self.name()}: bool"
        if self.random.random() < 0.3:
            call = self.random.choice(("mail.tell(order)", "money.charge(order)"))
            undo = ("compensate money.refund(order)",) if "money" in call else ()
            text += " within 5h\n  every 1h { " + self.step(call, *undo, "otherwise none") + " }"
        elif self.random.random() < 0.7:
            text += " within 5h"
        if "within" in text and self.random.random() < 0.5:
            text += f"\n  on timeout {self.braced(depth, top)}"
        return text

    def write_try(self, depth: int, top: bool) -> str:
        caught = self.random.choice(("Error", "CardDeclined", "Unknown", "Refused | TimedOut"))
        text = f"try {self.braced(depth, top)} on {caught} {self.braced(depth, top)}"
        if caught != "Error" and self.random.random() < 0.3:
            text += f" on Error {self.braced(depth, top)}"
        return text


def flows(seed: int, count: int) -> list[tuple[str, Flow, Outcomes]]:
    """Random flows that the compiler finds no error in."""
    random = Random(seed)
    found: list[tuple[str, Flow, Outcomes]] = []
    while len(found) < count:
        text = saga(Writer(random).body(), result="text?")
        checked = check(Source("main.flow", text))
        if not any(d.severity == "error" for d in checked.diagnostics):
            flow = checked.program.flows[0]
            found.append((text, flow, Outcomes(flow, checked.program)))
    return found


def title(node: Node) -> str:
    if isinstance(node, Step | Await | ForEach):
        return node.name
    return type(node).__name__.lower()


@pytest.mark.parametrize("seed", range(8))
def test_outcomes_agree_with_every_run(seed: int) -> None:
    undone = left = late = 0
    for text, flow, outcomes in flows(seed, 60):
        possible = every_run(flow)
        said = {step.name for step in flow.effects if said_to_unwind(outcomes, step)}
        assert said == possible.unwound, text
        incomplete = {title(node) for node, _ in outcomes.uncaught_after_commit()}
        assert incomplete == possible.incomplete, text
        undone += sum(1 for step in flow.effects if step.compensation and step.name in said)
        left += sum(1 for step in flow.effects if not step.compensation and step.name in said)
        late += len(incomplete)
    assert min(undone, left, late) > 5  # each kind was met


def said_to_unwind(outcomes: Outcomes, step: Step) -> bool:
    """As the rules about compensation ask."""
    if not outcomes.reachable(step):
        return False
    if step.compensation is not None:
        return outcomes.may_be_undone(step)
    return outcomes.first_failure_after(step) is not None
