"""The figures: one message each, in the title; observations as points, intervals as bands, the target a line."""
