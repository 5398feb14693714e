"""The constructs of the language, each in a small whole file that targets are asked about."""

from __future__ import annotations

from flowc.struct import Struct


class Construct(Struct):
    """A construct by name, and a file that uses it beside what every flow needs."""

    name: str
    text: str


_PRELUDE = """\
error Gone
error Busy transient

enum Size { Small, Large }
type Decision { granted: bool }

policy quick { timeout 10s, attempts 3, backoff 1s..10s factor 2 jitter }
policy watched { timeout 1h, attempts 3, heartbeat 30s, exhausted page "ops" }

service shop {
  action hold(order: text) -> text writes stock key order raises Gone | Busy
  action release(order: text) writes stock key order absorbing
  action tell(order: text) notifies inbox key order
  read look(order: text) -> text?
  read size(order: text) -> Size
}

flow child(order: text) -> text {
  default with quick within 5m

  step seen = shop.look(order)
  return seen ?? order
}

"""
_HEAD = """\
flow shown(order: text, names: [text]) {
  version 2 supports 1
  owner "team" runbook "https://runbooks.example.com"
  key order on duplicate attach
  deadline 1d, compensate within 1h
  default with quick within 5m, compensate with quick within 30m

"""


def _construct(name: str, *lines: str) -> Construct:
    body = "".join(f"  {line}\n" for line in lines)
    return Construct(name, f"{_PRELUDE}{_HEAD}{body}}}\n")


CONSTRUCTS = (
    _construct("step with a policy, within", "step a = shop.look(order) with quick within 1m"),
    _construct("heartbeat, exhausted page", "step a = shop.look(order) with watched"),
    _construct("compensate", "step a = shop.hold(order)", "  compensate shop.release(order)"),
    _construct(
        "on unknown probe",
        "step a = shop.hold(order)",
        "  on unknown probe shop.look(order)",
        "  compensate shop.release(order)",
    ),
    _construct(
        "on unknown compensate",
        "step a = shop.hold(order)",
        "  on unknown compensate",
        "  compensate shop.release(order)",
    ),
    _construct("on unknown halt", "step a = shop.hold(order)", "  on unknown halt"),
    _construct("otherwise", "step a = shop.tell(order)", "  otherwise none"),
    _construct("commit", "step a = shop.look(order)", "commit"),
    _construct("a flow as a step", "step a = child(order)"),
    _construct("let, expressions", 'let a = "{order}/{length(names)}"'),
    _construct("record now, uuid, random", "record a = now()"),
    _construct("if, else", "if length(names) > 1 { fail Gone } else { return none }"),
    _construct(
        "match",
        "step a = shop.size(order)",
        "match a {",
        "  case Small { return none }",
        "  case Large { fail Gone }",
        "}",
    ),
    _construct(
        "parallel",
        "parallel {",
        "  branch a { step b = shop.look(order) }",
        "  branch c when length(names) > 1 { step d = shop.look(order) }",
        "}",
    ),
    _construct(
        "for, collect, failure",
        "for x in names max 10 as i, 2 at once {",
        "  step a = shop.look(x)",
        "} collect a as all, failure as errors",
    ),
    _construct(
        "for with carry",
        "for x in names max 10 carry n: int = 0 {",
        "  next n = n + 1",
        "}",
    ),
    _construct(
        "repeat, until",
        "repeat max 5, every 1m {",
        "  step a = shop.look(order)",
        "} until a != none",
        "  on exhausted fail Gone",
    ),
    _construct("wait", "wait 5m"),
    _construct("wait until", "record a = now()", "wait until a + 1h"),
    _construct(
        "await, on timeout",
        'await a: Decision from "boss" within 1h',
        "  on timeout fail Gone",
    ),
    _construct(
        "await with reminders",
        'await a: Decision from "boss" within 1h',
        "  every 10m as n {",
        "    step b = shop.tell(order)",
        "      otherwise none",
        "  }",
        "  on timeout fail Gone",
    ),
    _construct(
        "try, on",
        "try {",
        "  step a = shop.look(order)",
        "} on Error as e {",
        "  fail Gone",
        "}",
    ),
    _construct("fail, return", "if order == order { fail Gone }", "return none"),
    _construct(
        "since, until, older versions",
        "since 2 {",
        "  step a = shop.look(order)",
        "}",
    ),
    _construct("deadline, cancel, key, attach", "step a = shop.look(order)"),
)
