"""Records, enums and errors of a program to the modules `model` and `errors`."""

from __future__ import annotations

import ast
import re
from functools import lru_cache

from flowc.compiler.types import EnumType, ErrorType, FieldType, RecordType
from flowc.targets.python.kinds import Kinds
from flowc.targets.python.names import docstring, quote
from flowc.targets.writer import WIDTH, Group, Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_FROM = (
    ("datetime", ("datetime", "timedelta")),
    ("decimal", ("Decimal",)),
)


@lru_cache(maxsize=4)  # a module asks for several blocks of imports
def _used(code: str) -> frozenset[str]:
    """The names that code refers to."""
    return frozenset(
        node.id
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )


def import_order(name: str) -> tuple[object, ...]:
    """Where isort puts a name among those of one module: constants, classes, the rest; numbers in
    it count as numbers."""
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[:1].isupper() else 2
    parts = re.split(r"(\d+)", name.lower())
    return kind, [(int(part), "") if part.isdigit() else (-1, part) for part in parts], name


def imports(code: str, modules: Iterable[tuple[str, Iterable[str]]]) -> list[str]:
    """Import lines for the names of each module that the code refers to."""
    used = _used(code)
    lines = []
    for module, names in modules:
        wanted = sorted(used.intersection(names), key=import_order)
        line = f"from {module} import {', '.join(wanted)}"
        if len(line) > WIDTH:
            inner = "".join(f"    {name},\n" for name in wanted)
            line = f"from {module} import (\n{inner})"
        if wanted:
            lines.append(line)
    return lines


def joined(head: Writer, body: Writer) -> str:
    """Imports and what follows them, as far apart as formatters want it."""
    if not body.text:
        return head.text
    first = body.text.partition(" ")[0].rstrip("\n")
    apart = "\n\n" if first in ("class", "def", "async") or first[0] == "@" else "\n"
    return f"{head.text}{apart}{body.text}"


def model(kinds: Kinds) -> str:
    """The module of records and enums."""
    body = Writer()
    for enum in kinds.enums:
        _enum(enum, kinds, body)
    for record in kinds.records:
        _record(record, kinds, body)
    head = Writer()
    head.line('"""The values that flows work on."""')
    head.blank()
    head.line("from __future__ import annotations")
    head.blank()
    words = [("dataclasses", ("dataclass", "field")), *_FROM, ("enum", ("Enum",))]
    head.lines(imports(body.text, words))
    return joined(head, body)


def _enum(enum: EnumType, kinds: Kinds, out: Writer) -> None:
    out.blank(2)
    out.line(f"class {kinds.name(enum)}(Enum):")
    with out.indented():
        if enum.doc:
            out.lines(docstring(enum.doc))
            out.blank()
        for member in enum.members:
            out.line(f"{kinds.attribute(enum, member)} = {quote(member)}")


def _record(record: RecordType, kinds: Kinds, out: Writer) -> None:
    out.blank(2)
    out.line("@dataclass(frozen=True)")
    out.line(f"class {kinds.name(record)}:")
    with out.indented():
        if record.doc:
            out.lines(docstring(record.doc))
            out.blank()
        for field in record.fields:
            attribute = kinds.attribute(record, field.name)
            line = f"{attribute}: {kinds.show(field.type)}"
            if attribute != field.name:
                line += f' = field(metadata={{"name": {quote(field.name)}}})'
            out.line(line)
        if not record.fields and not record.doc:
            out.line("pass")


def fields(of: Iterable[tuple[FieldType, str]], kinds: Kinds) -> Group:
    """A tuple of Field values: name, attribute and type."""
    parts = tuple(
        Group("Field(", (quote(f.name), quote(attribute), kinds.show(f.type)), ")")
        for f, attribute in of
    )
    return Group("(", parts, ",)" if len(parts) == 1 else ")")


def errors(kinds: Kinds) -> str:
    """The module of declared errors."""
    body = Writer()
    for error in kinds.errors:
        _error(error, kinds, body)
    body.blank(2)
    listed = tuple(kinds.name(error) for error in kinds.errors)
    shown = Group(
        "ERRORS: tuple[type[FlowError], ...] = (", listed, ",)" if len(listed) == 1 else ")"
    )
    body.line(shown)
    out = Writer()
    out.line('"""The errors that flows declare: when an action raises one, nothing happened."""')
    out.blank()
    out.line("from __future__ import annotations")
    out.blank()
    out.lines(imports(body.text, _FROM))
    out.blank()
    classes = kinds.values
    out.lines(
        imports(body.text, ((".model", classes), (".runtime.errors", ("Field", "FlowError"))))
    )
    return joined(out, body)


def _error(error: ErrorType, kinds: Kinds, out: Writer) -> None:
    names = [(field, kinds.attribute(error, field.name)) for field in error.fields]
    out.blank(2)
    out.line(f"class {kinds.name(error)}(FlowError):")
    with out.indented():
        if error.doc:
            out.lines(docstring(error.doc))
            out.blank()
        out.line(f"error_name = {quote(error.name)}")
        if error.transient:
            out.line("transient = True")
        if not names:
            return
        declared = fields(names, kinds)
        out.line(Group("declared = (", declared.parts, declared.tail))
        out.blank()
        given = tuple(f"{attribute}: {kinds.show(field.type)}" for field, attribute in names)
        out.line(Group("def __init__(", ("self", *given), ") -> None:"))
        with out.indented():
            out.line("super().__init__()")
            for _, attribute in names:
                out.line(f"self.{attribute} = {attribute}")
