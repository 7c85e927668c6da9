"""The version number of the package; setup and tests read it here."""

__version__ = "0.1.0"
