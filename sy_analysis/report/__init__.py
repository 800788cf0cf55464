"""Writers of tables, figures, pages, workbook and brief; they compute nothing."""
