"""Pictures and videos with the places that people looked at: readers, checks, sealing, densities; torch-free."""
