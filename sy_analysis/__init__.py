"""Will each indicator of a five-year plan attain its target, and how sure is that?"""

__version__ = "0.1.0"
