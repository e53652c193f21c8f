"""What classifiers say of images, one fixed-stride file per teacher and part of a dataset, shared by jobs.

An entry is a folder named by the hash of its header: `header.json` says what its rows are, `rows.npy` holds one row
per sample and view, `done.npy` says which blocks of them are computed. Rows of view v lie together, so an epoch reads
one stretch of the file.
"""
