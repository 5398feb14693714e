"""Simulated services for order.flow: a warehouse, a card company, a carrier, a mailer.

A repeated call with the same order gives what the first one gave, as the contracts in order.flow
promise. Order data steers what happens:

- a total above 500: the card is declined
- a sku that begins with `rare`: out of stock
- an order id that begins with `fraud`: the risk is High

and the environment:

- `ORDER_PAUSE`: every call takes so many seconds
- `ORDER_WORLD`: a JSON file to remember what was done, for all processes that name it
"""

import json
import os
import threading
import time
from pathlib import Path

_LOCK = threading.Lock()
_MEMORY = {}


class OutOfStock(Exception):
    def __init__(self, sku):
        super().__init__(f"no {sku} left")
        self.sku = sku


class CardDeclined(Exception):
    def __init__(self, code):
        super().__init__(f"the card was declined: {code}")
        self.code = code


def _remember(effect, order, value):
    """Do an effect once per order: a repeat gives what the first time gave."""
    time.sleep(float(os.environ.get("ORDER_PAUSE") or 0))
    with _LOCK:
        world = _world()
        done = world.setdefault(effect, {})
        if order not in done:
            done[order] = value
            if path := os.environ.get("ORDER_WORLD"):
                scratch = Path(path + ".new")
                scratch.write_text(json.dumps(world, indent=2, sort_keys=True))
                scratch.replace(path)
        return done[order]


def _world():
    """What was done so far: effect -> order -> value."""
    path = os.environ.get("ORDER_WORLD")
    if not path:
        return _MEMORY
    return json.loads(Path(path).read_text()) if Path(path).exists() else {}


class Inventory:
    def reserve(self, order, items):
        for item in items:
            if item["sku"].startswith("rare"):
                raise OutOfStock(item["sku"])
        return _remember("reserved", order, {"id": f"hold-{order}", "warehouse": "north"})

    def release(self, order):
        _remember("released", order, True)


class Fraud:
    async def score(self, order):
        if order.startswith("fraud"):
            return {"level": "High", "reason": "the same card in three countries"}
        return {"level": "Low", "reason": "known customer"}


class Payments:
    def charge(self, order, total):
        if total > 500:
            raise CardDeclined("limit")
        return _remember("charged", order, {"id": f"pay-{order}"})

    def lookup(self, order):
        return _world().get("charged", {}).get(order)

    def refund(self, order):
        _remember("refunded", order, True)


class Shipping:
    def create(self, order, hold):
        return _remember("shipped", order, {"id": f"parcel-{order}", "tracking": f"TRK-{order}"})

    def cancel(self, order):
        _remember("unshipped", order, True)


class Mail:
    def confirm(self, order, to, tracking):
        _remember("mailed", order, f"{to}: your parcel is {tracking}")
