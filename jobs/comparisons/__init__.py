"""Jobs held against each other: the cells of a group, cells of any jobs, and two jobs sample by sample."""

from jobs.comparisons.groups import GroupTable, Row, Spread, group_table
from jobs.comparisons.pairs import Compared

__all__ = ["Compared", "GroupTable", "Row", "Spread", "group_table"]
