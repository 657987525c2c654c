"""The schema of the whole line, from sql/schema."""

from alembic import op

from lockbox.db import SQL, run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Runs the schema files in order."""
    for path in sorted((SQL / "schema").glob("*.sql")):
        run_script(op.get_bind(), path.read_text())


def downgrade() -> None:
    """History is not dropped by a verb."""
    raise NotImplementedError("the first schema has nothing before it")
