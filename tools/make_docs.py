"""Writes the pages that come from the code: one a rule and their index, one a flow of the examples.

`python tools/make_docs.py` writes `docs/rules/` and `docs/flows/`; with `--check` it only compares
and ends with 1 where a page is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path

from flowc.cli.main import main as flowc
from flowc.cli.pages import FAMILIES, Page, pages
from flowc.compiler.check import check
from flowc.compiler.graph import graph
from flowc.source import Source
from flowc.visualize.mermaid import mermaid
from flowc.visualize.picture import picture

TOP = Path(__file__).parents[1]
ROOT = TOP / "docs" / "rules"
DRAWN = ("SAG", "TIM", "CTL")
MARK = "<!-- written by tools/make_docs.py from the code: edit the code -->\n"


def drawn(text: str) -> str:
    """The flows of a file as Mermaid, folded away."""
    flows = check(Source("example.flow", text)).program.flows
    return "".join(
        f"<details><summary>the same as a picture: {flow.name}</summary>\n\n"
        f"```mermaid\n{mermaid(picture(graph(flow))).rstrip()}\n```\n\n</details>\n\n"
        for flow in flows
    )


def example(title: str, text: str, page: Page) -> str:
    """One example: the file, and its picture where structure is what it shows."""
    shown = f"## {title}\n\n```flow\n{text.rstrip()}\n```\n\n"
    return shown + (drawn(text) if page.family in DRAWN else "")


def rendered(page: Page) -> str:
    """The page of one code, as Markdown."""
    how = {"error": "error", "warning": "warning", "advice": "advice"}[page.severity]
    parts = [
        MARK,
        f"# {page.name}\n\n",
        f"`{page.code}` · {how}{'' if page.on else ' · off unless selected'}",
        f" · {FAMILIES[page.family]}\n\n",
        page.text.strip() + "\n\n",
    ]
    if page.bad:
        parts.append(example("Bad", page.bad, page))
    if page.good:
        parts.append(example("Good", page.good, page))
    if page.suppressible:
        parts.append(
            "## Allow it\n\n"
            f'```\n// flowc: allow {page.name} because "..."\n```\n\n'
            "on the line before, or at its end; the reason is required.\n"
        )
    return "".join(parts).rstrip() + "\n"


def index(every: tuple[Page, ...]) -> str:
    """All codes by family."""
    lines = [MARK, "# What flowc finds\n"]
    family = ""
    for page in every:
        if page.family != family:
            family = page.family
            lines += [f"\n## {family}: {FAMILIES[family]}\n", "| | | |", "| --- | --- | --- |"]
        lines.append(
            f"| `{page.code}` | [{page.name}]({page.name}.md) | {page.severity}: {page.title} |"
        )
    return "\n".join(lines) + "\n"


def flows(*words: str) -> int:
    """Write or check the pages of the example flows."""
    return flowc(["docs", str(TOP / "examples"), "-o", str(TOP / "docs" / "flows"), *words])


def main() -> int:
    """Write or compare. Returns 1 where `--check` finds a stale page."""
    every = pages()
    wanted = {f"{page.name}.md": rendered(page) for page in every}
    wanted["README.md"] = index(every)
    present = {path.name: path.read_bytes().decode() for path in ROOT.glob("*.md")}
    if "--check" in sys.argv[1:]:
        stale = sorted(
            name for name in {*wanted, *present} if wanted.get(name) != present.get(name)
        )
        for name in stale:
            print(f"docs/rules/{name} is stale: run `make docs`", file=sys.stderr)
        return 1 if flows("--check") or stale else 0
    ROOT.mkdir(parents=True, exist_ok=True)
    for name in {*present} - {*wanted}:
        (ROOT / name).unlink()
    for name, text in wanted.items():
        if present.get(name) != text:
            (ROOT / name).write_bytes(text.encode())
    return flows("--quiet")


if __name__ == "__main__":
    sys.exit(main())
