"""Looking at the canteen's accounts: who runs low is told when it happens and then daily, who paid that it arrived."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta

from core.db.outbox import NewEvent, publish_all
from core.db.uow import UnitOfWork
from core.queries.balances import low_accounts, recent_top_ups
from core.queries.school_clocks import SchoolClock, school_clocks

CHECK_FROM, CHECK_UNTIL = time(7), time(21)
DAILY_AT = time(16)
"""On the school's wall: when it is said again of an account that nobody has topped up, in time for the next day."""
_TOP_UPS_BACK = timedelta(days=3)
"""So that a weekend without the process loses none."""
_TOP_UP_LASTS = timedelta(days=2)


async def check_balances(uow: UnitOfWork) -> int:
    """Write an event a day for each guardian of an account that is low; how many were new.

    At once where money moved today, else at ``DAILY_AT``. One statement, for each time zone one more, and two to write.
    """
    by_midnight: defaultdict[tuple[date, datetime], dict[int, SchoolClock]] = defaultdict(dict)
    for clock in await school_clocks(uow):
        if clock.shows(CHECK_FROM, CHECK_UNTIL):
            by_midnight[clock.today, clock.at(clock.today)][int(clock.school.id)] = clock
    events = []
    for (today, midnight), schools in by_midnight.items():
        for low in await low_accounts(uow, list(schools), today, midnight):
            clock = schools[low.school_id]
            if not low.moved and clock.now.time() < DAILY_AT:
                continue
            events.append(
                NewEvent(
                    f"balance:{today}:account {low.account_id}:person {low.guardian_id}",
                    {
                        "school": low.school_id,
                        "account": low.account_id,
                        "student": low.student_id,
                        "guardian": low.guardian_id,
                        "below": low.below,
                        "day": clock.tomorrow.isoformat(),
                    },
                    since=uow.now,
                    until=clock.at(clock.tomorrow, DAILY_AT),
                )
            )
    return await publish_all(uow, "balance_low", events)


async def tell_top_ups(uow: UnitOfWork) -> int:
    """Write an event for each top-up of the last days; how many were new.

    Registers and imports write the rows: whoever writes one need not tell. One statement and two to write.
    """
    events = [
        NewEvent(
            f"topped_up:{one.transaction_id}",
            {
                "school": one.school_id,
                "transaction": one.transaction_id,
                "student": one.student_id,
                "at": one.at.isoformat(),
            },
            since=uow.now,
            until=uow.now + _TOP_UP_LASTS,
        )
        for one in await recent_top_ups(uow, uow.now - _TOP_UPS_BACK)
    ]
    return await publish_all(uow, "topped_up", events)
