"""Pure compiler: Journey → Plan → Program. No connection, no clock."""

from parcours.compiler.plan import Plan, build_plan
from parcours.compiler.program import Program, Statement
from parcours.compiler.render import compile_journey

__all__ = ["Plan", "Program", "Statement", "build_plan", "compile_journey"]
