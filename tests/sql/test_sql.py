"""SQL files: every one parses with its parameters, and says what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.settings import Settings

FILES = sorted(
    path
    for folder in ("queries", "checks", "reports", "notices", "statements")
    for path in (db.SQL / folder).glob("*.sql")
)


@pytest.mark.parametrize("path", sorted(db.SQL.rglob("*.sql")), ids=lambda path: path.stem)
def test_a_file_opens_with_what_it_is_for(path: Path) -> None:
    assert path.read_text().startswith("-- ")


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_query_prepares_and_binds_only_real_parameters(settings: Settings, path: Path) -> None:
    """`sa.text` takes a `:word` in a comment for a parameter: the database must know every one, and no other."""
    clause = db.query(f"{path.parent.name}/{path.stem}")
    engine = db.engine(settings)
    statement = str(clause.compile(engine))
    comments = "\n".join(line.split("--", 1)[1] for line in statement.splitlines() if "--" in line)
    assert "%(" not in comments
    with engine.connect() as connection:
        nothing = dict.fromkeys(clause.compile().params)
        connection.execute(sa.text(f"explain {clause.text}"), nothing)
