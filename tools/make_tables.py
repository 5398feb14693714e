"""Compile flowc/dsl/grammar.lark into flowc/dsl/tables.py; `--check` only says whether it is fresh.

lark does the LALR(1) analysis here, so that nothing has to at run time.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lark import Lark, logger
from lark.lexer import PatternStr
from lark.parsers.lalr_analysis import Shift

if TYPE_CHECKING:
    from lark.grammar import Rule

DSL = Path(__file__).parent.parent / "flowc" / "dsl"
GRAMMAR = DSL / "grammar.lark"
TABLES = DSL / "tables.py"
STARTS = ("module", "expression")

# What a reduction does with the values of its right-hand side (driver.py).
UNIT, NAME, BUILD, APPEND, FIRST, PASS, TUPLE = range(7)
REDUCE = 2048  # actions below shift to that state, the others reduce by rule `action - REDUCE`


class _Conflicts(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if "onflict" in record.getMessage():
            self.found.append(record.getMessage())


def compile_grammar(text: str) -> Lark:
    """Build lark's own parser. Raises ValueError if the grammar is not strictly LALR(1)."""
    conflicts = _Conflicts()
    level = logger.level
    logger.addHandler(conflicts)
    logger.setLevel(logging.DEBUG)
    try:
        lark = Lark(
            text,
            parser="lalr",
            lexer="basic",
            start=list(STARTS),
            maybe_placeholders=True,
            debug=True,
        )
    finally:
        logger.removeHandler(conflicts)
        logger.setLevel(level)
    if conflicts.found:
        raise ValueError("the grammar is not LALR(1):\n" + "\n".join(conflicts.found))
    return lark


def _kept(rule: Rule) -> list[int]:
    return [i for i, symbol in enumerate(rule.expansion) if not _dropped(symbol)]


def _dropped(symbol: Any) -> bool:
    return bool(symbol.is_term and symbol.filter_out)


def _pick(rule: Rule) -> tuple[int, ...]:
    """Where a builder's arguments stand on the right-hand side; -1 for an absent `[ ]`.

    lark's `empty_indices` says before which symbols an absent optional left its None.
    """
    size = len(rule.expansion)
    pick: list[int] = []
    empty = rule.options.empty_indices
    if not empty:
        return tuple(_kept(rule))
    position = 0
    for absent in empty:
        if absent:
            pick.append(-1)
        else:
            if not _dropped(rule.expansion[position]):
                pick.append(position)
            position += 1
    assert position == size, rule
    return tuple(pick)


def rule_rows(rules: list[Rule], symbols: dict[str, int]) -> list[tuple[int, int, int, str, Any]]:
    """Each rule as (operation, left-hand side, length, builder, what it picks)."""
    repeating = {
        rule.origin.name
        for rule in rules
        if any(not s.is_term and s.name.startswith("__") for s in rule.expansion)
        and not rule.origin.name.startswith("__")
    }
    rows: list[tuple[int, int, int, str, Any]] = []
    for rule in rules:
        origin, size, kept = str(rule.origin.name), len(rule.expansion), _kept(rule)
        name, operation = "", BUILD
        pick: int | tuple[int, ...] | None = None
        if origin.startswith("__"):
            assert len(kept) == (2 if rule.expansion[0].name == origin else 1), rule
            operation = APPEND if len(kept) == 2 else FIRST
            pick = kept[-1]
        elif origin in repeating:
            assert len(kept) <= 1 or str(rule.expansion[kept[-1]].name).startswith("__"), rule
            operation, pick = TUPLE, tuple(kept)
        elif origin in ("name", "reserved"):
            assert size == 1
            operation = NAME
        elif rule.alias or not rule.options.expand1:
            name = str(rule.alias or origin)
            pick = _pick(rule)
        elif size == 1:
            operation = UNIT
        else:
            assert len(kept) == 1, rule
            operation, pick = PASS, kept[0]
        rows.append((operation, symbols[origin], size, name, pick))
    return rows


