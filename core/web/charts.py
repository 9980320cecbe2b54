"""Charts as SVG, drawn here: colours come from the stylesheet by class, so that they follow the theme."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup


def bar(share: float, words: str) -> Markup:
    """A bar filled to a share of one; ``words`` is what it says to those who do not see it."""
    width = round(max(0.0, min(1.0, share)) * 100, 1)
    return Markup(
        '<svg class="bar-chart" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="bar-rest" width="100" height="8"/><rect class="bar-fill" width="{}" height="8"/></svg>'
    ).format(words, width)


def columns(values: Sequence[int], words: str) -> Markup:
    """A column for each value, oldest first; those who do not see it are read the values behind ``words``."""
    top = max([*values, 1])
    step = 100 / max(1, len(values))
    drawn = Markup("").join(
        Markup('<rect class="bar-fill" x="{}" y="{}" width="{}" height="{}"/>').format(
            round(number * step + step * 0.15, 2),
            round(40 - 38 * value / top, 2),
            round(step * 0.7, 2),
            round(max(38 * value / top, 0.8), 2),
        )
        for number, value in enumerate(values)
    )
    return Markup(
        '<svg class="column-chart" viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(f"{words}: {', '.join(map(str, values))}", drawn)
