"""A command line to what `flowc` says to it, inside this process."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import NamedTuple

from flowc.cli.console import Console
from flowc.cli.main import main
from tests.support.tree import check_place


class Said(NamedTuple):
    """How a command ended: exit status, standard output, standard error."""

    status: int
    out: str
    err: str


def flowc(*words: object, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Said:
    """Run `flowc` with these words, in the current folder (a temporary one) and without a
    terminal."""
    check_place()
    out, err = io.StringIO(), io.StringIO()
    status = main([str(word) for word in words], Console(out, err, env or {}, stdin))
    return Said(status, out.getvalue(), err.getvalue())
