"""Reading, checking and generating datasets; numpy only, so that any process may import it."""
