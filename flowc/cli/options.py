"""What a user asks of `flowc lint` on the command line."""

from __future__ import annotations

from flowc.struct import Struct


class Options(Struct):
    """`select` and `ignore` come on top of the settings; None leaves `select` to them. `target`
    adds what that target cannot keep. `fix` mends files (`unsafe`: also where the meaning
    changes), with `diff` only in the report. `config` is a settings file to use for every path,
    `jobs` how many processes may work (None: by the number of CPUs and of files)."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    target: str | None = None
    fix: bool = False
    unsafe: bool = False
    diff: bool = False
    baseline: str | None = None
    write_baseline: str | None = None
    config: str | None = None
    cache: bool = True
    jobs: int | None = None
