"""Professional profiles."""

import sqlalchemy as sa
from alembic import op

revision = "0002_profiles"
down_revision = "0001_users_sessions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "profiles",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("full_name", sa.String(120), nullable=False),
        sa.Column("headline", sa.String(160), nullable=False),
        sa.Column("bio", sa.Text(), nullable=False),
        sa.Column("location", sa.String(120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    for column in ("full_name", "location", "created_at"):
        op.create_index(f"ix_profiles_{column}", "profiles", [column])


def downgrade() -> None:
    """Take back."""
    op.drop_table("profiles")
