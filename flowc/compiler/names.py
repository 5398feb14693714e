"""Which names are bound where, with which type, and what tests have taught about them.

One table with a trail: entering an arm takes a mark, leaving it rolls back to the mark, so
that a long flow costs no more than its length.
"""

from __future__ import annotations

from flowc.compiler.types import Type
from flowc.source import Span
from flowc.struct import Struct

Path = tuple[str, ...]


class Binding(Struct):
    """A bound name: its type (None: bound to a step without a result) and where it was bound."""

    type: Type | None
    span: Span


class Since(Struct):
    """What a rollback took back: the names bound and the step names used since the mark."""

    bound: dict[str, Binding]
    taken: dict[str, Span]


class Names:
    """The names bound on the path so far. Marks nest; roll back in reverse order."""

    def __init__(self) -> None:
        self._bound: dict[str, Binding] = {}
        self._known: dict[Path, Type] = {}  # narrowed types of names and field paths
        self._trail: list[tuple[str, str | Path, Binding | Type | None]] = []
        self.gone: dict[str, str] = {}  # names that ended -> what to do about it
        self.taken: dict[str, Span] = {}  # step and await names used on this path, even if ended

    def mark(self) -> int:
        """A point to roll back to."""
        return len(self._trail)

    def bind(self, name: str, kind: Type | None, span: Span) -> None:
        """Bind a name, or give it another type."""
        self._trail.append(("name", name, self._bound.get(name)))
        self._bound[name] = Binding(kind, span)

    def take(self, name: str, span: Span) -> None:
        """Note that a step or await of this name stands on the path."""
        if name not in self.taken:
            self._trail.append(("taken", name, None))
            self.taken[name] = span

    def learn(self, path: Path, kind: Type) -> None:
        """A test has shown that what stands at `path` is of a narrower type."""
        self._trail.append(("known", path, self._known.get(path)))
        self._known[path] = kind

    def rollback(self, mark: int) -> Since:
        """Forget everything since the mark; tells what was bound and used since, in order."""
        bound: dict[str, Binding] = {}
        taken: dict[str, Span] = {}
        while len(self._trail) > mark:
            what, key, before = self._trail.pop()
            if what == "name":
                assert isinstance(key, str)
                bound.setdefault(key, self._bound[key])
                if isinstance(before, Binding):
                    self._bound[key] = before
                else:
                    del self._bound[key]
            elif what == "taken":
                assert isinstance(key, str)
                taken[key] = self.taken.pop(key)
            else:
                assert isinstance(key, tuple)
                if before is None:
                    self._known.pop(key, None)
                else:
                    assert not isinstance(before, Binding)
                    self._known[key] = before
        return Since(dict(reversed(bound.items())), dict(reversed(taken.items())))

    def get(self, name: str) -> Binding | None:
        """The binding of a name, or None where it is not bound."""
        return self._bound.get(name)

    def narrowed(self, path: Path) -> Type | None:
        """The narrower type that a test has shown for a path, if any."""
        return self._known.get(path)

    def visible(self) -> list[str]:
        """Every name that is bound here."""
        return list(self._bound)
