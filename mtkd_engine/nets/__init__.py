"""Networks and how to build them from a Spec; needs torch."""
