"""What every stage stands on: errors, careful reading, atomic writing, calendar questions."""
