"""The codes of what can be wrong with the text of a file, each with its page and two examples."""

from __future__ import annotations

from flowc.diagnostic import Diagnostic
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.diagnostic import Finding
    from flowc.source import Source


class SyntaxCode(Struct):
    """One kind of syntax error; `bad` is a whole file that has it, `good` the same one mended."""

    code: str
    name: str
    summary: str
    page: str
    bad: str
    good: str


def _flow(*lines: str) -> str:
    body = "\n".join(f"  {line}" for line in lines)
    return f"flow pay(order: Order) {{\n{body}\n}}\n"


SYNTAX: tuple[SyntaxCode, ...] = (
    SyntaxCode(
        "SYN001",
        "syntax-error",
        "Something stands where the language has no place for it.",
        "The message names the smallest change after which the rest of the file can be read; "
        "often, but not always, it is what was meant. Reading goes on behind it, so that one run "
        "reports every syntax error.",
        _flow("step paid payments.charge(order.id)"),
        _flow("step paid = payments.charge(order.id)"),
    ),
    SyntaxCode(
        "SYN002",
        "unexpected-character",
        "A character or sign is not part of the language.",
        "Signs of other languages have words here: `and`, `or`, `not`; a statement ends with its "
        "line, without `;`; texts stand in double quotes.",
        _flow("let due = order.total > 0 && order.open"),
        _flow("let due = order.total > 0 and order.open"),
    ),
    SyntaxCode(
        "SYN003",
        "unterminated-text",
        "A text is not closed on its line.",
        'A text begins and ends with `"` on one line. Write `\\n` for a new line in it.',
        'policy slow {\n  timeout 5s\n  exhausted page "orders-oncall\n}\n',
        'policy slow {\n  timeout 5s\n  exhausted page "orders-oncall"\n}\n',
    ),
    SyntaxCode(
        "SYN004",
        "unknown-escape",
        "A backslash stands before a character that it gives no meaning.",
        'In a text a backslash goes before `"`, `\\`, `n` (new line), `t` (tab), `{` or `}`.',
        'const path = "C:\\orders"\n',
        'const path = "C:\\\\orders"\n',
    ),
    SyntaxCode(
        "SYN005",
        "broken-hole",
        "A hole of a text is empty, not complete or never closed.",
        "A hole `{expression}` puts a value into a text. It ends before the text does and has no "
        "text literal inside: give that one a name with `let` first. Write `\\{` and `\\}` for the "
        "characters themselves.",
        _flow('let note = "order {order.id"'),
        _flow('let note = "order {order.id}"'),
    ),
    SyntaxCode(
        "SYN006",
        "missing-comma",
        "Two entries on one line are not separated.",
        "In the braces of a type, an enum or a policy entries are separated by a comma or by a new "
        "line.",
        "type Order { id: text total: decimal }\n",
        "type Order { id: text, total: decimal }\n",
    ),
    SyntaxCode(
        "SYN007",
        "malformed-number",
        "A word that begins with a digit is neither a number nor a duration.",
        "The units of a duration are `ms`, `s`, `m`, `h` and `d`, its parts whole numbers: "
        "`1h30m`, `1s500ms`. A percentage is `99%` or `0.5%`. A number has at most 15 significant "
        "digits.",
        _flow("wait 1.5h"),
        _flow("wait 1h30m"),
    ),
    SyntaxCode(
        "SYN008",
        "nesting-too-deep",
        "Blocks or an expression are nested too deep.",
        "Blocks may be nested 64 deep and the parts of an expression 100 deep. Nobody can follow "
        "more: call a flow of its own, or name parts with `let`. What is deeper is not read.",
        _flow("let a = " + "(" * 120 + "1" + ")" * 120),
        _flow("let a = 1"),
    ),
    SyntaxCode(
        "SYN009",
        "misplaced-header",
        "A header line stands behind a statement.",
        "`version`, `owner`, `key`, `deadline`, `default` and `slo` say what holds for the whole "
        "flow; they come before its first statement.",
        _flow("wait 1m", "version 1"),
        _flow("version 1", "", "wait 1m"),
    ),
    SyntaxCode(
        "SYN010",
        "unclosed-bracket",
        "A bracket is never closed.",
        "Every `{`, `(` and `[` has its counterpart. At the end of the file the message points at "
        "the bracket that is open, and at the place where the layout says it should have ended.",
        "flow pay(order: Order) {\n  if order.open {\n    wait 1m\n}\n",
        "flow pay(order: Order) {\n  if order.open {\n    wait 1m\n  }\n}\n",
    ),
    SyntaxCode(
        "SYN011",
        "reserved-word",
        "A word of the language is used as the name of a variable.",
        "The words that begin statements and the words of expressions cannot name variables. "
        "Fields, parameters, arguments and operations may have any name.",
        _flow("let next = order.total"),
        _flow("let following = order.total"),
    ),
    SyntaxCode(
        "SYN012",
        "foreign-comment",
        "A comment is written as in another language.",
        "A comment begins with `//` and ends with its line; `///` documents what follows.",
        _flow("wait 1m # for the bank"),
        _flow("wait 1m // for the bank"),
    ),
    SyntaxCode(
        "SYN013",
        "carriage-return",
        "A carriage return without a line feed.",
        "Lines end with LF or CRLF. A lone carriage return shows as a line end in some editors and "
        "as nothing in others, so that a comment may hide more than it seems to.",
        "const a = 1\rconst b = 2\n",
        "const a = 1\nconst b = 2\n",
    ),
    SyntaxCode(
        "SYN014",
        "malformed-name",
        "A name has letters outside of a to z.",
        "A name is made of the letters a to z and A to Z, digits and `_`, because it becomes a "
        "name on every target. Texts and comments may hold any character.",
        _flow("let größe = 1"),
        _flow("let size = 1"),
    ),
)
_NAMES = {entry.code: entry.name for entry in SYNTAX}


def diagnostics(source: Source, found: list[tuple[str, Finding]]) -> tuple[Diagnostic, ...]:
    """Findings as diagnostics: in order of place, none twice."""
    lines = {source.position(f.span.start).line for code, f in found if code != "SYN006"}
    unique = {
        (code, finding.span): (code, finding)
        for code, finding in found
        # A comma seems to be missing wherever a repair has changed the line.
        if code != "SYN006" or source.position(finding.span.start).line not in lines
    }
    ordered = sorted(unique.values(), key=lambda pair: (pair[1].span.start, pair[0]))
    return tuple(
        Diagnostic(source, code, _NAMES[code], "error", finding) for code, finding in ordered
    )
