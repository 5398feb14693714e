"""`flowc lint --watch`: lint again and again, and report what is different from before."""

from __future__ import annotations

import time

from flowc.cli.lint import examine, show
from flowc.cli.palette import PLAIN
from flowc.cli.report import ordered, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.cli.check_files import Report
    from flowc.cli.console import Console
    from flowc.cli.lint import LintArguments

_PAUSE = 0.5  # seconds; an unchanged folder is answered from the cache


def watch(
    arguments: LintArguments, console: Console, pause: Callable[[], bool] | None = None
) -> int:
    """Lint until `pause` (a short wait, unless one is given) says to stop; the last exit status.

    Everything counts that lint looks at: the files, what they import, settings, baselines.
    """
    before, status = None, 0
    while True:
        report = examine(arguments, console)
        now = _told(report)
        if now != before:
            if before is not None and not arguments.quiet:
                console.note("-- again --")
            status = show(arguments, report, console)
            console.flush()
            before = now
        if not (pause or _pause)():
            return status


def _told(report: Report) -> tuple[str, int]:
    """What tells one report from another."""
    found = ordered((*report.problems, *report.diagnostics))
    return write("concise", found, report.files, PLAIN), len(report.files)


def _pause() -> bool:
    time.sleep(_PAUSE)
    return True
