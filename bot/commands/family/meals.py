"""/meals: is there money for lunch, and what is for lunch?"""

from __future__ import annotations

from bot.capability import Capability, Turn
from bot.views.meals import MealsTap, meals_card
from bot.whose import chosen_student
from core.access import Actor
from core.cards import Reply
from core.i18n import N_
from core.queries.meals import meals_for


async def meals(turn: Turn, _arguments: str) -> Reply:
    """The newest page."""
    return await on_tap(turn, MealsTap(student=chosen_student(turn).id))


async def on_tap(turn: Turn, tap: MealsTap) -> Reply:
    """A page of a child's account."""
    student = chosen_student(turn, tap.student)
    book = await meals_for(turn.uow, turn.actor, student.id, page=tap.page)
    return meals_card(turn.t, book, tap.page, turn.actor.students, turn.today(student))


def eating(actor: Actor) -> bool:
    """Families of a school that shows them its canteen."""
    return any(student.school.settings.meals for student in actor.students)


CAPABILITY = Capability(
    name="meals",
    commands=("meals", "canteen"),
    title=N_("Canteen"),
    menu=N_("Balance, spending and today's menu"),
    order=140,
    for_whom=eating,
    on_command=meals,
    tap=MealsTap,
    on_tap=on_tap,
)
