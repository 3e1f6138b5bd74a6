"""One module per kind of reference page."""
