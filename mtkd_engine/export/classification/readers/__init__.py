"""Programs that read exported classifiers without any part of mtkd, one for each kind of sample; shown in model cards."""
