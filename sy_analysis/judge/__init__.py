"""Distributions and targets to verdicts, each with its reason."""
