"""how an announcement is told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_URGENCY = sa.Enum(
    "digest", "at_once", "urgent", "emergency",
    name="urgency", native_enum=False, create_constraint=True, length=17,
)  # fmt: skip


def upgrade() -> None:
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("urgency", _URGENCY, server_default="at_once", nullable=False))
        batch_op.add_column(sa.Column("silent", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("asks", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("receipt", sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("receipt", "acknowledged_at")
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.drop_column("asks")
        batch_op.drop_column("silent")
        batch_op.drop_constraint(batch_op.f("ck_announcement_urgency"), type_="check")
        batch_op.drop_column("urgency")
