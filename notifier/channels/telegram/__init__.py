"""Cards on Telegram."""
