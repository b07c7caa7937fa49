"""Look after an annotated corpus: check it, describe it, compare its annotators."""
