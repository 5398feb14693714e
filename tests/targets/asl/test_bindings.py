"""What settings bind operations to: in the definition, in the role, refused at their line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from flowc.targets.asl.bindings import Bindings, faults, read
from flowc.targets.asl.target import Asl
from tests.support.command import flowc
from tests.support.durable import EXAMPLES
from tests.support.node import node
from tests.support.scripted import checked

ORDER = (EXAMPLES / "order.flow").read_text()
CHARGE = "arn:aws:lambda:eu-west-1:123456789012:function:charge:live"
REFUND = "arn:aws:lambda:eu-west-1:123456789012:function:refund"
GOOD = f"""\
heartbeat = "2h"
await = "${{Asks}}"
"payments.charge" = "{CHARGE}"
payments.refund = "{REFUND}"
"fraud.score" = "${{Fraud}}"

["mail.confirm"]
resource = "arn:aws:states:::sqs:sendMessage"
arguments = {{ QueueUrl = "${{MailQueue}}", MessageBody = "{{order}}: it's {{tracking}}", N = [1] }}
allow = {{ "sqs:SendMessage" = ["${{MailQueueArn}}", "arn:aws:sqs:eu-west-1:123456789012:spare"] }}

["inventory.reserve"]
resource = "arn:aws:states:::aws-sdk:dynamodb:putItem"
arguments = {{ TableName = "holds", Item = {{ id = {{ S = "{{order}}" }} }} }}
result = {{ id = "Attributes.id", warehouse = "Attributes.at-home.S" }}
errors = {{ "DynamoDb.ThrottlingException" = "Throttled" }}
allow = {{ "dynamodb:PutItem" = "${{HoldsArn}}" }}
"""


def bound(text: str) -> Bindings:
    bindings, wrong = read(tomllib.loads(text))
    assert wrong == (), wrong
    return bindings


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    program = checked(ORDER).program
    bindings = bound(GOOD)
    assert faults(bindings, program) == ()
    target = Asl(bindings)
    assert [gap for flow in program.flows for gap in target.gaps(flow, program)] == []
    return target.emit(program)


def states(files: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files["fulfil_order.asl.json"])["States"]
    return found


def test_functions_are_called_by_their_arn_or_their_parameter(files: dict[str, str]) -> None:
    made = states(files)
    assert made["payment"]["Arguments"]["FunctionName"] == CHARGE
    assert made["undo payment"]["Arguments"]["FunctionName"] == REFUND
    assert made["risk"]["Arguments"]["FunctionName"] == "${Fraud}"
    assert made["parcel"]["Arguments"]["FunctionName"] == "${ShippingCreate}"


def test_an_api_gets_its_arguments_and_its_answer_is_read(files: dict[str, str]) -> None:
    mail, hold = states(files)["note"], states(files)["hold"]
    assert mail["Arguments"] == {
        "QueueUrl": "${MailQueue}",
        "MessageBody": "{% $string($args_.order) & ': it\\u0027s ' & $string($args_.tracking) %}",
        "N": [1],
    }
    assert mail["Assign"] == {"reply_": {"value": None}}
    assert hold["Arguments"]["Item"] == {"id": {"S": "{% $args_.order %}"}}
    read_ = "'id': $states.result.Attributes.id"
    also = "'warehouse': $states.result.Attributes.`at-home`.S"
    assert hold["Assign"]["reply_"] == f"{{% {{'value': {{{read_}, {also}}}}} %}}"
    first = hold["Catch"][0]
    assert first["ErrorEquals"] == ["DynamoDb.ThrottlingException"]
    assert first["Assign"]["reply_"]["error"]["name"] == "Throttled"
    assert first["Next"] == "hold ended"


def test_the_role_may_do_what_is_bound_and_no_more(files: dict[str, str]) -> None:
    template = json.loads(files["template.json"])
    policies = template["Resources"]["FulfilOrderFlowRole"]["Properties"]["Policies"]
    statements = policies[0]["PolicyDocument"]["Statement"]
    allowed = {s["Action"][0]: s["Resource"] for s in statements if len(s["Action"]) == 1}
    assert CHARGE in allowed["lambda:InvokeFunction"]
    assert f"{CHARGE}:*" not in allowed["lambda:InvokeFunction"]
    assert {REFUND, f"{REFUND}:*"} < {r for r in allowed["lambda:InvokeFunction"] if type(r) is str}
    assert allowed["sqs:SendMessage"] == [
        {"Ref": "MailQueueArn"},
        "arn:aws:sqs:eu-west-1:123456789012:spare",
    ]
    assert allowed["dynamodb:PutItem"] == [{"Ref": "HoldsArn"}]
    assert "PaymentsCharge" not in template["Parameters"]
    assert {"Fraud", "MailQueue", "MailQueueArn", "HoldsArn"} < set(template["Parameters"])


def test_what_is_bound_is_valid(files: dict[str, str], tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    machine = str(tmp_path / "fulfil_order.asl.json")
    assert json.loads(node("asl.mjs", machine).stdout) == {machine: []}
    done = subprocess.run(
        [Path(sys.executable).parent / "cfn-lint", tmp_path / "template.json"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "AWS_DEFAULT_REGION": "eu-west-1"},
    )
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


TABLE = '["mail.confirm"]\nresource = "arn:aws:states:::sqs:sendMessage"\n'
ALLOW = 'allow = { "sqs:SendMessage" = "${Queue}" }\n'
WRONG = [
    ('"payments.chrge" = "${A}"', 2, "there is no operation `payments.chrge`"),
    ('"payments.charge" = "charge"', 2, "neither to a Lambda function nor to a parameter"),
    ('"payments.charge" = "${LogDays}"', 2, "neither to a Lambda function nor to a parameter"),
    ('payments.charge = "${A}"\n"payments.charge" = "${B}"', 3, "bound twice"),
    ('charge = "${A}"', 2, "`charge` is no operation"),
    ('heartbeat = "soon"', 2, "`heartbeat` must be a duration"),
    ('await = "arn:aws:sqs:eu-west-1:123456789012:q"', 2, "neither to a Lambda function"),
    (f'{TABLE}arguments = {{ Body = "{{nobody}}" }}\n{ALLOW}', 4, "no parameter `nobody`"),
    (f'{TABLE}arguments = {{ Body = "{{% 1 %}}" }}\n{ALLOW}', 4, "a brace that belongs to no name"),
    (
        f'{TABLE}arguments = {{ Body = "${{A}}{{to}}" }}\n{ALLOW}',
        4,
        "mixes an argument and a param",
    ),
    (f"{TABLE}arguments = {{ Body = nan }}\n{ALLOW}", 4, "`arguments` must be a table"),
    (f'{TABLE}argumnts = {{ Body = "x" }}\n{ALLOW}', 4, "unknown setting `argumnts`"),
    (TABLE, 2, "needs `allow`"),
    (f'{TABLE}allow = {{ "everything" = "*" }}', 4, "needs `allow`"),
    (f'{TABLE}errors = {{ "Sqs.X" = "Nope" }}\n{ALLOW}', 4, "does not raise `Nope`"),
    (f"{TABLE}result = 7\n{ALLOW}", 4, "`result` must be a path"),
    (
        TABLE.replace("sqs:sendMessage", "lambda:invoke") + ALLOW,
        3,
        "a Lambda function is bound by its own ARN",
    ),
    (
        TABLE.replace("arn:aws:states:::sqs:sendMessage", "sqs") + ALLOW,
        3,
        "needs the ARN of an integration",
    ),
    (
        TABLE.replace("mail.confirm", "fraud.score") + ALLOW,
        2,
        "`fraud.score` has a result, and nothing says where",
    ),
    (
        TABLE.replace("mail.confirm", "payments.charge")
        + 'result = "Id"\nerrors = { "Sqs.X" = "CardDeclined" }\n'
        + ALLOW,
        5,
        "`CardDeclined` has fields",
    ),
]


@pytest.mark.parametrize(("text", "line", "said"), WRONG)
def test_a_wrong_binding_is_refused_at_its_line(
    text: str, line: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "order.flow").write_text(ORDER)
    head, _, rest = text.partition("[") if text.startswith("[") else ("[tool.flowc.asl]\n", "", "")
    body = f"# settings\n[tool.flowc.asl.{rest}" if rest else f"{head}{text}\n"
    (tmp_path / "pyproject.toml").write_text(body)
    told = flowc("build", "order.flow", "--target", "asl", "-o", "out")
    assert told.status == 2
    assert f"--> pyproject.toml:{line}:" in told.err, told.err
    assert said in told.err
    assert not (tmp_path / "out").exists()


def test_bindings_hold_for_other_targets_and_other_files_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "order.flow").write_text(ORDER)
    (tmp_path / "flowc.toml").write_text('[asl]\n"cards.charge" = "${A}"\nheartbeat = "1h"\n')
    assert flowc("build", "order.flow", "--target", "asl", "-o", "asl").status == 0
    assert flowc("build", "order.flow", "--target", "python", "-o", "py").status == 0
    assert flowc("lint", "order.flow", "--no-cache").status == 0
    (tmp_path / "flowc.toml").write_text("[asl\n")
    told = flowc("build", "order.flow", "--target", "asl", "-o", "broken")
    assert told.status == 2 and "flowc.toml:1" in told.err
