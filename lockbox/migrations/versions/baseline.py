"""The schema of the whole line, from sql/schema.

Before the first release one migration makes it all: when a schema file changes, so does the revision's name.
"""

from alembic import op

from lockbox.db import SQL, run_script

revision = "0022"
down_revision = None


def upgrade() -> None:
    """Runs the schema files in order."""
    for path in sorted((SQL / "schema").glob("*.sql")):
        run_script(op.get_bind(), path.read_text())


def downgrade() -> None:
    """History is not dropped by a verb."""
    raise NotImplementedError("the first schema has nothing before it")
