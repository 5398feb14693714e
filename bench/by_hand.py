"""The order process as a state machine written by hand: the peer of what is emitted.

Native retries, a chain of compensations; no ledger, no check of what functions answer.
"""

from __future__ import annotations

Machine = dict[str, object]
RETRY = [
    {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 1,
        "BackoffRate": 2.0,
        "MaxAttempts": 4,
        "MaxDelaySeconds": 30,
        "JitterStrategy": "FULL",
    }
]


def _task(function: str, then: str, caught: str | None, assign: str | None = None) -> Machine:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": f"${{{function}}}", "Payload": "{% $order %}"},
        "TimeoutSeconds": 10,
        "Retry": RETRY,
        **({"Assign": {assign: "{% $states.result.Payload %}"}} if assign else {}),
        "Next": then,
        **({"Catch": [{"ErrorEquals": ["States.ALL"], "Next": caught}]} if caught else {}),
    }


def machine() -> Machine:
    """The definition: 13 states for 5 steps."""
    states: Machine = {
        "start": {
            "Type": "Pass",
            "Assign": {"order": "{% $states.input.order %}"},
            "Next": "hold",
        },
        "hold": _task("InventoryReserve", "risk", "release", "hold"),
        "risk": _task("FraudScore", "suspicious?", "release", "risk"),
        "suspicious?": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $risk.value.level = 'High' %}", "Next": "release"}],
            "Default": "payment",
        },
        "payment": _task("PaymentsCharge", "parcel", "refund", "payment"),
        "parcel": _task("ShippingCreate", "note", "cancel", "parcel"),
        "note": _task("MailConfirm", "done", "done"),
        "done": {"Type": "Succeed", "Output": "{% $parcel %}"},
        "cancel": _task("ShippingCancel", "refund", "stuck"),
        "refund": _task("PaymentsRefund", "release", "stuck"),
        "release": _task("InventoryRelease", "compensated", "stuck"),
        "compensated": {"Type": "Fail", "Error": "Compensated"},
        "stuck": {"Type": "Fail", "Error": "Stuck"},
    }
    return {"QueryLanguage": "JSONata", "StartAt": "start", "States": states}
