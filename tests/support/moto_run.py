"""Emitted machines in moto's interpreter of Step Functions, in this process and in virtual time.

It is a port of LocalStack's. What it does otherwise than AWS is mended here where the mending is
of the oracle and not of the machines: strings bound into JSONata, `$millis`, `$random`, `$uuid` and
`$hash`, time.
"""

from __future__ import annotations

import copy
import json
import logging
import re
import sys
import threading
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from jsonata import Jsonata
from jsonata.utils import Utils
from moto.stepfunctions.parser.api import StateMachineType
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.component.common.timeouts import timeout as timeouts
from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
from moto.stepfunctions.parser.asl.component.state.exec import execute_state
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    inline_iteration_component as inline_map,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    iteration_worker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.branch_worker import (
    BranchWorker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.branches_decl import (
    BranchesDecl,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.mock_eval_utils import (
    _eval_mocked_response_throw,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
    state_task_service_callback,
    state_task_service_lambda,
    state_task_service_sfn,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import (
    WaitFunction,
)
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackOutcome,
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
    CallbackOutcomeTimedOut,
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
from sfnx.testing import digest, nulls

from flowc.compiler.check import Checked
from flowc.compiler.flow import Flow
from flowc.simulate.script import Script
from tests.support import agreement
from tests.support.scripted import MS, Answers, Clock, TaskFailed, Told
from tests.support.sfnx_run import definitions, ending_of

logging.getLogger("moto").setLevel(logging.CRITICAL)
ACCOUNT, REGION = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/flow"


class _Running:
    """The executions under way: a child runs inside its parent's task, on the same clock."""

    moto: Moto | None = None
    answers: Answers | None = None
    outcome: CallbackOutcome | None = None  # of the await that was just asked for

    def __init__(self) -> None:
        self.declared: list[dict[str, Any]] = []


_running = _Running()


_parsed_once = cache(Jsonata)
_DECLARED = re.compile(r"/\*@(\d+)@\*/")


def _evaluate(expression: str) -> Any:
    """moto has no JSONata of its own: the evaluator of the oracle, with virtual time."""
    answers = _running.answers
    assert answers is not None
    bindings: dict[str, Any] = {}
    for number in _DECLARED.findall(expression):
        bindings |= _running.declared[int(number)]
    try:
        made = _parsed_once(_DECLARED.sub("", expression))
        made.set_output_convert_nulls(False)
        made.register_lambda("millis", lambda *_: answers.clock.now)
        made.register_lambda("random", lambda *_: 1)
        made.register_lambda("uuid", lambda *_: str(uuid4()))
        made.register_lambda("hash", digest)
        found = Utils.convert_nulls(made.evaluate(None, bindings))
        return json.loads(json.dumps(found))
    except Exception as error:
        raise moto_jsonata.JSONataException("UNKNOWN", str(error)) from error


def _declared(bindings: dict[str, Any]) -> str:
    """Variables, as a comment that says where their values are: moto writes them into the
    expression, which then is another one each time."""
    made = {name.removeprefix("$"): nulls(value) for name, value in bindings.items()}
    _running.declared.append(made)
    return f"/*@{len(_running.declared) - 1}@*/"


def _invoke(parameters: Any, region: Any, state_credentials: Any) -> dict[str, Any]:
    assert _running.answers is not None
    raw = parameters.get("Payload") or b"{}"
    payload = json.loads(raw) if isinstance(raw, bytes | str) else raw
    if "await" in payload:
        _running.outcome = _signalled(payload)
        return {"StatusCode": 200, "Payload": None}
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


def _signalled(payload: dict[str, Any]) -> CallbackOutcome:
    assert _running.answers is not None
    token = payload["token"]
    try:
        return CallbackOutcomeSuccess(token, json.dumps(_running.answers.signal(payload)))
    except TaskFailed as failed:
        if failed.name == "States.Timeout":
            return CallbackOutcomeTimedOut(token)
        return CallbackOutcomeFailure(token, failed.name, "")


def _signal(self: Any, **_: Any) -> CallbackOutcome | None:
    """What came of the await; nothing where moto asks beside a child's execution."""
    outcome, _running.outcome = _running.outcome, None
    return outcome


def _child_output(self: Any, env: Any, *_: Any, **__: Any) -> Any:
    """The output of an execution that has run to its end, where moto would ask for it by ARN."""
    output = env.stack.pop()
    return lambda: output


def _side(run: Any) -> None:
    """A branch or round: here and now, from the moment of the fork on."""
    assert _running.answers is not None
    _running.answers.clock.side()
    run()


def _forked(evaluate: Any) -> Any:
    def fork(self: Any, env: Any) -> None:
        assert _running.answers is not None
        clock = _running.answers.clock
        clock.fork()
        try:
            evaluate(self, env)
        finally:
            clock.join()

    return fork


def _launch(self: Any, env: Any, eval_input: Any, job_pool: Any) -> Any:
    worker = self._create_worker(env=env, eval_input=eval_input, job_pool=job_pool)
    worker.eval()
    return worker


_job = iteration_worker.IterationWorker._eval_job


def _round(self: Any, env: Any, job: Any) -> None:
    _side(lambda: _job(self, env, job))


def _branch(self: Any) -> None:
    def run() -> None:
        self._program.eval(self.env)
        self._branch_worker_comm.on_terminated(env=self.env)

    _side(run)


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


class _Patient(threading.Event):
    """Ends when its work does: how long a task may take is a matter of virtual time."""

    def wait(self, timeout: float | None = None) -> bool:
        del timeout
        return super().wait()


def _patch() -> None:
    vars(execute_state)["threading"] = SimpleNamespace(Event=_Patient)
    moto_jsonata._eval_jsonata = _evaluate
    intrinsic = string_expression.get_intrinsic_functions_declarations
    string_expression.get_intrinsic_functions_declarations = lambda variable_references: intrinsic(
        variable_references - {"$uuid", "$hash"}
    )
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
    callback = state_task_service_callback.StateTaskServiceCallback
    state_task_service_sfn.StateTaskServiceSfn._build_sync2_resolver = _child_output
    callback._eval_wait_for_task_token = _signal
    inline_map.InlineIterationComponent._launch_worker = _launch
    inline_map.InlineIterationComponent._eval_body = _forked(
        inline_map.InlineIterationComponent._eval_body
    )
    iteration_worker.IterationWorker._eval_job = _round
    BranchesDecl._eval_body = _forked(BranchesDecl._eval_body)
    BranchWorker.start = _branch
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
            _running.declared.clear()
        return Told(ending, answers.calls, ordered=ordered)

    def tell(self, flow: Flow, script: Script, given: dict[str, Any]) -> agreement.Told:
        """As `play`, with all that can be compared."""
        answers = Answers(self.of, script, Clock(script.start))
        _running.moto, _running.answers = self, answers
        try:
            ending = self._run(flow.name, given)
        finally:
            _running.moto = _running.answers = None
            _running.declared.clear()
        return agreement.Told(ending, answers.made, answers.clock.now - script.start)

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
