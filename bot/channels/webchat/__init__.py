"""The web chat: a messenger in the browser, with sessions, history and live arrival."""

from bot.channels.webchat.routes import Door, Persona, Visitor, WebChat

__all__ = ["Door", "Persona", "Visitor", "WebChat"]
