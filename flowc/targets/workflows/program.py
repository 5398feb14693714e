"""What packages of workflow engines have in common: their runtime, their stubs, their order."""

from __future__ import annotations

from importlib.resources import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# the same on every engine in Python
PYTHON = ("calls", "errors", "ledger", "lib", "reading", "values")
WORKFLOWS = (
    *("__init__", "branches", "command", "flow", "invoking", "run", "samples", "state"),
)  # the same on every engine with workflows as code


def modules(folder: str, own: Iterable[str]) -> dict[str, str]:
    """The runtime's modules, word for word; `own` are the engine's, from a package of flowc."""
    made = {}
    for place, names in (
        ("flowc.targets.python.support", PYTHON),
        ("flowc.targets.workflows.support", WORKFLOWS),
        (folder, own),
    ):
        for name in names:
            text = files(place).joinpath(f"{name}.py").read_text("utf-8")
            made[f"runtime/{name}.py"] = text
    return made
