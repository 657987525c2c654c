"""The schema of the whole line, from sql/schema."""

from alembic import op

from lockbox.db import SQL, run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Runs the schema files in order."""
    for path in sorted((SQL / "schema").glob("0[1-7]0_*.sql")):  # the later ones have migrations of their own
        run_script(op.get_bind(), path.read_text())


def downgrade() -> None:
    """History is not dropped by a verb."""
    raise NotImplementedError("the first schema has nothing before it")
