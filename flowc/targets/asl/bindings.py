"""The table `[tool.flowc.asl]` to what answers each operation, with what is wrong at its key."""

from __future__ import annotations

import re

from flowc.struct import Struct
from flowc.targets.asl.logical import LOG_DAYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.compiler import flow as ir

    Key = tuple[str, ...]

FUNCTION = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_$-]+)?"
)
PARAMETER = re.compile(r"\$\{([A-Za-z][A-Za-z0-9]{0,254})\}")
INTEGRATION = re.compile(r"arn:aws[a-z-]*:states:::[A-Za-z0-9-]+(:[A-Za-z0-9]+)+(\.sync(:2)?)?")
PERMISSION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
ANY_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[^\s{}$]+")
PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*")
ERROR = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
HOLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
DURATION = re.compile(r"([1-9][0-9]{0,7})(s|m|h|d)")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}  # seconds
TABLE = ("resource", "arguments", "result", "errors", "allow")
DAY = 86_400  # s
LONGEST_HEARTBEAT = 31_536_000  # s


class Function(Struct):
    """A Lambda function: by its ARN, or by the parameter of the template that holds it."""

    arn: str | None
    parameter: str | None


class Integration(Struct):
    """A service that Step Functions calls by itself.

    `arguments` are as its API wants them; in a text, `{name}` is an argument of the call and
    `${Name}` a parameter of the template. `result` says where in the answer the value is: a path,
    or a path for each field. `errors` gives a declared error for one of the API. `allow` holds
    what the role may do, and with what.
    """

    resource: str
    arguments: Mapping[str, object]
    result: str | Mapping[str, str] | None
    errors: Mapping[str, str]
    allow: Mapping[str, tuple[str, ...]]


Binding = Function | Integration


class Wrong(Struct):
    """A fault of the table, at a key of it."""

    at: Key
    message: str
    help: str | None


class Bindings(Struct):
    """What answers operations, by `service.operation`, what asks for awaits, and how long nobody
    need say that an await is still being asked for (seconds)."""

    operations: Mapping[str, Binding]
    keys: Mapping[str, Key]
    asks: Function | None
    heartbeat: int


NONE = Bindings({}, {}, None, DAY)


def read(table: object) -> tuple[Bindings, tuple[Wrong, ...]]:
    """The bindings of a TOML table, and every fault in its form."""
    return _Reader().read(table)


def faults(bindings: Bindings, program: ir.Program) -> tuple[Wrong, ...]:
    """What does not fit the services of a program. Bindings of services that it has not got are
    for other files."""
    known = operations(program)
    services = {operation.service for operation in known.values()}
    found: list[Wrong] = []
    for title, binding in bindings.operations.items():
        at = bindings.keys[title]
        operation = known.get(title)
        if operation is None:
            if title.partition(".")[0] in services:
                found.append(Wrong(at, f"there is no operation `{title}`", _near(title, known)))
        elif isinstance(binding, Integration):
            found += _misfits(operation, binding, at)
    return tuple(found)


def operations(program: ir.Program) -> dict[str, ir.Operation]:
    """Every operation that a program's flows know, by `service.operation`."""
    return {
        operation.title: operation
        for flow in (*program.flows, *program.imported)
        for service in flow.services
        for operation in service.operations
    }


def texts(value: object) -> list[str]:
    """Every text in a value, however deep."""
    match value:
        case str():
            return [value]
        case list():
            return [text for item in value for text in texts(item)]
        case dict():
            return [text for item in value.values() for text in texts(item)]
        case _:
            return []


def parameters(binding: Binding) -> tuple[str, ...]:
    """The parameters of the template that a binding mentions."""
    if isinstance(binding, Function):
        return () if binding.parameter is None else (binding.parameter,)
    mentioned = [*texts(binding.arguments), *(t for on in binding.allow.values() for t in on)]
    return tuple(dict.fromkeys(name for text in mentioned for name in PARAMETER.findall(text)))


