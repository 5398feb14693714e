"""A binding to the parts of a Task that calls it: its resource, its arguments, its answer."""

from __future__ import annotations

from flowc.targets.asl.bindings import HOLE, Function
from flowc.targets.asl.names import expression, field, quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.targets.asl.bindings import Integration


def function_name(function: object, parameter: str) -> str:
    """The ARN of a function, or the substitution that stands for it."""
    if isinstance(function, Function):
        return function.arn or f"${{{function.parameter}}}"
    return f"${{{parameter}}}"


def integration(binding: Integration, args: str) -> dict[str, object]:
    """What is asked of an API; `args` is code for the object of the call's arguments."""
    return {"Resource": binding.resource, "Arguments": _filled(dict(binding.arguments), args)}


def answered(binding: Integration) -> object:
    """The answer of an API, as a function would give it."""
    match binding.result:
        case None:
            return {"value": None}
        case str():
            value = _at(binding.result)
        case fields:
            pairs = (f"{quote(name)}: {_at(path)}" for name, path in fields.items())
            value = f"{{{', '.join(pairs)}}}"
    return expression(f"{{'value': {value}}}")


def raised(error: str) -> dict[str, object]:
    """A declared error, as a function would answer it."""
    return {"error": {"name": error, "fields": {}}}


def _at(path: str) -> str:
    return f"$states.result.{'.'.join(map(field, path.split('.')))}"


def _filled(value: object, args: str) -> object:
    match value:
        case str():
            return _text(value, args)
        case list():
            return [_filled(item, args) for item in value]
        case dict():
            return {name: _filled(item, args) for name, item in value.items()}
        case _:
            return value


def _text(text: str, args: str) -> object:
    """A text with holes as code; the whole argument where the text is but one hole."""
    pieces = HOLE.split(text) if "${" not in text else [text]
    if len(pieces) == 1:
        return text
    if pieces[0] == pieces[-1] == "" and len(pieces) == 3:
        return expression(f"{args}.{field(pieces[1])}")
    parts = [
        f"$string({args}.{field(piece)})" if number % 2 else quote(piece)
        for number, piece in enumerate(pieces)
        if number % 2 or piece
    ]
    return expression(" & ".join(parts))
