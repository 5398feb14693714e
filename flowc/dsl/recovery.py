"""A refused token to the smallest edit of the tokens after which the parse goes on.

Repairs of one token are tried first (as in Burke and Fisher's method) on state stacks alone and
ranked by how far the parse then gets; next, dropping a few tokens with one put in; at last
panic: what is broken is dropped up to a word that begins a statement or a closing brace, and
everything completed before stays.
"""

from __future__ import annotations

from bisect import bisect_left

from flowc.dsl.driver import ACTIONS, JUMPS, advance, kinds_of, shift
from flowc.dsl.indent import at_margin, begins_line, unindented
from flowc.dsl.lexer import END, KIND, NAME, ODD, TEXT, tokenize
from flowc.dsl.tables import ENDS, REDUCE, RULES, WORDS
from flowc.dsl.words import (
    CLOSERS,
    DECLARATIONS,
    HEADERS,
    LITERALS,
    OPENERS,
    OPERATORS,
    RESERVED,
    SOFT,
    SPELLING,
    STATEMENTS,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.dsl.driver import Run
    from flowc.dsl.lexer import Tokens

    Token = tuple[int, int, int]  # kind, start, end

LOOK = 24  # tokens behind the error over which repairs are compared
_BACK = 2  # tokens before the error that may be at fault as well
_ENOUGH = 3  # tokens that must be accepted after a repair of one token
_CLOSERS = 1000  # `}` that may be missing at the end of the file
_DROP = 14  # tokens that may be dropped short of panic
_BRACE_OPEN, _BRACE = WORDS["{"], WORDS["}"]
_SYNC = STATEMENTS | DECLARATIONS | {_BRACE, END, WORDS["branch"], WORDS["case"]}
_SYNC |= HEADERS | {WORDS["action"], WORDS["read"]}
_SIMPLE = frozenset(WORDS[sign] for sign in [",", ":", "(", "{", "=", ".", "->"]) | CLOSERS


class Repair:
    """`edits` on the tokens as (at, removed, new), from the last to the first.

    `how` is "insert", "delete", "replace", "drop" or "join" (of a text in pieces); `at` the token
    it is about, `kind` the one put in, `reach` the first old token that would be refused again.
    """

    __slots__ = ("at", "cost", "edits", "how", "kind", "reach", "removed")

    def __init__(
        self,
        how: str,
        at: int,
        removed: int,
        kind: int | None,
        reach: int,
        cost: float,
        edits: list[tuple[int, int, list[Token]]],
    ) -> None:
        self.how = how
        self.at = at
        self.removed = removed
        self.kind = kind
        self.reach = reach
        self.cost = cost
        self.edits = edits


class Search:
    """The search for a repair of the token at which `run` stopped."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.tokens: Tokens = run.tokens
        self.kinds = run.tokens.kinds
        self.index = run.index
        self.far = self.index + LOOK
        self.base, self.stacks = run.trace(max(0, self.index - _BACK))
        self.accepted = accepted(self.stack(self.index))
        # A reserved word that begins a line is what it seems to be; the fault lies before it.
        kind = self.kinds[self.index]
        self.trusted = kind in STATEMENTS and begins_line(self.tokens, self.index)

    def stack(self, at: int) -> list[int]:
        """The states before token `at`."""
        return self.stacks[at - self.base]

    def repair(self) -> Repair:
        """The best repair there is; panic always finds one."""
        joined = self._nested_text()
        if joined is not None:
            return joined
        strange = self._strange_declaration()
        if strange is not None:
            return strange
        left_out = self._left_out()
        if left_out is not None:
            return left_out
        best = self._one_token()
        enough = 1 if self.trusted else _ENOUGH
        after = min(self.index + 1, len(self.kinds) - 1)
        fresh = self.kinds[after] in STATEMENTS and begins_line(self.tokens, after)
        if fresh and self.kinds[self.index] == ODD:
            enough = 2  # what is wrong on the next line is another fault
        if best is None or best.reach < min(self.index + enough, len(self.kinds)):
            best = self._few_tokens() or self._panic()
        if best.how == "insert" and best.kind == _BRACE and best.at == self.index:
            best = self._by_layout(best)
        return best

    def _by_layout(self, repair: Repair) -> Repair:
        """Put a missing `}` where the indentation says that its block ends."""
        at = self.index
        if self.kinds[at] != END and self.kinds[at] not in DECLARATIONS:
            return repair
        place = unindented(self.tokens, at)
        if place is None or place == at:
            return repair
        after = advance(self.run.states_before(place), _BRACE)
        if after is None or self.reach(after, place) < repair.reach:
            return repair
        return self._made("insert", place, 0, _BRACE, repair.reach, repair.cost)

    def _strange_declaration(self) -> Repair | None:
        """Drop a declaration that stands, indented, between statements."""
        kinds, tokens, at = self.kinds, self.tokens, self.index
        if kinds[at] not in DECLARATIONS or at_margin(tokens, at):
            return None
        if not self.accepted >= STATEMENTS:
            return None
        stop, depth = at + 1, 0
        while kinds[stop] != END and (depth or not begins_line(tokens, stop)):
            depth += (kinds[stop] == _BRACE_OPEN) - (kinds[stop] == _BRACE)
            if depth < 0:
                break
            stop += 1
        reach = self.reach(self.stack(at), stop)
        if reach == stop:
            return None
        return self._made("drop", at, stop - at, None, reach, 1.0)

    def _left_out(self) -> Repair | None:
        """Put in what a loop or a flow lacks before its `{`."""
        kinds, at = self.kinds, self.index
        if kinds[at] != _BRACE_OPEN:
            return None
        put_in: tuple[int, ...] = ()
        if kinds[max(at - 3, 0) : at] == [WORDS["flow"], NAME, WORDS["("]]:
            put_in = (WORDS[")"],)
        elif kinds[max(at - 2, 0) : at] == [WORDS["flow"], NAME]:
            put_in = (WORDS["("], WORDS[")"])
        elif WORDS["max"] in self.accepted and NAME not in self.accepted:
            put_in = (WORDS["max"], KIND["INT"])
        else:
            return None
        states: list[int] | None = self.stack(at)
        for kind in put_in:
            states = None if states is None else advance(states, kind)
        if states is None:
            return None
        place = self.tokens.ends[at - 1]
        edit = (at, 0, [(kind, place, place) for kind in put_in])
        return Repair("insert", at, 0, put_in[0], self.reach(states, at), 1.0, [edit])

    # -- one token

    def _one_token(self) -> Repair | None:
        found: list[Repair] = []
        odd = self.kinds[self.index] == ODD
        for back in range(min(_BACK, self.index - self.base) + 1):
            if odd and back:
                break
            at = self.index - back
            stack = self.stack(at)
            if self.kinds[at] != END:
                reach = self.reach(stack, at + 1)
                found.append(
                    self._made("delete", at, 1, None, reach, self._drop_cost(at) + back * 1.5)
                )
            for kind, after in self._candidates(stack):
                price = _price(kind)
                if not odd:
                    reach = self.reach(after, at)
                    found.append(self._made("insert", at, 0, kind, reach, price + back * 2))
                if self.kinds[at] != END and kind != self.kinds[at]:
                    reach = self.reach(after, at + 1)
                    cost = price + self._change_cost(at, kind) + back * 2
                    found.append(self._made("replace", at, 1, kind, reach, cost))
        if odd and self.tokens.text[self.tokens.starts[self.index]] in "\"'#/":
            found.append(self._unquoted())
        if self.trusted:
            inserted = [
                repair
                for repair in found
                if repair.how == "insert" and repair.at == self.index < repair.reach
            ]
            farthest = max((repair.reach for repair in inserted), default=0)
            # `if` begins values and words are labels too, but here it begins a statement
            closed = [r for r in inserted if r.reach == farthest and r.kind in CLOSERS]
            found = closed or inserted or found
        return min(found, key=lambda repair: (-repair.reach, repair.cost), default=None)

    def _unquoted(self) -> Repair:
        """Take what swallowed the rest of its line for a stray sign, and read what follows it."""
        at = self.index
        inner = tokenize(self.tokens.text, self.tokens.starts[at] + 1, self.tokens.ends[at])
        new = list(zip(inner.kinds, inner.starts, inner.ends, strict=True))[:-1]
        states: list[int] | None = self.stack(at)
        for kind, _, _ in new:
            states = advance(states, kind) if states else None
        reach = self.reach(states, at + 1) if states else at
        return Repair("replace", at, 1, None, reach, 1.0, [(at, 1, new)])

    def _nested_text(self) -> Repair | None:
        """Join the pieces of a text whose hole has text literals inside."""
        tokens = self.tokens
        for at in range(self.index - 1, max(self.index - 4, self.base - 1), -1):
            word = tokens.word(at)
            if self.kinds[at] != TEXT or word.rfind("{") <= word.rfind("}"):
                continue
            line_end = tokens.text.find("\n", tokens.starts[at])
            last = at
            for stop in range(at + 1, len(self.kinds)):
                if tokens.starts[stop] >= line_end >= 0 or self.kinds[stop] == END:
                    break
                if tokens.text[tokens.ends[stop] - 1] == '"':
                    last = stop
            if last <= self.index:
                continue
            joined = (TEXT, tokens.starts[at], tokens.ends[last])
            after = advance(self.stack(at), TEXT)
            reach = self.reach(after, last + 1) if after else at
            edits = [(at, last + 1 - at, [joined])]
            return Repair("join", at, last + 1 - at, TEXT, reach, 0.1, edits)
        return None

    def _candidates(self, stack: list[int]) -> list[tuple[int, list[int]]]:
        kinds = kinds_of(stack[-1])
        found = []
        for kind in kinds:
            if kind in (END, ODD) or (kind in SOFT and NAME in kinds):
                continue
            after = advance(stack, kind)
            if after is not None:
                found.append((kind, after))
        return found

    def _drop_cost(self, at: int) -> float:
        kind = self.kinds[at]
        if kind == ODD:
            return 0.5
        if at and self.tokens.word(at) == self.tokens.word(at - 1):
            return 0.6
        return 2.2 if kind in CLOSERS or kind in OPENERS else 2.0

    def _change_cost(self, at: int, kind: int) -> float:
        """What it costs more to take the token for another one than to put one in."""
        word = self.tokens.word(at)
        old = self.kinds[at]
        if kind in SPELLING and word and _close(word, SPELLING[kind]):
            return -1.5
        if kind == NAME and (old in RESERVED or (old == ODD and word.isidentifier())):
            return 0.0
        if (old in CLOSERS and kind in CLOSERS) or (old in OPENERS and kind in OPENERS):
            return 0.0
        if old == ODD:
            return _odd_cost(word, kind)
        return 1.5

    def _made(
        self, how: str, at: int, removed: int, kind: int | None, reach: int, cost: float
    ) -> Repair:
        return Repair(
            how, at, removed, kind, reach, cost, [(at, removed, self._new(at, removed, kind))]
        )

    def _new(self, at: int, removed: int, kind: int | None) -> list[Token]:
        if kind is None:
            return []
        tokens = self.tokens
        if removed == 1:
            start = tokens.starts[at]
            word = tokens.word(at)
            if kind in SPELLING or (kind == NAME and word.isidentifier()):
                return [(kind, start, tokens.ends[at])]
            return [(kind, start, start)]
        place = tokens.ends[at - 1] if at else tokens.starts[0]
        return [(kind, place, place)]

    # -- a few tokens

    def _few_tokens(self) -> Repair | None:
        """Drop up to `_DROP` tokens around the error and put in up to one."""
        best: Repair | None = None
        last = len(self.kinds) - 1
        for back in range(min(_BACK, self.index - self.base) + 1):
            at = self.index - back
            stack = self.stack(at)
            candidates = self._candidates(stack)
            depth = 0
            for stop in range(at, min(self.index + _DROP, last) + 1):
                if stop > at:
                    dropped = self.kinds[stop - 1]
                    depth += (dropped == _BRACE_OPEN) - (dropped == _BRACE)
                    if depth < 0 or dropped in DECLARATIONS:
                        break
                if depth or stop < self.index:
                    continue
                base = (stop - at) * 0.8 + back * 0.5
                for kind, after in [(None, stack), *candidates]:
                    if kind is None and stop == at:
                        continue
                    cost = base + (0 if kind is None else _price(kind))
                    if best is not None and cost >= best.cost:
                        continue
                    reach = self.reach(after, stop)
                    if reach >= min(stop + 6, last + 1):
                        best = self._made("drop", at, stop - at, kind, reach, cost)
        return best

    # -- panic

    def _panic(self) -> Repair:
        """Drop the statement (or more) that is broken, up to where something new begins."""
        states, firsts = self.run.trace_firsts(self.index)
        kinds, last = self.kinds, len(self.kinds) - 1
        stop = self.index
        best: Repair | None = None
        tried = 0
        while tried < 6:
            while kinds[stop] not in _SYNC or (stop == self.index and stop != last and tried):
                stop += 1
            for depth in range(len(states), 0, -1):
                start = (
                    self.index
                    if depth == len(states)
                    else bisect_left(self.tokens.starts, firsts[depth])
                )
                if start == stop == self.index and kinds[stop] != END:
                    continue
                if best is not None and (self.index - start) * 0.5 >= best.cost:
                    break
                closing = self._close(states[:depth], stop)
                if closing is None:
                    continue
                closers, reach = closing
                if kinds[stop] != END and reach < min(stop + 2, last + 1):
                    continue
                cost = (self.index - start) * 0.5 + (stop - self.index) * 0.7 + closers * 2
                if best is None or cost < best.cost:
                    best = self._dropped(start, stop, closers, reach, cost)
                if kinds[stop] == END:
                    break
            if kinds[stop] == END:
                break
            stop += 1
            tried += 1
        if best is None:
            best = self._made("drop", self.index, 1, None, self.index, 99.0)
        return best

    def _close(self, states: list[int], stop: int) -> tuple[int, int] | None:
        """How many `}` must be put in before token `stop` is accepted, and the reach then."""
        stack = states[:]
        for closers in range(_CLOSERS if self.kinds[stop] == END else 3):
            reach = self.reach(stack, stop)
            if reach > stop:
                return closers, reach
            if not shift(stack, _BRACE):
                return None
        return None

    def _dropped(self, start: int, stop: int, closers: int, reach: int, cost: float) -> Repair:
        """Drop tokens start..stop, and the `}` of blocks whose `{` goes with them."""
        edits: list[tuple[int, int, list[Token]]] = []
        kinds = self.kinds
        opened = 0
        for at in range(start, stop):
            opened += (kinds[at] == _BRACE_OPEN) - (kinds[at] == _BRACE)
            opened = max(opened, 0)
        depth = 0
        at = stop
        while opened and kinds[at] != END and kinds[at] not in DECLARATIONS:
            if kinds[at] == _BRACE_OPEN:
                depth += 1
            elif kinds[at] == _BRACE:
                if depth == 0:
                    edits.insert(0, (at, 1, []))
                    opened -= 1
                else:
                    depth -= 1
            at += 1
        place = self.tokens.ends[start - 1] if start else self.tokens.starts[0]
        edits.append((start, stop - start, [(_BRACE, place, place)] * closers))
        return Repair("drop", start, stop - start, None, reach, cost, edits)

    # -- how far

    def reach(self, states: list[int], at: int) -> int:
        """The first token from `at` on that is refused after `states`; the end counts as far."""
        kinds = self.kinds
        stack = states[:]
        far = max(self.far, at + 8)
        while at < far:
            kind = kinds[at]
            action = ACTIONS[(stack[-1] << 7) + kind]
            if action < REDUCE:
                if action < 0:
                    return far if kind == END and stack[-1] in ENDS.values() else at
                stack.append(action)
                at += 1
            else:
                rule = RULES[action - REDUCE]
                if rule[2]:
                    del stack[-rule[2] :]
                stack.append(JUMPS[(stack[-1] << 15) + rule[1] + kind])
        return at


def accepted(stack: list[int]) -> set[int]:
    """The kinds that are really accepted: looked up, then simulated."""
    return {kind for kind in kinds_of(stack[-1]) if advance(stack, kind) is not None}


def _price(kind: int) -> float:
    if kind in _SIMPLE:
        return 1.0
    if kind == NAME:
        return 1.6
    if kind in LITERALS:
        return 2.4
    if kind in OPERATORS:
        return 3.0
    if kind in HEADERS:
        return 2.2
    return 2.0


def _odd_cost(word: str, kind: int) -> float:
    if kind == TEXT and word[0] in "\"'":
        return -2.2
    if word[0].isdigit() and kind in LITERALS and kind != TEXT:
        return -2.0
    spelled = {"&": "and", "|": "or", "!": "not", ";": ",", "+": "+"}.get(word[0])
    if spelled is not None and WORDS[spelled] == kind:
        return -2.5
    if kind == WORDS["=="] and word in ("===", "!==", "<>"):
        return -2.5
    if kind == WORDS["="] and word == ":=":
        return -2.0
    return 1.5


def _close(word: str, other: str) -> bool:
    """Whether one slip of the fingers makes `other` of `word`, or two in a long word."""
    if not other.isalpha() or abs(len(word) - len(other)) > 2 or not word.isalnum():
        return False
    if sorted(word) == sorted(other):
        return True
    row = list(range(len(other) + 1))
    for number, char in enumerate(word, 1):
        last, row[0] = row[0], number
        for at, letter in enumerate(other, 1):
            last, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, last + (char != letter))
    return row[-1] <= (1 if len(other) < 5 else 2) and row[-1] < len(other) - 1
