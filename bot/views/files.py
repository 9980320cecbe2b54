"""How files that will be attached are named."""

from __future__ import annotations

from collections.abc import Sequence

from core.i18n import Translator
from core.queries.incoming_files import Incoming


def file_names(t: Translator, files: Sequence[Incoming]) -> list[str]:
    """Their names; of an album the rest may still be on its way, and is attached, too."""
    names = [one.name for one in files]
    if any(one.album for one in files):
        names.append(t("the whole album"))
    return names
