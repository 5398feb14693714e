"""Source text to tree and diagnostics: the whole of reading, and never an exception."""

from __future__ import annotations

import gc

from flowc.diagnostic import Diagnostic, Finding
from flowc.dsl import ast
from flowc.dsl.build import Build
from flowc.dsl.driver import Run
from flowc.dsl.lexer import Tokens, doc_lines, own_line, tokenize
from flowc.source import Source, Span
from flowc.struct import Struct


class Parsed(Struct):
    """The tree of a source, as much of it as could be read, and what is wrong with its text."""

    module: ast.Module
    diagnostics: tuple[Diagnostic, ...]


def parse(source: Source) -> Parsed:
    """Parse a whole file."""
    collecting = gc.isenabled()
    gc.disable()  # a tree has no cycles, and looking for some while it grows doubles the time
    try:
        return _parse(source)
    finally:
        if collecting:
            gc.enable()


def _parse(source: Source) -> Parsed:
    text = source.text
    tokens = tokenize(text, 1 if text.startswith("\ufeff") else 0)
    build = Build(tokens, doc_lines(tokens))
    run = Run(tokens, build, "module")
    faults: list[tuple[str, Finding]] = []
    if not run.go():
        from flowc.dsl.mend import complete

        faults = complete(run)
    declarations = run.value.declarations
    if run.suspect or build.suspect:
        from flowc.dsl.depth import shallow

        declarations = shallow(declarations, faults)
    module = ast.Module(Span(0, len(text)), declarations, _comments(tokens, build))
    found = faults + build.found
    if "\r" in text:
        found += _lone_returns(text)
    if not found:
        return Parsed(module, ())
    from flowc.dsl.codes import diagnostics

    return Parsed(module, diagnostics(source, found))


def _lone_returns(text: str) -> list[tuple[str, Finding]]:
    at = text.find("\r")
    while at >= 0 and text.startswith("\n", at + 1):
        at = text.find("\r", at + 2)
    if at < 0:
        return []
    finding = Finding(
        Span(at, at + 1),
        "a carriage return alone does not end a line",
        "end lines with a line feed (LF or CRLF)",
        label="carriage return without line feed",
    )
    return [("SYN013", finding)]


def _comments(tokens: Tokens, build: Build) -> tuple[ast.Comment, ...]:
    """Every comment that did not become the documentation of something; `remarks` is used up, so
    that a file of comments is not in memory twice."""
    text = tokens.text
    taken = {start for at in build.documented for start, _ in build.docs[at]}
    remarks = tokens.remarks
    remarks.reverse()
    comments = []
    while remarks:
        start, end, _ = remarks.pop()
        if start not in taken:
            comments.append(ast.Comment(Span(start, end), text[start:end], own_line(text, start)))
    return tuple(comments)
