"""How the audience of an announcement is named."""

from __future__ import annotations

from core.domain.audience_words import Audience
from core.domain.kinds import AudienceKind
from core.i18n import Translator
from core.queries.reach import Family, Reach


def audience_words(t: Translator, audience: Audience) -> str:
    """``7A · Algebra``, ``7A``, ``grade 7`` or the school's name."""
    if audience.kind is AudienceKind.SCHOOL:
        return audience.school_name
    if audience.kind is AudienceKind.GRADE:
        return t("grade {number}", number=audience.number)
    if audience.kind is AudienceKind.CLASS:
        return audience.class_name
    subject = f"{audience.subject} ({audience.group})" if audience.group else audience.subject
    return f"{audience.class_name} · {subject}" if audience.class_name else subject


def count_words(t: Translator, reach: Reach) -> str:
    """``24 families: 18 linked, 6 not linked``."""
    families = t.plural("{n} family", "{n} families", len(reach.families))
    return t(
        "{families}: {linked} linked, {missing} not linked",
        families=families,
        linked=len(reach.linked),
        missing=len(reach.not_linked),
    )


def family_words(family: Family) -> str:
    """``Petrov Ivan, Petrova Maria (Anna Petrova, Pavel Petrov)``."""
    pupils = ", ".join(f"{one.name.family} {one.name.given}".strip() for one in family.pupils)
    adults = ", ".join(one.name.full_name for one in family.guardians)
    return f"{pupils} ({adults})" if adults else pupils
