"""The clauses of the meaning, each as a small flow with the story that would tell otherwise.

A row is the rule, what is shown, the body of a flow, a script, and perhaps the flow's input,
header, result and version. What comes of it only the reference interpreter says: a case asks
whether an engine parts from it. Spans are whole seconds, and few things happen at one moment, so
that most engines can show them. Many share a program: an engine tells them all in a moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tests.support.batches import Batch, slower
from tests.support.clauses import blocks, calls, endings, flags
from tests.support.clauses.pieces import MORE
from tests.support.stories import GIVEN, PARAMS, PRELUDE, script
from tests.support.suite import fresh

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.suite import Stage

CLAUSES = (*calls.ROWS, *blocks.ROWS, *flags.ROWS, *endings.ROWS)
AT_ONCE = 100  # stories in a program; CloudFormation takes so many state machines in a template


class Case(NamedTuple):
    """One story: the rule it belongs to, what it shows, and the name of its flow."""

    rule: int
    shows: str
    name: str
    flow: str
    said: str
    given: dict[str, Any]
    version: int | None
    exact: bool  # only where the clock is


def cases(rules: Iterable[int] = ()) -> list[Case]:
    """The stories of these rules, of all if none is named. Bodies that are told several times
    have one flow."""
    wanted = set(rules)
    names: dict[str, str] = {}
    found = []
    for rule, shows, flow, said, *more in CLAUSES:
        if wanted and rule not in wanted:
            continue
        options: dict[str, Any] = more[0] if more else {}
        text = _flow(flow, options)
        name = names.setdefault(text, f"c{len(names)}")
        version = options.get("version")
        exact = options.get("exact", False)
        given = options.get("given", {})
        found.append(Case(rule, shows, name, text, said, given, version, exact))
    return found


def _flow(body: str, options: dict[str, Any]) -> str:
    head = 'owner "o" runbook "r"\nkey id on duplicate reject'
    version = "version 3 supports 1" if "version" in options else "version 1"
    return (
        f"({PARAMS}){options.get('result', '')} {{\n{version}\n{head}\n"
        f"{options.get('header', '')}\n\n{body}\n}}\n"
    )


def hold(stage: Stage, rules: Iterable[int] = (), *, all_of_them: bool = True) -> Batch:
    """Tell the stories of these rules on an engine: all of them, or up to the first difference."""
    told = cases(rules)
    found: list[str] = []
    hidden = 0
    for some in (told[n : n + AT_ONCE] for n in range(0, len(told), AT_ONCE)):
        flows = {case.name: f"flow {case.name}{case.flow}" for case in some}
        with stage.program("\n".join([PRELUDE, MORE, *flows.values()])) as playing:
            for case in some:
                if found and not all_of_them:
                    break
                if case.exact and stage.late:
                    hidden += 1
                    continue
                flow = playing.of.program.find(case.name, case.version)
                assert flow is not None
                given = {**GIVEN, **case.given, "id": fresh()}
                held = playing.hold(flow, slower(script(case.said), stage.unit), given)
                hidden += held.hidden
                found += [f"rule {case.rule}, {case.shows}: {each}" for each in held.found]
            found += playing.close()
    return Batch(len(told), hidden, found)
