"""Run the LALR(1) tables over tokens; builders make the tree's values as rules are reduced.

Chains of unit reductions (an expression that is only a name passes a dozen) are followed once
per state, symbol and lookahead, and remembered; nothing is built for them.
"""

from __future__ import annotations

from _operator import itemgetter  # without the rest of `operator`

from flowc.dsl.lexer import END
from flowc.dsl.tables import (
    ACTION_OF,
    ACTION_ROWS,
    BUILDERS,
    ENDS,
    GOTO_OF,
    GOTO_ROWS,
    REDUCE,
    RULES,
    STARTS,
)
from flowc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.dsl.build import Build
    from flowc.dsl.lexer import Tokens

_UNIT, _NAME, _BUILD, _APPEND, _FIRST, _PASS, _TUPLE = range(7)
NONE = -1
_CHUNK = 64  # tokens between two checkpoints
# Entries on the stack. A tree within the limits of depth.py may pass the first, never the second.
_SUSPECT = 45
_HOPELESS = 2000


def _entry(packed: bytes, key: int) -> int:
    """The action or state that a row has for a kind or symbol, NONE without one."""
    size = len(packed) // 3
    at = packed.find(key, 0, size)
    if at < 0:
        return NONE
    at = size + 2 * at
    return packed[at] | packed[at + 1] << 8


class _Actions(dict):  # type: ignore[type-arg]
    """What a state does with a token: (state << 7) + kind -> action, NONE if it refuses it.

    Looked up in the packed rows at the first visit: decoding them costs more than a short file.
    """

    def __missing__(self, key: int) -> int:
        self[key] = action = _entry(ACTION_ROWS[ord(ACTION_OF[key >> 7])], key & 127)
        return action


class _Jumps(dict):  # type: ignore[type-arg]
    """Where a reduction leads: (state << 15) + (symbol << 7) + lookahead -> state."""

    def __missing__(self, key: int) -> int:
        gotos = GOTO_ROWS[ord(GOTO_OF[key >> 15])]
        kind = key & 127
        to = _entry(gotos, key >> 7 & 255)
        while True:
            action = ACTIONS[(to << 7) + kind]
            if action < REDUCE or RULES[action - REDUCE][0] != _UNIT:
                break
            to = _entry(gotos, RULES[action - REDUCE][1] >> 7)
        self[key] = to
        return to


