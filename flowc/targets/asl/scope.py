"""A scope of a state machine: the machine itself or the body of a Map, with its own variables."""

from __future__ import annotations

from flowc.compiler import flow as ir
from flowc.struct import Struct
from flowc.targets.asl.jsonata import Expressions
from flowc.targets.asl.names import StateNames, Variables, condition, quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowc.targets.asl.bindings import Bindings
    from flowc.targets.asl.logical import Logical

    State = dict[str, object]
    Assigned = dict[str, object]

LAST_MOMENT = 8_640_000_000_000_000  # ms since 1970, the last that JavaScript's dates hold


class Place(Struct):
    """Where a statement stands: where an error goes from here, and what surrounds it."""

    catch: str  # the state that errors go to
    committed: bool = False
    looped: bool = False  # what is not bound in this round must not be left from the one before
    rounds: tuple[str, ...] = ()  # code for the number of each round around, outermost first


class Shared:
    """What all scopes of a machine have in common."""

    def __init__(
        self, flow: ir.Flow, logical: Logical, bindings: Bindings, *, called: bool
    ) -> None:
        self.flow = flow
        self.logical = logical
        self.bindings = bindings
        self.called = called  # by other flows, whose step's path then comes before all of its own
        self.state_names = StateNames()
        self.variables = Variables()
        self.operations: dict[str, ir.Operation] = {}  # those that are called, by title
        self.machines: set[str] = set()  # the flows that are called
        self.pages = False
        self.awaits = False
        self.uncompensated = ""  # the state that errors go to after `commit`
        self.completed = ""  # the state that a `return` goes to
        self.scopes = 0
        self.loops = 0


class Scope:
    """Collects states; gives variables to names and to what the machine keeps for itself."""

    def __init__(self, shared: Shared, parent: Scope | None, names: Iterable[str]) -> None:
        self.shared = shared
        self.parent = parent
        self.number = shared.scopes
        shared.scopes += 1
        self.states: dict[str, State] = {}
        self.own = frozenset(names)
        self.expressions = Expressions(self.value)
        self.kept: dict[str, object] = {}  # own variables and what they begin with
        self.undo: str | None = None  # the state that unwinds, as soon as somebody goes there
        self.undo_to: list[str] = []  # where unwinding goes on to
        self.compensations: list[tuple[str, ir.Step]] = []
        self.nested: list[tuple[str, list[Scope]]] = []
        self.halt = ""  # the state that a halt goes to
        self.late = ""  # the state that a missed deadline goes to
        self.out = ""  # the state that the instance's own errors go to: nothing catches them
        for name in sorted(self.own):
            self.kept[shared.variables.of(self.number, name)] = None

    # -- names -----------------------------------------------------------------------------

    def take(self, wanted: str) -> str:
        """A name for a state."""
        return self.shared.state_names.take(wanted)

    def variable(self, name: str) -> str:
        """The variable to assign for a name that is bound in this scope."""
        return self.shared.variables.of(self.number, name)

    def value(self, name: str) -> str:
        """Code that reads a name bound here or in a scope around."""
        scope: Scope | None = self
        while scope is not None and name not in scope.own:
            scope = scope.parent
        assert scope is not None, name
        return f"${scope.variable(name)}"

    def own_variable(self, name: str, start: object = None) -> str:
        """A variable of the machine's own in this scope."""
        variable = f"{name}{self.number or ''}_"
        self.kept.setdefault(variable, start)
        return variable

    def fresh(self, name: str) -> str:
        """A variable of the machine's own for one statement."""
        self.shared.loops += 1
        return self.own_variable(f"{name}_{self.shared.loops}")

    @property
    def ledger(self) -> str:
        return self.own_variable("ledger", [])

    @property
    def error(self) -> str:
        return self.own_variable("error")

    @property
    def stuck(self) -> str:
        return self.own_variable("stuck", [])

    @property
    def halted(self) -> str:
        return self.own_variable("halted")

    # -- states ----------------------------------------------------------------------------

    def reserve(self, name: str) -> str:
        """Keep the place of a state whose parts are made before it."""
        self.states.setdefault(name, {})
        return name

    def add(self, name: str, state: State) -> None:
        assert not self.states.get(name), name
        self.states[name] = state

    def passing(self, name: str, assign: Assigned, to: str, comment: str | None = None) -> None:
        """A Pass that assigns."""
        state: State = {"Type": "Pass"}
        if comment:
            state["Comment"] = comment
        if assign:
            state["Assign"] = assign
        self.add(name, {**state, "Next": to})

    def choice(
        self,
        name: str,
        rules: list[tuple[str, Assigned, str]],
        otherwise: tuple[Assigned, str],
        comment: str | None = None,
    ) -> None:
        """A Choice; without rules it is a Pass."""
        if not rules:
            self.passing(name, otherwise[0], otherwise[1], comment)
            return
        state: State = {"Type": "Choice"}
        if comment:
            state["Comment"] = comment
        state["Choices"] = [
            {
                "Condition": condition(code),
                **({"Assign": assign} if assign else {}),
                "Next": to,
            }
            for code, assign, to in rules
        ]
        if otherwise[0]:
            state["Assign"] = otherwise[0]
        self.add(name, {**state, "Default": otherwise[1]})

    def path(self, name: str, place: Place) -> str:
        """Code for the path of a step or an await: its name and the rounds it is in."""
        parts = ["$prefix_"] if self.shared.called else []
        if not place.rounds:
            return f"({parts[0]} & {quote(name)})" if parts else quote(name)
        parts.append(quote(f"{name}["))
        for number, code in enumerate(place.rounds):
            if number:
                parts.append(quote("]["))
            parts.append(f"$string({code})")
        return f"({' & '.join((*parts, quote(']')))})"


def errors(name: str, message: str, fields: str = "{}", *, own: bool = False) -> str:
    """Code for an error as a value. The instance's `own` cancel and deadline nothing catches."""
    mark = ", 'own': true" if own else ""
    return f"{{'name': {quote(name)}, 'message': {message}, 'fields': {fields}{mark}}}"


def unknown(path: str) -> str:
    """Code for the error of a step of unknown outcome."""
    return errors(
        "Unknown", f"'nobody knows whether ' & {path} & ' took effect'", f"{{'step': {path}}}"
    )


def bound_names(block: ir.Block) -> Iterator[str]:
    """The names that a block binds in its own scope: not those inside branches and rounds of
    `for`, but what these leave bound."""
    for node in block.nodes:
        match node:
            case ir.Step() | ir.Let() | ir.Record():
                yield node.name
            case ir.Await():
                yield node.name
                yield from (r.index for r in node.reminders if r.index is not None)
            case ir.Parallel():
                yield from (bound.name for bound in node.binds)
                continue
            case ir.ForEach():
                yield from (collect.out for collect in node.collects)
                yield from (carry.name for carry in node.carries)
                continue
            case ir.Repeat():
                yield from (carry.name for carry in node.carries)
                if node.index is not None:
                    yield node.index
            case ir.Try():
                yield from (h.name for h in node.handlers if h.name is not None)
            case _:
                pass
        for body in ir.bodies(node):
            yield from bound_names(body)
