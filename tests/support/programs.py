"""Random choices become whole .flow programs: the full grammar, oddly spaced, with comments.

The programs are valid in syntax and mean nothing: names are not declared, types do not fit.
"""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from tests.support.expressions import DECIMALS
from tests.support.scatter import DOC, SEPARATOR, scatter
from tests.support.statements import Statements


class Grammar(Statements):
    """Writes the tokens of one random program."""

    # -- declarations

    def module(self, size: int) -> None:
        kinds = [
            "import_",
            "const",
            "type_",
            "enum",
            "error",
            "policy",
            "service",
            "flow",
            "flow",
            "flow",
        ]
        for _ in range(size):
            getattr(self, self.random.choice(kinds))()

    def import_(self) -> None:
        self.add("import", '"common.flow"')

    def const(self) -> None:
        self.add(DOC, "const")
        self.name()
        self.add("=")
        self.expression(0)

    def members_of(self, word: str, count: range, part: str) -> None:
        self.add(DOC, word)
        self.name()
        self.add("{")
        self.series(count, SEPARATOR, part)
        if len(count) and self.maybe(20):
            self.add(",")
        self.add("}")

    def type_(self) -> None:
        self.members_of("type", self.some(0, 4), "field")

    def enum(self) -> None:
        self.members_of("enum", self.some(1, 4), "name")

    def policy(self) -> None:
        self.members_of("policy", self.some(1, 5), "policy_item")

    def policy_item(self) -> None:
        kind = self.random.randrange(6)
        if kind == 0:
            self.add("attempts")
            self.add("unlimited") if self.maybe() else self.whole()
        elif kind == 1:
            self.add("backoff")
            self.duration()
            if self.maybe():
                self.add("..")
                self.duration()
            if self.maybe():
                self.add("factor", self.random.choice(("2", *DECIMALS)))
            if self.maybe():
                self.add("jitter")
        elif kind == 2:
            self.add("exhausted", "page")
            self.text()
        else:
            self.add(("timeout", "within", "heartbeat")[kind - 3])
            self.duration()

    def error(self) -> None:
        self.add(DOC, "error")
        self.name()
        if self.maybe():
            self.parameters("field")
        if self.maybe(30):
            self.add("transient")

    def field(self) -> None:
        self.member()
        self.add(":")
        self.type_ref()

    def parameter(self) -> None:
        self.name()
        self.add(":")
        self.type_ref()

    def parameters(self, part: str) -> None:
        self.listed("(", self.some(0, 3), part, ")")

    def listed(self, opening: str, count: range, part: str, closing: str) -> None:
        self.add(opening)
        self.series(count, ",", part)
        if len(count) and self.maybe(15):
            self.add(",")
        self.add(closing)

    def result(self) -> None:
        if self.maybe():
            self.add("->")
            self.type_ref()

    def service(self) -> None:
        self.add(DOC, "service")
        self.name()
        self.add("{")
        for _ in self.some(0, 3):
            self.add(DOC, self.random.choice(("action", "read")))
            self.member()
            self.parameters("field")
            self.result()
            for _ in self.some(0, 4):
                self.trait()
        self.add("}")

    def trait(self) -> None:
        kind = self.random.randrange(6)
        if kind < 2:
            self.add(("writes", "notifies")[kind])
            self.member()
        elif kind == 2:
            self.add("key")
            self.series(self.some(1, 3), ",", "member")
        elif kind == 3:
            self.add("raises")
            self.series(self.some(1, 3), "|", "name")
        elif kind == 4:
            self.add("lease")
            self.duration()
        else:
            self.add("absorbing")

    # -- flows

    def flow(self) -> None:
        self.add(DOC, "flow")
        self.name()
        self.parameters("parameter")
        self.result()
        self.add("{")
        heads = ["version", "owner", "key", "deadline", "default", "slo"]
        self.random.shuffle(heads)
        for head in heads[self.random.randint(0, 6) :]:
            self.add(head)
            getattr(self, "head_" + head)()
        self.statements(0)
        self.add("}")

    def head_version(self) -> None:
        self.whole()
        if self.maybe():
            self.add("supports")
            self.whole()

    def head_owner(self) -> None:
        self.text()
        if self.maybe():
            self.add("runbook")
            self.text()

    def head_key(self) -> None:
        self.expression(self.depth - 1)
        self.add("on", "duplicate", self.random.choice(("attach", "reject")))

    def head_deadline(self) -> None:
        self.duration()
        if self.maybe():
            self.add(",", "compensate", "within")
            self.duration()

    def head_default(self) -> None:
        self.governance()
        if self.maybe():
            self.add(",", "compensate")
            self.governance()

    def governance(self) -> None:
        self.add("with")
        self.name()
        if self.maybe():
            self.add("within")
            self.duration()

    def head_slo(self) -> None:
        self.series(self.some(1, 3), ",", "objective")

    def objective(self) -> None:
        kind = self.random.randrange(3)
        if kind == 0:
            self.add("start")
            self.duration()
        elif kind == 1:
            self.add("complete")
            self.duration()
            self.add("for", "99.5%")
        else:
            self.add("failures", "0.5%")


def program(random: Random, size: int = 3, depth: int = 2) -> str:
    """A random program of `size` declarations, its blocks and expressions `depth` deep."""
    grammar = Grammar(random, depth)
    grammar.module(size)
    return scatter(grammar.tokens, random)


def programs(size: int = 2, depth: int = 2) -> st.SearchStrategy[str]:
    """Programs that Hypothesis draws, and shrinks when one fails."""
    return st.builds(program, st.randoms(use_true_random=False), st.just(size), st.just(depth))
