"""What people do with the instances of a state, without running them: look, answer, cancel, pause,
resume, restart. Whatever process is at work on the state, or will be, acts on it."""

from __future__ import annotations

import difflib
import json
import logging
import shlex
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from dbos import DBOSClient

from . import facts, history
from .clock import RealClock
from .journal import Json
from .mailbox import CANCEL
from .reading import NotRead, read_given
from .restart import Cut, cuts
from .state import Refused, find_state
from .story import Account, summary, tell
from .tables import FACTS, KEPT, MESSAGES, NOTES, PAUSES, PRINTED, RESTARTS, TABLES
from .values import WrongType, decode, encode, instant, iso

ACTIVE = ("PENDING", "ENQUEUED", "DELAYED")
VERSION = "flows"  # DBOS's application version: flows have versions of their own


def read_json(given: str, name: str = "--input") -> Any:
    """JSON from the command line, or from a file after `@`. Raises Refused."""
    try:
        return read_given(given, name)
    except NotRead as error:
        raise Refused(str(error)) from None


class Done(NamedTuple):
    """What was done to an instance; `new` is False where it was so already."""

    instance: str
    what: str
    new: bool


class Desk:
    """The instances of one state: a SQLite file's path, or a PostgreSQL URL. Raises Refused."""

    def __init__(self, state: str) -> None:
        self._state = find_state(state)
        self._said = self._state.name  # without a password, for what is shown
        self._state.look()
        logging.getLogger("dbos").setLevel(logging.CRITICAL)
        try:
            self._engine = sa.create_engine(self._state.url)
            TABLES.create_all(self._engine)
            self._client = DBOSClient(
                system_database_url=self._state.url,
                serializer=Json(),
                retry_connection_errors=False,
            )
        except Exception as error:
            raise Refused(f"the state cannot be used: {_first_line(error)}") from error
        self._facts = self._read_facts()

    @property
    def again(self) -> str:
        """The command that goes on with what is unfinished."""
        query = sa.select(NOTES.c.value).where(NOTES.c.name == "run")
        with self._engine.connect() as connection:
            run = connection.execute(query).scalar() or "flowc run FILE --services MODULE"
        return f"{run} --state {shlex.quote(self._said)}"

    def close(self) -> None:
        """Let go of the state."""
        self._client.destroy()
        self._engine.dispose()

    # -- looking ---------------------------------------------------------------------------

    @property
    def at_work(self) -> bool:
        """Whether a process is at work on the state."""
        return self._state.held()

    def instances(self) -> list[dict[str, Any]]:
        """Every instance, the oldest first, in short."""
        paused = {row.instance: row.at for row in self._select(PAUSES)}
        held = self.at_work
        found = []
        for status in self._roots():
            active = status.status in ACTIVE
            root = self._workflow(status, deep=active)
            told = history.tell(root, self._facts_of(status).operations)
            account = self._account(status, root, told, paused.get(status.workflow_id), held)
            found.append(summary(account))
        return found

    def story(self, key: str) -> dict[str, Any]:
        """What happened to an instance, where it stands, and what can be done. Raises Refused."""
        status = self._find(key)
        root = self._workflow(status)
        told = history.tell(root, self._facts_of(status).operations)
        paused = {row.instance: row.at for row in self._select(PAUSES)}
        at = paused.get(status.workflow_id)
        account = self._account(status, root, told, at, self.at_work)
        return tell(account)

    def _account(
        self,
        status: Any,
        root: history.Workflow,
        told: history.History,
        paused: int | None,
        held: bool,
    ) -> Account:
        ident = status.workflow_id
        known = self._facts_of(status)
        asked = [m for m in self._select(MESSAGES, ident) if m.path == CANCEL]
        return Account(
            instance=ident,
            state=self._said,
            again=self.again,
            facts=known,
            order=_order(status),
            settled=status.status not in ACTIVE,
            broke="" if status.status in (*ACTIVE, "SUCCESS") else f"{status.error}",
            root=root,
            history=told,
            paused=paused,
            cancelled=asked[0].at if asked else None,
            restarts=[
                {"step": row.step, "at": iso(instant(row.at)), "was": json.loads(row.ending)}
                for row in self._select(RESTARTS, ident)
            ],
            held=held,
            points=[point.step for point in cuts(root, told)],
            awaited=lambda path: self._awaited(known, path),
            now=RealClock().now(),
        )

    # -- acting ----------------------------------------------------------------------------

    def signal(self, key: str, path: str, payload: Any) -> Done:
        """Answer an await by its path; an answer that comes early is kept. Raises Refused: also
        if the payload is of another type."""
        status = self._find(key, under_way="it waits for nothing any more")
        try:
            kind = facts.awaited(self._facts_of(status), path, self._newest)
        except facts.NoSuchAwait as wrong:
            raise Refused(str(wrong)) from None
        try:
            value = encode(decode(kind, payload, closed=True))
        except WrongType as wrong:
            from .told import sample_json

            raise Refused(
                f"the answer does not fit `{path}`: {wrong}; it looks like {sample_json(kind)}"
            ) from None
        if not self._post(status.workflow_id, path, value):
            raise Refused(
                f"`{path}` of `{status.workflow_id}` was answered before: the first answer stands"
            )
        return Done(status.workflow_id, f"answered `{path}`", True)

    def cancel(self, key: str) -> Done:
        """Ask an instance to stop: it undoes what it did, unless it has committed. Raises
        Refused."""
        status = self._find(key, under_way="there is nothing to cancel")
        told = history.tell(self._workflow(status), self._facts_of(status).operations)
        if "" in told.committed:
            raise Refused(
                f"`{status.workflow_id}` is past its `commit`: it only goes forward, a cancel "
                "would be ignored"
            )
        new = self._post(status.workflow_id, CANCEL, None)
        return Done(status.workflow_id, "asked to cancel", new)

    def pause(self, key: str) -> Done:
        """Let an instance start no further step. Raises Refused."""
        status = self._find(key, under_way="there is nothing to pause")
        row = {"instance": status.workflow_id, "at": RealClock().now()}
        try:
            with self._engine.begin() as connection:
                connection.execute(PAUSES.insert().values(**row))
        except sa.exc.IntegrityError:
            return Done(status.workflow_id, "paused", False)
        return Done(status.workflow_id, "paused", True)

    def resume(self, key: str) -> Done:
        """Let a paused instance go on. Raises Refused."""
        status = self._find(key)
        where = PAUSES.c.instance == status.workflow_id
        with self._engine.begin() as connection:
            gone = connection.execute(PAUSES.delete().where(where)).rowcount
        return Done(status.workflow_id, "resumed", bool(gone))

    def restart(self, key: str, step: str) -> Done:
        """Let an instance that Halted or is Incomplete go on from a step: it is called again,
        with the same key and arguments. What others did stays. Raises Refused."""
        status = self._find(key)
        ident = status.workflow_id
        if status.status in ACTIVE:
            raise Refused(f"`{ident}` has not ended: there is nothing to restart")
        root = self._workflow(status)
        points = cuts(root, history.tell(root, self._facts_of(status).operations))
        cut = next((point for point in points if point.step == step), None)
        if cut is None:
            raise Refused(_no_point(ident, root.ending, step, [point.step for point in points]))
        self._rewind(ident, root.ending, cut)
        return Done(ident, f"goes on from `{step}`", True)

    def _rewind(self, instance: str, ending: Any, cut: Cut) -> None:
        """Take the rows from a step on out of the journal, innermost workflow first: until its
        own rows go, as the last, the instance can be restarted again."""
        with self._engine.begin() as connection:
            number = sa.select(sa.func.count()).where(RESTARTS.c.instance == instance)
            connection.execute(
                RESTARTS.insert().values(
                    instance=instance,
                    number=connection.execute(number).scalar_one(),
                    step=cut.step,
                    at=RealClock().now(),
                    ending=json.dumps(ending),
                )
            )
            connection.execute(PRINTED.delete().where(PRINTED.c.instance == instance))
            for part in cut.parts:
                connection.execute(KEPT.delete().where(KEPT.c.workflow == part.workflow))
                rows = [
                    {"workflow": part.workflow, "name": name, "nth": nth, "row": json.dumps(row)}
                    for (name, nth), row in part.kept.items()
                ]
                if rows:
                    connection.execute(KEPT.insert(), rows)
        for part in cut.parts:
            self._client.rewind_workflow(
                part.workflow, start_step=part.number, application_version=VERSION
            )

    def _post(self, instance: str, path: str, payload: Any) -> bool:
        row = {"instance": instance, "path": path, "payload": json.dumps(payload)}
        try:
            with self._engine.begin() as connection:
                connection.execute(MESSAGES.insert().values(**row, at=RealClock().now()))
        except sa.exc.IntegrityError:
            return False
        return True

    # -- what the state has ------------------------------------------------------------------

    def _select(self, table: sa.Table, instance: str | None = None) -> Iterable[Any]:
        query = sa.select(table)
        if instance is not None:
            query = query.where(table.c.instance == instance)
        with self._engine.connect() as connection:
            return connection.execute(query).all()

    def _read_facts(self) -> dict[tuple[str, str], facts.Facts]:
        rows = sorted(self._select(FACTS), key=lambda row: int(row.at))
        return {(row.title, row.fingerprint): facts.read(json.loads(row.facts)) for row in rows}

    def _facts_of(self, status: Any) -> facts.Facts:
        return self._facts[status.name, _order(status)["code"]]

    def _newest(self, name: str) -> facts.Facts | None:
        found = [known for known in self._facts.values() if known.name == name]
        return max(reversed(found), key=lambda known: known.version, default=None)

    def _awaited(self, known: facts.Facts, path: str) -> Any:
        return facts.awaited(known, path, self._newest)

    def _roots(self) -> list[Any]:
        """The workflows that are instances."""
        rows = self._client.list_workflows(has_parent=False)
        return [row for row in rows if self._knows(row)]

    def _knows(self, row: Any) -> bool:
        """Whether it is an instance, and no part of one."""
        order = _order(row)
        return "parent" not in order and (row.name, order.get("code")) in self._facts

    def _find(self, key: str, *, under_way: str = "") -> Any:
        """The workflow of an instance: by its id, or by its business key where one flow has it.
        With `under_way` it must not have ended; that says why. Raises Refused."""
        found = [row for row in self._client.list_workflows(workflow_ids=[key]) if self._knows(row)]
        if not found:
            roots = {row.workflow_id: row for row in self._roots()}
            found = [row for ident, row in roots.items() if ident.partition("/")[2] == key]
            if not found:
                raise Refused(_unknown(key, list(roots), self._state.name))
            if len(found) > 1:
                idents = ", ".join(f"`{row.workflow_id}`" for row in found)
                raise Refused(f"several flows have an instance `{key}`: {idents}")
        status = found[0]
        if under_way and status.status not in ACTIVE:
            ending = status.output.get("ending") if isinstance(status.output, Mapping) else None
            raise Refused(
                f"`{status.workflow_id}` has ended ({ending or status.status}): {under_way}"
            )
        return status

    def _workflow(self, status: Any, *, deep: bool = True) -> history.Workflow:
        """A workflow with its rows, and those below it."""
        settled = status.status not in ACTIVE
        order = _order(status)
        made = history.Workflow(
            status.workflow_id, order.get("prefix", "")[:-1], settled, status.output, []
        )
        if not deep:
            return made
        names: dict[str, None] = {}
        for step in self._client.list_workflow_steps(status.workflow_id):
            child = step["child_workflow_id"]
            row = history.Row(step["function_id"], step["function_name"], step["output"], child)
            made.rows.append(row)
            if child is not None:
                names[child] = None
        if names:
            for found in self._client.list_workflows(workflow_ids=list(names)):
                made.children[found.workflow_id] = self._workflow(found)
        return made


def _order(status: Any) -> dict[str, Any]:
    given: dict[str, Any] = status.input["args"][0] if status.input else {}
    return given


def _unknown(key: str, known: list[str], state: str) -> str:
    keys = {ident.partition("/")[2]: ident for ident in known}
    near = difflib.get_close_matches(key, [*known, *keys], n=1, cutoff=0.5)
    if near:
        return f"no instance `{key}` in {state!r}; did you mean `{keys.get(near[0], near[0])}`?"
    if not known:
        return f"no instance `{key}` in {state!r}: nothing was ever started there"
    return f"no instance `{key}` in {state!r}; `flowc instances --state {state}` lists them"


def _no_point(instance: str, ending: Any, step: str, points: list[str]) -> str:
    word = ending.get("ending") if isinstance(ending, Mapping) else None
    if points:
        listed = ", ".join(f"`{point}`" for point in points)
        return f"`{instance}` is {word}, and `{step}` is not why: restart from {listed}"
    if word in ("Completed", "Compensated"):
        return f"`{instance}` is {word}: only one that Halted or is Incomplete can be restarted"
    return f"`{instance}` is {word}, and in no step that can be called again"


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
