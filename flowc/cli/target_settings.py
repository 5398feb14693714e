"""The settings that a target has in the project of a file, read and checked."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.console import Console
    from flowc.compiler.check import Checked
    from flowc.diagnostic import Diagnostic
    from flowc.source import Source
    from flowc.targets.asl.bindings import Wrong
    from flowc.targets.target import Target

    Table = tuple[Source, tuple[str, ...], object]


def configured(
    target: Target, name: str, checked: Checked, console: Console, color: str
) -> Target | None:
    """The target with the settings that hold for a file; None, and said so, if they are wrong."""
    from flowc.targets.asl.target import Asl

    if not isinstance(target, Asl):
        return target
    from flowc.cli.show import show

    problems, found = _table(name)
    if problems:
        show(problems, console, color)
        return None
    if found is None:
        return target
    source, prefix, table = found
    from flowc.diagnostic import Diagnostic, Finding
    from flowc.lint.codes import SETTINGS
    from flowc.lint.config import locate
    from flowc.targets.asl.bindings import faults, read

    bindings, wrong = read(table)

    def said(fault: Wrong) -> Diagnostic:
        span = locate(source, (*prefix, *fault.at))
        finding = Finding(span, fault.message, fault.help)
        code = SETTINGS["invalid-setting"].code
        return Diagnostic(source, code, "invalid-setting", "error", finding)

    misfits = [said(fault) for fault in (*wrong, *faults(bindings, checked.program))]
    if misfits:
        show(misfits, console, color)
        return None
    return Asl(bindings)


def _table(name: str) -> tuple[tuple[Diagnostic, ...], Table | None]:
    """What is wrong with the settings that hold for a file; and their table `asl`, with the keys
    that lead there, if there is one."""
    import tomllib

    from flowc.cli.files import decode, read_bytes
    from flowc.cli.options import Options
    from flowc.cli.project import Projects, display
    from flowc.source import Source

    projects = Projects(Options(cache=False))
    project = projects.of_folder(os.path.dirname(os.path.abspath(name)))
    problems = (*projects.problems, *project.problems)
    if problems or project.file is None:
        return problems, None
    source = Source(display(project.file), decode(read_bytes(project.file)))
    document: object = tomllib.loads(source.text.removeprefix("\ufeff"))
    nested = os.path.basename(project.file) == "pyproject.toml"
    prefix = ("tool", "flowc", "asl") if nested else ("asl",)
    for key in prefix:
        if not isinstance(document, dict) or key not in document:
            return (), None
        document = document[key]
    return (), (source, prefix, document)
