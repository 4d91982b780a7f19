"""Availability of a professional; additive, so that the release before lives on this schema."""

import sqlalchemy as sa
from alembic import op

revision = "0004_availability"
down_revision = "0003_vitals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "profiles",
        sa.Column("availability", sa.String(16), nullable=False, server_default="open"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_column("profiles", "availability")
