"""Simulated services for trip.flow: an airline, hotels, cars, cards, a mailer.

A repeated call with the same trip gives what the first one gave, as the contracts in trip.flow
promise. Trip data steers what happens:

- more than 5 nights: the hotel is full
- a total above 5000: the card is declined
- a trip id that begins with `late`: the card company answers, but nobody hears it
- a leg that begins with `XXX`: its ticket cannot be issued

and the environment:

- `TRIP_PAUSE`: every call takes so many seconds
- `TRIP_WORLD`: a JSON file to remember what was done, for all processes that name it
- `TRIP_DOWN`: names of services that do not answer, such as `cards airline`
"""

import json
import os
import threading
import time
from pathlib import Path

_LOCK = threading.Lock()
_MEMORY = {}


class Full(Exception):
    def __init__(self, what):
        super().__init__(f"{what} is full")
        self.what = what


class CardDeclined(Exception):
    def __init__(self, code):
        super().__init__(f"the card was declined: {code}")
        self.code = code


def _reach(service):
    """Call a service: that takes time, and may not work at all."""
    time.sleep(float(os.environ.get("TRIP_PAUSE") or 0))
    if service in os.environ.get("TRIP_DOWN", "").split():
        raise ConnectionError(f"{service} does not answer")


def _remember(effect, key, value):
    """Do an effect once per key: a repeat gives what the first time gave."""
    with _LOCK:
        world = _world()
        done = world.setdefault(effect, {})
        if key not in done:
            done[key] = value
            if path := os.environ.get("TRIP_WORLD"):
                scratch = Path(path + ".new")
                scratch.write_text(json.dumps(world, indent=2, sort_keys=True))
                scratch.replace(path)
        return done[key]


def _world():
    """What was done so far: effect -> key -> value."""
    path = os.environ.get("TRIP_WORLD")
    if not path:
        return _MEMORY
    return json.loads(Path(path).read_text()) if Path(path).exists() else {}


class Airline:
    def hold(self, trip, legs):
        _reach("airline")
        return _remember("seats held", trip, {"id": f"seats-{trip}", "price": 260 * len(legs)})

    def cancel(self, trip):
        _reach("airline")
        _remember("seats cancelled", trip, True)

    def issue(self, trip, leg):
        _reach("airline")
        if leg.startswith("XXX"):
            raise RuntimeError(f"no such leg: {leg}")
        number = f"{trip}-{leg}".upper()
        return _remember("tickets issued", f"{trip}/{leg}", {"leg": leg, "number": number})


class Hotels:
    def hold(self, trip, nights):
        _reach("hotels")
        if nights > 5:
            raise Full("Hotel Adler")
        return _remember("rooms held", trip, {"id": f"room-{trip}", "price": 180 * nights})

    def cancel(self, trip):
        _reach("hotels")
        _remember("rooms cancelled", trip, True)


class Cars:
    def hold(self, trip, days):
        _reach("cars")
        return _remember("cars held", trip, {"id": f"car-{trip}", "price": 70 * days})

    def cancel(self, trip):
        _reach("cars")
        _remember("cars cancelled", trip, True)


class Cards:
    def charge(self, trip, total):
        _reach("cards")
        if total > 5000:
            raise CardDeclined("limit")
        payment = _remember("charged", trip, {"id": f"pay-{trip}"})
        if trip.startswith("late"):
            raise TimeoutError("the answer was lost")
        return payment

    def lookup(self, trip):
        _reach("cards")
        return _world().get("charged", {}).get(trip)

    def refund(self, trip):
        _reach("cards")
        _remember("refunded", trip, True)


class Mail:
    def remind(self, trip, round, to):
        _reach("mail")
        _remember("reminded", f"{trip}/{round}", to)
