"""A diagnostic to text for people: what, where, why, how it comes about, the way out."""

from __future__ import annotations

from flowc.cli.display import clean
from flowc.cli.frame import Mark, frame, last_line
from flowc.cli.links import page

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.palette import Palette
    from flowc.diagnostic import Diagnostic, Finding
    from flowc.source import Source, Span


def render(diagnostic: Diagnostic, paint: Palette) -> str:
    """All that there is to say, in several lines without a final line end."""
    finding = diagnostic.finding
    own = [Mark(finding.span, finding.label or "", diagnostic.severity, True)]
    others: dict[int, tuple[Source, list[Mark]]] = {}
    for related in finding.related:
        mark = Mark(related.span, related.message, "gutter", False)
        if related.source is None or related.source is diagnostic.source:
            own.append(mark)
        else:
            others.setdefault(id(related.source), (related.source, []))[1].append(mark)
    frames = [(diagnostic.source, own), *others.values()] if diagnostic.source.text else []
    gutter = max((len(str(last_line(source, marks))) for source, marks in frames), default=1)
    margin = " " * gutter
    lines = [headline(diagnostic, paint)]
    arrow = paint("gutter", f"{margin}-->")
    lines.append(f"{arrow} {location(diagnostic.source, finding.span)}")
    for at, (source, marks) in enumerate(frames):
        if at:
            lines.append(f"{paint('gutter', f'{margin}:::')} {location(source, marks[0].span)}")
        lines += frame(source, marks, gutter, paint)
    for text in _notes(diagnostic, finding, paint):
        lines.append(f"{margin} {text}")
    return "\n".join(lines)


def headline(diagnostic: Diagnostic, paint: Palette) -> str:
    """Severity, code, name and message."""
    kind = paint(diagnostic.severity, f"{diagnostic.severity}[{diagnostic.code}]")
    return f"{kind} {diagnostic.name}: {paint('strong', clean(diagnostic.finding.message))}"


def location(source: Source, span: Span) -> str:
    """`file:line:column`, as editors and terminals follow it."""
    if not source.text:
        return clean(source.name)
    place = source.position(span.start)
    return f"{clean(source.name)}:{place.line}:{place.column}"


def _notes(diagnostic: Diagnostic, finding: Finding, paint: Palette) -> list[str]:
    sign = paint("gutter", "=")
    notes: list[str] = []
    if finding.story:
        notes.append(f"{sign} {paint('strong', 'how it goes wrong')}:")
        digits = len(str(len(finding.story)))
        notes += [
            f"    {number:>{digits}}. {clean(event)}"
            for number, event in enumerate(finding.story, 1)
        ]
    if finding.help:
        first, *rest = finding.help.split("\n")
        notes.append(f"{sign} {paint('strong', 'help')}: {clean(first)}")
        notes += [f"        {clean(line)}".rstrip() for line in rest]
    if finding.fix is not None:
        switch = "--fix" if finding.fix.safe else "--fix --unsafe-fixes"
        notes.append(
            f"{sign} {paint('strong', 'fix')}: {clean(finding.fix.title)} "
            f"(`flowc lint {switch}` does it)"
        )
    notes.append(f"{sign} {paint('strong', 'see')}: {page(diagnostic.name)}")
    return notes
