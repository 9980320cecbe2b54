"""Every page of the panel: the one list that is mounted, shown in the navigation, and walked by the tests."""

from __future__ import annotations

from core.web.page import Page
from core.web.pages import (
    account,
    audit,
    bells,
    calendar,
    canteen,
    classes,
    courses,
    invitations,
    lesson,
    announcement,
    announcement_draft,
    announcements,
    audit,
    canteen,
    invitations,
    links,
    overview,
    people,
    person,
    sessions,
    subjects,
    timetable,
)

PAGES: tuple[Page, ...] = (
    *overview.PAGES,
    *people.PAGES,
    *person.PAGES,
    *invitations.PAGES,
    *links.PAGES,
    *timetable.PAGES,
    *lesson.PAGES,
    *calendar.PAGES,
    *bells.PAGES,
    *classes.PAGES,
    *courses.PAGES,
    *subjects.PAGES,
    *announcements.PAGES,
    *announcement_draft.PAGES,
    *announcement.PAGES,
    *canteen.PAGES,
    *audit.PAGES,
    *sessions.PAGES,
    *account.PAGES,
)
