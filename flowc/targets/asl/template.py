"""State machines to a SAM template: parameters for what they call, a role that may do no more."""

from __future__ import annotations

from flowc.targets.asl.machine import Machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_FUNCTION_ARN = "^arn:aws[a-z-]*:lambda:.+$"


def template(machines: Iterable[Machine], marker: str) -> dict[str, object]:
    """The template: deploy it with `sam deploy`, with the ARN of each function as a parameter."""
    made = list(machines)
    named = {machine.flow.name: resource(machine.flow.name) for machine in made}
    parameters: dict[str, object] = {}
    for machine in made:
        for key, operation in machine.functions.items():
            about = f"Lambda function (or alias) for {operation.title}"
            parameters[key] = _function(about)
        if machine.awaits:
            parameters["FlowAwait"] = _function("Lambda function that asks for what flows await")
    parameters = dict(sorted(parameters.items()))
    parameters["LogDays"] = {
        "Type": "Number",
        "Default": 30,
        "Description": "How many days logs are kept",
        "AllowedValues": [1, 7, 14, 30, 90, 180, 365],
    }
    resources: dict[str, object] = {}
    outputs: dict[str, object] = {}
    for machine in made:
        name = named[machine.flow.name]
        resources[f"{name}Logs"] = {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"RetentionInDays": {"Ref": "LogDays"}},
        }
        resources[f"{name}Role"] = _role(machine, named)
        resources[name] = _machine(machine, name, named)
        resources[f"{name}Failed"] = _alarm(machine, name)
        outputs[name] = {"Description": _how_to_start(machine), "Value": {"Ref": name}}
    return {
        "Description": marker,
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": parameters,
        "Resources": resources,
        "Outputs": outputs,
    }


def resource(flow: str) -> str:
    """`fulfil_order` as `FulfilOrderFlow`."""
    words = (word[:1].upper() + word[1:] for word in flow.split("_") if word)
    return f"{''.join(words)}Flow"


def _function(about: str) -> dict[str, object]:
    return {"Type": "String", "AllowedPattern": _FUNCTION_ARN, "Description": about}


def _machine(machine: Machine, name: str, named: dict[str, str]) -> dict[str, object]:
    bound: dict[str, object] = {key: {"Ref": key} for key in machine.functions}
    for key, callee in machine.machines.items():
        bound[key] = {"Ref": named[callee]}
    if machine.awaits:
        bound["FlowAwait"] = {"Ref": "FlowAwait"}
    flow = machine.flow
    tags = {"flow": flow.name, "version": str(flow.version)}
    return {
        "Type": "AWS::Serverless::StateMachine",
        "Properties": {
            "Type": "STANDARD",
            "DefinitionUri": f"{flow.name}.asl.json",
            **({"DefinitionSubstitutions": dict(sorted(bound.items()))} if bound else {}),
            "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
            "Logging": {
                "Level": "ALL",
                "IncludeExecutionData": True,
                "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": _arn(f"{name}Logs")}}],
            },
            "Tracing": {"Enabled": True},
            "Tags": tags,
        },
    }


def _arn(name: str) -> dict[str, object]:
    return {"Fn::GetAtt": [name, "Arn"]}


def _role(machine: Machine, named: dict[str, str]) -> dict[str, object]:
    statements: list[object] = []
    functions = sorted((*machine.functions, *(("FlowAwait",) if machine.awaits else ())))
    if functions:
        # with its versions and aliases
        listed: list[object] = []
        for key in functions:
            listed += [{"Ref": key}, {"Fn::Sub": f"${{{key}}}:*"}]
        statements.append(_allow(["lambda:InvokeFunction"], listed))
    if machine.machines:
        callees = sorted(named[flow] for flow in set(machine.machines.values()))
        statements.append(
            _allow(["states:StartExecution"], [{"Ref": callee} for callee in callees])
        )
        executions = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution"
        waited: list[object] = [
            {"Fn::Sub": f"{executions}:${{{callee}.Name}}:*"} for callee in callees
        ]
        statements.append(_allow(["states:DescribeExecution", "states:StopExecution"], waited))
        rule = "StepFunctionsGetEventsForStepFunctionsExecutionRule"
        events = f"arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{rule}"
        statements.append(
            _allow(
                ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
                [{"Fn::Sub": events}],
            )
        )
    if machine.pages:
        bus = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"
        statements.append(_allow(["events:PutEvents"], [{"Fn::Sub": bus}]))
    # neither log delivery nor X-Ray can be narrowed to a resource
    logs = ["CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery"]
    logs += ["ListLogDeliveries", "PutResourcePolicy", "DescribeResourcePolicies"]
    logs += ["DescribeLogGroups"]
    statements.append(_allow([f"logs:{action}" for action in logs], ["*"]))
    traces = ["PutTraceSegments", "PutTelemetryRecords"]
    traces += ["GetSamplingRules", "GetSamplingTargets"]
    statements.append(_allow([f"xray:{action}" for action in traces], ["*"]))
    trust = _allow(["sts:AssumeRole"], None)
    trust["Principal"] = {"Service": "states.amazonaws.com"}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [
                {
                    "PolicyName": "flow",
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
                }
            ],
        },
    }


def _allow(actions: list[str], resources: list[object] | None) -> dict[str, object]:
    allowed: dict[str, object] = {"Effect": "Allow", "Action": actions}
    if resources is not None:
        allowed["Resource"] = resources
    return allowed


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
