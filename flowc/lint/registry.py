"""Finds the rules: each module of the folder `rules` to the one rule that it is named like."""

from __future__ import annotations

import os

from flowc.lint import rules as folder
from flowc.lint.rule import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_found: list[tuple[Rule, ...]] = []


def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the codes."""
    if not _found:
        _found.append(registered(_load(name) for name in _module_names()))
    return _found[0]


def registered(found: Iterable[tuple[str, Rule]]) -> tuple[Rule, ...]:
    """Order rules, given with the names of their modules, by code.

    Raises ValueError where two share a code or a name, or a module is not named like its rule.
    """
    taken: dict[str, str] = {}
    ordered = sorted(found, key=lambda pair: pair[1].code)
    for module, rule in ordered:
        if rule.name.replace("-", "_") != module:
            raise ValueError(f"the rule {rule.name} stands in {module}.py")
        for word in (rule.code, rule.name):
            if word in taken:
                raise ValueError(f"{word} is taken by both {taken[word]}.py and {module}.py")
            taken[word] = module
    return tuple(rule for _, rule in ordered)


def _module_names() -> list[str]:
    names = (name for path in folder.__path__ for name in os.listdir(path))  # noqa: PTH208 - cheap
    return sorted(name[:-3] for name in names if name.endswith(".py") and not name.startswith("_"))


def _load(name: str) -> tuple[str, Rule]:
    module = __import__(f"{folder.__name__}.{name}", fromlist=[name])
    found = getattr(module, name, None)
    if not isinstance(found, Rule):
        raise ValueError(f"{name}.py holds no rule of that name")
    return name, found
