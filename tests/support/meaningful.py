"""Random choices become whole flows that mean something: they pass every check of the compiler.

Names are bound before they are read, types fit, unknown outcomes are answered. Every argument says
which step it belongs to, so that calls can be told apart. Scripts are drawn for what a flow calls.
"""

from __future__ import annotations

from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any

from flowc.simulate.interpret import interpret
from flowc.simulate.named import named
from flowc.simulate.script import Moment, Script, Scripted, Sent
from flowc.simulate.trace import TimerEvent, events
from flowc.simulate.values import decode_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.compiler.flow import Flow, Program

PRELUDE = """\
error Boom(why: text)
error Bang
error Busy transient
enum Size { S, M, L }
policy once { timeout 10s }
policy thrice { timeout 10s, attempts 3, backoff 1s..4s factor 2 }
policy patient { timeout 8s, attempts unlimited, backoff 2s, within 25s }
service s {
  action do(k: text, a: text) -> text writes r key k, a raises Boom | Bang | Busy
  action loose(k: text, a: text) -> text writes r raises Boom | Busy
  action quiet(k: text, a: text) writes r key k, a raises Boom
  action undo(k: text, a: text) writes r absorbing raises Boom | Busy
  action keyed(k: text, a: text) writes r key k, a raises Boom
  action tell(k: text, a: text) notifies inbox raises Boom | Busy
  read look(k: text, a: text) -> text? raises Boom | Busy
  read happened(k: text, a: text) -> bool raises Busy
}
"""
PARAMS = "id: text, flag: bool, many: int, xs: [text], size: Size"
POLICIES = ("once", "thrice", "patient")


