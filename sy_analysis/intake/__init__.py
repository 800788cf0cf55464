"""Publications to sourced observations, one room after the other.

tables (a file as cells with their places) -> mappings (which cell means what) -> cells, periods, areas (what
is printed there) -> guard (is it plausible?) -> record (joins the record) or quarantine (waits for someone).
Beside the line: plan_table reads a plan's own table of targets, template makes the form for departments,
trace walks back from a number to its printed cell, contradictions lists where sources disagree.
"""
