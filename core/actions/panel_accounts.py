"""Accounts of the panel: a password for those who come without a chat, an authenticator app for whoever wants one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyotp
import sqlalchemy as sa

from core.actions.linking import link_with_own_roles
from core.db.audit import record
from core.db.conversation import ChatKey, open_chat
from core.db.models import Chat, PanelAccount, PanelSession, RoleAssignment, SignInTry
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
_SECRET = re.compile(r"[A-Z2-7]{32}")


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
    """Give somebody with work in the panel a way in, or a new password, which signs out the browsers that came in by the
    older one. Raises NotFound for anybody else, Invalid("email_taken")."""
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
            chats = sa.select(Chat.id).where(
                Chat.messenger == Messenger.TERMINAL, Chat.bot == PANEL_BOT, Chat.user_id == person_id
            )
            await _sign_out(uow, PanelSession.chat_id.in_(chats))
        await record(uow, "panel.account", actor_id=None, subject=("person", person_id))


async def account_chat(uow: UnitOfWork, person_id: PersonId) -> ChatId:
    """The chat that an account acts as, with the roles that the person holds now. Needs no ``writing()``."""
    key = ChatKey(Messenger.TERMINAL, PANEL_BOT, int(person_id))
    chat = await open_chat(uow, key, "panel")
    await link_with_own_roles(uow, chat, person_id)
    return chat.id


async def note_try(uow: UnitOfWork, account_hash: str, address_hash: str) -> int:
    """Note that somebody tries to sign in, before it is looked at: of many tries at once no more than a few are looked at.
    The try's id, for ``settle_try``. At most three statements.

    Raises TooManyTries, and counts nothing, while an account or an address had too many refusals; also for what is right.
    """
    async with uow.writing():
        number = await uow.insert(SignInTry, at=uow.now, account_hash=account_hash, address_hash=address_hash)
    # Committed before it is counted: whichever of two at once counts last sees the other.
    since = uow.now - WINDOW

    def newest(most: int, column: sa.ColumnElement[bool]) -> sa.ScalarSelect[datetime]:
        others = sa.select(SignInTry.at).where(SignInTry.at > since, SignInTry.id != number, column)
        return others.order_by(SignInTry.at.desc()).offset(most - 1).limit(1).scalar_subquery()

    row = await uow.row(
        sa.select(
            newest(TRIES_PER_ACCOUNT, SignInTry.account_hash == account_hash),
            newest(TRIES_PER_ADDRESS, SignInTry.address_hash == address_hash),
        )
    )
    reached = [at for at in row or () if at is not None]
    if reached:
        async with uow.writing():
            await _forget_try(uow, number)
        raise TooManyTries(max(reached) + WINDOW)
    return number


async def settle_try(uow: UnitOfWork, number: int, address_hash: str, *, is_right: bool) -> None:
    """What came of a try: one that was right counts no more, a refused one does, and is audited without the words. One
    statement."""
    async with uow.writing():
        if is_right:
            await _forget_try(uow, number)
        else:
            await record(uow, "panel.refused", actor_id=None, after={"address": address_hash})


async def _forget_try(uow: UnitOfWork, number: int) -> None:
    await uow.write(sa.delete(SignInTry).where(SignInTry.id == number))


async def set_totp(uow: UnitOfWork, person_id: PersonId, sealed: str, *, step: int) -> None:
    """Keep the secret of an authenticator app. ``step`` is that of the code which it was tried with: that code is used.
    The person's browsers have given no code of this app yet. Audited."""
    async with uow.writing():
        values = {"totp": sealed, "totp_step": step}
        if await account_of(uow, person_id) is None:
            await uow.insert(PanelAccount, person_id=person_id, created_at=uow.now, **values)
        else:
            await uow.write(
                sa.update(PanelAccount).where(PanelAccount.person_id == person_id).values(**values)
            )
        await uow.write(
            sa.update(PanelSession).where(PanelSession.person_id == person_id).values(verified_at=None)
        )
        await record(uow, "panel.totp_set", actor_id=person_id, subject=("person", person_id))


async def forget_totp(uow: UnitOfWork, person_id: PersonId) -> None:
    """End the authenticator app of somebody who has lost it, and sign out the browsers of theirs. Raises NotFound where
    there is none. Audited."""
    async with uow.writing():
        account = await account_of(uow, person_id)
        if account is None or not account.totp:
            raise NotFound("app_not_found")
        await uow.write(
            sa.update(PanelAccount).where(PanelAccount.person_id == person_id).values(totp="", totp_step=0)
        )
        await _sign_out(uow, PanelSession.person_id == person_id)
        await record(uow, "panel.totp_end", actor_id=None, subject=("person", person_id))


async def _sign_out(uow: UnitOfWork, which: sa.ColumnElement[bool]) -> None:
    await uow.write(
        sa.update(PanelSession).where(which, PanelSession.ended_at.is_(None)).values(ended_at=uow.now)
    )


async def spend_totp(uow: UnitOfWork, person_id: PersonId, secret: str, code: str) -> bool:
    """Whether the code is right now or was a step ago, and was not used before. One statement for a right one."""
    steps = step_of(secret, code, uow.now)
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


def is_secret(text: str) -> bool:
    """Whether it can be the secret of an authenticator app."""
    return _SECRET.fullmatch(text) is not None


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code it is, this one or the last; None for any other code, and where the secret is none."""
    if not is_secret(secret):
        return None
    totp = pyotp.TOTP(secret, interval=_STEP_SECONDS)
    step = int(now.timestamp()) // _STEP_SECONDS
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    for back in (0, 1):
        if pyotp.utils.strings_equal(totp.generate_otp(step - back), digits):
            return step - back
    return None
