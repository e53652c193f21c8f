"""Other people's classifiers on their way to be teachers: converted, completed, measured."""
