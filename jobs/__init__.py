"""Tables, queues and processes of mtkd; answers no request."""
