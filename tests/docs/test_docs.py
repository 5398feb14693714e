"""Everything that the documentation shows is true: each example is read or run.

- A ```flow block is a whole file. It has no finding (advice aside), unless its first line says
  which: `// finds uncompensated-effect`.
- A ```console block with a line `$ flowc ...` is run, line by line, in a folder with `examples/`
  in it; the blocks of a page share that folder. What follows a `$` line is what it
  prints, both streams; `...` stands for anything, on a line of its own for any lines.
- A ```toml block whose first line is `# flowc.toml` or `# pyproject.toml` is settings.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from flowc.compiler.check import check
from flowc.lint.config import configure
from flowc.lint.engine import catalogue, lint
from flowc.source import Source

ROOT = Path(__file__).parents[2]
PAGES = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))
FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ flowc ", re.MULTILINE)
FINDS = re.compile(r"// finds ([\w-]+(?:, [\w-]+)*)\n")


class Block(NamedTuple):
    """A fenced block: `line` is that of its fence."""

    page: Path
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        indent, kind, inner = match.groups()
        lines = [line.removeprefix(indent) for line in inner.splitlines(keepends=True)]
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(page, line, kind, "".join(lines)))
    return found


def every(kind: str) -> list[Block]:
    """All blocks of a kind on the pages that people write. Those of `docs/rules` come from the
    code, where each example is tested."""
    written = (page for page in PAGES if page.parent.name != "rules")
    return [block for page in written for block in blocks(page) if block.kind == kind]


def expected_findings(block: Block) -> list[str]:
    """What a file is said to show, by its first line."""
    said = FINDS.match(block.text)
    return [] if said is None else sorted(set(said[1].split(", ")))


@pytest.mark.parametrize("block", every("flow"), ids=str)
def test_a_file_shows_what_is_said(block: Block) -> None:
    found = lint(check(Source(str(block), block.text)))
    wanted = expected_findings(block)
    names = {d.name for d in found if d.severity != "advice" or d.name in wanted}
    assert sorted(names) == wanted, [d.finding.message for d in found]


class Call(NamedTuple):
    """A line that was typed, and what it is said to print."""

    line: str
    output: str


def calls(block: Block) -> list[Call]:
    """The lines of a console block with their outputs."""
    parts = re.split(r"^\$ (.*(?:\\\n.*)*)\n", block.text, flags=re.MULTILINE)
    return [Call(*pair) for pair in zip(parts[1::2], parts[2::2], strict=True)]


def pattern(output: str) -> str:
    """Text in which `...` stands for anything, as a regular expression."""
    lines = []
    for line in output.rstrip("\n").split("\n"):
        if line.strip() == "...":
            lines.append(r"(?:.*\n)*?")
        else:
            lines.append(".*".join(map(re.escape, line.rstrip().split("..."))) + r" *\n")
    return "".join(lines)


CONSOLE_PAGES = [
    page
    for page in PAGES
    if any(block.kind == "console" and COMMAND.search(block.text) for block in blocks(page))
]


@pytest.mark.parametrize("page", CONSOLE_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_print_what_is_said(page: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "flowc"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m flowc "$@"\n')
    program.chmod(0o755)
    here = tmp_path / "here"
    shutil.copytree(ROOT / "examples", here / "examples")
    environment = os.environ | {
        "PATH": f"{programs}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}"
        + os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "FLOWC_CACHE_DIR": str(tmp_path / "cache"),
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }
    for block in blocks(page):
        if block.kind != "console" or not COMMAND.search(block.text):
            continue
        for call in calls(block):
            done = subprocess.run(
                ["sh", "-c", call.line],
                cwd=here,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                timeout=300,
                check=False,
            )
            printed = "".join(f"{line.rstrip()}\n" for line in done.stdout.rstrip().split("\n"))
            wanted = pattern(call.output)
            assert re.fullmatch(wanted, printed), (
                f"{block}\n$ {call.line}\n--- printed\n{printed}--- said\n{call.output}"
            )


@pytest.mark.parametrize("block", every("toml"), ids=str)
def test_settings_are_settings(block: Block) -> None:
    first = block.text.split("\n", 1)[0]
    if first not in ("# flowc.toml", "# pyproject.toml"):
        return
    nested = first == "# pyproject.toml"
    configured = configure(Source(first[2:], block.text), catalogue, nested=nested)
    assert configured is not None
    assert configured.problems == ()


LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for link in LINK.findall(text):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{link} has no such heading"


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub names them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
