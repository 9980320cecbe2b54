"""One file a page of the panel: reads what it shows, calls an action, and goes to where the outcome is seen."""
