"""The manual pages of the compiler's codes: why, and a bad and a good file for each.

`bad` shows exactly this finding, `good` is clean; both are checked by the tests.
"""

from __future__ import annotations

from flowc.compiler.codes import CODES
from flowc.struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.diagnostic import Severity


class Page(Struct):
    """Everything that `explain` and the manual show of a code."""

    code: str
    name: str
    severity: Severity
    page: str
    bad: str
    good: str


_SHOP = """\
error Gone

type Order { id: text, coupon: text?, items: [text] }

enum Size { Small, Large }

policy quick { timeout 10s, attempts 3, backoff 1s }
policy stubborn { timeout 30s, attempts 20, backoff 1s..1m factor 2, exhausted page "shop" }

service shop {
  action hold(order: text) -> text writes stock key order raises Gone
  action release(order: text) writes stock key order absorbing
  action drop(hold: text) writes stock key hold
  read look(order: text) -> text?
  read size(order: text) -> Size
  action tell(order: text) notifies inbox key order
}

"""
_HEAD = """\
flow sell(order: Order) -> text {
  owner "team-shop" runbook "https://runbooks.example.com/shop"
  key order.id on duplicate attach
  deadline 1d, compensate within 1h
  default with quick within 5m, compensate with stubborn within 30m

"""


def _flow(body: str) -> str:
    """A whole file around some lines of a flow's body."""
    lines = "".join(f"  {line}\n" if line else "\n" for line in body.strip("\n").split("\n"))
    return f"{_SHOP}{_HEAD}{lines}}}\n"


_HOLD = """
step held = shop.hold(order.id)
  compensate shop.release(order.id)
"""


def _held(body: str) -> str:
    """The same, after a step that holds stock."""
    return _flow(_HOLD + body)


_GOOD = _held("return held")


def _page(name: str, text: str, bad: str, good: str = _GOOD) -> Page:
    code = CODES[name]
    return Page(code.code, name, code.severity, text.strip(), bad, good)


