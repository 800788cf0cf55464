"""`python -m sy_analysis` is the command line."""

from sy_analysis.cli import main

main()
