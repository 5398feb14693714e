"""A flow to its `since` and `until` that no longer tell any versions apart."""

from __future__ import annotations

from flowc.compiler.projection import blocks
from flowc.diagnostic import Edit, Finding, Fix
from flowc.dsl import ast
from flowc.lint.rule import rule
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Flow
    from flowc.simulate.study import Study

BAD = """\
policy quick { timeout 10s, attempts 5, backoff 1s..30s factor 2 jitter }

service mail {
  action welcome(user: text) notifies inbox key user
}

/// Welcome a new user.
flow welcome(user: text) {
  version 4 supports 3
  owner "team-growth" runbook "https://runbooks.example.com/welcome"
  key user on duplicate attach
  deadline 2d, compensate within 1h
  default with quick within 5m

  until 3 {
    wait 1h
  }
  step welcomed = mail.welcome(user)
}
"""

GOOD = BAD.replace("until 3", "until 4")


@rule(code="VER001", name="dead-version-guard", bad=BAD, good=GOOD)
def dead_version_guard(study: Study) -> Iterator[Finding]:
    """A version guard that holds for every version that may still run, or for none.

    `since` and `until` keep running instances on the way on which they began. Once the oldest
    supported version has moved past a guard, it decides nothing: what `until 3` guards can never
    run under `version 4 supports 3`, and `since 3` always holds. Left in place, such guards pile
    up, and every reader has to work out which half of the file is alive. A `since` above the
    newest version is dead too: somebody forgot to raise `version`.

    Take a dead `until` away, and the guard around a dead `since`; the fix does. Raise `version`
    where the new part should run.

    How it decides: by comparing the number with `version N supports M`.

    When it is wrong: never; but `supports` must not be raised before the old instances are gone.
    """
    flow, declaration = study.flow, study.declaration
    if declaration is None or flow.version != flow.versions[-1]:
        return
    oldest, newest = flow.versions[0], flow.versions[-1]
    running = f"version {newest} runs" if oldest == newest else f"{oldest} to {newest} run"
    for guard in _guards(declaration.body):
        if not guard.version.whole or len(guard.version.text) > 9:
            continue  # no version; the compiler has said so
        number = int(guard.version.text)
        written = f"{'since' if isinstance(guard, ast.Since) else 'until'} {number}"
        place = Span(guard.span.start, guard.version.span.end)
        if number <= oldest and isinstance(guard, ast.Since):
            yield Finding(
                place,
                f"`{written}` always holds: only {running}",
                help="take the guard away and keep what it guards",
                label="always holds",
                fix=_unwrap(flow, guard),
            )
        elif number <= oldest:
            yield Finding(
                place,
                f"`{written}` never holds: only {running}",
                help="remove it with what it guards",
                label="never holds",
                fix=_remove(flow, guard),
            )
        elif number > newest and isinstance(guard, ast.Since):
            yield Finding(
                place,
                f"`{written}` never holds: the newest version is {newest}",
                help=f"write `version {number} supports {oldest}` if it should run",
                label="never holds",
            )


def _guards(body: ast.Block) -> Iterator[ast.Since | ast.Until]:
    stack = [body]
    while stack:
        for node in stack.pop().statements:
            if isinstance(node, ast.Since | ast.Until):
                yield node
            stack.extend(blocks(node))


def _lines(text: str, span: Span) -> Span | None:
    """The whole lines of a statement, if it has them for itself."""
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end) + 1
    if not end or text[start : span.start].strip() or text[span.end : end].strip():
        return None
    return Span(start, end)


def _remove(flow: Flow, guard: ast.Since | ast.Until) -> Fix | None:
    lines = _lines(flow.source.text, guard.span)
    return None if lines is None else Fix("remove it", (Edit(lines, ""),))


def _unwrap(flow: Flow, guard: ast.Since | ast.Until) -> Fix | None:
    """Keep the lines between the braces, one level further out."""
    text = flow.source.text
    lines = _lines(text, guard.span)
    if lines is None:
        return None
    inner = text[guard.body.span.start + 1 : guard.body.span.end - 1]
    first, newline, rest = inner.partition("\n")
    if first.strip() or not newline:
        indent = text[lines.start : guard.span.start]
        kept = f"{indent}{inner.strip()}\n" if not newline else None
    else:
        body = rest[: rest.rfind("\n") + 1]
        kept = "".join(
            line[2:] if line.startswith("  ") else line for line in body.splitlines(keepends=True)
        )
    return None if kept is None else Fix("keep only what it guards", (Edit(lines, kept),))
