"""the panel's doors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "panel_ticket",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("chat_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("issued_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chat.id"], name=op.f("fk_panel_ticket_chat_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_panel_ticket_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_ticket")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_panel_ticket_token_hash")),
    )
    op.create_index(op.f("ix_panel_ticket_chat_id"), "panel_ticket", ["chat_id"])
    op.create_index(op.f("ix_panel_ticket_person_id"), "panel_ticket", ["person_id"])
    op.create_table(
        "panel_session",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("chat_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("verified_at", _MOMENT, nullable=True),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chat.id"], name=op.f("fk_panel_session_chat_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_panel_session_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_panel_session_token_hash")),
    )
    op.create_index(op.f("ix_panel_session_chat_id"), "panel_session", ["chat_id"])
    op.create_index(op.f("ix_panel_session_person_id"), "panel_session", ["person_id"])
    op.create_index(op.f("ix_panel_session_expires_at"), "panel_session", ["expires_at"])
    op.create_table(
        "panel_account",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("totp", sa.Text(), nullable=False),
        sa.Column("totp_step", _ID, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_panel_account_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_account")),
        sa.UniqueConstraint("person_id", name=op.f("uq_panel_account_person_id")),
        sa.UniqueConstraint("email", name=op.f("uq_panel_account_email")),
    )
    op.create_table(
        "sign_in_try",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("account_hash", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_try")),
    )
    for column in ("at", "account_hash", "address_hash"):
        op.create_index(op.f(f"ix_sign_in_try_{column}"), "sign_in_try", [column])


def downgrade() -> None:
    op.drop_table("sign_in_try")
    op.drop_table("panel_account")
    op.drop_table("panel_session")
    op.drop_table("panel_ticket")
