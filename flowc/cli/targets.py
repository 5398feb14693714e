"""`flowc targets`: which construct each target keeps, by asking the targets."""

from __future__ import annotations

from flowc.cli.command import Command, Common, choice
from flowc.targets.registry import NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.cli.console import Console

    Table = list[tuple[str, dict[str, str | None]]]


class TargetsArguments(Common):
    """What can be asked of `flowc targets`."""

    format: str = choice(("text", "markdown", "json"), "how it is written", default="text")


def run(arguments: TargetsArguments, console: Console) -> int:
    """Print the table of constructs and targets."""
    table = _table()
    match arguments.format:
        case "json":
            import json

            rows = [
                {
                    "construct": name,
                    "targets": {
                        target: {"kept": why is None, "why": why} for target, why in by.items()
                    },
                }
                for name, by in table
            ]
            console.write_utf8(json.dumps(rows, indent=2) + "\n")
        case "markdown":
            head = f"| construct | {' | '.join(NAMES)} |\n| --- |{' --- |' * len(NAMES)}\n"
            console.write_utf8(head + "".join(f"| {' | '.join(row)} |\n" for row in _cells(table)))
        case _:
            rows_of_text = [("construct", *NAMES), *_cells(table)]
            widths = [max(map(len, column)) for column in zip(*rows_of_text, strict=True)]
            for row in rows_of_text:
                line = "  ".join(f"{cell:{wide}}" for cell, wide in zip(row, widths, strict=True))
                console.write(line.rstrip() + "\n")
    return 0


def _cells(table: Table) -> list[tuple[str, ...]]:
    return [
        (name, *("yes" if why is None else "refused" for why in by.values())) for name, by in table
    ]


def _table() -> Table:
    """For each construct what each target says about it: None, or why it is refused."""
    from flowc.cli.constructs import CONSTRUCTS
    from flowc.compiler.check import check
    from flowc.source import Source
    from flowc.targets.registry import find

    table: Table = []
    for construct in CONSTRUCTS:
        program = check(Source(construct.name, construct.text)).program
        answers: dict[str, str | None] = {}
        for name in NAMES:
            target = find(name)
            assert target is not None
            flows = (*program.flows, *program.older)
            gaps = [gap.message for flow in flows for gap in target.gaps(flow, program)]
            answers[name] = gaps[0] if gaps else None
        table.append((construct.name, answers))
    return table


command = Command(
    "targets",
    "Tell which construct each target keeps.",
    TargetsArguments,
    run,
    "A target refuses what it cannot keep, at the line that asks for it: nothing is lost quietly. "
    "`flowc lint --target NAME` tells it of a file.",
    (
        ("flowc targets", "the table"),
        ("flowc targets --format markdown", "for a document"),
    ),
)
