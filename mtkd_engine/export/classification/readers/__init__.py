"""Programs that read exported classifiers without any part of mtkd, one for a kind of sample; shown in model cards."""
