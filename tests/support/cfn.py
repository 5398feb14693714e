"""What cfn-lint says of templates."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def cfn_lint(templates: Iterable[Path]) -> str:
    """Its findings, empty if there are none."""
    done = subprocess.run(
        [Path(sys.executable).parent / "cfn-lint", *templates],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "AWS_DEFAULT_REGION": "eu-west-1"},
    )
    assert done.returncode == 0 or done.stdout, done.stderr
    return done.stdout
