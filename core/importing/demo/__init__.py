"""The demo school: a register made up by code, always the same for a seed and a date."""

from core.importing.demo.plan import TIMEZONE
from core.importing.demo.school import DemoSchool, is_demo, make_demo_school, write_demo_school

__all__ = ["TIMEZONE", "DemoSchool", "is_demo", "make_demo_school", "write_demo_school"]
