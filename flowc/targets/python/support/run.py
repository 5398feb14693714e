"""One instance of a flow as it runs: steps with their outcomes, the ledger, and unwinding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar, overload

from .branches import Branch, run_all, unwind_fork
from .calls import Blind, Call, Happened, Policy, Probe, Stop, Undo
from .errors import FlowError, Halt, Unknown, read_error
from .ledger import Entry, Fork, Scope
from .seams import Caught
from .values import decode, encode, instant
from .waiting import Waiting

T = TypeVar("T")
U = TypeVar("U")
Answer = Probe[T] | Happened | Blind | Stop


class Run(Waiting):
    """What the code of a flow is handed. Everything that is not pure goes through it."""

    # -- steps -----------------------------------------------------------------------------

    @overload
    async def step(
        self,
        name: str,
        call: Call[T],
        policy: Policy,
        *,
        on_unknown: Answer[T] | None = None,
        compensate: Undo | Callable[[T], Undo] | None = None,
        nth: int = 1,
    ) -> T: ...
    @overload
    async def step(
        self,
        name: str,
        call: Call[T],
        policy: Policy,
        *,
        on_unknown: Answer[T] | None = None,
        compensate: Undo | Callable[[T], Undo] | None = None,
        otherwise: Callable[[], U],
        nth: int = 1,
    ) -> T | U: ...
    async def step(
        self,
        name: str,
        call: Call[T],
        policy: Policy,
        *,
        on_unknown: Answer[T] | None = None,
        compensate: Undo | Callable[[T], Undo] | None = None,
        otherwise: Callable[[], Any] | None = None,
        nth: int = 1,
    ) -> Any:
        """Call an operation under its policy and enter its compensation in the ledger. `nth`:
        which of the steps of that name in the flow's text it is.

        Raises the operation's declared error, Unknown, Cancelled or DeadlineExceeded at its
        start, and Halt. With `otherwise` every error but those two gives its value, after what
        may have taken effect was undone.
        """
        path = self.prefix + name
        frozen = compensate if isinstance(compensate, Undo) else None
        began = await self.begin(path, call, undo=frozen, guarded=True, nth=nth)
        if otherwise is None:
            return await self._effect(path, call, policy, on_unknown, compensate, began)
        async with self.undo_on(FlowError) as caught:
            return await self._effect(path, call, policy, on_unknown, compensate, began)
        del caught
        return otherwise()

    def undo_on(self, *errors: type[FlowError]) -> Caught:
        """`async with`: one of these errors unwinds what is inside, and is caught there."""
        return Caught(self, errors)

    async def _effect(
        self,
        path: str,
        call: Call[T],
        policy: Policy,
        on_unknown: Answer[T] | None,
        compensate: Undo | Callable[[T], Undo] | None,
        began: int,
    ) -> Any:
        freeze = compensate if callable(compensate) else None
        outcome = await self.attempts(path, path, call, policy, began, freeze=freeze)
        if outcome.kind == "fail" and outcome.error is not None:
            raise outcome.error
        value = outcome.value
        if outcome.kind == "unknown":
            value = await self._answer(path, outcome.reason, on_unknown, compensate)
        if callable(compensate):
            self.ledger.entries.append(Entry(path, compensate(value)))
        elif compensate is not None:
            self.ledger.entries.append(Entry(path, compensate))
        return value

    async def _answer(
        self,
        path: str,
        reason: str,
        answer: Answer[Any] | None,
        compensate: Undo | Callable[[Any], Undo] | None,
    ) -> Any:
        """The value of a step of unknown outcome, if it turns out to have happened."""
        undo = compensate if isinstance(compensate, Undo) else None
        match answer:
            case None:
                pass
            case Stop():
                raise Halt(path, reason)
            case Blind():
                if undo is not None:
                    self.ledger.entries.append(Entry(path, undo))
            case Probe() | Happened():
                asked = f"{path} probe"
                began = await self.begin(asked, answer.call)
                freeze = compensate if callable(compensate) else None
                probed = await self.attempts(
                    asked, path, answer.call, answer.policy, began, freeze=freeze
                )
                if probed.kind != "ok":
                    raise Halt(path, f"{reason}; and its probe gave no answer")
                if isinstance(answer, Happened):
                    if probed.value:
                        return None
                elif probed.value is not None:
                    return probed.value
                if undo is not None and undo.call.operation.absorbing:
                    self.ledger.entries.append(Entry(path, undo))
        raise Unknown(path)

    # -- unwinding -------------------------------------------------------------------------

    async def unwind(self, scope: Scope) -> None:
        """Undo a scope, last effect first. What cannot be undone is stuck; the rest goes on."""
        if not any(True for _ in scope.flat()):
            return
        budget = self.limits.compensate_within
        if budget is not None:
            budget += await self.begin(f"{self.prefix}unwind")
        await self.unwind_within(scope, budget)

    async def unwind_within(self, scope: Scope, budget: int | None) -> None:
        """As `unwind`; nothing starts at or after the moment `budget`."""
        for entry in reversed(scope.entries):
            match entry:
                case Entry():
                    await self._undo(entry, budget)
                case Scope():
                    await self.unwind_within(entry, budget)
                case Fork():
                    await unwind_fork(self, entry, self._unused("unwind"), budget)

    async def _undo(self, entry: Entry, budget: int | None) -> None:
        name = f"{entry.path} undo"
        began = await self.begin(name, entry.undo.call)
        if budget is not None and began >= budget and not self.restarted:
            await self._stuck(name, entry, "no time left to compensate")
            return
        call, policy = entry.undo.call, entry.undo.policy
        outcome = await self.attempts(name, entry.path, call, policy, began, undoing=True)
        if outcome.kind != "ok":
            await self._stuck(name, entry, str(outcome.error or outcome.reason))

    def _unused(self, word: str) -> str:
        """A path that this run has not used yet."""
        self._made += 1
        return f"{self.prefix}{word} {self._made}"

    async def _stuck(self, name: str, entry: Entry, reason: str) -> None:
        self.stuck.append(entry.path)

        async def tell() -> bool:
            title = entry.undo.call.operation.title
            self.tell("stuck", entry.path, operation=title, detail=reason)
            self.tell("page", entry.path, detail=entry.undo.policy.page or "the owner")
            return True

        await self.journal.once(f"{name} stuck", tell)

    # -- what runs side by side, and flows as steps ------------------------------------------

    async def parallel(self, path: str, *branches: Branch) -> None:
        """Run branches side by side. Raises the first one's error, when all have settled."""
        if branches:
            await run_all(self, self.prefix + path, branches)

    async def each(self, path: str, rounds: Sequence[Branch], width: int = 1) -> None:
        """Run rounds in batches; the next batch starts only if none failed."""
        for start in range(0, len(rounds), width):
            await self.parallel(path, *rounds[start : start + width])

    async def call(
        self,
        name: str,
        flow: str,
        given: Mapping[str, Any],
        kind: Any,
        *,
        compensate: Undo | Callable[[Any], Undo] | None = None,
        otherwise: Callable[[], Any] | None = None,
        nth: int = 1,
    ) -> Any:
        """Run another flow as one step and give its value; `nth` as for `step`.

        Raises the child's error, Cancelled or DeadlineExceeded at its start, and Halt if the
        child did not end clean.
        """
        path = self.prefix + name
        frozen = compensate if isinstance(compensate, Undo) else None
        await self.begin(path, undo=frozen, guarded=True, nth=nth)
        async with self.undo_on(*([] if otherwise is None else [FlowError])) as caught:
            value = await self._child(path, flow, given, kind)
            if callable(compensate):
                self.ledger.entries.append(Entry(path, compensate(value)))
            elif compensate is not None:
                self.ledger.entries.append(Entry(path, compensate))
            return value
        del caught
        return None if otherwise is None else otherwise()

    async def chosen(self, path: str, choose: Callable[[], str]) -> str:
        """A choice that is made once and then remembered under a path."""

        return str(await self.journal.note(f"{path} flow", choose))

    async def _child(self, path: str, flow: str, given: Mapping[str, Any], kind: Any) -> Any:
        encoded = {name: encode(value) for name, value in given.items()}
        ending = await self.children.call(self, path, flow, encoded)
        self.passed(ending["at"])
        match ending["ending"]:
            case "Completed":
                return decode(kind, ending["value"])
            case "Compensated":
                raise read_error(ending["error"], self.children.errors)
            case word:
                raise Halt(path, f"{flow} ended {word}")

    # -- the rest --------------------------------------------------------------------------

    async def commit(self) -> None:
        """The point of no return: what happened before stays. Raises as a step does."""
        await self.begin(f"{self.prefix}commit", guarded=True)
        self.ledger = Scope()
        self.committed = True

    async def now(self, name: str) -> datetime:
        """The time, drawn once under that name."""

        return instant(await self.journal.note(self.prefix + name, self.clock.now))

    async def uuid(self, name: str) -> str:
        """A random UUID, drawn once under that name."""

        def draw() -> str:
            from uuid import uuid4

            return str(uuid4())

        return str(await self.journal.note(self.prefix + name, draw))

    async def random(self, name: str) -> Decimal:
        """A random decimal in 0..1 with 6 places, drawn once under that name."""

        def draw() -> int:
            from secrets import randbelow

            return randbelow(1_000_000)

        return Decimal(await self.journal.note(self.prefix + name, draw)).scaleb(-6)

    def halted(self, halt: Halt) -> dict[str, Any]:
        """The ending of a halted instance, with its whole ledger."""
        ledger = [entry.shown() for entry in self.ledger.flat()]
        return {"ending": "Halted", "step": halt.step, "reason": halt.reason, "ledger": ledger}
