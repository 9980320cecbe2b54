"""what teachers post and announce."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('messenger_file',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('messenger', sa.Enum('telegram', 'web', 'terminal', name='messenger', native_enum=False, create_constraint=True, length=16), nullable=False),
    sa.Column('bot', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('file_id', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_messenger_file')),
    sa.UniqueConstraint('messenger', 'bot', 'sha256', name=op.f('uq_messenger_file_messenger_bot_sha256'))
    )
    op.create_table('incoming_file',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('chat_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('message_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('album', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['chat_id'], ['chat.id'], name=op.f('fk_incoming_file_chat_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incoming_file')),
    sa.UniqueConstraint('chat_id', 'message_id', name=op.f('uq_incoming_file_chat_id_message_id'))
    )
    with op.batch_alter_table('incoming_file', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_incoming_file_chat_id_album'), ['chat_id', 'album'], unique=False)

    op.create_table('posting',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('chat_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('author_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('kind', sa.Enum('marks', 'homework', 'announcement', 'topic', name='postingkind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('draft', sa.JSON(), nullable=False),
    sa.Column('effects', sa.JSON(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('dropped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_posting_author_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['chat_id'], ['chat.id'], name=op.f('fk_posting_chat_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_posting'))
    )
    with op.batch_alter_table('posting', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_posting_author_id'), ['author_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_posting_chat_id'), ['chat_id'], unique=False)

    op.create_table('announcement',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('school_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('audience', sa.Enum('course', 'class', 'grade', 'school', name='audiencekind', native_enum=False, create_constraint=True, length=14), nullable=False),
    sa.Column('course_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('class_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('grade', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('author_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(audience = 'course') = (course_id IS NOT NULL) AND (audience = 'class') = (class_id IS NOT NULL) AND (audience = 'grade') = (grade IS NOT NULL)", name=op.f('ck_announcement_audience')),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_announcement_author_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['class_id'], ['school_class.id'], name=op.f('fk_announcement_class_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_announcement_course_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['school_id'], ['org.id'], name=op.f('fk_announcement_school_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_announcement'))
    )
    with op.batch_alter_table('announcement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_announcement_author_id'), ['author_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_announcement_class_id'), ['class_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_announcement_course_id'), ['course_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_announcement_school_id'), ['school_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_announcement_school_id_published_at'), ['school_id', 'published_at'], unique=False)

    op.create_table('receipt',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('announcement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['announcement_id'], ['announcement.id'], name=op.f('fk_receipt_announcement_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_receipt_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt')),
    sa.UniqueConstraint('announcement_id', 'person_id', name=op.f('uq_receipt_announcement_id_person_id'))
    )
    with op.batch_alter_table('receipt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_receipt_person_id'), ['person_id'], unique=False)

    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('announcement_id', _ID, nullable=True))
        batch_op.alter_column('homework_id', existing_type=_ID, nullable=True)
        batch_op.create_index(batch_op.f('ix_attachment_announcement_id'), ['announcement_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_attachment_announcement_id'), 'announcement', ['announcement_id'], ['id'], ondelete='CASCADE')
        batch_op.create_check_constraint(batch_op.f('ck_attachment_of_one_thing'), '(homework_id IS NULL) <> (announcement_id IS NULL)')

    op.add_column('chat_message', sa.Column('file_sha256', sa.Text(), nullable=False, server_default=''))
    op.add_column('chat_message', sa.Column('attachment_id', _ID, nullable=True))
    op.add_column('chat_message', sa.Column('attachment_of', _ID, nullable=True))
    op.add_column('homework', sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('invitation', sa.Column('issued_chat_id', _ID, nullable=True))


def downgrade() -> None:
    op.drop_column('invitation', 'issued_chat_id')
    for column in ('attachment_of', 'attachment_id', 'file_sha256'):
        op.drop_column('chat_message', column)
    op.drop_column('homework', 'edited_at')
    op.execute('DELETE FROM attachment WHERE homework_id IS NULL')
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_attachment_of_one_thing'), type_='check')
        batch_op.drop_constraint(batch_op.f('fk_attachment_announcement_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_attachment_announcement_id'))
        batch_op.alter_column('homework_id', existing_type=_ID, nullable=False)
        batch_op.drop_column('announcement_id')

    with op.batch_alter_table('receipt', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_receipt_person_id'))

    op.drop_table('receipt')
    with op.batch_alter_table('announcement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_announcement_school_id_published_at'))
        batch_op.drop_index(batch_op.f('ix_announcement_school_id'))
        batch_op.drop_index(batch_op.f('ix_announcement_course_id'))
        batch_op.drop_index(batch_op.f('ix_announcement_class_id'))
        batch_op.drop_index(batch_op.f('ix_announcement_author_id'))

    op.drop_table('announcement')
    with op.batch_alter_table('posting', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_posting_chat_id'))
        batch_op.drop_index(batch_op.f('ix_posting_author_id'))

    op.drop_table('posting')
    with op.batch_alter_table('incoming_file', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_incoming_file_chat_id_album'))

    op.drop_table('incoming_file')
    op.drop_table('messenger_file')
