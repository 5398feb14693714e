"""The tables that a state has beside the journal: what people tell instances, and what is known of
their flows."""

from __future__ import annotations

import sqlalchemy as sa

TABLES = sa.MetaData()

# Signals by their await's path, and cancel under the path "". The first one stands.
MESSAGES = sa.Table(
    "flow_messages",
    TABLES,
    sa.Column("instance", sa.String(500), primary_key=True),
    sa.Column("path", sa.String(500), primary_key=True),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)

# Instances that start no further step, and since when.
PAUSES = sa.Table(
    "flow_pauses",
    TABLES,
    sa.Column("instance", sa.String(500), primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
)

# Every text of a flow that ran on the state, as `facts.py` describes it.
FACTS = sa.Table(
    "flow_facts",
    TABLES,
    sa.Column("title", sa.String(300), primary_key=True),
    sa.Column("fingerprint", sa.String(100), primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
)

# What is good to know of a state: under "run" the command that runs it.
NOTES = sa.Table(
    "flow_notes",
    TABLES,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

# Instances that reject duplicates and whose ending was printed: who asks again is another one.
PRINTED = sa.Table(
    "flow_printed",
    TABLES,
    sa.Column("instance", sa.String(500), primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
)

# Restarts of instances: from which step, and the ending that they had before.
RESTARTS = sa.Table(
    "flow_restarts",
    TABLES,
    sa.Column("instance", sa.String(500), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("step", sa.String(500), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("ending", sa.Text, nullable=False),
)

# Rows of a journal that a restart took out but that stay true: the nth of that name in its
# workflow. A row that is null marks where the restart begins.
KEPT = sa.Table(
    "flow_kept",
    TABLES,
    sa.Column("workflow", sa.String(700), primary_key=True),
    sa.Column("name", sa.String(500), primary_key=True),
    sa.Column("nth", sa.Integer, primary_key=True),
    sa.Column("row", sa.Text, nullable=False),
)
