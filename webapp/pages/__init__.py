"""HTML pages: typed function views, one file per noun."""