class _Flow:
    """Writes one flow."""

    def __init__(self, random: Random, subs: tuple[str, ...], awaits: bool = False) -> None:
        self.random = random
        self.awaits = awaits
        self.subs = subs
        self.lines: list[str] = []
        self.count = 0
        self.texts: list[str] = []  # names of type text?
        self.sure: list[str] = []  # names of type text
        self.ints: list[str] = []
        self.decimals: list[str] = []
        self.rounds: list[str] = []  # what tells one round from another
        self.committed = False

    # -- helpers

    def name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def maybe(self, percent: int = 50) -> bool:
        return self.random.randrange(100) < percent

    def say(self, line: str) -> None:
        self.lines.append(line)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Names that are bound inside are forgotten afterwards."""
        names = ("texts", "sure", "ints", "decimals", "rounds")
        kept = {name: list(getattr(self, name)) for name in names}
        yield
        vars(self).update(kept)

    def text(self, label: str) -> str:
        """A text that names its step, the rounds around it and perhaps what came before."""
        holes = [f"{{{n}}}" for n in self.rounds]
        if self.sure and self.maybe(30):
            holes.append(f"{{{self.random.choice(self.sure)}}}")
        if self.texts and self.maybe(30):
            holes.append(f"{{{self.random.choice(self.texts)} ?? id}}")
        return '"' + "-".join([label, *holes]) + '"'

    def condition(self) -> str:
        choices = ["flag", "not flag", "many > 1", "size == M", "length(xs) == 3"]
        choices += [f"({name} ?? id) != id" for name in self.texts]
        choices += [f"{name} > 0" for name in self.ints]
        choices += [f"{name} <= 1" for name in self.decimals]
        return self.random.choice(choices)

    # -- statements

    def block(self, depth: int, alone: bool, size: int = 3) -> None:
        for _ in range(self.random.randint(1, size)):
            self.statement(depth, alone)

    def statement(self, depth: int, alone: bool) -> None:
        kinds = ["step"] * 6 + ["let", "wait", "sub"]
        if self.awaits:
            kinds += ["await_", "await_", "record"]
        if depth:
            kinds += [
                "if_",
                "match",
                "parallel",
                "parallel",
                "for_",
                "for_",
                "repeat",
                "try_",
                "try_",
            ]
        getattr(self, self.random.choice(kinds))(depth, alone)

    def step(self, depth: int, alone: bool) -> None:
        del depth, alone
        operation = self.random.choice(("do", "do", "do", "loose", "quiet", "tell", "look"))
        name = self.name("a")
        policy = self.random.choice(POLICIES)
        within = " within 12s" if self.maybe(10) else ""
        self.say(f"step {name} = s.{operation}(id, {self.text(name)}) with {policy}{within}")
        if operation in ("do", "loose", "quiet"):
            self.answers(name, operation)
        optional = operation == "look"
        if self.maybe(15):
            value = "none" if operation in ("quiet", "tell") or self.maybe() else f'"other {name}"'
            self.say(f"  otherwise {value}")
            optional = optional or value == "none"
        if operation in ("do", "loose", "look"):
            (self.texts if optional else self.sure).append(name)

    def answers(self, name: str, operation: str) -> None:
        """`on unknown` and `compensate`."""
        undo = self.random.choice(("undo", "undo", "keyed", "result", None))
        if undo == "result" and operation == "quiet":
            undo = "undo"
        answers = ["halt", "probe"]
        if undo in ("undo", "keyed"):
            answers.append("compensate")
        answer: str | None = self.random.choice(answers)
        if undo == "undo" and self.maybe(60):
            answer = None
        policy = f" with {self.random.choice(POLICIES)}" if self.maybe(70) else ""
        if answer == "probe":
            read = "happened" if operation == "quiet" else "look"
            self.say(f"  on unknown probe s.{read}(id, {self.text(name + 'p')}){policy}")
        elif answer is not None:
            self.say(f"  on unknown {answer}")
        if undo is None:
            return
        call = "undo" if undo == "result" else undo
        given = f'"{name}u {{{name}}}"' if undo == "result" else self.text(name + "u")
        self.say(f"  compensate s.{call}(id, {given}){policy}")

    def let(self, depth: int, alone: bool) -> None:
        del depth, alone
        name = self.name("v")
        if self.maybe():
            self.say(f"let {name} = many + {self.random.randint(-3, 3)}")
            self.ints.append(name)
        else:
            self.say(f"let {name} = {self.text(name)}")
            self.sure.append(name)

    def wait(self, depth: int, alone: bool) -> None:
        del depth, alone
        self.say(f"wait {self.random.randint(1, 5)}s")

    def record(self, depth: int, alone: bool) -> None:
        del depth, alone
        name = self.name("r")
        what = self.random.choice(("uuid", "uuid", "now", "random"))
        self.say(f"record {name} = {what}()")
        if what == "uuid":
            self.sure.append(name)
        elif what == "random":
            self.decimals.append(name)

    def await_(self, depth: int, alone: bool) -> None:
        """An await with a limit, perhaps with reminders and something to do on timeout."""
        del alone
        name = self.name("w")
        who = ' from "boss"' if self.maybe(30) else ""
        self.say(f"await {name}: text{who} within {self.random.randint(2, 9)}s")
        if self.maybe(40):
            index = self.name("n")
            self.say(f"every {self.random.randint(1, 4)}s as {index} {{")
            self.reminder(index)
        if self.maybe(40):
            self.say(f"after {self.random.randint(1, 5)}s {{")
            self.reminder(None)
        late = self.random.choice(("none", "fail", "block", "block"))
        if late == "none":
            self.sure.append(name)
            return
        if late == "fail" and not self.committed:
            self.say("on timeout fail Bang")
            self.sure.append(name)
            return
        self.say("on timeout {")
        with self.scope():
            self.block(max(depth - 1, 0), False, 1)
        self.say("}")
        self.texts.append(name)

    def reminder(self, index: str | None) -> None:
        with self.scope():
            self.rounds += [index] if index else []
            name = self.name("a")
            self.say(f"step {name} = s.tell(id, {self.text(name)}) with once")
            self.say("  otherwise none\n}")

    def sub(self, depth: int, alone: bool) -> None:
        if not self.subs:
            self.step(depth, alone)
            return
        name = self.name("m")
        called = self.random.choice(self.subs)
        self.say(f"step {name} = {called}(id, flag, many, xs, size, {self.text(name)})")
        if self.maybe(40):
            self.say(f'  compensate s.undo(id, "{name}u {{{name}}}") with once')
        if self.maybe(20):
            self.say("  otherwise id")
        self.sure.append(name)

    def inside(self, depth: int, alone: bool, size: int = 2) -> None:
        """A block of its own; now and then it ends with `fail`."""
        with self.scope():
            self.block(depth - 1, alone, size)
            if not self.committed and self.maybe(15):
                self.say(self.random.choice(("fail Bang", f"fail Boom({self.text('f')})")))
            elif alone and self.maybe(5):
                self.say(f"return {self.text('r')}")

    def if_(self, depth: int, alone: bool) -> None:
        self.say(f"if {self.condition()} {{")
        self.inside(depth, alone)
        if self.maybe():
            self.say("} else {")
            with self.scope():
                self.block(depth - 1, alone, 2)
        self.say("}")

    def match(self, depth: int, alone: bool) -> None:
        self.say("match size {\ncase M {")
        self.inside(depth, alone)
        self.say("}\nelse {")
        with self.scope():
            self.block(depth - 1, alone, 1)
        self.say("}\n}")

    def parallel(self, depth: int, alone: bool) -> None:
        del alone  # a branch may not return
        self.say("parallel {")
        for _ in range(self.random.randint(2, 3)):
            when = f" when {self.condition()}" if self.maybe(25) else ""
            self.say(f"branch {self.name('b')}{when} {{")
            self.inside(depth, False)
            self.say("}")
        self.say("}")

    def for_(self, depth: int, alone: bool) -> None:
        del alone  # nor may a round
        item, index = self.name("x"), self.name("i")
        width = self.random.randint(1, 3)
        carry = self.name("k") if width == 1 and self.maybe(40) else None
        start = f' carry {carry}: text = "k"' if carry else ""
        at_once = f", {width} at once" if width > 1 else ""
        limit = self.random.choice((2, 3, 4, 4))
        self.say(f"for {item} in xs max {limit} as {index}{at_once}{start} {{")
        with self.scope():
            self.rounds += [index]
            self.sure += [item, *([carry] if carry else [])]
            self.step(0, False)
            gathered = [n for n in self.sure if n == f"a{self.count}"]
            self.inside(depth, False, 1)
            if self.lines[-1].startswith(("fail", "return")):
                carry = None
            if carry:
                self.say(f'next {carry} = "{{{carry}}}{{{item}}}"')
        out, lost = self.name("g"), self.name("l")
        collects = [f"collect {gathered[0]} as {out}"] if gathered and self.maybe(60) else []
        failure = self.maybe(30)
        if failure:
            collects.append(f"failure as {lost}" if collects else f"collect failure as {lost}")
        self.say(f"}} {', '.join(collects)}".rstrip())
        if collects and gathered and "collect failure" not in collects[0]:
            joined = self.name("v")
            self.say(f'let {joined} = join({out}, "+")')
            self.sure.append(joined)
        if failure:
            joined = self.name("v")
            self.say(f'let {joined} = join([e.name for e in {lost}], "+")')
            self.sure.append(joined)

    def repeat(self, depth: int, alone: bool) -> None:
        index = self.name("i")
        limit, last = self.random.randint(1, 3), self.random.randint(0, 2)
        pause = f", every {self.random.randint(1, 4)}s" if self.maybe() else ""
        carry = self.name("k") if self.awaits and self.maybe(40) else None
        start = f' carry {carry}: text = "k"' if carry else ""
        self.say(f"repeat max {limit} as {index}{pause}{start} {{")
        with self.scope():
            self.rounds += [index]
            self.sure += [carry] if carry else []
            self.block(depth - 1, alone, 2)
            if carry:
                self.say(f'next {carry} = "{{{carry}}}{{{index}}}"')
        self.say(f"}} until {index} == {last}")
        if self.maybe(40):
            self.say("  on exhausted {")
            with self.scope():
                self.block(depth - 1, alone, 1)
            self.say("}")

    def try_(self, depth: int, alone: bool) -> None:
        self.say("try {")
        self.inside(depth, alone, 3)
        caught = ["Boom", "Boom | Bang", "Error", "Unknown", "LimitReached"]
        errors = self.random.choice([*caught, *(["TimedOut"] if self.awaits else [])])
        self.say(f"}} on {errors} as {self.name('e')} {{")
        with self.scope():
            self.block(depth - 1, alone, 1)
        self.say("}")


def flow(
    random: Random,
    name: str,
    subs: tuple[str, ...],
    depth: int = 3,
    size: int = 4,
    awaits: bool = False,
) -> str:
    """One flow with a key, a deadline perhaps, and a pivot perhaps; `awaits`: also with what
    comes from outside."""
    made = _Flow(random, subs, awaits)
    made.block(depth, True, size)
    if made.maybe(40):
        made.say("\ncommit\n")
        made.committed = True
        made.block(depth - 1, True, 2)
    made.say(f"return {made.text('end')}")
    deadline = f"deadline {random.choice((20, 40, 90))}s" if made.maybe(40) else "deadline 1d"
    budget = random.choice((5, 20, 3600))
    lines = "\n".join(made.lines)
    return (
        f'flow {name}({PARAMS}) -> text {{\nversion 1\nowner "o" runbook "r"\n'
        f"key id on duplicate reject\n{deadline}, compensate within {budget}s\n"
        f"default with thrice, compensate with once\n\n{lines}\n}}\n"
    )


def sub_flow(random: Random, name: str, awaits: bool = False) -> str:
    """A flow that others call."""
    made = _Flow(random, (), awaits)
    made.block(1, True, 2)
    if made.maybe(25):
        made.say("\ncommit\n")
        made.committed = True
        made.block(0, True, 1)
    made.say(f"return {made.text('sub')}")
    deadline = "deadline 15s, compensate within 20s" if made.maybe(30) else ""
    lines = "\n".join(made.lines)
    head = f"flow {name}({PARAMS}, k: text) -> text {{\nversion 1\n{deadline}\n"
    return f"{head}default with thrice, compensate with once\n\n{lines}\n}}\n"


def draw_script(random: Random, program: Program, main: Flow) -> Script:
    """A script for what a flow calls: some of it fails, is unknown or slow."""
    bad = random.choice((5, 15, 40))
    steps: dict[str, tuple[Scripted, ...]] = {}
    for path, operation in named(program, main).operations.items():
        if random.randrange(100) >= bad * 2:
            continue
        outcomes = []
        for _ in range(random.randint(1, 3)):
            takes = random.choice((None, 0, 1000, 3000, 7000, 12000))
            outcome: Any = Scripted(invented=True, takes=takes)
            if random.randrange(100) < bad * 2:
                raised = [error.name for error in operation.raises]
                word = random.choice(("unknown", "unlisted", "wrong", *raised, *raised))
                outcome = _bad(word, takes)
            outcomes.append(outcome)
        written = path if random.randrange(3) else _one_round(path, random)
        steps[written] = tuple(outcomes)
    return Script(steps=steps)


def draw_outside(
    random: Random,
    program: Program,
    main: Flow,
    script: Script,
    given: dict[str, Any],
    late: int,
    unit: float = 1,
) -> Script:
    """The script with signals to the awaits that are reached, and perhaps a cancel; each `late` ms
    after a whole second, of which `unit` make one here."""
    values = dict(decode_fields(main.params, given))
    second, late = round(1000 * unit), round(late * unit)
    signals: list[Sent] = []
    for _ in range(3):
        story = interpret(program, main, values, script.replace(signals=tuple(signals)))
        known = {sent.to for sent in signals}
        for event in events(story.trace):
            if not isinstance(event, TimerEvent) or event.kind != "await":
                continue
            path = event.place.path
            if path in known or random.randrange(100) >= 75:
                continue
            began = (event.at - story.start) // second
            at = max(0, began + random.choice((-3, 0, 1, 2, 3, 5, 8))) * second + late
            if random.randrange(100) < 15:  # before, and refused
                early = max(0, began - random.randint(0, 2)) * second + late
                if early < at:
                    signals.append(Sent(path, Moment(at=early), 12))
            signals.append(Sent(path, Moment(at=at), f"word of {path}"))
    script = script.replace(signals=tuple(signals))
    if random.randrange(100) < 35:
        story = interpret(program, main, values, script)
        most = max(1, (story.end - story.start) // second)
        at = random.randrange(most + 1) * second + late
        while any(sent.when.at == at for sent in signals):
            at += second
        script = script.replace(cancel=Moment(at=at))
    return script


def _bad(word: str, takes: int | None) -> Scripted:
    if word == "unknown":
        return Scripted("unknown", takes=takes)
    if word == "unlisted":
        return Scripted("fail", error="Surprise", takes=takes)
    if word == "wrong":
        return Scripted("ok", 12, takes=takes)
    return Scripted("fail", error=word, invented=True, takes=takes)


def _one_round(path: str, random: Random) -> str:
    name, _, role = path.partition(" ")
    return f"{name}[{random.randrange(2)}]{' ' if role else ''}{role}"


def given(random: Random, id_: str) -> dict[str, Any]:
    """Parameters, in JSON."""
    return {
        "id": id_,
        "flag": random.random() < 0.6,
        "many": random.randint(0, 3),
        "xs": ["p", "q", "r", "s"][: random.choice((0, 1, 2, 3, 3, 4))],
        "size": random.choice(("S", "M", "L")),
    }