def kinds_of(state: int) -> bytes:
    """The kinds for which a state has an action."""
    packed = ACTION_ROWS[ord(ACTION_OF[state])]
    return packed[: len(packed) // 3]


class _Arguments(dict):  # type: ignore[type-arg]
    """How a rule's builder gets its two or more arguments from the right-hand side and a None."""

    def __missing__(self, action: int) -> itemgetter[Any]:
        pick: Any = RULES[action - REDUCE][4]
        self[action] = getter = itemgetter(*pick)
        return getter


ARGUMENTS = _Arguments()
ACTIONS = _Actions()
JUMPS = _Jumps()


class Checkpoint:
    """The stacks right after a token was shifted, to go on from there after a repair."""

    __slots__ = ("firsts", "found", "index", "lengths", "states", "values")

    def __init__(
        self, index: int, found: int, states: list[int], values: list[Any], firsts: list[int]
    ) -> None:
        self.index = index
        self.found = found
        self.states = states[:]
        self.values = values[:]
        self.firsts = firsts[:]
        # Lists still grow while they are on the stack: their lengths are restored as well.
        self.lengths = [(value, len(value)) for value in values if type(value) is list]


class Run:
    """One parse: `go` runs until the end or an error, `back` returns to a checkpoint."""

    def __init__(self, tokens: Tokens, build: Build, start: str) -> None:
        self.tokens = tokens
        self.build = build
        self.end = ENDS[start]
        self.make: list[Any] = [getattr(build, name) if name else None for name in BUILDERS]
        self.checkpoints = [Checkpoint(0, 0, [STARTS[start]], [None], [0])]
        self.index = 0
        self.value: Any = None
        self.suspect = False  # the tree may be nested too deep
        self.hopeless = False  # `index` is too deep to go on

    def back(self, index: int) -> None:
        """Forget everything from the last checkpoint at or before token `index` on."""
        points = self.checkpoints
        while points[-1].index > index:
            points.pop()
        for value, length in points[-1].lengths:
            del value[length:]
        del self.build.found[points[-1].found :]

    def trace(self, at: int) -> tuple[int, list[list[int]]]:
        """The state stacks before each token from a checkpoint at or before `at` to `index`."""
        point = next(p for p in reversed(self.checkpoints) if p.index <= at)
        stacks = [point.states]
        for kind in self.tokens.kinds[point.index : self.index]:
            stack = advance(stacks[-1], kind)
            assert stack is not None
            stacks.append(stack)
        return point.index, stacks

    def states_before(self, at: int) -> list[int]:
        """The state stack before token `at`, which is not behind `index`."""
        point = next(p for p in reversed(self.checkpoints) if p.index <= at)
        states = point.states
        for kind in self.tokens.kinds[point.index : at]:
            after = advance(states, kind)
            assert after is not None
            states = after
        return states

    def trace_firsts(self, at: int) -> tuple[list[int], list[int]]:
        """The states before token `at`, and for each the offset at which its part begins."""
        point = next(p for p in reversed(self.checkpoints) if p.index <= at)
        states, firsts = point.states[:], point.firsts[:]
        kinds, starts = self.tokens.kinds, self.tokens.starts
        index = point.index
        while index < at:
            action = ACTIONS[(states[-1] << 7) + kinds[index]]
            if action < REDUCE:
                states.append(action)
                firsts.append(starts[index])
                index += 1
                continue
            _, symbol, length, _, _ = RULES[action - REDUCE]
            if length:
                del states[-length:]
                del firsts[len(firsts) - length + 1 :]
            else:
                firsts.append(starts[index])
            states.append(JUMPS[(states[-1] << 15) + symbol + kinds[index]])
        return states, firsts

    def go(self) -> bool:
        """Run from the last checkpoint. True: `value` is complete. False: `index` is refused."""
        point = self.checkpoints[-1]
        states, values, firsts = point.states[:], point.values[:], point.firsts[:]
        kinds, starts, ends = self.tokens.kinds, self.tokens.starts, self.tokens.ends
        text = self.tokens.text
        actions, jumps, make = ACTIONS, JUMPS, self.make
        rules: Any = RULES
        arguments = ARGUMENTS
        name_of = self.build.name
        index = point.index
        kind = kinds[index]
        size = len(kinds)
        found = self.build.found
        self.hopeless = False
        while True:
            limit = min(index + _CHUNK, size)
            while index < limit:
                action = actions[(states[-1] << 7) + kind]
                if action < REDUCE:
                    if action < 0:
                        self.index = index
                        if kind == END and states[-1] == self.end:
                            self.value = values[-1]
                            return True
                        return False
                    states.append(action)
                    values.append(index)
                    firsts.append(starts[index])
                    index += 1
                    kind = kinds[index]
                    continue
                operation, symbol, length, builder, pick = rules[action - REDUCE]
                if operation == _NAME:
                    first = firsts[-1]
                    last = ends[index - 1]
                    values[-1] = name_of(Span(first, last), text[first:last])
                    states[-1] = jumps[(states[-2] << 15) + symbol + kind]
                    continue
                if length == 1:
                    if operation == _BUILD:
                        span = Span(firsts[-1], ends[index - 1])
                        if pick == (0,):
                            values[-1] = make[builder](span, values[-1])
                        else:
                            values[-1] = make[builder](
                                span, *[values[-1] if at >= 0 else None for at in pick]
                            )
                    elif operation == _FIRST:
                        values[-1] = [values[-1]]
                    elif operation == _TUPLE:
                        value = values[-1]
                        values[-1] = tuple(value) if type(value) is list else (value,)
                    states[-1] = jumps[(states[-2] << 15) + symbol + kind]
                    continue
                if length == 0:
                    values.append(
                        ()
                        if operation == _TUPLE
                        else make[builder](Span(starts[index], starts[index]))
                    )
                    firsts.append(starts[index])
                    states.append(jumps[(states[-1] << 15) + symbol + kind])
                    continue
                if operation == _APPEND:
                    values[-length].append(values[pick - length])
                    del values[1 - length :]
                else:
                    if operation == _BUILD:
                        span = Span(firsts[-length], ends[index - 1])
                        if len(pick) > 1:
                            right = values[-length:]
                            right.append(None)
                            value = make[builder](span, *arguments[action](right))
                        elif pick:
                            value = make[builder](span, values[pick[0] - length])
                        else:
                            value = make[builder](span)
                    elif operation == _PASS:
                        value = values[pick - length]
                    elif operation == _FIRST:
                        value = [values[pick - length]]
                    else:
                        value = _items([values[at - length] for at in pick])
                    del values[1 - length :]
                    values[-1] = value
                del firsts[1 - length :]
                del states[-length:]
                states.append(jumps[(states[-1] << 15) + symbol + kind])
            if len(states) > _SUSPECT:
                self.suspect = True
                if len(states) > _HOPELESS:
                    self.hopeless = True
                    self.index = index
                    return False
            self.checkpoints.append(Checkpoint(index, len(found), states, values, firsts))


def _items(parts: list[Any]) -> tuple[Any, ...]:
    items: list[Any] = []
    for part in parts:
        if type(part) is list:
            items += part
        else:
            items.append(part)
    return tuple(items)


def advance(states: list[int], kind: int) -> list[int] | None:
    """The state stack after a token of `kind`, or None if it is refused. END: as accepted."""
    after = states[:]
    return after if shift(after, kind) else None


def shift(states: list[int], kind: int) -> bool:
    """Take `states` past a token of `kind`. False if it is refused; some are reduced by then."""
    while True:
        action = ACTIONS[(states[-1] << 7) + kind]
        if action < REDUCE:
            if action < 0:
                return kind == END and states[-1] in ENDS.values()
            states.append(action)
            return True
        _, symbol, length, _, _ = RULES[action - REDUCE]
        if length:
            del states[-length:]
        states.append(JUMPS[(states[-1] << 15) + symbol + kind])
