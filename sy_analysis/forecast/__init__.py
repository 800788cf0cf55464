"""Series to distributions."""
