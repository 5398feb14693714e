"""State machines to a SAM template: parameters for what they call, and an alarm for each."""

from __future__ import annotations

from flowc.targets.asl.bindings import Function, parameters
from flowc.targets.asl.history import EVENTS, least, most
from flowc.targets.asl.logical import AWAIT, LOG_DAYS
from flowc.targets.asl.role import policies, role

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc.targets.asl.bindings import Bindings
    from flowc.targets.asl.logical import Logical
    from flowc.targets.asl.machine import Machine

_FUNCTION_ARN = "^arn:aws[a-z-]*:lambda:.+$"


def template(
    machines: Sequence[Machine], marker: str, logical: Logical, bindings: Bindings
) -> dict[str, object]:
    """The template: deploy it with `sam deploy`, with what is called as parameters."""
    resources: dict[str, object] = {}
    outputs: dict[str, object] = {}
    for machine in machines:
        name = logical.machines[machine.flow.name]
        resources[f"{name}Logs"] = {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"RetentionInDays": {"Ref": LOG_DAYS}},
        }
        resources[f"{name}Role"] = role(machine, logical, bindings)
        resources |= policies(machine, logical, bindings)
        resources[name] = _machine(machine, logical, bindings)
        resources[f"{name}Failed"] = _alarm(machine, name)
        outputs[name] = {"Description": _how_to_start(machine), "Value": {"Ref": name}}
    return {
        "Description": marker,
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Metadata": {"History": {m.flow.name: _history(m, bindings) for m in machines}},
        "Parameters": _parameters(machines, logical, bindings),
        "Resources": resources,
        "Outputs": outputs,
    }


def _history(machine: Machine, bindings: Bindings) -> dict[str, object]:
    """How many events an execution has: if all goes well, and if nothing does."""
    flow = machine.flow
    return {"Least": least(flow), "Most": most(flow, bindings).events, "Held": EVENTS}


def _parameters(
    machines: Sequence[Machine], logical: Logical, bindings: Bindings
) -> dict[str, object]:
    made: dict[str, object] = {}
    for machine in machines:
        for title, operation in machine.operations.items():
            binding = bindings.operations.get(title)
            if binding is None:
                about = f"Lambda function (or alias) for {title}"
                made[logical.function(operation)] = _function(about)
                continue
            for name in parameters(binding):
                if isinstance(binding, Function):
                    made[name] = _function("Lambda function (or alias), as bound")
                else:
                    made.setdefault(name, {"Type": "String", "Description": "As bound"})
        if machine.awaits and bindings.asks is None:
            made[AWAIT] = _function("Lambda function that asks for what flows await")
        elif machine.awaits and bindings.asks and bindings.asks.parameter is not None:
            made[bindings.asks.parameter] = _function("Lambda function (or alias), as bound")
    days = {
        "Type": "Number",
        "Default": 30,
        "Description": "How many days logs are kept",
        "AllowedValues": [1, 7, 14, 30, 90, 180, 365],
    }
    return {**dict(sorted(made.items())), LOG_DAYS: days}


def _function(about: str) -> dict[str, object]:
    return {"Type": "String", "AllowedPattern": _FUNCTION_ARN, "Description": about}


def _machine(machine: Machine, logical: Logical, bindings: Bindings) -> dict[str, object]:
    flow = machine.flow
    name = logical.machines[flow.name]
    bound: dict[str, object] = {}
    for title, operation in machine.operations.items():
        binding = bindings.operations.get(title)
        named = (logical.function(operation),) if binding is None else parameters(binding)
        bound |= {parameter: {"Ref": parameter} for parameter in named}
    for callee in machine.machines:
        bound[logical.callees[callee]] = {"Ref": logical.machines[callee]}
    if machine.awaits:
        asks = AWAIT if bindings.asks is None else bindings.asks.parameter
        bound |= {} if asks is None else {asks: {"Ref": asks}}
    return {
        "Type": "AWS::Serverless::StateMachine",
        "Properties": {
            "Type": "STANDARD",
            "DefinitionUri": logical.files[flow.name],
            **({"DefinitionSubstitutions": dict(sorted(bound.items()))} if bound else {}),
            "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
            "Logging": {
                "Level": "ALL",
                "IncludeExecutionData": True,
                "Destinations": [
                    {
                        "CloudWatchLogsLogGroup": {
                            "LogGroupArn": {"Fn::GetAtt": [f"{name}Logs", "Arn"]}
                        }
                    }
                ],
            },
            "Tracing": {"Enabled": True},
            "Tags": {"flow": flow.name, "version": str(flow.version)},
        },
    }


def _alarm(machine: Machine, name: str) -> dict[str, object]:
    """Incomplete and Halted are what an execution fails with: both want people."""
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": f"{machine.flow.name} ended Incomplete or Halted",
            "Namespace": "AWS/States",
            "MetricName": "ExecutionsFailed",
            "Dimensions": [{"Name": "StateMachineArn", "Value": {"Ref": name}}],
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
        },
    }


def _how_to_start(machine: Machine) -> str:
    """The key is the execution's name: a name is taken for 90 days after the execution ended."""
    flow = machine.flow
    if flow.key is None:
        return f"{flow.name}, version {flow.version}: only called by flows"
    twice = "reject it" if flow.on_duplicate == "reject" else "take the execution that there is"
    return (
        f"{flow.name}, version {flow.version}: start it with the SHA-256 of its key as the name; "
        f"at ExecutionAlreadyExists, {twice}"
    )
