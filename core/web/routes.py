"""Every page of the panel: the one list that is mounted, shown in the navigation, and walked by the tests."""

from __future__ import annotations

from core.web.page import Page
from core.web.pages import (
    account,
    audit,
    canteen,
    imports,
    invitations,
    links,
    overview,
    people,
    person,
    sessions,
)

PAGES: tuple[Page, ...] = (
    *overview.PAGES,
    *people.PAGES,
    *person.PAGES,
    *invitations.PAGES,
    *links.PAGES,
    *imports.PAGES,
    *canteen.PAGES,
    *audit.PAGES,
    *sessions.PAGES,
    *account.PAGES,
)
