"""Emitted machines in moto's interpreter of Step Functions, in this process and in virtual time.

It is a port of LocalStack's. What it does otherwise than AWS is mended here where the mending is
of the oracle and not of the machines: strings bound into JSONata, `$millis` and `$random`, time.
"""

from __future__ import annotations

import copy
import json
import logging
import sys
import threading
from datetime import UTC, datetime
from typing import Any

from jsonata import Jsonata
from moto.stepfunctions.parser.api import StateMachineType
from moto.stepfunctions.parser.asl.component.common.timeouts import timeout as timeouts
from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.mock_eval_utils import (
    _eval_mocked_response_throw,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_lambda,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import (
    WaitFunction,
)
from moto.stepfunctions.parser.asl.eval.evaluation_details import (
    AWSExecutionDetails,
    EvaluationDetails,
    ExecutionDetails,
    StateMachineDetails,
)
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from moto.stepfunctions.parser.asl.parse import preprocessor
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.backend.execution_worker import SyncExecutionWorker
from moto.stepfunctions.parser.backend.execution_worker_comm import ExecutionWorkerCommunication
from moto.stepfunctions.parser.mocking.mock_config import MockedResponseThrow

from flowc.compiler.check import Checked
from flowc.compiler.flow import Flow
from flowc.simulate.script import Script
from tests.support.scripted import MS, Answers, Clock, TaskFailed, Told
from tests.support.sfnx_run import definitions, ending_of

logging.getLogger("moto").setLevel(logging.CRITICAL)
ACCOUNT, REGION = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/flow"


class _Running:
    """The executions under way: a child runs inside its parent's task, on the same clock."""

    moto: Moto | None = None
    answers: Answers | None = None


_running = _Running()


def _evaluate(expression: str) -> Any:
    """moto has no JSONata of its own: the evaluator of the oracle, with virtual time."""
    answers = _running.answers
    assert answers is not None
    made = Jsonata(expression)
    made.register_lambda("millis", lambda *_: answers.clock.now)
    made.register_lambda("random", lambda *_: 1)
    try:
        return json.loads(json.dumps(made.evaluate(None)))
    except Exception as error:
        raise moto_jsonata.JSONataException("UNKNOWN", str(error)) from error


def _declared(bindings: dict[str, Any]) -> str:
    return "".join(f"{name}:={json.dumps(value)};" for name, value in bindings.items())


def _invoke(parameters: Any, region: Any, state_credentials: Any) -> dict[str, Any]:
    assert _running.answers is not None
    raw = parameters.get("Payload") or b"{}"
    payload = json.loads(raw) if isinstance(raw, bytes | str) else raw
    try:
        return {"StatusCode": 200, "Payload": _running.answers.answer(copy.deepcopy(payload))}
    except TaskFailed as failed:
        if failed.name == "States.Timeout":
            raise timeouts.EvalTimeoutError from None
        return {
            "StatusCode": 200,
            "FunctionError": "Unhandled",
            "Payload": {"errorType": failed.name, "errorMessage": ""},
        }


def _service(self: Any, env: Any, *rest: Any, **named: Any) -> None:
    """Any other integration: an event on the bus, or an execution of another machine."""
    parameters = named.get("normalised_parameters", rest[1] if len(rest) > 1 else {})
    moto = _running.moto
    assert moto is not None
    if self.resource.service_name == "events":
        env.stack.append({"FailedEntryCount": 0, "Entries": [{}]})
        return
    try:
        env.stack.append({"Output": moto.child(copy.deepcopy(parameters))})
    except TaskFailed as failed:
        _eval_mocked_response_throw(env, MockedResponseThrow(0, 0, failed.name, ""))


def _wait(self: Any, env: Any, wait_seconds: float) -> None:
    assert _running.answers is not None
    _running.answers.clock.now += int(wait_seconds * MS)


class _Matched(str):
    """The state that a matching rule of a Choice goes to."""


def _choose(self: Any, env: Any) -> None:
    for rule in self.choices_decl.rules:
        rule.eval(env)
        if env.stack.pop() is True:
            env.stack.append(_Matched(rule.next_stmt.name))
            return
    env.stack.append(self.default_state.state_name)


def _chosen(self: Any, env: Any) -> None:
    """A Choice's own Assign belongs to its Default: moto asks only whether the names are equal,
    and so also applies it for a rule that goes to the same state."""
    name = env.stack.pop()
    if not isinstance(name, _Matched) and self.assign_decl:
        self.assign_decl.eval(env=env)
    env.next_state_name = str(name)


def _subclasses(kind: Any) -> list[Any]:
    found: list[Any] = []
    for inner in kind.__subclasses__():
        found += [inner, *_subclasses(inner)]
    return found


_parse = AmazonStateLanguageParser.parse
_lock = threading.Lock()
_parsed: dict[str, Any] = {}


def _parse_once(definition: str) -> Any:
    """A failed parse leaves its query language behind for the next one; and parsing is slow."""
    with _lock:
        if definition not in _parsed:
            for name, value in vars(preprocessor.Preprocessor).items():
                if name == "_query_language_per_scope":
                    value.clear()
            _parsed[definition] = _parse(definition)
        return _parsed[definition]


def _patch() -> None:
    moto_jsonata._eval_jsonata = _evaluate
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("moto.stepfunctions") and hasattr(
            module, "encode_jsonata_variable_declarations"
        ):
            module.encode_jsonata_variable_declarations = _declared  # type: ignore[attr-defined]
    lambda_eval_utils._invoke_lambda_function = _invoke
    for kind in _subclasses(state_task_service.StateTaskService):
        own = kind is not state_task_service_lambda.StateTaskServiceLambda
        if "_eval_service_task" in vars(kind) and own:
            kind._eval_service_task = _service
    StateChoice._eval_state = _choose
    StateChoice._eval_state_output = _chosen
    WaitFunction._wait_interval = _wait
    AmazonStateLanguageParser.parse = staticmethod(_parse_once)


_patch()


class _Quiet(ExecutionWorkerCommunication):  # type: ignore[misc]
    def terminated(self) -> None:
        pass


class Moto:
    """Runs one program's machines; one execution at a time in this process."""

    def __init__(self, of: Checked) -> None:
        self.of = of
        self.definitions = {
            name: _for_moto(definition) for name, definition in definitions(of).items()
        }
        self.history: list[Any] = []

    def play(self, flow: Flow, given: dict[str, Any], script: Script, *, ordered: bool) -> Told:
        answers = Answers(self.of, script, Clock(script.start))
        _running.moto, _running.answers = self, answers
        try:
            ending = self._run(flow.name, given)
        finally:
            _running.moto = _running.answers = None
        return Told(ending, answers.calls, ordered=ordered)

    def child(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Run another machine to its end. Raises TaskFailed if it failed."""
        named = str(parameters["StateMachineArn"])
        key = named.rpartition("_")[2].lower()
        child = next(n for n in self.definitions if n.replace("_", "") == key)
        given = parameters["Input"]
        ending = self._run(child, json.loads(given) if isinstance(given, str) else given)
        if ending["ending"] in ("Incomplete", "Halted"):
            raise TaskFailed("States.TaskFailed")
        return ending

    def _run(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:m"
        details = EvaluationDetails(
            AWSExecutionDetails(ACCOUNT, REGION, ROLE),
            ExecutionDetails(
                f"arn:aws:states:{REGION}:{ACCOUNT}:execution:m:e",
                "e",
                ROLE,
                given,
                datetime.now(UTC).isoformat(),
            ),
            StateMachineDetails(arn, "m", StateMachineType.STANDARD, self.definitions[name]),
        )
        worker = SyncExecutionWorker(details, _Quiet(), None, {}, None)
        worker.start()
        state = worker.env.program_state()
        self.history = worker.env.event_manager.get_event_history()
        error = cause = output = None
        if type(state).__name__ == "ProgramEnded":
            output = worker.env.states.get_input()
        else:
            error = state.error.get("error") or "?"
            cause = state.error.get("cause")
        return ending_of(error, cause, output)


def _for_moto(definition: dict[str, Any]) -> str:
    """Substitutions as an ARN, which moto wants to see."""
    text = json.dumps(definition)
    text = text.replace(
        '"StateMachineArn": "${Flow',
        f'"StateMachineArn": "arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:f_',
    )
    text = text.replace(
        '"FunctionName": "${', f'"FunctionName": "arn:aws:lambda:{REGION}:{ACCOUNT}:function:'
    )
    return text.replace('}", "Payload"', '", "Payload"').replace('}", "Name"', '", "Name"')