def generate() -> str:
    """The text of tables.py for the grammar as it stands."""
    lark = compile_grammar(GRAMMAR.read_text(encoding="utf-8"))
    table: Any = lark.parser.parser._parse_table
    ignored = set(lark.ignore_tokens)
    terminals = ["$END", *sorted(str(t.name) for t in lark.terminals if t.name not in ignored)]
    kinds = {name: kind for kind, name in enumerate(terminals)}
    nonterminals = sorted({str(rule.origin.name) for rule in lark.rules})
    symbols = {name: number for number, name in enumerate(nonterminals)}
    used: list[Rule] = []
    numbers: dict[Rule, int] = {}
    for actions in table.states.values():
        for action, argument in actions.values():
            if action is not Shift and argument not in numbers:
                numbers[argument] = len(used)
                used.append(argument)
    used.sort(key=lambda rule: (rule.origin.name, rule.order, str(rule.expansion)))
    numbers = {rule: number for number, rule in enumerate(used)}

    states = _numbered(table)
    shifts: list[bytes] = []
    gotos: list[bytes] = []
    for state in states:
        shift: dict[int, int] = {}
        goto: dict[int, int] = {}
        for name, (action, argument) in sorted(table.states[state].items()):
            if action is not Shift:
                shift[kinds[name]] = REDUCE + numbers[argument]
            elif name in kinds:
                shift[kinds[name]] = states[argument]
            elif name in symbols:
                goto[symbols[name]] = states[argument]
        shifts.append(_row(shift))
        gotos.append(_row(goto))
    assert len(shifts) < REDUCE
    assert len(terminals) < 128 and len(symbols) < 256

    words = {
        str(t.pattern.value): kinds[str(t.name)]
        for t in lark.terminals
        if isinstance(t.pattern, PatternStr)
    }
    words |= dict.fromkeys(("==", "!=", "<=", ">=", "<", ">"), kinds["COMPARE"])
    rows = rule_rows(used, symbols)
    builders = sorted({row[3] for row in rows})
    lines = [
        '"""LALR(1) tables of grammar.lark, written by tools/make_tables.py: do not edit."""',
        "",
        "# Kinds of tokens by number; the words and signs of the language, and their kinds.",
        f"TERMINALS = {tuple(terminals)!r}",
        f"WORDS = {dict(sorted(words.items()))!r}",
        f"NONTERMINALS = {tuple(nonterminals)!r}",
        f"STARTS = { {name: states[table.start_states[name]] for name in STARTS}!r}",
        f"ENDS = { {name: states[table.end_states[name]] for name in STARTS}!r}",
        f"REDUCE = {REDUCE}",
        "# Rules: operation, left-hand side * 128, length, builder, picked children.",
        f"BUILDERS = {tuple(builders)!r}",
        "RULES = (",
        *(f"    {(op, lhs << 7, size, builders.index(b), p)!r}," for op, lhs, size, b, p in rows),
        ")",
        "# Rows, each once: symbols in a byte each, actions or states in two; each state's row.",
        *_shared("ACTION", shifts),
        *_shared("GOTO", gotos),
    ]
    return "\n".join(lines) + "\n"


def _numbered(table: Any) -> dict[Any, int]:
    """Number the states in the order in which they are reached: the same on every run."""
    states: dict[Any, int] = {}
    waiting = [table.start_states[name] for name in STARTS]
    for state in waiting:
        if state not in states:
            states[state] = len(states)
            for _, (action, argument) in sorted(table.states[state].items()):
                if action is Shift:
                    waiting.append(argument)
    return states


def _row(row: dict[int, int]) -> bytes:
    """The keys in a byte each, then the values in two, the lower one first."""
    return bytes(row) + b"".join(value.to_bytes(2, "little") for value in row.values())


def _shared(name: str, rows: list[bytes]) -> list[str]:
    unique = sorted(set(rows))
    place = {row: number for number, row in enumerate(unique)}
    return [
        f"{name}_ROWS = (",
        *(f"    {row!a}," for row in unique),
        ")",
        f"{name}_OF = {''.join(chr(place[row]) for row in rows)!a}",
    ]


def main() -> int:
    """Write the tables, or with `--check` compare them: 0 if fresh, 1 if stale."""
    text = generate()
    if "--check" not in sys.argv[1:]:
        TABLES.write_text(text, encoding="utf-8")
        return 0
    if not TABLES.exists() or TABLES.read_text(encoding="utf-8") != text:
        sys.stderr.write("flowc/dsl/tables.py is stale: run `python tools/make_tables.py`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
