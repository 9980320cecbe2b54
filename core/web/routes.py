"""Every page of the panel: the one list that is mounted, shown in the navigation, and walked by the tests."""

from __future__ import annotations

from core.web.page import Page
from core.web.pages import (
    account,
    audit,
    canteen,
    invitations,
    links,
    operator,
    overview,
    people,
    person,
    sessions,
    settings,
)

PAGES: tuple[Page, ...] = (
    *overview.PAGES,
    *operator.PAGES,
    *people.PAGES,
    *person.PAGES,
    *invitations.PAGES,
    *links.PAGES,
    *canteen.PAGES,
    *settings.PAGES,
    *audit.PAGES,
    *sessions.PAGES,
    *account.PAGES,
)
