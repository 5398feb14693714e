"""An error nobody expected, in one line that says what to do about it."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.console import Console


def report(error: Exception, console: Console | None) -> None:
    """Print it to standard error; with `FLOWC_DEBUG=1` with its traceback."""
    from flowc.cli.console import StreamFailed
    from flowc.cli.display import clean

    err = console.err if console is not None else sys.stderr
    env = console.env if console is not None else os.environ
    if env.get("FLOWC_DEBUG") == "1":
        import traceback

        text = "".join(traceback.format_exception(error))
    elif isinstance(error, StreamFailed):
        text = f"flowc: {clean(str(error))}\n"
    elif isinstance(error, FileNotFoundError) and _is_nowhere():
        text = "flowc: the current folder does not exist any more; go to one that does\n"
    else:
        from flowc import __version__
        from flowc.cli.links import ISSUES

        text = (
            f"flowc: internal error in flowc {__version__}: "
            f"{clean(f'{type(error).__name__}: {error}'[:300])}\n"
            "This is a fault of flowc. Please report it, with the command and the file, at "
            f"{ISSUES}; `FLOWC_DEBUG=1` prints the details.\n"
        )
    try:
        err.write(text)
        err.flush()
    except (AttributeError, OSError, ValueError):
        return


def _is_nowhere() -> bool:
    """Whether the folder in which the command was started was removed."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False
