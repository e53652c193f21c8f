"""Programs that read exported dense networks without any part of mtkd, one for a kind of task; shown in model cards."""
