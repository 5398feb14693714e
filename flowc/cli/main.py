"""The command `flowc`: finds the command that is meant, runs it, and answers for how it ends."""

from __future__ import annotations

import sys

from flowc.cli.console import Console

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.command import Command

# In the order of help; each is a module of this package with a `command`.
COMMANDS = (
    "lint",
    "fmt",
    "graph",
    "simulate",
    "docs",
    "build",
    "run",
    "instances",
    "status",
    "signal",
    "cancel",
    "pause",
    "resume",
    "restart",
    "explain",
    "targets",
)
FAST = ("lint", "fmt")  # run without click where the command line is plain

CLEAN, FINDINGS, COULD_NOT_RUN, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141


def load(name: str) -> Command:
    """The command of this name."""
    module = __import__(f"flowc.cli.{name}", fromlist=("command",))
    found: Command = module.command
    return found


def main(argv: list[str] | None = None, console: Console | None = None) -> int:
    """Run `argv` (without the program's name). Returns the exit status; never raises."""
    try:
        words = sys.argv[1:] if argv is None else argv
        if console is not None:
            return _finish(words, console)
        import gc

        gc.set_threshold(100_000, 50)  # trees have no cycles: looking for them is in vain
        console = Console()
        status = _finish(words, console)
        gc.freeze()  # nor does the interpreter's exit find any
        return status
    except KeyboardInterrupt:
        _drop_output()
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return BROKEN_PIPE
    except Exception as error:
        return _explain(error, console)


def start() -> int:
    """The program: `main`, then the shortest way out. Taking every value apart at the end would
    cost as much as a tenth of linting a file; where nothing waits to be tidied, it is left out."""
    status = main()
    if "threading" not in sys.modules and "atexit" not in sys.modules:
        import os

        _drop_output()
        os._exit(status)
    return status


def _finish(words: list[str], console: Console) -> int:
    status = _run(words, console)
    console.flush()
    return status


def _run(words: list[str], console: Console) -> int:
    if words and words[0] in FAST:
        from flowc.cli.ahead import import_ahead

        import_ahead(words[0])
        from flowc.cli.argv import read

        command = load(words[0])
        arguments = read(command, words[1:])
        if arguments is not None:
            return command.run(arguments, console)
    from flowc.cli.clicked import run

    return run(words, console)


def _explain(error: Exception, console: Console | None) -> int:
    """Say what went wrong in one line; the traceback is for those who ask for it."""
    from flowc.cli.internal import report

    report(error, console)
    _drop_output()
    return COULD_NOT_RUN


def _drop_output() -> None:
    """Let what is still buffered go nowhere, so that the interpreter's exit is silent."""
    import os

    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            try:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)
            except (OSError, ValueError):
                continue
