"""Accounts of the panel: a password for those who come without a chat, an authenticator app for whoever wants one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyotp
import sqlalchemy as sa

from core.actions.linking import link_with_own_roles
from core.db.audit import record
from core.db.conversation import ChatKey, open_chat
from core.db.models import PanelAccount, RoleAssignment, SignInTry
from core.db.uow import UnitOfWork
from core.domain.ids import ChatId, PersonId
from core.domain.kinds import Messenger
from core.domain.rights import PANEL_ROLES
from core.errors import Invalid, NotFound, TooManyTries

WINDOW = timedelta(minutes=15)
TRIES_PER_ACCOUNT = 5
TRIES_PER_ADDRESS = 20
SHORTEST_PASSWORD = 12
PANEL_BOT = 2
"""The accounts' reserved number among the bots of TERMINAL: a chat that nothing is ever delivered to."""
_STEP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Account:
    """An account as sign-in reads it; ``totp`` is sealed, empty without an authenticator app."""

    person_id: PersonId
    email: str | None
    password_hash: str
    totp: str


def _read(row: sa.Row[Any] | None) -> Account | None:
    if row is None:
        return None
    return Account(PersonId(row.person_id), row.email, row.password_hash, row.totp)


_ACCOUNT = sa.select(
    PanelAccount.person_id, PanelAccount.email, PanelAccount.password_hash, PanelAccount.totp
)


async def account_by_email(uow: UnitOfWork, email: str) -> Account | None:
    """The account of an address, whatever its capitals. One statement."""
    return _read(await uow.row(_ACCOUNT.where(PanelAccount.email == email.strip().casefold())))


async def account_of(uow: UnitOfWork, person_id: int) -> Account | None:
    """A person's account. One statement."""
    return _read(await uow.row(_ACCOUNT.where(PanelAccount.person_id == person_id)))


async def create_account(uow: UnitOfWork, person_id: PersonId, email: str, password_hash: str) -> None:
    """Give somebody with work in the panel a way in, or a new password. Raises NotFound for anybody else,
    Invalid("email_taken")."""
    address = email.strip().casefold()
    async with uow.writing():
        today = uow.now.date()
        works = await uow.value(
            sa.select(RoleAssignment.id).where(
                RoleAssignment.person_id == person_id,
                RoleAssignment.role.in_(PANEL_ROLES),
                sa.or_(RoleAssignment.ends.is_(None), RoleAssignment.ends >= today),
            )
        )
        if works is None:
            raise NotFound("panel_not_found")
        other = await account_by_email(uow, address)
        if other is not None and other.person_id != person_id:
            raise Invalid("email_taken")
        if await account_of(uow, person_id) is None:
            await uow.insert(
                PanelAccount,
                person_id=person_id,
                email=address,
                password_hash=password_hash,
                created_at=uow.now,
            )
        else:
            await uow.write(
                sa.update(PanelAccount)
                .where(PanelAccount.person_id == person_id)
                .values(email=address, password_hash=password_hash)
            )
        await record(uow, "panel.account", actor_id=None, subject=("person", person_id))


async def account_chat(uow: UnitOfWork, person_id: PersonId) -> ChatId:
    """The chat that an account acts as, with the roles that the person holds now. Needs no ``writing()``."""
    key = ChatKey(Messenger.TERMINAL, PANEL_BOT, int(person_id))
    chat = await open_chat(uow, key, "panel")
    await link_with_own_roles(uow, chat, person_id)
    return chat.id


async def check_tries(uow: UnitOfWork, account_hash: str, address_hash: str) -> None:
    """Raises TooManyTries while an account or an address had too many refusals, also for what is right. One statement."""
    since = uow.now - WINDOW

    def newest(number: int, column: sa.ColumnElement[bool]) -> sa.ScalarSelect[datetime]:
        tries = sa.select(SignInTry.at).where(SignInTry.at > since, column).order_by(SignInTry.at.desc())
        return tries.offset(number - 1).limit(1).scalar_subquery()

    row = await uow.row(
        sa.select(
            newest(TRIES_PER_ACCOUNT, SignInTry.account_hash == account_hash),
            newest(TRIES_PER_ADDRESS, SignInTry.address_hash == address_hash),
        )
    )
    reached = [at for at in row or () if at is not None]
    if reached:
        raise TooManyTries(max(reached) + WINDOW)


async def count_refusal(uow: UnitOfWork, account_hash: str, address_hash: str) -> None:
    """Note a sign-in that was refused; audited without the address or the words."""
    async with uow.writing():
        await uow.insert(SignInTry, at=uow.now, account_hash=account_hash, address_hash=address_hash)
        await record(uow, "panel.refused", actor_id=None, after={"address": address_hash})


async def set_totp(uow: UnitOfWork, person_id: PersonId, sealed: str) -> None:
    """Keep the secret of an authenticator app; an empty one ends it. Audited."""
    async with uow.writing():
        if await account_of(uow, person_id) is None:
            await uow.insert(PanelAccount, person_id=person_id, totp=sealed, created_at=uow.now)
        else:
            await uow.write(
                sa.update(PanelAccount)
                .where(PanelAccount.person_id == person_id)
                .values(totp=sealed, totp_step=0)
            )
        action = "panel.totp_set" if sealed else "panel.totp_end"
        await record(uow, action, actor_id=person_id, subject=("person", person_id))


async def spend_totp(uow: UnitOfWork, person_id: PersonId, secret: str, code: str) -> bool:
    """Whether the code is right now or was a step ago, and was not used before. One statement for a right one."""
    steps = _matching(secret, code, uow.now)
    if steps is None:
        return False
    async with uow.writing():
        spent = await uow.write(
            sa.update(PanelAccount)
            .where(PanelAccount.person_id == person_id, PanelAccount.totp_step < steps)
            .values(totp_step=steps)
            .returning(PanelAccount.id)
        )
        return spent.first() is not None


def is_totp(secret: str, code: str, now: datetime) -> bool:
    """Whether a code is right, for trying a new secret."""
    return _matching(secret, code, now) is not None


def _matching(secret: str, code: str, now: datetime) -> int | None:
    totp = pyotp.TOTP(secret, interval=_STEP_SECONDS)
    step = int(now.timestamp()) // _STEP_SECONDS
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    for back in (0, 1):
        if pyotp.utils.strings_equal(totp.generate_otp(step - back), digits):
            return step - back
    return None
