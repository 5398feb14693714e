"""One program in canonical layout that uses every construct of the language."""

from __future__ import annotations

EVERYTHING = """\
import "common.flow"

/// How long an answer may take.
const answer_time = 5d

type Item { sku: text, quantity: int? }
type Order {
  id: text
  items: [Item]
  notes: [text?]?
}
enum Level { Low, High }
error Declined(code: text, at: time) transient
error Lost

policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }
policy slow {
  within 2h
  heartbeat 30s
  attempts unlimited
  exhausted page "ops"
}

service bank {
  /// Take the money.
  action charge(order: text, total: decimal) -> Item
    writes account
    key order, total
    raises Declined | Lost
    lease 48h
  action refund(order: text) writes account key order absorbing
  action tell() notifies inbox
  read look(order: text) -> Item?
}

/// All of it.
flow everything(order: Order, level: Level) -> Item {
  version 3 supports 2
  owner "team" runbook "https://example.com"
  key order.id on duplicate attach
  deadline 24h, compensate within 8h
  default with quick within 5m, compensate with slow within 1h
  slo start 5s, complete 15m for 99.5%, failures 0.5%

  /// Money first.
  step paid = bank.charge(order.id, total: 12.50) with quick within answer_time
    on unknown probe bank.look(order.id) with quick
    compensate bank.refund(order.id) within 1h
    otherwise none
  step sub = other_flow(order)
    on unknown halt
  step told = bank.tell()
    on unknown compensate
  let a = (paid?.quantity ?? 0) + 2 * -3
  record moment = now()
  if not (a > 1 and true) or false { fail Declined(code: "x", at: moment) } else if a == 2 {
    let b = if a > 1 then [1, 2] else []
  } else { return "{order.id}/{a}" }
  match level {
    case Low | High { wait 1d }
    else { wait until moment }
  }
  since 3 {
    commit
  }
  until 3 {}
  parallel {
    branch left when a > 1 {
      let c = [i.sku for i in order.items when i.quantity != none]
    }
    branch right {}
  }
  for item in order.items max 10 as i, 1 at once carry sum: int = 0, all = [] {
    next sum = sum + 1
    next all = concat(all, item)
  } collect c as cs, failure as failures
  repeat max 60 as n, every 30s carry left: int = 3 {
    next left = left - 1
  } until left == 0
    on exhausted fail Lost
  /// An answer.
  await answer: [Item] from order.id within answer_time
    every 12h as i {
      let d = i
    }
    after 1d {}
    on timeout {
      let e = 1
    }
  try {
    let f = 1
  } on Declined | Lost as e {
    let g = e
  } on Error {}
  return paid
}
"""
