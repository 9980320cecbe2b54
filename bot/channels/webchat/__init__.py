"""The web chat: a messenger in the browser, with sessions, history and live arrival."""

from bot.channels.webchat.routes import Door, Persona, Visitor, WebChat
from core.http import OwnAddress

__all__ = ["Door", "OwnAddress", "Persona", "Visitor", "WebChat"]
