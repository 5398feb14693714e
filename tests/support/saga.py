"""A flow's body and its contracts to a whole file about a small shop."""

from __future__ import annotations

import textwrap

CONTRACTS = """\
error OutOfStock
error CardDeclined
error Refused
error Busy transient

enum Kind { Gift, Sale }

type Hold { id: text }
type Line { sku: text, lot: text }

policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }
policy once { timeout 10s }
policy forever { timeout 10s, attempts unlimited, backoff 1s..30s }
policy stubborn {
  timeout 30s
  within 2h
  attempts unlimited
  backoff 2s..10m factor 2 jitter
  exhausted page "shop-oncall"
}

service stock {
  action reserve(order: text) -> Hold writes stock key order raises OutOfStock
  action pick(order: text, sku: text) writes stock key order, sku
  action release(order: text) writes stock key order absorbing
  action unreserve(order: text) writes stock key order
  action put_back(order: text, reason: text) writes stock key order, reason
  read count(order: text) -> int
  read find(order: text) -> Hold?
}
service money {
  action charge(order: text) writes account key order raises CardDeclined
  read charged(order: text) -> bool
  action refund(order: text) writes account key order absorbing
}
service parcels {
  action ship(order: text) writes parcel key order raises Refused
  action recall(order: text) writes parcel key order absorbing
}
service mail {
  action tell(order: text) notifies inbox key order
}
service checks {
  read ok(order: text) -> bool
  read busy(order: text) -> bool raises Busy
}
"""

HEAD = """\
  version 1
  owner "team-shop" runbook "https://runbooks.example.com/shop"
  key order on duplicate attach
  deadline 60d, compensate within 60d
  default with quick within 5m, compensate with stubborn
"""


def saga(body: str, *more: str, head: str = HEAD, params: str = "", result: str = "") -> str:
    """A file whose flow `sell(order: text, gift: bool, lines: [Line], kind: Kind)` has this body.

    `more` are declarations before it.
    """
    lines = textwrap.indent(textwrap.dedent(body).strip("\n"), "  ")
    given = "order: text, gift: bool, lines: [Line], kind: Kind, at: time" + params
    declared = "\n".join(textwrap.dedent(text).strip("\n") for text in more)
    arrow = f" -> {result}" if result else ""
    return f"{CONTRACTS}\n{declared}\nflow sell({given}){arrow} {{\n{head}\n{lines}\n}}\n"