def _misfits(operation: ir.Operation, binding: Integration, at: Key) -> list[Wrong]:
    found: list[Wrong] = []
    params = [param.name for param in operation.params]
    for text in texts(binding.arguments):
        for name in HOLE.findall(PARAMETER.sub("", text)):
            if name not in params:
                offered = ", ".join(f"`{{{param}}}`" for param in params) or "none"
                said = f"`{operation.title}` has no parameter `{name}`"
                found.append(Wrong((*at, "arguments"), said, f"there are: {offered}"))
    if binding.result is None and operation.result is not None:
        said = f"`{operation.title}` has a result, and nothing says where in the answer it is"
        found.append(Wrong(at, said, 'add `result = "Path.In.The.Answer"`'))
    errors = {error.name: error for error in operation.raises}
    for word in binding.errors.values():
        error = errors.get(word)
        if error is None:
            said = f"`{operation.title}` does not raise `{word}`"
            found.append(Wrong((*at, "errors"), said, _near(word, errors)))
        elif error.fields:
            said = f"`{word}` has fields, which no error of an API can fill"
            found.append(Wrong((*at, "errors"), said, "answer with a Lambda function instead"))
    return found


def _near(word: str, known: Mapping[str, object]) -> str | None:
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"there are: {', '.join(f'`{name}`' for name in known)}" if known else None


