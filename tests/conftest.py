"""What holds for every test: nothing fails by the clock; what takes long is begun first; counts of
cases are printed at the end."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no fault of the code: time is measured in bench/, not here.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

COUNTED = "faults: "
TESTS = Path(__file__).parent
# Modules with tests that take long: of two processes, each begins with one row of them.
LONG = (
    (
        "visualize/test_mermaid.py",  # may have to download
        "faults/test_telling_part.py",
        "docs/test_docs.py",
        "cli/test_run.py",
        "cli/test_instances.py",
        "cli/test_versions.py",
        "conformance/test_generated.py",
    ),
    (
        "hooks/test_pre_commit.py",  # may have to download
        "targets/temporal/test_documented_commands.py",
        "targets/python/test_killed.py",
        "targets/temporal/test_dev_server.py",
        "targets/cadence/test_agrees_with_the_reference.py",
        "targets/temporal/test_cancel_in_every_state.py",
        "targets/python/test_emitted.py",
    ),
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long where the halves of the list begin, that each process is given one of."""
    place = {TESTS / name: row for row, names in enumerate(LONG) for name in names}
    order = {TESTS / name: number for names in LONG for number, name in enumerate(names)}
    assert all(path.exists() for path in order), order
    rows: tuple[list[pytest.Item], ...] = ([], [])
    rest: list[pytest.Item] = []
    for item in items:
        rows[place[item.path]].append(item) if item.path in place else rest.append(item)
    for row in rows:
        row.sort(key=lambda item: order[item.path])
    filled = max(len(items) // 2 - len(rows[0]), 0)
    items[:] = [*rows[0], *rest[:filled], *rows[1], *rest[filled:]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many faults of each kind were tried."""
    counts: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        for name, number in getattr(report, "user_properties", ()):
            if name.startswith(COUNTED) and report.when == "call":
                counts[name.removeprefix(COUNTED)] += int(number)
    if counts:
        terminalreporter.section("faults tried")
        for label, number in sorted(counts.items()):
            terminalreporter.write_line(f"{number:6} {label}")
        terminalreporter.write_line(f"{counts.total():6} in all; `make faults` tries the rest")
