"""Task saliency: where people look, in pictures and in videos; torch-free."""
