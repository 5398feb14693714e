"""A state machine to the role that it runs under: it may do what the machine does, and no more."""

from __future__ import annotations

from flowc.targets.asl.bindings import PARAMETER, Function, Integration
from flowc.targets.asl.logical import AWAIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.targets.asl.bindings import Bindings
    from flowc.targets.asl.logical import Logical
    from flowc.targets.asl.machine import Machine

INLINE = 25  # functions that the role itself lists: its policies have at most 10,240 characters
MANAGED = 18  # functions of a managed policy: it has at most 6,144 characters


def role(machine: Machine, logical: Logical, bindings: Bindings) -> dict[str, object]:
    """The role of a machine; what does not fit into it stands in `policies`."""
    statements: list[object] = []
    functions = _functions(machine, logical, bindings)[:INLINE]
    if functions:
        statements.append(_invoke(functions))
    statements += _integrations(machine, bindings)
    if machine.machines:
        statements += _executions(sorted(logical.machines[flow] for flow in machine.machines))
    if machine.pages:
        bus = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"
        statements.append(allow(["events:PutEvents"], [{"Fn::Sub": bus}]))
    # neither log delivery nor X-Ray can be narrowed to a resource
    logs = ["CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery"]
    logs += ["ListLogDeliveries", "PutResourcePolicy", "DescribeResourcePolicies"]
    logs += ["DescribeLogGroups"]
    statements.append(allow([f"logs:{action}" for action in logs], ["*"]))
    traces = ["PutTraceSegments", "PutTelemetryRecords"]
    traces += ["GetSamplingRules", "GetSamplingTargets"]
    statements.append(allow([f"xray:{action}" for action in traces], ["*"]))
    trust = allow(["sts:AssumeRole"], None)
    trust["Principal"] = {"Service": "states.amazonaws.com"}
    more = policies(machine, logical, bindings)
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": _document([trust]),
            **({"ManagedPolicyArns": [{"Ref": name} for name in more]} if more else {}),
            "Policies": [{"PolicyName": "flow", "PolicyDocument": _document(statements)}],
        },
    }


def policies(machine: Machine, logical: Logical, bindings: Bindings) -> dict[str, object]:
    """Managed policies for the functions that the role itself cannot list."""
    functions = _functions(machine, logical, bindings)[INLINE:]
    name = logical.machines[machine.flow.name]
    made: dict[str, object] = {}
    for number, at in enumerate(range(0, len(functions), MANAGED), 2):
        statement = _invoke(functions[at : at + MANAGED])
        made[f"{name}Role{number}"] = {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"PolicyDocument": _document([statement])},
        }
    return made


def allow(actions: list[str], resources: list[object] | None) -> dict[str, object]:
    """A statement of a policy."""
    allowed: dict[str, object] = {"Effect": "Allow", "Action": actions}
    if resources is not None:
        allowed["Resource"] = resources
    return allowed


def _document(statements: list[object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": statements}


def _functions(machine: Machine, logical: Logical, bindings: Bindings) -> list[Function]:
    """The functions that a machine invokes, each once, in a fixed order."""
    found: set[tuple[str, str]] = set()
    for title, operation in machine.operations.items():
        binding = bindings.operations.get(title)
        if isinstance(binding, Function):
            found.add((binding.arn or "", binding.parameter or ""))
        elif binding is None:
            found.add(("", logical.function(operation)))
    if machine.awaits:
        asks = bindings.asks or Function(None, AWAIT)
        found.add((asks.arn or "", asks.parameter or ""))
    return [Function(arn or None, parameter or None) for arn, parameter in sorted(found)]


def _invoke(functions: Iterable[Function]) -> dict[str, object]:
    """They may be invoked, in every version and under every alias."""
    listed: list[object] = []
    for function in functions:
        if function.arn is not None:
            listed += (
                [function.arn] if _qualified(function.arn) else [function.arn, f"{function.arn}:*"]
            )
        else:
            listed += [{"Ref": function.parameter}, {"Fn::Sub": f"${{{function.parameter}}}:*"}]
    return allow(["lambda:InvokeFunction"], listed)


def _qualified(arn: str) -> bool:
    return arn.count(":") > 6


def _integrations(machine: Machine, bindings: Bindings) -> list[dict[str, object]]:
    permitted: dict[str, set[str]] = {}
    for title in machine.operations:
        binding = bindings.operations.get(title)
        if isinstance(binding, Integration):
            for action, on in binding.allow.items():
                permitted.setdefault(action, set()).update(on)
    return [
        allow([action], [_arn(on) for on in sorted(permitted[action])])
        for action in sorted(permitted)
    ]


def _arn(on: str) -> object:
    named = PARAMETER.fullmatch(on)
    return on if named is None else {"Ref": named[1]}


def _executions(callees: list[str]) -> list[dict[str, object]]:
    """What waiting for the executions of other machines takes."""
    executions = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution"
    waited: list[object] = [{"Fn::Sub": f"{executions}:${{{callee}.Name}}:*"} for callee in callees]
    rule = "StepFunctionsGetEventsForStepFunctionsExecutionRule"
    events = f"arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{rule}"
    rules = ["events:PutTargets", "events:PutRule", "events:DescribeRule"]
    return [
        allow(["states:StartExecution"], [{"Ref": callee} for callee in callees]),
        allow(["states:DescribeExecution", "states:StopExecution"], waited),
        allow(rules, [{"Fn::Sub": events}]),
    ]
