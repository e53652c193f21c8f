"""One engine as a process: started, limited, stopped, and what its end means."""
