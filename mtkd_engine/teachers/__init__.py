"""Where teachers' knowledge comes from: frozen networks, their out-of-fold copies, their stored beliefs."""
