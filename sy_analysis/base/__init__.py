"""The ground of every stage: errors, words, careful reading, atomic writing, calendar questions."""
