"""DMN decision tables: read and checked at deploy, evaluated without ever failing.

Supported are decision tables with the hit policies UNIQUE, FIRST and COLLECT (SUM, MIN, MAX, COUNT); input cells as in `cells`, input
expressions and output cells in the expression grammar. A null input is taken by `-` and `null` only, never by `not(...)`. A value of a kind
of which the column does not speak (a text among numbers), or outside the column's declared input values, is read as null.
"""

from workflow_runtime.decisions.reading import read_decisions
from workflow_runtime.decisions.table import Decision

__all__ = ["Decision", "read_decisions"]
