"""What a command takes, said once: the fields of a Struct become its options and arguments.

`argv.py` reads a command line by these declarations without importing anything; `clicked.py`
makes click commands of them for help, usage errors and everything the former leaves alone.

    class GraphArguments(Common):
        file: str = argument("FILE", "the `.flow` file")
        out: str | None = text("FILE", "where to write", short="-o")

    command = Command("graph", "Draw a flow.", GraphArguments, run)

A field `stdin_filename` is the option `--stdin-filename`; `run(arguments, console)` gets the
filled Struct and returns the exit status. Text between backticks is code.
"""

from __future__ import annotations

from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    from flowc.cli.console import Console

    Kind = Literal["flag", "text", "texts", "number", "argument", "arguments"]


class Option(Struct):
    """One option or argument. `texts` may be repeated and takes comma-separated values;
    `choices` are the only words a `text` may have; `least` is the fewest `arguments`."""

    kind: Kind
    help: str
    metavar: str = ""
    default: object = None
    choices: tuple[str, ...] = ()
    short: str = ""
    least: int = 1
    flag: str = ""  # where the spelling is not that of the field


def flag(help: str, *, short: str = "", default: bool = False, spelled: str = "") -> Any:
    """A switch; one whose default is True is spelled as its contrary (`--no-cache`)."""
    return Option("flag", help, default=default, short=short, flag=spelled)


def text(
    metavar: str, help: str, *, default: str | None = None, short: str = "", spelled: str = ""
) -> Any:
    """An option with one value, None or `default` where it is not given."""
    return Option("text", help, metavar, default, short=short, flag=spelled)


def choice(choices: tuple[str, ...], help: str, *, default: str | None, short: str = "") -> Any:
    """An option with one of some words."""
    return Option("text", help, "|".join(choices), default, choices, short)


def texts(metavar: str, help: str) -> Any:
    """An option with several values, None where it is not given."""
    return Option("texts", help, metavar)


def number(metavar: str, help: str, *, default: int | None = None, short: str = "") -> Any:
    """An option with a whole number of 0 or more."""
    return Option("number", help, metavar, default, short=short)


def argument(metavar: str, help: str, *, required: bool = True) -> Any:
    """A word without a flag, None where it is optional and not given."""
    return Option("argument", help, metavar, least=int(required))


def arguments(metavar: str, help: str, *, required: bool = True) -> Any:
    """The remaining words, a tuple."""
    return Option("arguments", help, metavar, (), least=int(required))


class Common(Struct):
    """What every command takes."""

    quiet: bool = flag("print results only: no summary, no progress", short="-q")
    color: str = choice(
        ("auto", "always", "never"),
        "colours; `auto`: on a terminal, unless `NO_COLOR` is set",
        default="auto",
    )


class Command(Struct):
    """A command. `examples` are pairs of a command line and what it does; `about` is more than
    the summary, in paragraphs."""

    name: str
    summary: str
    arguments: type[Struct]
    run: Callable[[Any, Console], int]
    about: str = ""
    examples: tuple[tuple[str, str], ...] = ()

    @property
    def options(self) -> dict[str, Option]:
        """Field -> declaration, own ones first, the common ones last."""
        declared: dict[str, Option] = self.arguments._defaults
        common = Common._defaults
        own = {field: option for field, option in declared.items() if field not in common}
        return own | common


def spelling(field: str, option: Option) -> str:
    """An option as it is typed: `--no-cache`."""
    return option.flag or "--" + field.replace("_", "-")


def fill(command: Command, given: dict[str, Any]) -> Struct:
    """The command's arguments from what was typed; what was not takes its default."""
    values: dict[str, Any] = {}
    for field, option in command.options.items():
        value = given.get(field)
        if value is None or value == ():
            value = option.default
        elif option.kind == "texts":
            value = tuple(part for item in value for part in _split(item))
        values[field] = value
    return command.arguments(**values)


def _split(item: str) -> list[str]:
    return [part.strip() for part in item.split(",") if part.strip()]
