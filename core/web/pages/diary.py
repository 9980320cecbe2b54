"""/admin/people/N/diary: a pupil's marks, attendance and homework; each opening is recorded."""

from __future__ import annotations

from aiohttp import web

from core.access import access_student
from core.domain.rights import Right
from core.errors import NotFound
from core.queries.attendance import attendance_for
from core.queries.grades import grades_for
from core.queries.homework import homework_for
from core.web.page import STATISTICS, Page, Visit
from core.words import ATTENDANCE_NAMES, MARK_KINDS, average_words, mark_value


async def show(visit: Visit) -> web.StreamResponse:
    """The diary of a term. Whoever opens it has left an entry in the audit before they see it."""
    student = (await access_student(visit.uow, visit.actor, visit.number(), Right.KNOW)).student
    if student.school.id != visit.school.id:
        raise NotFound("student_not_found")
    term_id = visit.number_asked("term") or 0
    grades = await grades_for(visit.uow, visit.actor, student.id, term_id=term_id)
    return visit.render(
        "diary.html",
        student=student,
        grades=grades,
        attendance=await attendance_for(visit.uow, visit.actor, student.id, term_id=term_id),
        homework=await homework_for(visit.uow, visit.actor, student.id),
        kinds=ATTENDANCE_NAMES,
        mark_kinds=MARK_KINDS,
        average_words=average_words,
        mark_value=mark_value,
    )


PAGES = (Page("GET", r"/people/{id:\d{1,18}}/diary", show, STATISTICS),)
