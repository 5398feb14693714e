"""Text that tries to be markup, in every place where a user may write text."""

from __future__ import annotations

TEXTS = (
    '</TABLE>> "quoted" &amp; &#60; & <b>',
    r"\N \G \E \\ \l \r \n",
    "<script>alert(1)</script> ]]> --> <!--",
    '"] --> n1 ; end %% {{ }} |x| :::cls',
    "%%{init: {'theme': 'dark'}}%%",
    "1. one - two # three * four `five` _six_",
    "click n1 call alert() javascript:alert(1)",
    "#quot; #35; &quot; &#x27;",
    "中文字 🎉 العربية \u202e evil \u2066 x\u0301",
    "x" * 400,
)


def hostile(text: str) -> str:
    """A flow that says `text` in its documentation, owner, policies and expressions."""
    literal = '"' + "".join(f"\\{c}" if c in '"\\{}' else c for c in text) + '"'
    return f"""\
error Bad(reason: text)
policy p {{ timeout 10s, exhausted page {literal} }}
service s {{
  /// {text}
  action go(id: text) -> text writes r key id
  action back(id: text) writes r key id absorbing
  read look(id: text) -> text?
}}
/// {text}
flow evil(id: text) -> text {{
  version 1
  owner {literal} runbook {literal}
  key {literal} on duplicate attach
  deadline 5d, compensate within 8h
  default with p within 5m, compensate with p

  /// {text}
  step end = s.go({literal})
    on unknown probe s.look({literal})
    compensate s.back({literal})
  if id == {literal} {{ fail Bad({literal}) }}
  parallel {{
    branch subgraph when id == {literal} {{ step graph = s.look({literal}) }}
    branch style {{ step class = s.look({literal}) otherwise {literal} }}
  }}
  await click: text from {literal} within 2d
  for x in [{literal}] max 2 {{ step linkStyle = s.look(x) }}
  wait until day_start(now_of(id))
  commit
  return {literal}
}}
""".replace("  wait until day_start(now_of(id))\n", "")
