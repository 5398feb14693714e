"""Flows that are awkward to translate: their names, their texts, their numbers, their shape."""

from __future__ import annotations

from bench.inputs import long_flow
from tests.support.hostile import TEXTS, hostile

# keywords, builtins and names of what is emitted, on one target or another
_LINES = (
    "class def lambda None True import print str self cls list dict type async yield case run lib",
    "calls errors policies workflow activity Run FLOW Instance states error null function",
    "completed start late failed halted undo end input output asyncio timedelta datetime Decimal",
    "Any key value args n_ reply_ result partial exec eval __init__ __class__ _ __ x1 x10 x2",
)
WORDS = tuple(word for line in _LINES for word in line.split())
_SHAPES = 5  # kinds of declaration that the words are dealt out to
_CONTRACT = """\
policy p { timeout 10s }
service shop_ {
  read look(id: text) -> text
  action go(id: text) -> text writes r key id
  action back(id: text) writes r key id absorbing
}
"""
_HEAD = """\
  owner "o" runbook "r"
  key id on duplicate attach
  deadline 1d, compensate within 1h
  default with p, compensate with p

"""


def flow(body: str, params: str = "id: text", before: str = "") -> str:
    """A file with one flow `f`, of this body."""
    return f"{_CONTRACT}{before}flow f({params}) -> text {{\n{_HEAD}{body}  return id\n}}\n"


def named(turn: int) -> str:
    """A file in which each word is the name of a type, an error, an enum, a flow, or a service with
    its operation and parameter; the last two also of a step. `turn` deals them out anew."""
    types, errors, enums, flows, services = (
        WORDS[(n + turn) % _SHAPES :: _SHAPES] for n in range(_SHAPES)
    )
    before = [
        *(f"type {w} {{ {w}: text, id: int? }}\n" for w in types),
        *(f"error {w}({w}_: text)\n" for w in errors),
        *(f"enum {w} {{ {w}, other }}\n" for w in enums),
        *(f"service {w} {{ read {w}({w}: text) -> text }}\n" for w in services),
    ]
    after = [f"flow {w}({w}: text) -> text {{\n  return {w}\n}}\n" for w in flows]
    params = ["id: text", *(f"t{n}: {w}" for n, w in enumerate((*types, *enums)))]
    body = [
        *(f"  step {w} = {w}.{w}(id)\n" for w in services),
        *(f'  if id == "{n}" {{ fail {w}(id) }}\n' for n, w in enumerate(errors)),
        *(f'  let u{n} = "{{t{n}.{w}}}"\n' for n, w in enumerate(types)),
        *(
            f"  match t{n} {{\n    case {w} {{ let v{n} = 1 }}\n    else {{ let v{n} = 2 }}\n  }}\n"
            for n, w in enumerate(enums, len(types))
        ),
        *(f"  step {w} = {w}(id)\n" for w in flows),
    ]
    return flow("".join(body), ", ".join(params), "".join(before)) + "".join(after)


def colliding() -> str:
    """A file whose names differ by what a target may drop: case, underscores, the dot."""
    services = [
        *(("a_b", "c"), ("a", "b_c"), ("A_b", "c"), ("log", "days"), ("flow_", "await_")),
        *(("F", "flow"), ("F", "flowLogs"), ("F", "flow_role")),
    ]
    operations: dict[str, list[str]] = {}
    for service, name in services:
        operations.setdefault(service, []).append(f"  read {name}(id: text) -> text\n")
    flows = ("a_b1", "aB1", "A_b1", "F_", "f_")
    steps = ("hold_", "hold__", "Hold", "HOLD", "before", "hold_ended", "undo_hold", "hold")
    before = [
        *(f"service {name} {{\n{''.join(lines)}}}\n" for name, lines in operations.items()),
        *(f"type {name} {{ x: text, X: text, x_: text }}\n" for name in ("t_a", "tA", "TA", "T_A")),
        *(f"error {name}(x: text)\n" for name in ("e_a", "eA", "EA", "E_A")),
    ]
    body = [
        *(f"  step c{n} = {service}.{name}(id)\n" for n, (service, name) in enumerate(services)),
        *(f"  step d{n} = {name}(id)\n" for n, name in enumerate(flows)),
        *(
            f'  step {name} = shop_.go("{{id}}/{n}")\n    compensate shop_.back("{{id}}/{n}")\n'
            for n, name in enumerate(steps)
        ),
        *(f'  if id == "{e}" {{ fail {e}("{{a{e}.X}}") }}\n' for e in ("e_a", "eA", "EA", "E_A")),
    ]
    params = "id: text, ae_a: t_a, aeA: tA, aEA: TA, aE_A: T_A"
    after = [f"flow {name}(id: text) -> text {{\n  return id\n}}\n" for name in flows]
    return flow("".join(body), params, "".join(before)) + "".join(after)


def nested(opening: str, closing: str, deep: int = 60) -> str:
    """A step inside so many blocks; `@` in the opening is the block's number."""
    opened = "".join(f"{opening.replace('@', str(n))}\n" for n in range(deep))
    body = f"{opened}step deep = shop_.look(id)\n{closing * deep}"
    return flow(body, "id: text, xs: [text]")


TEXTS_TOO = (
    *TEXTS,
    "{% $error('x') %} ${Secret} {{ x }} %} {%",
    "'; import os; os.abort() #",
    '"""\\',
    "\\x00\\u0007 \\N{BEL}",
    "$states.input & $error(1)",
    "{0} %s %(x)s {id}",
    "\u2028\u2029\ufeff\u200b\U0001f9ff",
)
CASES = {
    "names": named(0),
    **{f"names, dealt otherwise {turn}": named(turn) for turn in range(1, _SHAPES)},
    "names that collide": colliding(),
    **{f"text {n}": hostile(text) for n, text in enumerate(TEXTS_TOO)},
    "control characters": flow('  let t = "a\\nb\\tc\\\\ \\" \\{ \\}"\n'),
    "2^53 + 1": flow("  let n = 9007199254740993\n"),
    "400 digits": flow(f"  let n = {'1' * 400}\n"),
    "20 places": flow("  let n = 0.12345678901234567890\n"),
    "15 digits": flow('  let n = 999999999999999\n  let t = "{n * 3}"\n'),
    "endless wait": flow("  wait 99999999999999d\n"),
    "endless loop": flow("  repeat max 99999999999999999999 {\n  } until true\n"),
    "a million rounds": flow("  repeat max 1000000 {\n  step a = shop_.look(id)\n  } until true\n"),
    "no statement": 'flow f() {\n  owner "o" runbook "r"\n  key "k" on duplicate attach\n}\n',
    "nothing at all": "flow f() {\n}\n",
    "empty blocks": flow("  if true {}\n  repeat max 2 {} until true\n  try {} on Error as e {}\n"),
    "2,000 steps": long_flow(2_000),
    "60 ifs": nested('if id == "@" {', "}\n"),
    "60 arms": nested('if id == "@" { } else {', "}\n"),
    "60 tries": nested("try {", "} on Error as e { }\n"),
    "60 parallels": nested("parallel { branch b@ {", "} }\n"),
    "60 repeats": nested("repeat max 1 {", "} until true\n"),
    "60 fors": nested("for x@ in xs max 1 {", "}\n"),
}
