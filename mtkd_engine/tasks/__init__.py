"""What is predicted: one package per task; needs torch."""
