"""Publications to sourced observations.

tables (files as grids of printed cells) -> mappings, headers (the meaning of each column) -> cells, periods,
areas (the meaning of a cell), together candidates -> guard (is it plausible?) -> record, or quarantine until
someone decides. Beside this line: plan_table reads a plan's own table of targets, template writes the form for
departments, trace walks back from a number to its printed cell, contradictions lists where sources disagree.
What printed words mean, and what messages say, is data: units.csv, words.csv, messages.csv, form.csv and
columns.csv.
"""
