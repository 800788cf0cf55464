"""What makes a quarter happen: choices, reuse, locks, kernels, publication."""
