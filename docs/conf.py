"""Sphinx: `make docs` builds build/docs."""

import re

import backtune

project = "backtune"
author = "the authors of backtune"
version = release = backtune.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 2
highlight_language = "python"
html_theme = "furo"
html_title = "backtune"
html_show_sourcelink = False

napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"


def escape_bars(app, what, name, obj, options, lines):
    """Keep |e| of the docstrings an absolute value: reStructuredText substitutes it otherwise."""
    for place, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            parts = re.split("(``.*?``)", line)
            lines[place] = "".join(
                part if part.startswith("``") else part.replace("|", r"\|") for part in parts
            )


def setup(app):
    """Connect what this manual needs, as Sphinx asks."""
    app.connect("autodoc-process-docstring", escape_bars)