class _Reader:
    """Reads the table, noting every fault."""

    def __init__(self) -> None:
        self.faults: list[Wrong] = []

    def say(self, at: Key, message: str, help: str | None = None) -> None:
        self.faults.append(Wrong(at, message, help))

    def read(self, table: object) -> tuple[Bindings, tuple[Wrong, ...]]:
        if not isinstance(table, dict):
            self.say((), "`asl` must be a table")
            return NONE, tuple(self.faults)
        bound: dict[str, Binding] = {}
        keys: dict[str, Key] = {}
        asks: Function | None = None
        heartbeat = DAY
        for key, value in table.items():
            if key == "await" and not isinstance(value, dict):
                asks = self.function((key,), value)
            elif key == "heartbeat" and not isinstance(value, dict):
                heartbeat = self.heartbeat(value)
            elif "." in key:
                self.bind(bound, keys, key, (key,), value)
            elif isinstance(value, dict):
                for name, inner in value.items():
                    self.bind(bound, keys, f"{key}.{name}", (key, name), inner)
            else:
                help = 'write `"service.operation" = "arn:..."`, `await` or `heartbeat`'
                self.say((key,), f"`{key}` is no operation", help)
        return Bindings(bound, keys, asks, heartbeat), tuple(self.faults)

    def bind(
        self, bound: dict[str, Binding], keys: dict[str, Key], title: str, at: Key, value: object
    ) -> None:
        if title in bound:
            self.say(at, f"`{title}` is bound twice")
            return
        if isinstance(value, dict):
            made: Binding | None = self.integration(title, at, value)
        else:
            made = self.function(at, value)
        if made is not None:
            bound[title], keys[title] = made, at

    def function(self, at: Key, value: object) -> Function | None:
        if isinstance(value, str):
            if FUNCTION.fullmatch(value):
                return Function(value, None)
            named = PARAMETER.fullmatch(value)
            if named and named[1] != LOG_DAYS:
                return Function(None, named[1])
        self.say(
            at,
            f"`{'.'.join(at)}` is bound neither to a Lambda function nor to a parameter",
            'write `"arn:aws:lambda:REGION:ACCOUNT:function:NAME"`, `"${Parameter}"`'
            + ("" if at == ("await",) else ", or a table with a `resource`"),
        )
        return None

    def heartbeat(self, value: object) -> int:
        found = DURATION.fullmatch(value) if isinstance(value, str) else None
        seconds = int(found[1]) * UNITS[found[2]] if found else 0
        if 1 <= seconds <= LONGEST_HEARTBEAT:
            return seconds
        help = 'write one of at most a year, as in `"10m"` or `"1d"`'
        self.say(("heartbeat",), "`heartbeat` must be a duration", help)
        return DAY

    def integration(self, title: str, at: Key, table: dict[str, object]) -> Integration | None:
        before = len(self.faults)
        for key in table:
            if key not in TABLE:
                self.say((*at, key), f"unknown setting `{key}`", _near(key, dict.fromkeys(TABLE)))
        resource = table.get("resource")
        if not isinstance(resource, str) or not INTEGRATION.fullmatch(resource):
            self.say(
                (*at, "resource") if "resource" in table else at,
                f"`{title}` needs the ARN of an integration as its `resource`",
                "as in `arn:aws:states:::sqs:sendMessage` or "
                "`arn:aws:states:::aws-sdk:dynamodb:putItem`",
            )
            resource = ""
        elif ":lambda:invoke" in resource:
            help = f'write `"{title}" = "arn:aws:lambda:..."`'
            self.say((*at, "resource"), "a Lambda function is bound by its own ARN", help)
        arguments = table.get("arguments", {})
        if not isinstance(arguments, dict) or not _is_json(arguments):
            self.say((*at, "arguments"), "`arguments` must be a table of texts, numbers and lists")
            arguments = {}
        for text in texts(arguments):
            self.template((*at, "arguments"), text)
        made = Integration(
            resource,
            arguments,
            self.result(at, table.get("result")),
            self.errors(at, table.get("errors", {})),
            self.allow(title, at, table.get("allow")),
        )
        return made if len(self.faults) == before else None

    def template(self, at: Key, text: str) -> None:
        rest = PARAMETER.sub("", text)
        holes = HOLE.findall(rest)
        if set(HOLE.sub("", rest)) & set("{}"):
            help = "`{order}` is an argument of the call, `${Name}` a parameter of the template"
            self.say(at, f"`{text}` has a brace that belongs to no name", help)
        elif holes and rest != text:
            help = "hand the parameter over as an argument of its own"
            self.say(at, f"`{text}` mixes an argument and a parameter of the template", help)

    def result(self, at: Key, value: object) -> str | Mapping[str, str] | None:
        match value:
            case None:
                return None
            case str() if PATH.fullmatch(value):
                return value
            case dict():
                paths = {k: v for k, v in value.items() if isinstance(v, str) and PATH.fullmatch(v)}
                if len(paths) == len(value) > 0:
                    return paths
        help = 'as in `"Item.Id"`, or `{ id = "Item.Id" }`'
        self.say((*at, "result"), "`result` must be a path into the answer", help)
        return None

    def errors(self, at: Key, value: object) -> Mapping[str, str]:
        if isinstance(value, dict) and all(
            ERROR.fullmatch(name) and isinstance(word, str) and not name.startswith("States.")
            for name, word in value.items()
        ):
            return value
        help = 'as in `{ "DynamoDb.ConditionalCheckFailedException" = "OutOfStock" }`'
        self.say((*at, "errors"), "`errors` must give a declared error for errors of the API", help)
        return {}

    def allow(self, title: str, at: Key, value: object) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        good = isinstance(value, dict) and bool(value)
        for permission, on in value.items() if isinstance(value, dict) else ():
            listed = on if isinstance(on, list) else [on]
            good = good and bool(listed) and PERMISSION.fullmatch(permission) is not None
            good = good and all(
                isinstance(text, str) and (PARAMETER.fullmatch(text) or ANY_ARN.fullmatch(text))
                for text in listed
            )
            found[permission] = tuple(map(str, listed))
        if not good:
            help = 'as in `allow = { "sqs:SendMessage" = "${QueueArn}" }`, each with an ARN'
            place = (*at, "allow") if value is not None else at
            self.say(place, f"`{title}` needs `allow`: what its role may do, and with what", help)
        return found


def _is_json(value: object) -> bool:
    match value:
        case str() | bool() | int():
            return True
        case float():
            return value - value == 0  # neither infinite nor NaN
        case list():
            return all(map(_is_json, value))
        case dict():
            return all(map(_is_json, value.values()))
        case _:
            return False
