"""What is kept and why, and who sees it."""

from __future__ import annotations

from core.cards import Card, Item, Listing, Note, Section, Text
from core.i18n import Translator


def privacy_card(t: Translator, school_name: str) -> Card:
    """Plain words on data protection; ``school_name`` is who answers for it, where known."""
    responsible = (
        t("{school} answers for this data.", school=school_name)
        if school_name
        else t("The school that gave you the code answers for this data.")
    )
    return Card(
        t("Privacy"),
        (
            Text(responsible),
            Section(
                t("What is kept"),
                (
                    Listing(
                        (
                            Item(
                                t(
                                    "The school's diary: marks, attendance, homework, timetable, canteen account."
                                )
                            ),
                            Item(t("This chat's number, its language, and which person it is linked to.")),
                            Item(t("Who changed or looked at what, and when.")),
                        )
                    ),
                ),
                open=True,
            ),
            Section(
                t("Why"),
                (
                    Text(
                        t(
                            "So that families and school know the same thing at the same time. For nothing else."
                        )
                    ),
                ),
                open=True,
            ),
            Section(
                t("Who sees it"),
                (
                    Listing(
                        (
                            Item(t("Guardians see their own children, students themselves.")),
                            Item(
                                t(
                                    "Teachers see their own courses, the class teacher the class, heads their school."
                                )
                            ),
                            Item(
                                t("A look into a pupil's diary by heads or administrators is written down.")
                            ),
                            Item(t("Other families see nothing, not even that a child exists.")),
                        )
                    ),
                ),
                open=True,
            ),
            Note(
                t(
                    "/links shows every chat linked to you and unlinks it at once. "
                    "To see, correct or erase your data, ask the school office."
                )
            ),
        ),
    )
