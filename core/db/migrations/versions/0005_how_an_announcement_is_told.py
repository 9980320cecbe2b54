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
_COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_QUEUE = "ix_delivery_messenger_bot_state_priority_not_before_id"


def upgrade() -> None:
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("urgency", _URGENCY, server_default="at_once", nullable=False))
        batch_op.add_column(sa.Column("silent", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("asks", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("receipt", sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox_event", sa.Column("attempts", _COUNT, server_default="0", nullable=False))
    op.add_column("outbox_event", sa.Column("why", sa.Text(), server_default="", nullable=False))
    op.add_column("delivery", sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_delivery_messenger_bot_state_priority_not_before", table_name="delivery")
    op.create_index(_QUEUE, "delivery", ["messenger", "bot", "state", "priority", "not_before", "id"])


def downgrade() -> None:
    op.drop_index(_QUEUE, table_name="delivery")
    op.create_index(
        "ix_delivery_messenger_bot_state_priority_not_before",
        "delivery",
        ["messenger", "bot", "state", "priority", "not_before"],
    )
    op.drop_column("delivery", "tried_at")
    op.drop_column("outbox_event", "why")
    op.drop_column("outbox_event", "attempts")
    op.drop_column("receipt", "acknowledged_at")
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.drop_column("asks")
        batch_op.drop_column("silent")
        batch_op.drop_constraint(batch_op.f("ck_announcement_urgency"), type_="check")
        batch_op.drop_column("urgency")
