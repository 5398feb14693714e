"""Compile the patterns of flowc/dsl/patterns.py into flowc/dsl/pattern_codes.py, for this Python.

Codes of other releases of the engine are kept while the patterns are the same, so run it with each
Python that is supported. `--check` only says whether those of this release are fresh.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from flowc.dsl import patterns

CODES = Path(patterns.__file__).parent / "pattern_codes.py"
NAMES = ("TOKEN", "IN_TEXT")


def codes() -> tuple[int, dict[str, tuple[int, tuple[int, ...]]]]:
    """The engine's release, and by name each pattern's number of groups and code."""
    from re import _compiler, _parser  # type: ignore[attr-defined]

    made = {}
    for name in NAMES:
        parsed = _parser.parse(getattr(patterns, name), 0)
        code = tuple(int(word) for word in _compiler._code(parsed, 0))
        pattern = re.compile(getattr(patterns, name))
        assert pattern.flags == patterns.UNICODE and not pattern.groupindex
        made[name] = (pattern.groups, code)
    return _compiler.MAGIC, made


def known() -> tuple[tuple[str, ...], dict[int, dict[str, tuple[int, tuple[int, ...]]]]]:
    """The patterns that the file was made from, and its codes."""
    if not CODES.exists():
        return (), {}
    space: dict[str, object] = {}
    exec(CODES.read_text(encoding="utf-8"), space)  # our own file
    return space["PATTERNS"], space["CODES"]  # type: ignore[return-value]


def generate() -> str:
    """The text of pattern_codes.py."""
    release, made = codes()
    sources = tuple(str(getattr(patterns, name)) for name in NAMES)
    before, kept = known()
    all_ = {**(kept if before == sources else {}), release: made}
    lines = [
        '"""Code of the patterns by release of the engine, written by tools/make_patterns.py: '
        'do not edit."""',
        "",
        "PATTERNS = (",
        *(f"    {source!r}," for source in sources),
        ")",
        "CODES = {",
    ]
    for number, table in sorted(all_.items()):
        lines.append(f"    {number}: {{")
        lines += [f"        {name!r}: {table[name]!r}," for name in NAMES]
        lines.append("    },")
    return "\n".join([*lines, "}"]) + "\n"


def main() -> int:
    """Write the codes, or with `--check` compare them: 0 if fresh, 1 if stale."""
    text = generate()
    if "--check" not in sys.argv[1:]:
        CODES.write_text(text, encoding="utf-8")
        return 0
    if not CODES.exists() or CODES.read_text(encoding="utf-8") != text:
        sys.stderr.write("flowc/dsl/pattern_codes.py is stale: run tools/make_patterns.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
