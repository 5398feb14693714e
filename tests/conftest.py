"""What holds for every test: nothing fails by the clock; counts of cases are printed at the end."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no fault of the code: time is measured in bench/, not here.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

COUNTED = "faults: "


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
