"""Where bytes live: named by their sha256, in a folder or in a bucket, verified on every read."""
