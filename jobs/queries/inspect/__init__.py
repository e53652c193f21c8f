"""Which teacher taught which sample: a job's per-sample table, searched, sorted, counted and written out."""
