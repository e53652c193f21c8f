"""Everything that changes a row: keyword-only, one transaction each, refusals as one sentence."""
