"""The ASL target in the two interpreters of Step Functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from flowc.compiler.check import Checked
    from flowc.compiler.flow import Flow
    from flowc.simulate.script import Script
    from tests.support.agreement import Told


class OnAsl:
    """One program; `oracle` is `sfnx` or `moto`."""

    name = "asl"

    def __init__(self, of: Checked, oracle: str) -> None:
        if oracle == "sfnx":
            from tests.support.sfnx_run import Sfnx

            self._tell: Any = Sfnx(of).tell
        else:
            from tests.support.moto_run import Moto

            self._tell = Moto(of).tell

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left open."""

    def play(self, flow: Flow, script: Script, given: dict[str, Any]) -> Told:
        """One instance."""
        told: Told = self._tell(flow, script, given)
        return told
