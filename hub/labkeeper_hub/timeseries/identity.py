"""Which journal this is: a uuid that a restored backup does not share with what it was made from.

A node that meets another journal than the one it delivered to offers everything again that it still holds.
"""

import sqlite3
from uuid import uuid4


def identity(connection: sqlite3.Connection) -> str:
    """Return the journal's uuid, made once."""
    connection.execute("CREATE TABLE IF NOT EXISTS identity (only INTEGER PRIMARY KEY CHECK (only = 1), uuid TEXT)")
    connection.execute("INSERT OR IGNORE INTO identity VALUES (1, ?)", (str(uuid4()),))
    return str(connection.execute("SELECT uuid FROM identity").fetchone()[0])


def renew(connection: sqlite3.Connection) -> str:
    """Make it another journal: what was stored and acknowledged after the backup is not in it."""
    identity(connection)
    connection.execute("UPDATE identity SET uuid = ?", (str(uuid4()),))
    return identity(connection)
