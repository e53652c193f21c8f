"""Method `aggregate`: whether and how teachers are worth combining, learned and measured without a student."""
