"""Small whole files: one without findings, and others with a known one each."""

from __future__ import annotations

CLEAN = """\
policy quick { timeout 10s, attempts 3, backoff 1s }

service mail {
  action greet(user: text) notifies inbox key user
}

/// Say hello.
flow welcome(user: text) {
  version 1
  owner "team-mail" runbook "https://runbooks.example.com/mail"
  key user on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m

  step hello = mail.greet(user)
}
"""
# Warning SAG001 at `room`.
LEFT_BEHIND = """\
error Closed

policy quick { timeout 10s, attempts 3, backoff 1s }
policy stubborn { timeout 30s, within 30m, attempts unlimited, backoff 1s..1m, exhausted page "x" }

service hotels {
  action book(trip: text) writes rooms key trip
  action cancel(trip: text) writes rooms key trip absorbing
}
service trains {
  action book(trip: text) writes seats key trip raises Closed
}

/// Book a room, then a seat.
flow book_trip(trip: text) {
  version 1
  owner "team-travel" runbook "https://runbooks.example.com/trips"
  key trip on duplicate attach
  deadline 1h, compensate within 1h
  default with quick within 5m, compensate with stubborn

  step room = hotels.book(trip)
    on unknown halt
  step seat = trains.book(trip)
    on unknown halt
}
"""
MENDED = LEFT_BEHIND.replace(
    "hotels.book(trip)\n    on unknown halt\n",
    "hotels.book(trip)\n    on unknown halt\n    compensate hotels.cancel(trip)\n",
)
# One syntax error: the call's `)` is missing.
BROKEN = CLEAN.replace("mail.greet(user)", "mail.greet(user")
# Well meant, badly laid out.
UNTIDY = CLEAN.replace("  step hello", "\n\n\n      step   hello")
