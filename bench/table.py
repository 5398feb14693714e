"""Prints costs and promises as plain tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.measure import Cost


@dataclass(frozen=True)
class Row:
    """A promise: a measured figure that stays at or below (or, if `least`, above) a bound."""

    what: str
    figure: float
    bound: float
    least: bool = False

    @property
    def kept(self) -> bool:
        return self.figure >= self.bound if self.least else self.figure <= self.bound


def show(title: str, costs: Mapping[str, Cost], promises: Sequence[Row]) -> bool:
    """Print one table; returns whether every promise in it is kept."""
    print(f"\n{title}")
    for name, cost in costs.items():
        print(f"  {name:<20} {cost.cpu:>9,.0f} ms CPU  {cost.memory:>7,.0f} MB")
    for row in promises:
        sign = ">=" if row.least else "<="
        verdict = "kept" if row.kept else "MISSED"
        print(f"  {row.what:<40} {row.figure:>9,.2f}  ({sign} {row.bound:,.0f})  {verdict}")
    return all(row.kept for row in promises)
