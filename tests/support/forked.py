"""Processes for one task each, forks of one that has imported the engine, has no threads, and has
run nothing: what they do stays among themselves, and imports are paid once."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

IMPORTED = ("dbos", "psycopg", "sqlalchemy.dialects.sqlite", "tests.support.twins")


def pool(processes: int) -> ProcessPoolExecutor:
    """So many processes side by side, a new one for each task."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*IMPORTED])
    return ProcessPoolExecutor(processes, mp_context=context, max_tasks_per_child=1)
