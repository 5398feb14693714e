"""Rule 7: try and otherwise."""

from __future__ import annotations

import pytest

from flowc.simulate.trace import CallEvent
from tests.support.stories import UNDO, found, play, tell

A = f"step a = s.do(id) with once{UNDO}\n"
B = f"step b = s.do(id) with once{UNDO}\n"
C = f"step c = s.do(id) with once{UNDO}\n"
Z = "step z = s.look(id) with once\n"
TRY = f"{A}try {{\n{B}{C}}} on Boom {{\nstep h = s.do(id) with once{UNDO}\n}}\n{Z}"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", "a; b; c; z => Completed"),
        # only an error handled here unwinds the body
        ("c=Boom", "a; b; c Boom; b undo; h; z => Completed"),
        ("c=Bang", "a; b; c Bang; b undo; a undo => Compensated(Bang)"),
        # the ledger of a body that ends well joins the enclosing one
        ("z=Boom", "a; b; c; z Boom; c undo; b undo; a undo => Compensated(Boom)"),
        # a handler's entries and errors belong outside
        (
            "c=Boom; z=Busy",
            "a; b; c Boom; b undo; h; z Busy; h undo; a undo => Compensated(Busy)",
        ),
        ("c=Boom; h=Boom", "a; b; c Boom; b undo; h Boom; a undo => Compensated(Boom)"),
    ],
)
def test_try(said: str, told: str) -> None:
    assert tell(TRY, said) == told


def test_an_entry_of_a_passing_error_is_undone_once_by_who_handles_it() -> None:
    body = f"try {{\n{A}try {{\n{B}{C}}} on Bang {{}}\n}} on Boom {{}}\n{Z}"
    assert tell(body, "c=Boom") == "a; b; c Boom; b undo; a undo; z => Completed"


@pytest.mark.parametrize(
    ("errors", "caught"),
    [("Boom", True), ("Bang | Boom", True), ("Bang", False), ("Error", True), ("Unknown", False)],
)
def test_which_errors_a_handler_takes(errors: str, caught: bool) -> None:
    told = tell(f"try {{\n{A}}} on {errors} {{}}", "a=Boom")
    assert told == f"a Boom => {'Completed' if caught else 'Compensated(Boom)'}"


def test_error_catches_unknown_and_timeouts_and_limits() -> None:
    assert tell(f"try {{\n{A}}} on Error {{}}", "a=?") == "a ?; a undo => Completed"
    body = "try {\nawait w: bool within 1h\n} on TimedOut {}"
    assert tell(body) == "=> Completed"
    body = "try {\nfor x in xs max 1 {}\n} on LimitReached as e {\nreturn e.limit\n}\nreturn 0"
    assert tell(body, result=" -> int") == "=> Completed(1)"


@pytest.mark.parametrize("header", ["", "deadline 2s, compensate within 1h"])
def test_nothing_catches_the_instances_own_cancel_and_deadline(header: str) -> None:
    body = f"try {{\n{A}{B}}} on Error {{\n{C}}}"
    said = "a=ok:3s" if header else "cancel@a"
    name = "DeadlineExceeded" if header else "Cancelled"
    assert tell(body, said, header=header) == f"a; a undo => Compensated({name})"
    body = f"{A}step b = s.do(id) with once{UNDO}\n  otherwise none"
    assert tell(body, said, header=header) == f"a; a undo => Compensated({name})"


def test_nor_does_a_handler_that_would_do_nothing() -> None:
    told = tell(f"try {{\n{A}{B}}} on Error {{}}", "cancel@a")
    assert told == "a; a undo => Compensated(Cancelled)"


def test_after_the_try_names_of_an_undone_body_are_none() -> None:
    body = f"try {{\n{A}{B}}} on Boom {{}}\nreturn a"
    assert tell(body, 'a="v"', result=" -> text?") == 'a; b => Completed("v")'
    assert tell(body, "b=Boom", result=" -> text?") == "a; b Boom; a undo => Completed"


HANDLERS = ("Bang", "Boom", "Error")


def test_the_first_handler_that_fits_is_taken() -> None:
    handlers = (f"}} on {name} {{\nreturn {n}\n" for n, name in enumerate(HANDLERS, 1))
    body = f"try {{\n{A}{''.join(handlers)}}}\nreturn 0"
    for said, value in (("a=Bang", 1), ("a=Boom", 2), ("a=Busy", 3), ("a=ok", 0)):
        assert tell(body, said, result=" -> int").endswith(f"Completed({value})")


def test_a_return_in_a_body_keeps_what_it_did() -> None:
    assert tell(f"try {{\n{A}return none\n}} on Error {{}}\n{Z}") == "a => Completed"


OTHERWISE = f'{A}step b = s.do(id) with once{UNDO}\n  otherwise "o"\n{Z}return b'


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('b="v"', 'a; b; z => Completed("v")'),
        ("b=Boom", 'a; b Boom; z => Completed("o")'),
        # a maybe-effect is undone at once, and only that
        ("b=?", 'a; b ?; b undo; z => Completed("o")'),
        # what went well is kept in the ledger
        ("z=Boom", "a; b; z Boom; b undo; a undo => Compensated(Boom)"),
        ("b=?; z=Boom", "a; b ?; b undo; z Boom; a undo => Compensated(Boom)"),
        ("b=?; b undo=?", 'a; b ?; b undo ?; z => Incomplete("o", stuck b)'),
    ],
)
def test_otherwise(said: str, told: str) -> None:
    assert tell(OTHERWISE, said, result=" -> text") == told


def test_otherwise_is_read_where_it_stands() -> None:
    step = 'step a = s.look(id) with once\n  otherwise "{i}"'
    body = f"repeat max 2 as i {{\n{step}\n}} until i == 1\nreturn a"
    assert tell(body, "a=Boom", result=" -> text?").endswith('Completed("1")')


def test_a_handler_sees_the_error() -> None:
    body = f'try {{\n{A}}} on Boom as e {{\nstep h = s.look("{{e.name}} {{e.why}}") with once\n}}'
    call = found(play(body, "a=Boom"), CallEvent)[-1]
    assert dict(call.arguments) == {"k": "Boom why"}
