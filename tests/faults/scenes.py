"""Stories of the three examples to which faults are added."""

from __future__ import annotations

from typing import Any, NamedTuple

from flowc.compiler.check import Checked, check
from flowc.compiler.flow import Flow, Program
from flowc.simulate.interpret import Story, interpret
from flowc.simulate.script import Moment, Script, Scripted, Sent
from flowc.simulate.values import decode_fields
from flowc.source import Source
from tests.support.durable import EXAMPLES

H = 3_600_000
UNKNOWN = Scripted("unknown", takes=300)
FINISHED = Scripted("ok", {"id": "j", "done": True, "url": "u"})
UNFINISHED = Scripted("ok", {"id": "j", "done": False, "url": None})


class Scene(NamedTuple):
    """A flow of an example at a version, its input but for the id, and what happens to it."""

    example: str
    version: int
    name: str
    script: Script
    given: dict[str, Any]

    def input(self, ident: str) -> dict[str, Any]:
        (param,) = self.given
        return {param: {**self.given[param], "id": ident}}

    @property
    def title(self) -> str:
        return f"{self.example}@{self.version} {self.name}"


def text(example: str, *, brief: bool = False) -> str:
    """An example's text, with waits of a fixed length; `brief`: with two attempts at most,
    and three rounds."""
    found = (EXAMPLES / f"{example}.flow").read_text(encoding="utf-8").replace(" jitter", "")
    if brief:
        for said in ("attempts 5", "attempts unlimited"):
            found = found.replace(said, "attempts 2")
        found = found.replace("max 60", "max 3")
    return found


def read(example: str, *, brief: bool = False) -> Checked:
    """An example, checked."""
    return check(Source(f"{example}.flow", text(example, brief=brief)))


def program(example: str, *, brief: bool = False) -> Program:
    return read(example, brief=brief).program


def flow_of(program: Program, scene: Scene) -> Flow:
    return next(
        flow
        for flow in (*program.flows, *program.older)
        if flow.key is not None and flow.version == scene.version
    )


def story(program: Program, flow: Flow, script: Script, given: dict[str, Any]) -> Story:
    """What the reference interpreter tells."""
    return interpret(program, flow, dict(decode_fields(flow.params, given)), script)


def _sent(to: str, hours: float, value: Any) -> tuple[Sent, ...]:
    return (Sent(to, Moment(at=int(hours * H)), value),)


ORDER = {"order": {"email": "e", "items": [{"sku": "a", "quantity": 1}], "total": 20}}
TRIP = {
    "trip": {
        "legs": ["a", "b"],
        "nights": 1,
        "days": 2,
        "wants_car": True,
        "manager": "m",
        "budget": 1,
    }
}
CUSTOMER = {"customer": {"email": "e", "country": "at", "starts_at": "2024-01-03T00:00:00Z"}}
GRANTED = _sent("ruling", 13, {"granted": True, "reason": ""})
PAPERS = _sent("check/papers", 1, {"passport": "p"})
POLLED = {"state[0]": (UNFINISHED,), "state": (FINISHED,)}
PASSED = {"check/check": (Scripted("ok", {"passed": True, "reason": ""}),)}

PLAIN = [
    *(Scene("order", version, "well", Script(pace=1000), ORDER) for version in (1, 2)),
    Scene("trip", 1, "well", Script(pace=1000, signals=GRANTED), TRIP),
    *(
        Scene(
            "onboard",
            version,
            "well",
            Script(
                pace=1000, signals=PAPERS, steps={**POLLED, **PASSED}, records={"reference": "r"}
            ),
            CUSTOMER,
        )
        for version in (2, 3)
    ),
]


def varied(name: str, scene: Scene, **changes: Any) -> Scene:
    """The scene under another name, its script changed; `steps` are added."""
    steps = {**scene.script.steps, **changes.pop("steps", {})}
    return scene._replace(name=name, script=scene.script.replace(steps=steps, **changes))


def _failing(scene: Scene) -> list[Scene]:
    """What else happens to an example: late failures, slow unwinding, somebody who says no."""
    match scene.example:
        case "order":
            return [
                varied("unshipped", scene, steps={"parcel": (UNKNOWN,)}),
                varied(
                    "stuck",
                    scene,
                    steps={"parcel": (UNKNOWN,), "payment undo": (UNKNOWN,)},
                ),
                varied("asked", scene, steps={"payment": (UNKNOWN,), "payment probe": (NOTHING,)}),
            ]
        case "trip":
            return [
                varied(
                    "no car", scene, steps={"car": (Scripted("fail", error="Full", invented=True),)}
                ),
                varied("nobody answers", scene, signals=()),
                varied("uncharged", scene, steps={"paid": (UNKNOWN,), "paid probe": (NOTHING,)}),
            ]
        case _:
            return [
                varied(
                    "never rendered",
                    scene,
                    steps={"state[0]": (UNFINISHED,), "state": (UNFINISHED,)},
                ),
                varied("no papers", scene, signals=()),
                varied("unopened", scene, steps={"account": (UNKNOWN,)}),
            ]


NOTHING = Scripted("ok", None)
FAILING = [made for scene in PLAIN for made in _failing(scene)]
NEWEST = {scene.example: scene.version for scene in PLAIN}
OLDER = 4  # an older version is the same code but for a step: every so many of its cases
