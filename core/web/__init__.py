"""The administrators' panel: an outer room of the core; only ``bot.app`` opens its door."""

from core.web.panel import Panel, PanelServices

__all__ = ["Panel", "PanelServices"]
