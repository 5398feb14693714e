"""Simulated services for order.flow: a warehouse, a card company, a carrier, a mailer.

They remember what they did in one JSON file each run can see (`ORDER_WORLD`, else
`order_world.json` in the temporary folder), so that a repeated call with the same key is
harmless, as the contracts in order.flow promise. Order data steers them:

- a total above 500: the card is declined
- a sku that begins with `rare`: out of stock
- an order id that begins with `fraud`: the risk is High
- `ORDER_PAUSE` (seconds, in the environment): every call takes so long
"""

import json
import os
import tempfile
import threading
import time
from pathlib import Path

_WORLD = Path(os.environ.get("ORDER_WORLD") or Path(tempfile.gettempdir()) / "order_world.json")
_LOCK = threading.Lock()


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
        world = _look()
        known = world.setdefault(effect, {})
        if order not in known:
            known[order] = value
            scratch = _WORLD.with_suffix(".new")
            scratch.write_text(json.dumps(world, indent=2, sort_keys=True))
            scratch.replace(_WORLD)
        return known[order]


def _look():
    try:
        return json.loads(_WORLD.read_text())
    except FileNotFoundError:
        return {}


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
        return _look().get("charged", {}).get(order)

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
