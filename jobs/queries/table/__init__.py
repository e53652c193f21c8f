"""The table of a project's jobs: what is searched, by what it is sorted, which columns it shows."""
