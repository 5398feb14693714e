"""The declared commands as click commands: help, usage errors, and every way to spell a line."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from difflib import get_close_matches
from io import StringIO
from typing import Any

import click

from flowc import __version__
from flowc.cli.command import Command, Option, fill, spelling
from flowc.cli.console import Console
from flowc.cli.display import clean
from flowc.cli.main import CLEAN, COMMANDS, COULD_NOT_RUN, load

_ABOUT = """\
Compiler and linter for business processes.

A .flow file says a process once: its steps, what undoes them, how long they may take. flowc
checks it, draws it, and compiles it to durable code.
"""
_EXAMPLES = (
    ("flowc lint .", "check every .flow file of the project"),
    ("flowc lint --fix order.flow", "and mend what can be mended safely"),
    ("flowc explain SAG001", "why a finding matters, and what to write instead"),
    ("flowc fmt .", "bring every file into the canonical layout"),
    ("flowc graph order.flow -o order.svg", "draw the flow with its compensations"),
)
_EXITS = (
    ("0", "clean; advice alone is clean too"),
    ("1", "there are findings, or files that `fmt --check` would change"),
    ("2", "could not run: wrong usage, or a file that cannot be read"),
)


def run(words: list[str], console: Console) -> int:
    """Read `words` by click, then run what they ask for. Returns the exit status."""
    if not words:
        console.write(help_text() + "\n")
        return COULD_NOT_RUN
    try:
        printed = StringIO()  # help or version: a stream that takes nothing is the console's worry
        with redirect_stdout(printed):
            asked = _group().main(words, prog_name="flowc", standalone_mode=False)
    except click.UsageError as error:
        console.err.write(_usage(error))
        return COULD_NOT_RUN
    if not isinstance(asked, tuple):
        console.write(printed.getvalue())
        return CLEAN
    command, arguments = asked
    return int(command.run(arguments, console))


def help_text() -> str:
    """What `flowc --help` prints."""
    group = _group()
    return group.get_help(click.Context(group, info_name="flowc", **group.context_settings))


class _Group(click.Group):
    """Loads a command only when it is needed."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        return _click(load(cmd_name)) if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = get_close_matches(name, COMMANDS, n=1)
            if near:
                hint = f"did you mean `{near[0]}`?"
            elif name.endswith(".flow"):
                hint = f"did you mean `flowc lint {name}`?"
            else:
                hint = f"there are {', '.join(COMMANDS)}"
            raise click.UsageError(f"no such command `{name}`; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_epilog(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        _write_rows(formatter, "Examples", _EXAMPLES)
        _write_rows(formatter, "Exit status", _EXITS)


class _Command(click.Command):
    """Lists arguments beside options, and examples as they are typed."""

    def __init__(self, declared: Command, params: list[click.Parameter]) -> None:
        self.declared = declared
        super().__init__(
            declared.name,
            params=params,
            callback=self._fill,
            help="\n\n".join(filter(None, (declared.summary, declared.about))),
            short_help=declared.summary,
        )

    def _fill(self, **given: Any) -> tuple[Command, object]:
        for field, option in self.declared.options.items():
            if option.kind == "flag":
                given[field] = (not option.default) if given[field] else None
        return self.declared, fill(self.declared, given)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        places = [o for o in self.declared.options.values() if o.kind.startswith("argument")]
        if places:
            _write_rows(formatter, "Arguments", tuple((o.metavar, o.help) for o in places))
        super().format_options(ctx, formatter)

    def format_epilog(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        if self.declared.examples:
            _write_rows(formatter, "Examples", self.declared.examples)


def _write_rows(
    formatter: click.HelpFormatter, title: str, rows: tuple[tuple[str, str], ...]
) -> None:
    with formatter.section(title):
        formatter.write_dl(list(rows), col_max=42)


def _group() -> _Group:
    version = click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        help="Show the version.",
        callback=_show_version,
    )
    return _Group("flowc", params=[version], help=_ABOUT, **_HELP)


_HELP: dict[str, Any] = {
    "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 100}
}


def _show_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        python = ".".join(map(str, sys.version_info[:3]))
        print(f"flowc {__version__} (Python {python})")
        ctx.exit()


def _click(command: Command) -> click.Command:
    params = [_parameter(field, option) for field, option in command.options.items()]
    return _Command(command, params)


def _parameter(field: str, option: Option) -> click.Parameter:
    if option.kind in ("argument", "arguments"):
        return click.Argument(
            [field],
            nargs=-1 if option.kind == "arguments" else 1,
            required=bool(option.least),
            metavar=_shape(option),
        )
    spellings = [spelling(field, option), *filter(None, (option.short,)), field]
    match option.kind:
        case "flag":
            return click.Option(spellings, is_flag=True, help=option.help)
        case "number":
            kind: click.ParamType[Any] = click.IntRange(min=0)
        case _:
            kind = click.Choice(option.choices) if option.choices else click.STRING
    return click.Option(
        spellings,
        type=kind,
        metavar=option.metavar,
        default=option.default,
        multiple=option.kind == "texts",
        help=option.help,
        show_default=option.default is not None,
    )


def _shape(option: Option) -> str:
    shape = option.metavar + ("..." if option.kind == "arguments" else "")
    return shape if option.least else f"[{shape}]"


def _usage(error: click.UsageError) -> str:
    """A mistake on the command line: what is wrong, the right shape, where to read more."""
    message = error.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    lines = [f"flowc: {clean(message)}"]
    if error.ctx is not None:
        lines.append(error.ctx.get_usage())
    path = error.ctx.command_path if error.ctx is not None else "flowc"
    lines.append(f"Try `{path} --help`.")
    return "\n".join(lines) + "\n"
