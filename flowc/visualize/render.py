"""Turns DOT source into SVG or PNG with the Graphviz at hand: `dot`, else `graphviz-pure`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from flowc.visualize import theme
from flowc.visualize.lift import lift_in_layout, lift_in_svg

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

TIMEOUT = 120  # seconds; Graphviz grows fast with the size of a picture


class NoGraphvizError(Exception):
    """Neither `dot` nor `graphviz-pure` is installed."""


class RenderError(Exception):
    """Graphviz did not deliver; the text says why."""


def graphviz_programs() -> list[str]:
    """What can draw, best first: `dot`, and `graphviz-pure` on PATH or beside this Python."""
    beside = str(Path(sys.executable).parent)
    pure = shutil.which("graphviz-pure") or shutil.which("graphviz-pure", path=beside)
    return [program for program in (shutil.which("dot"), pure) if program is not None]


def render(source: str, kind: Literal["svg", "png"], program: str | None = None) -> bytes:
    """The picture of a DOT source; the same bytes for the same source and Graphviz.

    Raises NoGraphvizError, and RenderError if Graphviz fails or takes over two minutes.
    """
    if program is None:
        programs = graphviz_programs()
        if not programs:
            raise NoGraphvizError
        program = programs[0]
    if kind == "svg":
        return finish_svg(_run(program, source, "-Tsvg").decode()).encode()
    laid = _run(program, source, "-Tdot").decode()
    return _run(program, lift_in_layout(laid), "-Kneato", "-n2", "-Tpng", "-Gdpi=144")


def _run(program: str, source: str, *options: str) -> bytes:
    try:
        done = subprocess.run(
            [program, *options],
            input=source.encode(),
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RenderError(f"Graphviz was not done after {TIMEOUT} s") from None
    except OSError as problem:
        raise RenderError(f"Graphviz did not start: {problem.strerror}") from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise RenderError(said[-1] if said else f"Graphviz ended with status {done.returncode}")
    return done.stdout


def finish_svg(svg: str) -> str:
    """Give Graphviz' SVG its words above its lines, and a dark look for dark screens; on paper it
    stays light."""
    svg = lift_in_svg(svg)
    found = re.search(r"<svg\b[^>]*>", svg)
    if found is None:
        raise RenderError("Graphviz delivered no SVG")
    rules = "".join(
        f'[fill="{light}"]{{fill:{dark}}}[stroke="{light}"]{{stroke:{dark}}}'
        for light, dark in theme.DARK.items()
    )
    rules += f'text:not([fill]){{fill:{theme.DARK[theme.INK]}}}[fill="white"]{{fill:'
    rules += f"{theme.DARK[theme.PAPER]}}}"
    style = f"<style>@media screen and (prefers-color-scheme: dark){{{rules}}}</style>"
    return f"{svg[: found.end()]}\n{style}{svg[found.end() :]}"
