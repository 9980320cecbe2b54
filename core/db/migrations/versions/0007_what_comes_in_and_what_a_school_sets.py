"""what comes in, and what a school sets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_STATE = sa.Enum(
    "looked",
    "running",
    "applied",
    "refused",
    "failed",
    name="importstate",
    native_enum=False,
    create_constraint=True,
    length=15,
)
_MESSENGER = sa.Enum(
    "telegram", "web", "terminal", name="messenger", native_enum=False, create_constraint=True, length=16
)


def upgrade() -> None:
    op.create_table(
        "import_run",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("school_id", _ID, nullable=True),
        sa.Column("person_id", _ID, nullable=True),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("importer", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", _ID, nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("state", _STATE, nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.Column("rejected", _ID, nullable=False),
        sa.Column("skipped", _ID, nullable=False),
        sa.Column("refused", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id"], ["org.id"], name=op.f("fk_import_run_school_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_import_run_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index(op.f("ix_import_run_school_id"), "import_run", ["school_id"])
    op.create_index(op.f("ix_import_run_person_id"), "import_run", ["person_id"])
    op.create_index(op.f("ix_import_run_school_id_started_at"), "import_run", ["school_id", "started_at"])
    op.create_table(
        "import_answer",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("school_id", _ID, nullable=True),
        sa.Column("importer", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("person_id", _ID, nullable=True),
        sa.Column("answered_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"], ["org.id"], name=op.f("fk_import_answer_school_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_import_answer_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_answer")),
    )
    op.create_index(op.f("ix_import_answer_person_id"), "import_answer", ["person_id"])
    op.create_index(op.f("ix_import_answer_school_id_importer"), "import_answer", ["school_id", "importer"])
    op.create_table(
        "org_bot",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("org_id", _ID, nullable=False),
        sa.Column("messenger", _MESSENGER, nullable=False),
        sa.Column("bot", _ID, nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.Column("set_by", _ID, nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("refused_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["org.id"], name=op.f("fk_org_bot_org_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["set_by"], ["person.id"], name=op.f("fk_org_bot_set_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_org_bot")),
    )
    op.create_index(op.f("ix_org_bot_org_id"), "org_bot", ["org_id"])
    open_ones = sa.text("ended_at IS NULL")
    for name, columns in (
        ("uq_org_bot_open", ["messenger", "bot"]),
        ("uq_org_bot_of_org", ["org_id", "messenger"]),
    ):
        op.create_index(
            name, "org_bot", columns, unique=True, sqlite_where=open_ones, postgresql_where=open_ones
        )
    op.add_column("org", sa.Column("quiet_from", sa.Time(), nullable=True))
    op.add_column("org", sa.Column("quiet_to", sa.Time(), nullable=True))
    op.add_column("chat", sa.Column("seen_at", _MOMENT, nullable=True))
    op.drop_index(op.f("ix_delivery_chat_id"), "delivery")
    op.create_index(op.f("ix_delivery_chat_id_settled_at"), "delivery", ["chat_id", "settled_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_delivery_chat_id_settled_at"), "delivery")
    op.create_index(op.f("ix_delivery_chat_id"), "delivery", ["chat_id"])
    op.drop_column("chat", "seen_at")
    op.drop_column("org", "quiet_to")
    op.drop_column("org", "quiet_from")
    op.drop_table("org_bot")
    op.drop_table("import_answer")
    op.drop_table("import_run")
