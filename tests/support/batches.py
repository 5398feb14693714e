"""Batches of generated flows with scripts, held by both engines."""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.support.meaningful import PRELUDE, draw_script, flow, given, sub_flow
from tests.support.twins import Twins

FLOWS, SCRIPTS = 5, 5


def text(random: Random) -> str:
    """A file with so many flows, each with two that it calls."""
    parts = [PRELUDE]
    for n in range(FLOWS):
        subs = (f"one{n}", f"two{n}")
        parts += [sub_flow(random, sub) for sub in subs]
        parts.append(flow(random, f"main{n}", subs))
    return "\n".join(parts)


def hold(seed: int) -> list[str]:
    """The differences that the batch of a seed shows."""
    random = Random(seed)
    source = text(random)
    found: list[str] = []
    with (
        TemporaryDirectory() as folder,
        Twins(source, Path(folder) / "state.db") as twins,
    ):
        for n in range(FLOWS):
            main = twins.program.find(f"main{n}")
            assert main is not None
            for k in range(SCRIPTS):
                script = draw_script(random, twins.program, main)
                differences = twins.differences(main, script, given(random, f"i{k}"))
                found += [f"seed {seed}, main{n}, script {k}: {each}" for each in differences]
    return found
