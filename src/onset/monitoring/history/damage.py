"""A history that SQLite cannot read: it is set aside, so that a new one can begin."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

LOCK_SECONDS = 5.0
"""How long to wait for another server that looks at the same file."""

DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
"""Codes of a file that is none of ours: our statements are fixed, so what they lack is the file."""

BESIDE = ("-wal", "-shm", "-journal")
"""Files of SQLite's beside a database; of another one they would spoil it."""


TABLES = {"starts", "answers", "samples", "events"}
"""What every version has."""


class DamagedHistory(sqlite3.DatabaseError):
    """A check of the file found damage."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def is_damage(error: Exception) -> bool:
    """Whether the file is damaged, rather than missing, full, locked or of a later version."""
    if isinstance(error, UnicodeDecodeError):  # SQLite quotes what is there
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in DAMAGE  # above it is the extended code


def check(db: sqlite3.Connection) -> None:
    """Read all pages: 0.1 s for 20 MB. Raises DamagedHistory, or what SQLite raises."""
    (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise DamagedHistory("the history is damaged")


def set_aside(path: Path) -> Path | None:
    """Rename a damaged file, the only one that is kept so; its new name.

    None where it is not damaged any more: another server was first. Raises OSError.
    """
    with FileLock(path.with_suffix(".lock"), timeout=LOCK_SECONDS, mode=0o600):
        if not _is_damaged(path):
            return None
        forget_broken(path)
        kept = path.with_name(f"{path.stem}.broken-{datetime.now(UTC):%Y-%m-%d}")
        path.replace(kept)
        for end in BESIDE:
            path.with_name(path.name + end).unlink(missing_ok=True)
    return kept


def forget_broken(path: Path) -> None:
    """Remove what was set aside of the history at `path`. Raises OSError."""
    for old in path.parent.glob(f"{path.stem}.broken-*"):
        old.unlink(missing_ok=True)


def _is_damaged(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            check(db)
            (version,) = db.execute("PRAGMA user_version").fetchone()
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return is_damage(error)
    # Without any table it is new: another server begins it just now.
    return bool(tables) and (version == 0 or not tables >= TABLES)
