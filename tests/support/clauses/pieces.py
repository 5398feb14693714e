"""What the flows of the clauses are made of."""

from __future__ import annotations

from typing import Any

U = "\n  compensate s.undo(id) with once\n"
A = f"step a = s.do(id) with once{U}"
B = f"step b = s.do(id) with once{U}"
C = f"step c = s.do(id) with once{U}"
Z = "step z = s.look(id) with once\n"
H = "step h = s.do(id) with once\n  on unknown halt\n"
DUE = {"header": "deadline 5s, compensate within 1h"}
BUDGET = {"header": "deadline 1d, compensate within 15s"}
TEXT = {"result": " -> text"}
MAYBE = {"result": " -> text?"}

MORE = """
policy slow { timeout 1s, attempts 5, backoff 2s..5s factor 2 }
policy at_once { timeout 1s, attempts 3 }
flow does(k: text) -> text {
version 1

step b = s.do(k) with once
  compensate s.undo(k) with once
step c = s.do(k) with once
  compensate s.undo(k) with once
return k
}
flow halts(k: text) {
version 1

step b = s.do(k) with once
  on unknown halt
}
flow rests(k: text) {
version 1

step b = s.look(k) with once
wait 30s
step c = s.look(k) with once
}
flow hurries(k: text) {
version 1
deadline 5s, compensate within 1h

step b = s.look(k) with once
wait 30s
}
flow asks(k: text) -> text {
version 1

await w: text within 40s
return w
}
flow ages(k: text) {
version 3 supports 1

until 3 {
step b = s.look(k) with once
}
since 3 {
step c = s.look(k) with once
}
}
"""


def par(*branches: str) -> str:
    """Branches side by side."""
    said = "".join(f"branch x{n} {{\n{body}}}\n" for n, body in enumerate(branches))
    return f"parallel {{\n{said}}}\n"


FOR = f"for x in xs max 4, {{}} at once {{{{\n  step a = s.do(x) with once{U}}}}}\n"
COLLECT = f"""for x in xs max 4, 3 at once {{
step b = s.do(x) with once{U}step a = s.do(x) with once{U}}} collect a as got, failure as lost
let g = join(got, "+")
let l = join([e.name for e in lost], "+")
return "{{g}} {{l}}"
"""
REPEAT = """repeat max 3 as i, every 5s {
  step a = s.look(id) with once
} until i == many
"""
CARRY = """repeat max 9 carry k: int = 0 {
  next k = k + 1
  step a = s.look("{k}") with once
} until k == 2
"""
FROZEN = """repeat max 3 as n carry t: text = "t" {
  step a = s.quiet("{t}{n}") with once
    compensate s.undo("undo {t}{n}") with once
  next t = "{t}!"
} until n == 1
"""
PROBED = f"step a = s.do(id) with once\n  on unknown probe s.look(id) with once{U}"
OTHERWISE = f'{A}step b = s.do(id) with once{U}  otherwise "o"\n{Z}return b'
TRY = f"{A}try {{\n{B}{C}}} on Boom {{\n  step h = s.do(id) with once{U}}}\n{Z}"
REMINDED = """await w: bool within {}s
  every {}s as n {{
    step r = s.tell("{{n}}") with once
      otherwise none
  }}
  after 6s {{
    step o = s.tell(id) with once
      otherwise none
  }}
  on timeout {{
    step t = s.look(id) with once
  }}
"""
SUB = f"{A}step m = does(id)\n{Z}"
COMMITTED = f"{A}commit\nstep b = s.do(id) with once\n  on unknown halt\n{U}{Z}"
THREE = A + B + C + Z
AWAIT = "await w: text within 30s\nreturn w"
ROUNDS = """repeat max 3 as i {
  await w: text within 20s
  step a = s.look(w) with once
} until i == 1
"""
VERSIONS = """since 2 {
step a = s.look(id) with once
}
until 3 {
step b = s.look(id) with once
}
"""
TRIED = f"try {{\n{A}{B}}} on Error {{\n{C}}}\n"
LATE = "try {\nfor x in xs max 1 {}\n} on LimitReached as e {\nreturn e.limit\n}\nreturn 0"

Row = tuple[int, str, str, str] | tuple[int, str, str, str, dict[str, Any]]
