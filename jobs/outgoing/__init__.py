"""Messages to addresses that people chose: where they may go, how they are signed, and how they are sent."""
