"""Notebook kernels forked from a process that has loaded the libraries; they know nothing of plans."""
