"""The one file that a command works on: read, checked, its errors shown."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.console import Console
    from flowc.compiler.check import Checked
    from flowc.targets.target import Target


FINDINGS, COULD_NOT_RUN = 1, 2


def read_flow(name: str, console: Console, color: str) -> Checked | int:
    """The file, checked; or an exit status if it cannot be read or has errors, after saying so."""
    from flowc.cli.cache import digest
    from flowc.cli.files import Refused, decode, problem, read_bytes
    from flowc.cli.loader import Loader
    from flowc.cli.show import show
    from flowc.compiler.check import check
    from flowc.source import Source

    try:
        data = read_bytes(name)
        source = Source(name, decode(data))
    except Refused as refused:
        show((problem(name, refused),), console, color)
        return COULD_NOT_RUN
    loader = Loader()
    loader.enter(source, os.path.abspath(name), digest(data))
    checked = check(source, loader)
    errors = [found for found in checked.diagnostics if found.severity == "error"]
    if errors:
        show(errors, console, color)
        return FINDINGS
    return checked


def kept_by(target: Target, checked: Checked, console: Console, color: str) -> bool:
    """Whether the target keeps everything that the file means; its gaps have been printed."""
    from flowc.cli.show import show
    from flowc.cli.target_gaps import gaps

    missing = gaps(checked, target)
    if missing:
        show(missing, console, color)
    return not missing
