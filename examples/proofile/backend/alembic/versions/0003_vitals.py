"""Web vitals measured in visitors' browsers."""

import sqlalchemy as sa
from alembic import op

revision = "0003_vitals"
down_revision = "0002_profiles"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "vitals",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(8), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("page", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("vitals")
