"""Flows in which constructs meet, each named `shown`."""

from __future__ import annotations

_PRELUDE = """\
error Gone
error Busy transient

enum Size { Small, Large }
type Decision { granted: bool }

policy quick { timeout 10s, attempts 3, backoff 1s..10s factor 2 }
policy once { timeout 10s }

service shop {
  action hold(order: text) -> text writes stock key order raises Gone | Busy
  action take(order: text) -> text writes stock raises Gone | Busy
  action release(order: text) writes stock key order absorbing
  action give(order: text, what: text) writes stock key order
  action tell(order: text) notifies inbox key order raises Busy
  read look(order: text) -> text? raises Gone | Busy
  read size(order: text) -> Size
  read there(order: text) -> bool
}

flow child(order: text) -> text {
  default with quick within 5m, compensate with quick

  step kept = shop.hold("{order}/child")
    compensate shop.release("{order}/child")
  step seen = shop.look(order)
  return seen ?? kept
}

flow shown(order: text, names: [text]) -> text {
  owner "team" runbook "https://runbooks.example.com"
  key order on duplicate attach
  deadline 1d, compensate within 1h
  default with quick within 5m, compensate with quick within 30m

"""

_BODIES = {
    "nested loops and branches": """
  step first = shop.hold(order)
    compensate shop.release(order)
  for x in names max 10 as i, 2 at once {
    parallel {
      branch a {
        step b = shop.hold("{x}/{i}")
          compensate shop.release("{x}/{i}")
      }
      branch c when i != 1 {
        step d = shop.look(x)
        step e = shop.hold("{x}/late")
          on unknown probe shop.look("{x}/late")
          compensate shop.give("{x}/late", e)
      }
    }
    let f = e ?? "-"
    let both = "{b}{f}"
  } collect both as all
  step last = shop.look(order)
  return join(all, first)
""",
    "try in a loop": """
  repeat max 3 as n carry seen: text? = none {
    try {
      step a = shop.hold("{order}/{n}")
        compensate shop.release("{order}/{n}")
      step b = shop.look("{order}/{n}")
    } on Gone as e {
      let said = e.name
    } on Unknown as u {
      step c = shop.tell(u.step)
        otherwise none
    }
    next seen = b ?? said ?? "neither"
  } until seen == "enough"
    on exhausted { return seen ?? "nothing" }
  return a ?? order
""",
    "otherwise that undoes": """
  step first = shop.hold(order)
    compensate shop.release(order)
  step second = shop.take("{order}/2") with once
    on unknown compensate
    compensate shop.release("{order}/2")
    otherwise "none of it"
  step third = shop.hold("{order}/3")
    on unknown probe shop.look("{order}/3")
    compensate shop.release("{order}/3")
    otherwise second
  commit
  step fourth = shop.look(order)
  return "{first} {second} {third} {fourth ?? order}"
""",
    "probe of an action without a result": """
  step first = shop.give(order, "a")
    on unknown probe shop.there(order)
    compensate shop.release(order)
  step second = shop.hold(order)
    on unknown halt
  step size = shop.size(order)
  match size {
    case Small { return "small" }
    else { fail Gone }
  }
""",
    "sub-flow with a compensation": """
  step got = child(order)
    compensate shop.release(order)
  try {
    step more = child("{order}/more")
  } on Error as e {
    step told = shop.tell(e.name)
      otherwise none
  }
  step last = shop.hold(order)
    on unknown compensate
    compensate shop.release("{order}/last")
  return more ?? got
""",
    "carried through rounds": """
  for x in names max 10 carry sum: text = "0" {
    step a = shop.look(x)
    let got = a ?? "-"
    next sum = "{sum}{got}"
  } collect a as seen, failure as errors
  return "{length(seen)} {length(errors)}"
""",
    "waiting between steps": """
  step a = shop.hold(order)
    compensate shop.release(order)
  wait 20h
  parallel {
    branch b {
      wait 3h
      step c = shop.look(order)
    }
    branch d { step e = shop.look(order) }
  }
  wait 2h
  return a
""",
    "asked twice": """
  step a = shop.hold(order)
    compensate shop.release(order)
  await ok: Decision from "boss" within 1h
    every 10m as n {
      step reminded = shop.tell("{order}/{n}")
        otherwise none
    }
    after 35m {
      step escalated = shop.tell(order)
        otherwise none
    }
    on timeout { return "nobody" }
  if not ok.granted { fail Gone }
  await sure: Decision from "boss" within 2h
  return a
""",
}
FLOWS = {name: f"{_PRELUDE}{body.lstrip(chr(10))}}}\n" for name, body in _BODIES.items()}
