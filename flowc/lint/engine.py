"""A checked source to all its diagnostics: the compiler's and the rules', as the settings ask."""

from __future__ import annotations

from flowc.diagnostic import Diagnostic, Finding
from flowc.lint.codes import TARGETS
from flowc.lint.settings import Settings
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.compiler.check import Checked
    from flowc.compiler.flow import Flow
    from flowc.diagnostic import Severity
    from flowc.lint.known import Catalogue
    from flowc.lint.rule import Rule
    from flowc.source import Source

CRASHED = "INT001"
CRASHED_NAME = "rule-crashed"
_catalogue: list[Catalogue] = []


class Linted(Struct):
    """`diagnostics` in order of place; `suppressed` by comments; `crashes` of rules, which are
    faults of flowc and not of the source."""

    diagnostics: tuple[Diagnostic, ...]
    suppressed: tuple[Diagnostic, ...]
    crashes: tuple[Diagnostic, ...]


def catalogue() -> Catalogue:
    """All that flowc can say, put together once."""
    if not _catalogue:
        from flowc.lint.known import catalogue as make

        _catalogue.append(make())
    return _catalogue[0]


def lint(
    checked: Checked, settings: Settings | None = None, path: str | None = None
) -> tuple[Diagnostic, ...]:
    """Everything to say about a checked source, in order of place.

    `path` is the file's place below the settings' folder, for settings per path. A rule that
    raises shows as an error of its own at the flow it was looking at.
    """
    linted = run(checked, settings or Settings(), path)
    return _sorted((*linted.diagnostics, *linted.crashes))


def run(
    checked: Checked,
    settings: Settings,
    path: str | None = None,
    gaps: tuple[Diagnostic, ...] | None = None,
) -> Linted:
    """As `lint`, with suppressed findings and crashes told apart. `gaps` are diagnostics of what a
    target cannot keep, None if none was asked; settings and suppressions hold for them too."""
    from flowc.lint.registry import rules
    from flowc.lint.settings import enabled

    chosen = dict(enabled(settings, catalogue(), path))
    if gaps is None:
        for code in TARGETS.values():
            chosen.pop(code.code, None)
    found: list[Diagnostic] = []
    for diagnostic in checked.diagnostics:
        if diagnostic.severity == "error":
            found.append(diagnostic)
        elif diagnostic.code in chosen:
            found.append(diagnostic.replace(severity=chosen[diagnostic.code]))
    for gap in gaps or ():
        if gap.code in chosen and gap.source is checked.source:
            found.append(gap.replace(severity=chosen[gap.code]))
    crashes: list[Diagnostic] = []
    unsound = checked.failed
    active = [rule for rule in rules() if rule.code in chosen and not (rule.sound and unsound)]
    for name, versions in _versions(checked).items():
        _run_rules(checked, name, versions, active, chosen, found, crashes)
    broken = any(d.code.startswith("SYN") for d in checked.diagnostics)
    if "flowc" not in checked.source.text.lower():  # no comment can be meant
        return Linted(_told(checked.source, tuple(found)), (), tuple(crashes))
    from flowc.lint.suppress import suppress

    after = suppress(
        checked.source,
        checked.module,
        tuple(found),
        chosen,
        catalogue,
        complete=not broken and not crashes,
    )
    left = _told(checked.source, after.left)
    return Linted(left, _sorted(after.suppressed), tuple(crashes))


def _told(source: Source, found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """In order, with fixes that keep the line ends of the source."""
    if "\r\n" in source.text:
        from flowc.lint.line_ends import with_line_ends

        found = with_line_ends(source.text, found)
    return _sorted(found)


def _versions(checked: Checked) -> dict[str, list[Flow]]:
    """The file's own flows by name, the newest version of each first."""
    program = checked.program
    by_name: dict[str, list[Flow]] = {flow.name: [flow] for flow in program.flows}
    for flow in program.older:
        by_name.setdefault(flow.name, []).append(flow)
    for versions in by_name.values():
        versions.sort(key=lambda flow: -flow.version)
    return by_name


def _run_rules(
    checked: Checked,
    name: str,
    versions: list[Flow],
    rules: list[Rule],
    chosen: Mapping[str, Severity],
    found: list[Diagnostic],
    crashes: list[Diagnostic],
) -> None:
    """Run rules on a flow at each version. What is found at the same place in a newer version is
    not said again; what only an older one has says so."""
    from flowc.simulate.study import Study

    seen: set[tuple[str, int, int]] = set()
    for flow in versions:
        study = Study(flow, checked.program, checked.declarations.get(name))
        here: set[tuple[str, int, int]] = set()
        said: set[tuple[str, Finding]] = set()
        for rule in rules:
            try:
                for finding in rule.check(study):
                    place = (rule.code, finding.span.start, finding.span.end)
                    if place in seen or (rule.code, finding) in said:
                        continue
                    here.add(place)
                    said.add((rule.code, finding))
                    if flow is not versions[0]:
                        text = f"{finding.message} (in version {flow.version})"
                        finding = finding.replace(message=text)  # noqa: PLW2901
                    found.append(
                        Diagnostic(checked.source, rule.code, rule.name, chosen[rule.code], finding)
                    )
            except Exception as error:
                crashes.append(_crash(checked, rule, flow, error))
        seen |= here


def _crash(checked: Checked, rule: Rule, flow: Flow, error: Exception) -> Diagnostic:
    """What to say when a rule raised."""
    finding = Finding(
        flow.name_span,
        f"internal error: rule `{rule.name}` ({rule.code}) failed on `{flow.name}`, "
        f"version {flow.version}",
        f"{describe(error)}; please report it; until then `--ignore {rule.code}` helps",
    )
    return Diagnostic(checked.source, CRASHED, CRASHED_NAME, "error", finding)


def describe(error: BaseException) -> str:
    """An exception in one line, with the place in the code that raised it."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        file = code.co_filename.replace("\\", "/").rpartition("/flowc/")[2]
        place = f" at {file}:{trace.tb_lineno}"
        trace = trace.tb_next
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}{': ' if text else ''}{text}{place}"


def _sorted(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    return tuple(
        sorted(
            diagnostics,
            key=lambda d: (d.finding.span.start, d.code, d.finding.span.end, d.finding.message),
        )
    )
