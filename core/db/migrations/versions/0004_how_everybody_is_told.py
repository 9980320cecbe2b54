"""how everybody is told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('notice_preference',
    sa.Column('id', _ID, autoincrement=True, nullable=False),
    sa.Column('link_id', _ID, nullable=False),
    sa.Column('child_id', _ID, nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('choice', sa.Enum('off', 'at_once', 'daily', 'weekly', name='choice', native_enum=False, create_constraint=True, length=15), nullable=False),
    sa.ForeignKeyConstraint(['link_id'], ['chat_link.id'], name=op.f('fk_notice_preference_link_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice_preference')),
    sa.UniqueConstraint('link_id', 'kind', 'child_id', name=op.f('uq_notice_preference_link_id_kind_child_id'))
    )
    op.add_column('chat', sa.Column('emergencies_only', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('chat', sa.Column('poor_up_to', sa.BigInteger(), nullable=True))
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_delivery_state_priority_not_before'))
        batch_op.add_column(sa.Column('messenger', sa.Enum('telegram', 'web', 'terminal', name='messenger', native_enum=False, create_constraint=True, length=16), server_default='telegram', nullable=False))
        batch_op.add_column(sa.Column('bot', _ID, server_default='0', nullable=False))
        batch_op.add_column(sa.Column('kind', sa.Text(), server_default='security', nullable=False))
        batch_op.add_column(sa.Column('bundle', sa.Text(), server_default='', nullable=False))
    op.execute("UPDATE delivery SET messenger = (SELECT messenger FROM chat WHERE chat.id = delivery.chat_id),"
               " bot = (SELECT bot FROM chat WHERE chat.id = delivery.chat_id)")
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_delivery_messenger_bot_state_priority_not_before'), ['messenger', 'bot', 'state', 'priority', 'not_before'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('delivery', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_delivery_messenger_bot_state_priority_not_before'))
        batch_op.drop_constraint(batch_op.f('ck_delivery_messenger'), type_='check')
        batch_op.drop_column('bundle')
        batch_op.drop_column('kind')
        batch_op.drop_column('bot')
        batch_op.drop_column('messenger')
        batch_op.create_index(batch_op.f('ix_delivery_state_priority_not_before'), ['state', 'priority', 'not_before'], unique=False)
    op.drop_column('chat', 'poor_up_to')
    op.drop_column('chat', 'emergencies_only')
    op.drop_table('notice_preference')