PAGES: tuple[Page, ...] = (
    _page(
        "unknown-name",
        """A name that nothing declares.

        Every variable, type, error, policy, service, operation and flow is declared in the file
        or in one that it imports. The nearest known name is offered.""",
        _held("return hold"),
    ),
    _page(
        "duplicate-declaration",
        """Two declarations under one name.

        All declarations of a file and of the files that it imports share one set of names, so
        that a reader never has to ask which one is meant. The same holds for the fields of a
        type, the operations of a service and the branches of a `parallel`.""",
        "error Gone\n\n" + _GOOD,
    ),
    _page(
        "bound-twice",
        """A name that gets a second value.

        A name stands for one value on a path through the flow. Steps and awaits need a name of
        their own also where an earlier one has ended with its loop: signals, idempotency keys
        and `restart --from` find a step by its name.""",
        _held(
            """
let held = 1
return held
"""
        ).replace("return held", 'return "done"'),
    ),
    _page(
        "unused-declaration",
        """A declaration that nothing uses.

        Looked for only in a file that has a flow with a `key`: other files may declare for those
        that import them.""",
        "error Nobody\n\n" + _GOOD,
    ),
    _page(
        "bad-import",
        """A file that cannot be imported.

        A path is relative to the importing file, stays inside the project, and names a readable
        file without syntax errors.""",
        'import "no-such-file.flow"\n\n' + _GOOD,
    ),
    _page(
        "import-cycle",
        """Files that import each other in a circle.

        Move what both need into a third file that imports neither.""",
        'import "main.flow"\n\n' + _GOOD,
    ),
    _page(
        "out-of-reach",
        """A name that has ended.

        What a `for` binds ends with the loop (`collect` carries it out), a branch of a `parallel`
        does not see its siblings, and a handler does not see the names of the body that was
        undone.""",
        _flow(
            """
for item in order.items max 9 {
  step seen = shop.look(item)
}
return seen ?? item
"""
        ).replace("seen ?? item", 'seen ?? "none"'),
    ),
    _page(
        "type-mismatch",
        """A value of another type than what is needed.

        Nothing is converted silently but an int to a decimal and a `T` to a `T?`.""",
        _held("return 5"),
    ),
    _page(
        "maybe-none",
        """A value that may be none where one is needed.

        A `T?` must be given a value with `??`, reached through with `?.`, or tested before:
        inside `if x != none { ... }`, and after `if x == none { fail ... }`, it is a `T`.""",
        _held("return order.coupon"),
        _held('return order.coupon ?? "none"'),
    ),
    _page(
        "needless-fallback",
        """A `??` or a test against none on a value that is never none.

        It hides a misunderstanding: what stands on the right can never happen.""",
        _held('return held ?? "none"'),
    ),
    _page(
        "unknown-field",
        """A field that the type does not have.""",
        _held("return order.cupon").replace("return order.cupon", "return order.ident"),
        _held("return order.id"),
    ),
    _page(
        "wrong-arguments",
        """Arguments that do not match the parameters: too many, missing, or under a wrong name.

        Arguments stand in order, or by name; an optional one may be left out.""",
        _flow(
            """
step held = shop.hold()
  compensate shop.release(order.id)
return held
"""
        ),
    ),
    _page(
        "no-result",
        """The value of something that has none.

        An action without `->` returns nothing to work with.""",
        _held(
            """
step told = shop.tell(order.id)
return told
"""
        ),
    ),
    _page(
        "bad-number",
        """A number that cannot be kept or makes no sense here.

        Numbers have at most 15 significant digits and 6 decimal places, because every engine keeps
        those exactly. Counts are at least 1, shares at most 100%, the longest wait not below the
        first.""",
        _GOOD.replace("attempts 3", "attempts 0"),
    ),
    _page(
        "bad-type",
        """A type that cannot be: a list of lists, or a type that contains itself.

        Wrap the inner list in a type of its own; hold an id instead of the thing itself.""",
        _GOOD.replace("items: [text]", "items: [[text]]"),
    ),
    _page(
        "not-exhaustive",
        """A `match` that forgets a member.

        It covers the enum, or has an `else`: a member that is added later must not fall
        through unseen.""",
        _held(
            """
step size = shop.size(order.id)
match size {
  case Small {
    wait 1m
  }
}
return held
"""
        ),
        _held(
            """
step size = shop.size(order.id)
match size {
  case Small {
    wait 1m
  }
  case Large {}
}
return held
"""
        ),
    ),
    _page(
        "misplaced-clause",
        """A clause that does not belong where it stands.

        A read has no effect to key, undo or probe; a notification is never undone; a sub-flow
        brings its own bounds; `carry` needs one round at a time.""",
        _held(
            """
step size = shop.size(order.id)
  compensate shop.release(order.id)
return held
"""
        ).replace("return held", 'return if size == Small then "s" else held'),
        _held(
            """
step size = shop.size(order.id)
return if size == Small then "s" else held
"""
        ),
    ),
    _page(
        "repeated-clause",
        """A clause that stands twice where it may stand once.""",
        _GOOD.replace("timeout 10s,", "timeout 10s, timeout 20s,"),
    ),
    _page(
        "bad-probe",
        """A probe that cannot tell whether the effect happened.

        It is a `read` of `T?` for an action that returns `T` (a value: it happened; none: it did
        not), or of `bool` for an action without a result.""",
        _flow(
            """
step held = shop.hold(order.id)
  on unknown probe shop.size(order.id)
  compensate shop.release(order.id)
return held
"""
        ),
        _flow(
            """
step held = shop.hold(order.id)
  on unknown probe shop.look(order.id)
  compensate shop.release(order.id)
return held
"""
        ),
    ),
    _page(
        "not-a-literal",
        """Something computed where a literal is needed: in a `const`, an owner, a page.""",
        _GOOD.replace('"team-shop"', '"team-{order.id}"'),
    ),
    _page(
        "not-drawn",
        """A `record` of something that is no clock, id or random number.

        `record` fixes what would differ at a replay: `now()`, `uuid()` or `random()`. What is
        computed from other values is the same at every replay: use `let`.""",
        _held(
            """
record total = 1 + 2
return held
"""
        ),
    ),
    _page(
        "unreachable-statement",
        """A statement that no path reaches.

        Every path before it ends in `fail` or `return`.""",
        _held(
            """
return held
wait 1m
"""
        ),
    ),
    _page(
        "missing-return",
        """A flow that promises a result and can end without one.""",
        _flow(_HOLD),
    ),
    _page(
        "return-in-parallel",
        """A `return` inside `parallel` or `for`.

        The other branches are still running; what would become of them? Bind a name and return
        after the block.""",
        _flow(
            """
for item in order.items max 9 {
  step seen = shop.look(item)
  if seen != none { return seen }
}
return order.id
"""
        ),
        _flow(
            """
for item in order.items max 9 {
  step seen = shop.look(item)
} collect seen as all
return first([s for s in all when s != none]) ?? order.id
"""
        ),
    ),
    _page(
        "fail-after-commit",
        """A `fail` behind the point of no return.

        After `commit` nothing is undone, so a failure would leave the instance Incomplete. Decide
        before the `commit`; afterwards go forward, with `otherwise` where a step may fail.""",
        _held(
            """
commit
if order.coupon == none { fail Gone }
return held
"""
        ),
        _held(
            """
if order.coupon == none { fail Gone }

commit

return held
"""
        ),
    ),
    _page(
        "misplaced-statement",
        """A statement where it cannot stand.

        `commit` stands at the top level; `next` in a loop that carries the name; a reminder
        holds steps with `otherwise` only, because it must not end the wait.""",
        _held(
            """
next total = 1
return held
"""
        ),
    ),
    _page(
        "unknown-outcome-unanswered",
        """An effect whose outcome may be unknown, and nobody says what then.

        A timeout, a crash or a lost answer says nothing about the effect: the money may be taken
        or not. Before `commit` every action that writes needs an answer: `on unknown probe` asks
        the service, an absorbing compensation undoes it blindly (its arguments must be known
        before the call), `on unknown halt` stops for a person to look. After `commit`, `halt` is
        the answer unless there is an `otherwise`.""",
        _flow(
            """
step held = shop.hold(order.id)
return held
"""
        ).replace(
            "step held = shop.hold(order.id)",
            "step held = shop.hold(order.id)\n    compensate shop.drop(held)",
        ),
    ),
    _page(
        "compensation-needs-lost-result",
        """`on unknown compensate` with a compensation that needs the step's result.

        When the outcome is unknown, the result is lost. Compensate by a key that is known before
        the call (the order's id, not the id of the hold), or ask with `on unknown probe`.""",
        _flow(
            """
step held = shop.hold(order.id)
  on unknown compensate
  compensate shop.drop(held)
return held
"""
        ),
    ),
    _page(
        "commit-in-parallel",
        """A `commit` inside a branch or a loop.

        The siblings can still fail, and their failure could no longer undo what was committed.""",
        _flow(
            """
parallel {
  branch a {
    step held = shop.hold(order.id)
      compensate shop.release(order.id)
    commit
  }
  branch b {
    step size = shop.size(order.id)
  }
}
return if size == Small then "s" else held
"""
        ),
        _flow(
            """
parallel {
  branch a {
    step held = shop.hold(order.id)
      compensate shop.release(order.id)
  }
  branch b {
    step size = shop.size(order.id)
  }
}

commit

return if size == Small then "s" else held
"""
        ),
    ),
    _page(
        "missing-timeout",
        """A call that nothing bounds in time.

        Without `timeout` or `within` a hanging service keeps the instance waiting without end,
        on some engines silently. A policy, the step, or the flow's `default` gives the bound.""",
        _GOOD.replace("timeout 10s, ", "").replace(" within 5m", ""),
    ),
)
