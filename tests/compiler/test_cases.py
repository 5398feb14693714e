"""Small programs with what the compiler says written on the line where it says it.

A case file holds chunks between `---` lines, each a whole program after the shared prelude.
`### name` or `### name: part of the message` at the end of a line promises one finding there.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowc.compiler.check import check
from flowc.compiler.imports import ImportProblem
from flowc.source import Source

CASES = Path(__file__).parent / "cases"
PRELUDE = (CASES / "prelude.flow").read_text()
PROMISE = re.compile(r"###\s*([a-z-]+)(?::\s*(.*?))?\s*(?=###|$)")


def chunks() -> list[tuple[str, int, str]]:
    found = []
    for path in sorted(CASES.glob("*.flow")):
        if path.name == "prelude.flow":
            continue
        line = 1
        for chunk in re.split(r"(?m)^---.*\n", path.read_text()):
            found.append((path.stem, line, chunk))
            line += chunk.count("\n") + 1
    return found


def absent(importer: str, path: str) -> Source | ImportProblem:
    return ImportProblem(f"there is no {path} beside {importer}")


@pytest.mark.parametrize(
    ("name", "line", "text"), [pytest.param(*c, id=f"{c[0]}:{c[1]}") for c in chunks()]
)
def test_case(name: str, line: int, text: str) -> None:
    whole = text if re.search(r"(?m)^flow ", text) else _flow(text)
    source = Source(f"{name}.flow", PRELUDE + whole)
    promised = [
        (number, match[1], match[2] or "")
        for number, content in enumerate(source.text.split("\n"), 1)
        for match in PROMISE.finditer(content.partition("//")[2])
    ]
    found = [
        (source.position(d.finding.span.start).line, d.name, d.finding.message)
        for d in check(source, absent).diagnostics
        if not (d.name == "unused-declaration" and d.finding.span.start < len(PRELUDE))
    ]
    assert len(found) == len(promised), _listing(source, found)
    for (at, rule, part), (line_found, name_found, message) in zip(
        sorted(promised), sorted(found), strict=True
    ):
        assert (at, rule) == (line_found, name_found), _listing(source, found)
        assert part in message


def _flow(body: str) -> str:
    inner = "".join(f"  {line}\n" for line in body.rstrip("\n").split("\n"))
    return f"flow f(o: Order, n: int?) {{\n  default with quick\n\n{inner}}}\n"


def _listing(source: Source, found: list[tuple[int, str, str]]) -> str:
    lines = source.text.split("\n")
    return "\n".join(f"{lines[at - 1].strip()!r}: {rule}: {text}" for at, rule, text in found) or (
        "nothing was found in\n" + source.text[len(PRELUDE) :]
    )
