"""The school: its rules, its data, what may be done with it and by whom."""
