"""Files and links that belong to a homework or an announcement."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from core.db.models import Attachment
from core.db.uow import UnitOfWork
from core.queries.incoming_files import Incoming


async def attach(
    uow: UnitOfWork,
    files: Sequence[Incoming],
    links: Sequence[str],
    *,
    homework: Sequence[int] = (),
    announcement: int | None = None,
) -> list[int]:
    """Attach all of them to each homework, or to the announcement; the ids of the rows. Needs ``uow.writing()``. One
    statement, or none."""
    kept = [
        {
            "name": one.name,
            "media_type": one.media_type,
            "size": one.size,
            "sha256": one.sha256,
            "url": "",
        }
        for one in files
    ]
    linked = [{"name": url[:200], "media_type": "", "size": 0, "sha256": "", "url": url} for url in links]
    owners = [{"homework_id": one, "announcement_id": None} for one in homework]
    if announcement is not None:
        owners.append({"homework_id": None, "announcement_id": announcement})
    rows = [{**owner, **row} for owner in owners for row in (*kept, *linked)]
    if not rows:
        return []
    result = await uow.write(
        sa.insert(Attachment).returning(Attachment.id, sort_by_parameter_order=True), rows
    )
    return [int(one) for one in result.scalars().all()]


async def detach(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Take attachments off again. Needs ``uow.writing()``. One statement, or none."""
    if ids:
        await uow.write(sa.delete(Attachment).where(Attachment.id.in_(ids)))
