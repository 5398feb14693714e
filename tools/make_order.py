"""Write flowc/cli/import_order.py: which modules the hot path imports, in which order.

Each stage is a run of a command in a process of its own; `-X importtime` tells in which order
imports end. `--check` only says whether the file is fresh enough: a module that is missing there
is imported as ever, so a few do not matter.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from flowc.cli.import_order import ORDER

PROJECT = Path(__file__).parent.parent
FILE = PROJECT / "flowc" / "cli" / "import_order.py"
SAMPLE = PROJECT / "examples" / "order.flow"

PROGRAM = """
import sys
from flowc.cli import import_order
import_order.ORDER = dict.fromkeys(import_order.ORDER, ())
from flowc.cli.main import main
assert main({words!r}) == 0
"""


def imported(words: list[str], cache: Path) -> list[str]:
    """The modules of flowc that `flowc WORDS` imports, by place, in the order in which they end,
    after what the start itself imports."""
    done = subprocess.run(
        (sys.executable, "-X", "importtime", "-c", PROGRAM.format(words=words)),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "FLOWC_CACHE_DIR": str(cache)},
    )
    names = (line.rpartition("|")[2].strip() for line in done.stderr.splitlines())
    places = []
    for name in names:
        if not name.startswith("flowc."):
            continue
        place = name.replace(".", "/")
        if (PROJECT / place).is_dir():
            place += "/__init__"
        places.append(place.removeprefix("flowc/"))
    return places[places.index("cli/ahead") + 1 :]


def stages() -> dict[str, list[str]]:
    """Each stage and what it needs beyond the one before it."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        sample = folder / SAMPLE.name
        sample.write_bytes(SAMPLE.read_bytes())
        (folder / "flowc.toml").write_text("")
        cache = folder / "cache"
        all_ = imported(["lint", str(sample)], cache)
        known = imported(["lint", str(sample)], cache)
        formatted = imported(["fmt", str(sample)], cache)
    start = set(known)
    return {
        "lint": known,
        "examine": [place for place in all_ if place not in start],
        "fmt": formatted,
    }


def generate(found: dict[str, list[str]]) -> str:
    """The text of import_order.py."""
    lines = [
        '"""What the hot path imports, in order, written by tools/make_order.py: do not edit."""',
        "",
        "ORDER: dict[str, tuple[str, ...]] = {",
    ]
    for stage, places in found.items():
        lines.append(f'    "{stage}": (')
        lines += [f'        "{place}",' for place in places]
        lines.append("    ),")
    return "\n".join([*lines, "}"]) + "\n"


def amiss(listed: Mapping[str, Sequence[str]], found: Mapping[str, Sequence[str]]) -> set[str]:
    """What a run imports and the file does not list, and the other way round."""
    return {
        f"{stage}: {place}"
        for stage in found
        for place in set(found[stage]) ^ set(listed.get(stage, ()))
    }


def is_stale(listed: Mapping[str, Sequence[str]], found: Mapping[str, Sequence[str]]) -> bool:
    """Whether more than a tenth is amiss."""
    return len(amiss(listed, found)) * 10 > sum(map(len, found.values()))


def main() -> int:
    """Write the order, or with `--check` compare it: 0 if fresh, 1 if stale."""
    found = stages()
    if "--check" not in sys.argv[1:]:
        FILE.write_text(generate(found), encoding="utf-8")
        return 0
    if is_stale(ORDER, found):
        sys.stderr.write("flowc/cli/import_order.py is stale: run `python tools/make_order.py`\n")
        sys.stderr.writelines(f"  {each}\n" for each in sorted(amiss(ORDER, found)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
