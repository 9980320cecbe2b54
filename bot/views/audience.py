"""How the audience of an announcement is named, and how it is told."""

from __future__ import annotations

from core.domain.audience_words import Audience
from core.domain.kinds import AudienceKind, Urgency
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
    """``24 families: 18 linked, 6 not linked``, for the school also ``12 members of staff: …``."""
    return "; ".join(
        t(
            "{families}: {linked} linked, {missing} not linked",
            families=readers,
            linked=sum(one.linked for one in group),
            missing=sum(not one.linked for one in group),
        )
        for readers, group in _groups(t, reach)
    )


def size_words(t: Translator, reach: Reach) -> str:
    """``24 families; 12 members of staff``."""
    return "; ".join(readers for readers, _ in _groups(t, reach))


def _groups(t: Translator, reach: Reach) -> list[tuple[str, tuple[Family, ...]]]:
    groups = [(t.plural("{n} family", "{n} families", len(reach.families)), reach.families)]
    if reach.staff:
        staff = t.plural("{n} member of staff", "{n} members of staff", len(reach.staff))
        groups.append((staff, reach.staff))
    return groups


def how_words(t: Translator, urgency: Urgency, *, silent: bool, asks: bool) -> str:
    """``urgent · asks to be acknowledged``; empty where it is told as usual."""
    told = {
        Urgency.DIGEST: t("in the evening digest"),
        Urgency.URGENT: t("urgent"),
        Urgency.EMERGENCY: t("emergency"),
    }
    parts = [
        told.get(urgency, ""),
        t("without a sound") if silent else "",
        t("asks to be acknowledged") if asks else "",
    ]
    return " · ".join(part for part in parts if part)


def family_words(family: Family) -> str:
    """``Petrov Ivan, Petrova Maria (Anna Petrova, Pavel Petrov)``; of staff the name alone."""
    pupils = ", ".join(f"{one.name.family} {one.name.given}".strip() for one in family.pupils)
    adults = ", ".join(one.name.full_name for one in family.guardians)
    return f"{pupils} ({adults})" if pupils and adults else pupils or adults
