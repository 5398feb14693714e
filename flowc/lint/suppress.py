"""Comments that suppress a rule, and diagnostics, to the diagnostics that are left.

`// flowc: allow RULE because "reason"` at the end of a line covers what is found on that line;
on a line of its own it covers the next line, and all of the statement, clause or declaration
that begins there. `allow-file` before the first declaration covers the file.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from flowc.diagnostic import Diagnostic, Edit, Finding, Fix
from flowc.lint.codes import CODES
from flowc.lint.known import FAMILIES
from flowc.source import Source, Span
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flowc.diagnostic import Severity
    from flowc.dsl.ast import Module
    from flowc.lint.known import Catalogue, Known

_MEANT = re.compile(r"//+[ \t]*flowc(?:[ \t]*:|[ \t-]+(?:allow|ignore|disable|suppress)\b)", re.I)
_EXACT = re.compile(
    r"//[ \t]*flowc:[ \t]*(?P<verb>allow|allow-file)[ \t]+(?P<rule>[A-Za-z][\w-]*)"
    r"(?:[ \t]+because[ \t]+\"(?P<reason>(?:[^\"\\]|\\.)*)\")?[ \t]*"
)
_LOOSE = re.compile(
    r"//+[ \t]*flowc[ \t]*[:-]?[ \t]*(?P<verb>[\w-]+)?[ \t:(]*"
    r"(?P<rule>[A-Za-z][\w-]*)?[)]?(?P<rest>.*)",
    re.I,
)
_TRIVIA = re.compile(r"(?:\s+|//[^\r\n]*)*+")
_QUOTED = re.compile(r"[\"'](?P<reason>.*)[\"']")
_BARE = re.compile(r"[\s:,-]*because[\s:]+(?P<reason>\S.*)", re.I)
FORM = '`// flowc: allow RULE because "reason"`'


class Suppression(Struct):
    """One suppression that holds: what it covers, and for which rule."""

    comment: Span
    rule: Known
    covers: Span


class Suppressed(Struct):
    """What is left, with what is wrong with the suppressions; and what was suppressed."""

    left: tuple[Diagnostic, ...]
    suppressed: tuple[Diagnostic, ...]


def suppress(
    source: Source,
    module: Module,
    diagnostics: tuple[Diagnostic, ...],
    enabled: Mapping[str, Severity],
    known: Callable[[], Catalogue],
    *,
    complete: bool = True,
) -> Suppressed:
    """Take away what the comments of a file suppress and add what is wrong with them.

    Errors of the language stay. Suppressions of rules that did not run are not called unused;
    with `complete` False (after syntax errors, say) none is.
    """
    reader = _Reader(source, module, known)
    suppressions = reader.read()
    left: list[Diagnostic] = []
    gone: list[Diagnostic] = []
    used: set[Suppression] = set()
    waiting: dict[str, list[Suppression]] = {}
    active: dict[str, list[Suppression]] = {}
    for s in sorted(suppressions, key=lambda s: s.covers.start, reverse=True):
        waiting.setdefault(s.rule.code, []).append(s)
        active[s.rule.code] = []
    for diagnostic in sorted(diagnostics, key=lambda d: d.finding.span.start):
        code, at = diagnostic.code, diagnostic.finding.span.start
        if code not in active:
            left.append(diagnostic)
            continue
        while waiting[code] and waiting[code][-1].covers.start <= at:
            active[code].append(waiting[code].pop())
        active[code] = [s for s in active[code] if s.covers.end >= at]
        used.update(active[code])
        (gone if active[code] else left).append(diagnostic)
    if complete:
        for s in suppressions:
            if s not in used and s.rule.code in enabled:
                reader.say(
                    "unused-suppression",
                    s.comment,
                    f"nothing to suppress: no finding of `{s.rule.name}` here",
                    "remove the comment",
                    Fix("remove the unused suppression", (_removal(source, s.comment),)),
                )
    left.extend(d.replace(severity=enabled[d.code]) for d in reader.found if d.code in enabled)
    return Suppressed(tuple(left), tuple(gone))


class _Reader:
    """Reads the suppressions of one file, noting those that do not hold."""

    def __init__(self, source: Source, module: Module, known: Callable[[], Catalogue]) -> None:
        self.source = source
        self.module = module
        self.known = known
        self.found: list[Diagnostic] = []
        self._begins: dict[int, int] = {}
        self._nodes: list[tuple[int, int]] | None = None

    def say(self, name: str, span: Span, message: str, help: str, fix: Fix | None = None) -> None:
        code = CODES[name]
        finding = Finding(span, message, help, fix=fix)
        self.found.append(Diagnostic(self.source, code.code, name, code.severity, finding))

    def read(self) -> list[Suppression]:
        meant = [comment for comment in self.module.comments if _MEANT.match(comment.text)]
        self._find_begins([comment.span for comment in meant])
        read = []
        for comment in meant:
            suppression = self._one(comment.span, comment.text, comment.own_line)
            if suppression is not None:
                read.append(suppression)
        for span, text in _documentation(self.source, self.module):
            self.say(
                "malformed-suppression",
                span,
                "three slashes make this documentation, which suppresses nothing",
                f"write {FORM} with two",
                Fix("make it a comment", (Edit(span, text[1:]),)),
            )
        return read

    def _one(self, span: Span, text: str, own_line: bool) -> Suppression | None:
        exact = _EXACT.fullmatch(text)
        if exact is None:
            self._malformed(span, text)
            return None
        word = exact["rule"]
        rule = self._rule(
            word, Span(span.start + exact.start("rule"), span.start + exact.end("rule"))
        )
        if rule is None:
            return None
        if not (exact["reason"] or "").strip():
            self.say(
                "missing-reason",
                span,
                f"the suppression of `{word}` says no reason, so it does not hold",
                f'write `// flowc: {exact["verb"]} {word} because "..."`',
            )
            return None
        if exact["verb"] == "allow-file":
            declarations = self.module.declarations
            if declarations and declarations[0].span.start < span.start:
                self.say(
                    "malformed-suppression",
                    span,
                    "`allow-file` stands before the first declaration of a file",
                    "move it to the top, or write `allow` for what follows here",
                )
                return None
            return Suppression(span, rule, Span(0, len(self.source.text)))
        covers = self._following(span) if own_line else self._line(span.start)
        return Suppression(span, rule, covers)

    def _rule(self, word: str, span: Span) -> Known | None:
        known = self.known()
        rule = known.find(word)
        if rule is None:
            if word == "ALL" or word in FAMILIES:
                self.say(
                    "malformed-suppression",
                    span,
                    f"a suppression is for one rule, `{word}` is more than one",
                    "name the rule by its code or name",
                )
                return None
            near = known.nearest(word)
            if near is not None and known.find(near) is None:
                near = None
            self.say(
                "unknown-rule",
                span,
                f"no rule has the code or name `{word}`",
                f"did you mean `{near}`?" if near else "`flowc explain` lists all rules",
                Fix(f"replace `{word}` by `{near}`", (Edit(span, near),)) if near else None,
            )
            return None
        if rule.fixed or rule.name in CODES:
            what = "is an error of the language" if rule.fixed else "is about suppressions"
            self.say(
                "not-suppressible",
                span,
                f"`{word}` {what} and cannot be suppressed",
                "mend what it reports" if rule.fixed else "turn it off in the settings",
            )
            return None
        return rule

    def _malformed(self, span: Span, text: str) -> None:
        """Say what is wrong with a comment that was meant to suppress, and put it right."""
        loose = _LOOSE.fullmatch(text)
        verb = (loose["verb"] or "").lower() if loose else ""
        word = (loose["rule"] or "") if loose else ""
        rest = (loose["rest"] or "") if loose else ""
        said = _QUOTED.search(rest) or _BARE.match(rest)
        reason = said["reason"].strip().strip("\"'").replace('"', "'") if said else ""
        if rest.lstrip().startswith(","):
            self.say(
                "malformed-suppression",
                span,
                "a suppression is for one rule",
                "write one comment for each rule",
            )
            return
        rule = self.known().find(word) if word else None
        fix = None
        if rule is not None and reason and not (rule.fixed or rule.name in CODES):
            verb = "allow-file" if verb.endswith("file") else "allow"
            meant = f'// flowc: {verb} {word} because "{reason}"'
            fix = Fix("write it as a suppression", (Edit(span, meant),))
            help = f"write `{meant}`"
        else:
            help = f"write {FORM}"
        self.say("malformed-suppression", span, "this suppresses nothing", help, fix)

    def _line(self, at: int) -> Span:
        """The line on which an offset stands."""
        number = self.source.line_at(at)
        start = self.source.line_starts[number - 1]
        return Span(start, start + len(self.source.line(number)))

    def _find_begins(self, comments: list[Span]) -> None:
        """Find what follows each comment that is neither space nor another comment."""
        text = self.source.text
        following, begin = len(text), len(text)
        for comment in reversed(comments):
            skipped = _TRIVIA.match(text, comment.end, following)
            end = skipped.end() if skipped else comment.end
            if end != following:
                begin = end
            following = comment.start
            self._begins[comment.start] = begin

    def _following(self, comment: Span) -> Span:
        """The next line that is not a comment, and all of what begins on it."""
        begin = self._begins[comment.start]
        if self._nodes is None:
            self._nodes = sorted(_nodes(self.module))
        end = self._line(begin).end
        first = bisect_left(self._nodes, (comment.end, 0))
        for at in range(first, len(self._nodes)):
            start, node_end = self._nodes[at]
            if start > begin:
                break
            end = max(end, node_end)
        return Span(begin, end)


def _nodes(module: Module) -> Iterator[tuple[int, int]]:
    """Where each declaration and everything in it begins and ends."""
    stack: list[object] = list(module.declarations)
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(node)
        elif isinstance(node, Struct) and not isinstance(node, Span):
            span = getattr(node, "span", None)
            if isinstance(span, Span):
                yield span.start, span.end
            stack.extend(getattr(node, field) for field in node.__match_args__)


def _documentation(source: Source, module: Module) -> Iterator[tuple[Span, str]]:
    """Lines of documentation that were meant as suppressions."""
    if "///" not in source.text:
        return
    strays = {comment.span.start for comment in module.comments}
    for found in re.finditer(r"^[ \t]*(///[ \t]*flowc[ \t]*:[^\r\n]*)", source.text, re.M):
        if found.start(1) not in strays:
            yield Span(found.start(1), found.end(1)), found[1]


def _removal(source: Source, comment: Span) -> Edit:
    """Remove a comment with the space before it, and its line if nothing else is on it."""
    text = source.text
    number = source.line_at(comment.start)
    start = source.line_starts[number - 1]
    before = text[start : comment.start]
    if before.strip(" \t\ufeff"):
        return Edit(Span(start + len(before.rstrip(" \t")), comment.end), "")
    end = comment.end
    if text[end : end + 2] == "\r\n":
        end += 2
    elif text[end : end + 1] == "\n":
        end += 1
    start += len(before) - len(before.lstrip("\ufeff"))
    return Edit(Span(start, end), "")
