"""A flow to its keys that are not the same when the same thing is tried again."""

from __future__ import annotations

from flowc.compiler.expr import Ambient, names_in
from flowc.compiler.flow import Let, Next
from flowc.diagnostic import Finding, Related
from flowc.lint.calls import ambient, draws, governed
from flowc.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Flow
    from flowc.lint.calls import Governed
    from flowc.simulate.study import Study

BAD = """\
policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }

service mail {
  action welcome(user: text) notifies inbox key user
}

/// Welcome a new user.
flow welcome(user: text) {
  version 1
  owner "team-growth" runbook "https://runbooks.example.com/welcome"
  key "{user}/{now()}" on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m

  step welcomed = mail.welcome(user)
}
"""

GOOD = BAD.replace('key "{user}/{now()}"', "key user")


@rule(code="DET002", name="unstable-key", bad=BAD, good=GOOD)
def unstable_key(study: Study) -> Iterator[Finding]:
    """A key that is another one each time.

    A key says "this is the same thing again". The key of a flow keeps a doubled request from
    starting the process twice; the key of an action lets its service recognise a repeated
    attempt. With `now()`, `uuid()` or `random()` in it, nothing is ever the same again: the key
    is there, looks right, and protects from nothing. The customer pays twice.

    Make the key of what identifies the thing: an order's id, a round's number. Where an action
    needs a key of its own, draw it once: `record token = uuid()` stays the same over retries and
    replays.

    How it decides: follows the values of `now()`, `uuid()`, `random()` and `env()`, also
    through `let` and `next`, into `key` lines and into arguments for key parameters. What a
    `record` drew is stable and may be used.

    When it is wrong: never.
    """
    flow = study.flow
    if not draws(flow):
        return
    from flowc.lint.recording import drawn, record_instead

    if flow.key is not None:
        for what in ambient(flow.key):
            yield Finding(
                what.span,
                f"the key of `{flow.name}` is another one at each request, so no duplicate is "
                "ever recognised",
                help="make the key of what identifies the process in its input",
                label="never the same twice",
                story=(
                    "a request starts the flow",
                    "its sender times out and sends it again",
                    "the key is another one: the flow runs twice",
                ),
            )
    sources = _sources(flow)
    places = {id(found.what): found for found in drawn(flow)}
    for one in governed(flow):
        for arg in one.call.key or ():
            direct = next(ambient(arg), None)
            origin = direct or next((sources[n] for n in names_in(arg) if n in sources), None)
            if origin is None:
                continue
            yield Finding(
                arg.span,
                f"{one.title} gets another key when it is tried again: "
                f"`{one.call.operation.title}` cannot recognise the repeat",
                help=f"draw it once with `record NAME = {origin.what}()`"
                if origin.what != "env"
                else "take it from the input",
                label="never the same twice",
                related=() if direct else (Related(origin.span, "the value is drawn here"),),
                fix=record_instead(flow, places[id(direct)]) if direct else None,
                story=_story(one),
            )


def _story(one: Governed) -> tuple[str, ...]:
    title = one.call.operation.title
    return (
        f"`{title}` takes effect under a first key, then the worker crashes",
        "the flow is replayed and draws another key",
        f"`{title}` takes effect again",
    )


def _sources(flow: Flow) -> dict[str, Ambient]:
    """The names whose value depends on one that was drawn, with where it was."""
    found: dict[str, Ambient] = {}
    for node in flow.nodes:
        if isinstance(node, Let | Next):
            origin = next(ambient(node.value), None)
            if origin is None and found:
                origin = next((found[n] for n in names_in(node.value) if n in found), None)
            if origin is not None:
                found[node.name] = origin
    return found
