"""Expiry and clean-up: rows and files that nothing needs any more go, a bounded number at a time.

Kept are the audit, whatever is part of the journal, and as long as ``/why`` and the report of an announcement may be
asked for, what was told.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.db.engine import LONG
from core.db.models import (
    Achievement,
    Attachment,
    ChatLink,
    ChatMessage,
    CodeTry,
    Delivery,
    ImportRun,
    IncomingFile,
    Invitation,
    OutboxEvent,
    Posting,
)
from core.db.uow import UnitOfWork
from core.domain.kinds import DeliveryState, ImportState
from core.files import FileStore

MOST = 2_000
"""Rows of a table deleted in one transaction; the next run goes on."""
TOLD_FOR = timedelta(days=90)
ANNOUNCED_FOR = timedelta(days=400)
"""How long it is known who was told of an announcement: a school year and some."""
CODES_FOR = timedelta(days=90)
"""After its end a code that nobody used is shown no more."""
TRIES_FOR = timedelta(days=30)
DRAFTS_FOR = timedelta(days=7)
FILES_FOR = timedelta(days=7)
MOST_RUNS = 100
"""Imports whose files are forgotten at a time."""


async def clean_up(uow: UnitOfWork) -> int:
    """Delete what is over; how many rows went. A read for each of five tables, and a transaction for each with any."""
    told = _told_long_ago(uow)
    with_deliveries = sa.exists().where(Delivery.event_id == OutboxEvent.id)
    return sum(
        [
            await _delete(uow, Delivery, [Delivery.event_id.in_(sa.select(OutboxEvent.id).where(*told))]),
            await _delete(uow, OutboxEvent, [*told, sa.not_(with_deliveries)]),
            await _delete(
                uow,
                Invitation,
                [
                    Invitation.expires_at < uow.now - CODES_FOR,
                    Invitation.used_at.is_(None),
                    sa.not_(sa.exists().where(ChatLink.invitation_id == Invitation.id)),
                ],
            ),
            await _delete(uow, CodeTry, [CodeTry.at < uow.now - TRIES_FOR]),
            await _delete(uow, Posting, [Posting.made_at < uow.now - DRAFTS_FOR, Posting.saved_at.is_(None)]),
        ]
    )


def _told_long_ago(uow: UnitOfWork) -> list[sa.ColumnElement[bool]]:
    """Events that were fanned out or taken back, with nothing of them on its way."""
    waiting = sa.orm.aliased(Delivery)
    waits = sa.exists().where(
        waiting.event_id == OutboxEvent.id,
        waiting.state.in_([DeliveryState.PENDING, DeliveryState.SENDING]),
    )
    is_announcement = OutboxEvent.kind.startswith("announcement")
    return [
        sa.or_(OutboxEvent.fanned_out_at.is_not(None), OutboxEvent.cancelled_at.is_not(None)),
        OutboxEvent.not_before < uow.now - TOLD_FOR,
        sa.or_(sa.not_(is_announcement), OutboxEvent.not_before < uow.now - ANNOUNCED_FOR),
        sa.not_(waits),
    ]


async def _delete(uow: UnitOfWork, table: type[Any], over: list[sa.ColumnElement[bool]]) -> int:
    """The oldest of those that are over; looked for outside of the transaction, so that no writer waits for the look."""
    found = await uow.rows(
        sa.select(table.id).where(*over).order_by(table.id).limit(MOST).execution_options(**LONG)
    )
    if found:
        async with uow.writing():
            await uow.write(sa.delete(table).where(table.id.in_([row.id for row in found]), *over))
    return len(found)


async def forget_files(uow: UnitOfWork, files: FileStore) -> int:
    """Delete what was sent to the bot and used for nothing, rows and bytes; how many files. At most three statements.

    Bytes that anything refers to stay, and so do those that somebody sends again meanwhile.
    """
    until = uow.now - FILES_FOR
    old = await uow.rows(
        sa.select(IncomingFile.id, IncomingFile.sha256)
        .where(IncomingFile.received_at < until)
        .order_by(IncomingFile.id)
        .limit(MOST)
        .execution_options(**LONG)
    )
    if not old:
        return 0
    async with uow.writing():
        await uow.write(sa.delete(IncomingFile).where(IncomingFile.id.in_([row.id for row in old])))
    return await _forget_unused(uow, files, {row.sha256 for row in old}, until)


async def forget_imports(uow: UnitOfWork, files: FileStore) -> int:
    """Delete the files of imports that are a week old, whether applied or only looked at, and the names that were told of
    them; how many files. At most three statements, and one for each run. What an upload left half done goes, too."""
    until = uow.now - FILES_FOR
    files.forget_drafts(before=until.timestamp())
    over = sa.and_(
        ImportRun.sha256 != "", ImportRun.started_at < until, ImportRun.state != ImportState.RUNNING
    )
    old = await uow.rows(
        sa.select(ImportRun.id, ImportRun.sha256, ImportRun.outcome)
        .where(over)
        .order_by(ImportRun.id)
        .limit(MOST_RUNS)
        .execution_options(**LONG)
    )
    if not old:
        return 0
    async with uow.writing():
        for row in old:
            told = {name: value for name, value in row.outcome.items() if name not in ("samples", "left_out")}
            await uow.write(
                sa.update(ImportRun).where(ImportRun.id == row.id, over).values(sha256="", outcome=told)
            )
    return await _forget_unused(uow, files, {row.sha256 for row in old}, until)


async def _forget_unused(uow: UnitOfWork, files: FileStore, names: set[str], until: datetime) -> int:
    columns = (
        Attachment.sha256,
        Achievement.picture_sha256,
        ChatMessage.file_sha256,
        IncomingFile.sha256,
        ImportRun.sha256,
    )
    used = await uow.rows(
        sa.union_all(*(sa.select(column.label("sha256")).where(column.in_(names)) for column in columns))
    )
    unused = names - {row.sha256 for row in used}
    return sum(files.forget(name, before=until.timestamp()) for name in unused)
