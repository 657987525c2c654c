"""Contacts, consents, statements, print runs and notices."""

from alembic import op

from lockbox.db import SQL, run_script

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds the tables of what is sent to customers."""
    run_script(op.get_bind(), (SQL / "schema" / "080_correspondence.sql").read_text())


def downgrade() -> None:
    """History is not dropped by a verb."""
    raise NotImplementedError("what was sent to customers is history")
