"""One reader per form in which people keep labelled images."""
