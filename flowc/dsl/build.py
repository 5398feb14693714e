"""What each rule of grammar.lark becomes: the values of ast.py, made while the driver reduces.

A method (or class) is named like its rule or alias and takes the span and the rule's children;
a child that is a bare token comes as its index.
"""

from __future__ import annotations

from flowc.dsl import ast
from flowc.dsl.driver import Run
from flowc.dsl.lexer import tokenize
from flowc.dsl.tables import WORDS
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.diagnostic import Finding
    from flowc.dsl.lexer import Tokens

_BLANK = (" ", "\t")
_MS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_LIMIT = 500  # faults in the literals of one file that are told
_DIGITS = 40  # code points of a number; far beyond what the language gives a meaning
_LONG = 100  # code points, fewer than an expression nested too deep (depth.py) can have
_SIGNS = {kind: sign for sign, kind in WORDS.items()} | {WORDS["=="]: "=="}
_HEADS = (
    ast.VersionHead,
    ast.OwnerHead,
    ast.KeyHead,
    ast.DeadlineHead,
    ast.DefaultHead,
    ast.SloHead,
)


class Build:
    """The builders of one source. What they find wrong is collected in `found`."""

    def __init__(self, tokens: Tokens, docs: dict[int, list[tuple[int, int]]]) -> None:
        self.tokens = tokens
        self.source = tokens.text
        self.docs = docs
        self.documented: set[int] = set()
        self.found: list[tuple[str, Finding]] = []
        self.suspect = False  # an expression may be nested too deep

    # -- words and literals

    name = ast.Name

    def whole(self, span: Span, _token: int) -> ast.Number:
        return ast.Number(span, self.digits(span) or "1", True)

    def decimal(self, span: Span, _token: int) -> ast.Number:
        return ast.Number(span, self.digits(span) or "1.0", False)

    def percent(self, span: Span, _token: int) -> str:
        return self.digits(Span(span.start, max(span.end - 1, span.start))) or "99"

    def duration(self, span: Span, _token: int) -> ast.Duration:
        text = self.digits(span) or "1s"
        return ast.Duration(span, text, milliseconds(text))

    def text(self, span: Span, _token: int) -> ast.Text:
        if span.start == span.end:
            return ast.Text(span, ())
        start, end = span.start + 1, span.end - 1
        plain = self.source[start:end]
        if "{" in plain or "\\" in plain or "}" in plain:
            from flowc.dsl.text import text_parts

            return ast.Text(span, text_parts(self.source, start, end, self.hole, self.report))
        return ast.Text(span, (plain,) if plain else ())

    def hole(self, start: int, end: int) -> ast.Expr:
        """Parse the expression in a hole of a text."""
        tokens = tokenize(self.source, start, end)
        inner = Build(tokens, {})
        inner.found = self.found
        run = Run(tokens, inner, "expression")
        if run.go():
            self.suspect = self.suspect or run.suspect or inner.suspect
            return run.value  # type: ignore[no-any-return]
        if len(self.found) <= _LIMIT:
            from flowc.dsl.mend import hole_fault

            self.report(*hole_fault(run))
        return ast.Missing(Span(start, end))

    def report(self, code: str, finding: Finding) -> None:
        """Keep what is wrong for the end of the parse; of very many faults, the first."""
        if len(self.found) == _LIMIT:
            from flowc.dsl.literals import too_many

            code, finding = "SYN001", too_many(finding.span.start, _LIMIT)
        if len(self.found) <= _LIMIT:
            self.found.append((code, finding))

    def digits(self, span: Span) -> str:
        """A number as written; one that no engine could hold is reported and becomes 1."""
        if span.end - span.start <= _DIGITS:
            return self.source[span.start : span.end]
        from flowc.dsl.literals import too_long

        self.report("SYN007", too_long(span))
        return ""

    # -- declarations

    import_decl = ast.ImportDecl

    def doc(self, span: Span) -> ast.Doc | None:
        lines = self.docs.get(span.start)
        if lines is None:
            return None
        self.documented.add(span.start)
        return ast.Doc(
            Span(lines[0][0], lines[-1][1]),
            "\n".join(
                self.source[start + 3 : end].removeprefix(" ").rstrip() for start, end in lines
            ),
        )

    def const_decl(self, span: Span, name: ast.Name, value: ast.Expr) -> ast.ConstDecl:
        return ast.ConstDecl(span, self.doc(span), name, value)

    def type_decl(self, span: Span, name: ast.Name, fields: tuple[ast.Field, ...]) -> ast.TypeDecl:
        return ast.TypeDecl(span, self.doc(span), name, fields)

    def enum_decl(self, span: Span, name: ast.Name, members: tuple[ast.Name, ...]) -> ast.EnumDecl:
        return ast.EnumDecl(span, self.doc(span), name, members)

    def error_decl(
        self,
        span: Span,
        name: ast.Name,
        fields: tuple[ast.Field, ...] | None,
        transient: int | None,
    ) -> ast.ErrorDecl:
        return ast.ErrorDecl(span, self.doc(span), name, fields, transient is not None)

    def policy_decl(
        self, span: Span, name: ast.Name, items: tuple[ast.PolicyItem, ...]
    ) -> ast.PolicyDecl:
        return ast.PolicyDecl(span, self.doc(span), name, items)

    def service_decl(
        self, span: Span, name: ast.Name, ops: tuple[ast.OpDecl, ...]
    ) -> ast.ServiceDecl:
        return ast.ServiceDecl(span, self.doc(span), name, ops)

    def loose(self, span: Span, item: Any) -> Any:
        """An entry without a comma: the next one must begin on another line."""
        at = span.end
        while self.source[at : at + 1] in _BLANK:
            at += 1
        rest = self.source[at : at + 2]
        if rest and rest[0] not in "\r\n,}" and rest != "//" and span.end > span.start:
            from flowc.dsl.literals import missing_comma

            self.report("SYN006", missing_comma(span.end))
        return item

    field = ast.Field
    timeout_item = ast.TimeoutItem
    attempts_item = ast.AttemptsItem
    within_item = ast.WithinItem
    heartbeat_item = ast.HeartbeatItem
    exhausted_item = ast.ExhaustedItem

    def unlimited_item(self, span: Span) -> ast.AttemptsItem:
        return ast.AttemptsItem(span, None)

    def backoff_item(
        self,
        span: Span,
        first: ast.DurationExpr,
        cap: ast.DurationExpr | None,
        factor: ast.Number | None,
        jitter: int | None,
    ) -> ast.BackoffItem:
        return ast.BackoffItem(span, first, cap, factor, jitter is not None)

    def action(
        self,
        span: Span,
        name: ast.Name,
        params: tuple[ast.Field, ...],
        result: ast.TypeRef | None,
        traits: tuple[ast.Trait, ...],
    ) -> ast.OpDecl:
        return ast.OpDecl(span, self.doc(span), "action", name, params, result, traits)

    def read(
        self,
        span: Span,
        name: ast.Name,
        params: tuple[ast.Field, ...],
        result: ast.TypeRef | None,
        traits: tuple[ast.Trait, ...],
    ) -> ast.OpDecl:
        return ast.OpDecl(span, self.doc(span), "read", name, params, result, traits)

    writes = ast.WritesTrait
    notifies = ast.NotifiesTrait
    key_trait = ast.KeyTrait
    raises = ast.RaisesTrait
    lease = ast.LeaseTrait
    absorbing = ast.AbsorbingTrait

    def plain_type(self, span: Span, name: ast.Name) -> ast.TypeRef:
        return ast.TypeRef(span, name, None, False)

    def optional_type(self, span: Span, name: ast.Name) -> ast.TypeRef:
        return ast.TypeRef(span, name, None, True)

    def list_type(self, span: Span, item: ast.TypeRef) -> ast.TypeRef:
        return ast.TypeRef(span, None, item, False)

    def optional_list_type(self, span: Span, item: ast.TypeRef) -> ast.TypeRef:
        return ast.TypeRef(span, None, item, True)

    # -- flows

    def flow_decl(
        self,
        span: Span,
        name: ast.Name,
        params: tuple[ast.Field, ...],
        result: ast.TypeRef | None,
        inner: tuple[tuple[ast.Head, ...], ast.Block],
    ) -> ast.FlowDecl:
        heads, body = inner
        return ast.FlowDecl(span, self.doc(span), name, params, result, heads, body)

    def flow_body(
        self, span: Span, items: tuple[ast.Head | ast.Statement, ...]
    ) -> tuple[tuple[ast.Head, ...], ast.Block]:
        heads: list[ast.Head] = []
        statements: list[ast.Statement] = []
        for item in items:
            if isinstance(item, _HEADS):
                heads.append(item)
                if statements:
                    from flowc.dsl.literals import late_header

                    self.report("SYN009", late_header(item.span, statements[0].span))
            else:
                statements.append(item)
        return tuple(heads), ast.Block(span, tuple(statements))

    version_head = ast.VersionHead
    owner_head = ast.OwnerHead
    key_head = ast.KeyHead
    deadline_head = ast.DeadlineHead
    default_head = ast.DefaultHead
    slo_head = ast.SloHead
    governance = ast.Governance
    slo_start = ast.SloStart
    slo_complete = ast.SloComplete
    slo_failures = ast.SloFailures

    def attach(self, _span: Span) -> str:
        return "attach"

    def reject(self, _span: Span) -> str:
        return "reject"

    # -- statements

    block = ast.Block

    def step(
        self, span: Span, name: ast.Name, action: ast.Governed, clauses: tuple[ast.Clause, ...]
    ) -> ast.Step:
        return ast.Step(span, self.doc(span), name, action, clauses)

    governed = ast.Governed
    service_call = ast.Call

    def flow_call(self, span: Span, target: ast.Name, args: tuple[ast.Arg, ...]) -> ast.Call:
        return ast.Call(span, target, None, args)

    unknown_probe = ast.UnknownProbe
    unknown_compensate = ast.UnknownCompensate
    unknown_halt = ast.UnknownHalt
    compensate = ast.CompensateClause
    otherwise = ast.OtherwiseClause
    let = ast.Let
    record = ast.Record
    next_ = ast.Next
    commit = ast.Commit
    fail = ast.Fail
    return_ = ast.Return
    wait_for = ast.WaitFor
    wait_until = ast.WaitUntil

    def await_(
        self,
        span: Span,
        name: ast.Name,
        kind: ast.TypeRef,
        who: ast.Expr | None,
        within: ast.DurationExpr | None,
        meanwhile: tuple[ast.After | ast.Every | ast.OnTimeout, ...],
    ) -> ast.Await:
        return ast.Await(span, self.doc(span), name, kind, who, within, meanwhile)

    after = ast.After
    every = ast.Every
    on_timeout = ast.OnTimeout
    if_ = ast.If
    match = ast.Match
    case = ast.Case
    since = ast.Since
    until = ast.Until
    parallel = ast.Parallel
    branch = ast.Branch

    def for_(
        self,
        span: Span,
        name: ast.Name,
        items: ast.Expr,
        limit: ast.Number,
        index: ast.Name | None,
        width: ast.Number | None,
        carries: tuple[ast.Carried, ...] | None,
        body: ast.Block,
        collects: tuple[ast.Gather, ...] | None,
    ) -> ast.For:
        return ast.For(span, name, items, limit, index, width, carries or (), body, collects or ())

    def repeat(
        self,
        span: Span,
        limit: ast.Number,
        index: ast.Name | None,
        pause: ast.DurationExpr | None,
        carries: tuple[ast.Carried, ...] | None,
        body: ast.Block,
        until: ast.Expr,
        exhausted: ast.Fail | ast.Block | None,
    ) -> ast.Repeat:
        return ast.Repeat(span, limit, index, pause, carries or (), body, until, exhausted)

    carried = ast.Carried
    gather = ast.Gather
    try_ = ast.Try
    handler = ast.Handler

    # -- expressions

    named = ast.Arg

    def positional(self, span: Span, value: ast.Expr) -> ast.Arg:
        return ast.Arg(span, None, value)

    def var(self, span: Span, name: ast.Name) -> ast.Var | ast.Missing:
        return ast.Var(span, name) if name.text else ast.Missing(span)

    dur_name = ast.Var
    apply = ast.Apply

    def get(self, span: Span, value: ast.Expr, field: ast.Name) -> ast.Get:
        if span.end - span.start > _LONG:
            self.suspect = True
        return ast.Get(span, value, field, False)

    def get_optional(self, span: Span, value: ast.Expr, field: ast.Name) -> ast.Get:
        if span.end - span.start > _LONG:
            self.suspect = True
        return ast.Get(span, value, field, True)

    def binary(self, span: Span, left: ast.Expr, op: int, right: ast.Expr) -> ast.Binary:
        if span.end - span.start > _LONG:
            self.suspect = True
        sign = self.tokens.word(op)
        if sign not in WORDS:  # a repair
            sign = _SIGNS[self.tokens.kinds[op]]
        return ast.Binary(span, sign, left, right)

    negation = ast.Not

    def minus(self, span: Span, _sign: int, value: ast.Expr) -> ast.Minus:
        return ast.Minus(span, value)

    cond = ast.Cond
    list_literal = ast.ListLit
    pick = ast.Pick
    paren = ast.Paren
    none = ast.NoneLit

    def true(self, span: Span) -> ast.Bool:
        return ast.Bool(span, True)

    def false(self, span: Span) -> ast.Bool:
        return ast.Bool(span, False)

    # -- what is parsed

    def module(self, span: Span, declarations: tuple[ast.Decl, ...]) -> ast.Module:
        return ast.Module(span, declarations, ())

    def expression(self, _span: Span, value: ast.Expr) -> ast.Expr:
        return value


def milliseconds(text: str) -> int:
    """The length of a duration as it is written, such as `1d12h`."""
    total = number = 0
    unit = ""
    digits = ""
    for char in text + "0":
        if char.isdigit():
            if unit:
                total += number * _MS[unit]
                unit = digits = ""
            digits += char
        else:
            if not unit:
                number = int(digits)
            unit += char
    return total
