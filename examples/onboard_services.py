"""Simulated services for onboard.flow: a screening office, a renderer of card pictures, a ledger of
accounts, a mailer.

A repeated call with the same customer gives what the first one gave, as the contracts in
onboard.flow promise. Data steers what happens:

- a passport that begins with `X`: the customer is refused
- a customer id that begins with `slow`: the picture is ready only when asked for the third time

and the environment:

- `ONBOARD_PAUSE`: every call takes so many seconds
- `ONBOARD_WORLD`: a JSON file to remember what was done, for all processes that name it
"""

import json
import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import flowc

_LOCK = threading.Lock()
_MEMORY = {}


def _remember(effect, key, value):
    """Do an effect once per key: a repeat gives what the first time gave."""
    time.sleep(float(os.environ.get("ONBOARD_PAUSE") or 0))
    with _LOCK:
        world = _world()
        done = world.setdefault(effect, {})
        if key not in done:
            done[key] = value
            if path := os.environ.get("ONBOARD_WORLD"):
                scratch = Path(path + ".new")
                scratch.write_text(json.dumps(world, indent=2, sort_keys=True))
                scratch.replace(path)
        return done[key]


def _world():
    """What was done so far: effect -> key -> value."""
    path = os.environ.get("ONBOARD_WORLD")
    if not path:
        return _MEMORY
    return json.loads(Path(path).read_text()) if Path(path).exists() else {}


class Identity:
    async def screen(self, customer, passport):
        if passport.startswith("X"):
            return {"passed": False, "reason": "the passport was reported stolen"}
        return {"passed": True, "reason": "nothing known"}


class Render:
    _asked = 0

    def start(self, customer):
        return _remember("pictures begun", customer, self._job(customer, done=False))

    def poll(self, job):
        self._asked += 1
        customer = job.removeprefix("job-")
        return self._job(customer, done=not customer.startswith("slow") or self._asked >= 3)

    def discard(self, customer):
        _remember("pictures discarded", customer, True)

    @staticmethod
    def _job(customer, done):
        url = f"https://cards.example.com/{customer}.png" if done else None
        return {"id": f"job-{customer}", "done": done, "url": url}


class Ledger:
    def open(self, customer, reference):
        flowc.heartbeat()  # opening may take minutes
        opened = datetime.now(UTC).isoformat(timespec="seconds")
        account = {"id": f"account-{customer}", "opened": opened, "reference": reference}
        return _remember("accounts opened", customer, account)

    def close(self, customer):
        _remember("accounts closed", customer, True)


class Mail:
    def welcome(self, customer, to, url):
        _remember("welcomed", customer, f"{to}: your card is at {url}")
