"""Sphinx: `make docs` builds build/docs."""

import re
import shutil
import sys
from pathlib import Path

import backtune
from sphinx.util import logging
from sphinx.util.inspect import TypeAliasForwardRef
from sphinx.util.nodes import make_refnode

logger = logging.getLogger(__name__)
sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "backtune"
author = project_copyright = "the authors of backtune"
version = release = backtune.__version__

extensions = [
    "mathml",
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb", ".rst": "restructuredtext"}
# The notebooks, run like the gallery.
HERE = Path(__file__).parent
shutil.copytree(HERE.parent / "examples" / "notebooks", HERE / "notebook", dirs_exist_ok=True)
nb_execution_mode = "force"
# What they save is not of the manual.
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_dmath_allow_labels = True
myst_heading_anchors = 3
exclude_patterns = [
    "gallery/*.py",
    "gallery/*.ipynb",
    "gallery/sg_execution_times.rst",
    "sg_execution_times.rst",
]
highlight_language = "python"
html_theme = "furo"
html_math_renderer = "mathml"
html_title = "backtune"
html_static_path = ["_static"]
html_css_files = ["backtune.css"]
html_show_sourcelink = False

napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_type_aliases = {
    name: name
    for name in (
        *("Array", "ArrayLike", "Arrays", "Axes", "AxesLike", "ClassWeight", "ComplexArray"),
        *("DataLike", "Figure", "Flags", "FunctionLike", "HorizonLike", "ManyAxes", "Measured"),
        *("OneSequence", "Places", "Reals", "Self", "Starts", "StateLike", "Steps"),
        "ValidationLike",
    )
}
# Within a union, and of properties, an alias is shown by its repr.
TypeAliasForwardRef.__repr__ = lambda alias: alias.name
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
add_module_names = False
python_use_unqualified_type_names = True
maximum_signature_line_length = 90
toc_object_entries_show_parents = "hide"
# `Network.simulate` of docstrings leads there; what is no name is code.
default_role = "py:obj"

sphinx_gallery_conf = {
    "examples_dirs": str(Path(__file__).parents[1] / "examples" / "gallery"),
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "capture_repr": (),
    # The engine may be another one.
    "run_stale_examples": True,
    "show_memory": False,
    "min_reported_time": 3600,
    "thumbnail_size": (480, 260),
    "download_all_examples": False,
    "remove_config_comments": True,
}


def escape_bars(app, what, name, obj, options, lines):
    """Keep |e| of the docstrings an absolute value: reStructuredText substitutes it otherwise."""
    for place, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            parts = re.split("(``.*?``)", line)
            lines[place] = "".join(
                part if part.startswith("``") else part.replace("|", r"\|") for part in parts
            )


def split_attributes(app, what, name, obj, options, lines):
    """Give ``a, b : type`` among attributes a line each, as napoleon gives it to parameters."""
    out, inside = [], False
    place = 0
    while place < len(lines):
        line = lines[place]
        if place + 1 < len(lines) and re.fullmatch(r"\s*-{3,}\s*", lines[place + 1]):
            inside = line.strip() == "Attributes"
        found = re.fullmatch(r"(\s*)(\w+(?:, \w+)+) : (.*)", line) if inside else None
        place += 1
        if found is None:
            out.append(line)
            continue
        below = place
        while below < len(lines) and lines[below].startswith(found[1] + " "):
            below += 1
        for word in found[2].split(", "):
            out += [f"{found[1]}{word} : {found[3]}", *lines[place:below]]
        place = below
    lines[:] = out


def plain_arrays(app, what, name, obj, options, signature, returned):
    """Show arrays as they are written."""

    def plain(text):
        return text and re.sub(
            r"ndarray\[tuple\[\w+, \.\.\.\], dtype\[(\w+)\]\]",
            r"NDArray[\1]",
            text.replace("~numpy.", ""),
        )

    return plain(signature), plain(returned)


def of_backtune(app, env, node, around):
    """Find `Trace.stages` and `SparseWeights` from wherever they are; say which lead nowhere."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or node.get("reftype") != "obj" or not target[:1].isupper():
        return None
    objects = env.get_domain("py").objects
    # Attributes stand with their class.
    for name in (target, target.rpartition(".")[0]):
        full = [known for known in objects if f".{known}".endswith(f".{name}")] if name else []
        if full:
            place, anchor = objects[min(full, key=len)][:2]
            return make_refnode(app.builder, node["refdoc"], place, anchor, around)
    if target not in {"None", "TimeSeriesSplit"} and not target.isupper():
        logger.warning("`%s` leads nowhere", target, location=node)
    return None


# Pages whose blocks are run when the manual is built, with what they print and draw below.
RUN = {"data", "guide", "how-sure", "identified-models", "prediction", "reservoirs", "spikes"}
HEAD = """---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---
"""


def run_blocks(app, docname, source):
    """Make cells of the blocks of a page."""
    if docname in RUN:
        source[0] = HEAD + source[0].replace("```python\n", "```{code-cell} ipython3\n")


def setup(app):
    """Connect what this manual needs, as Sphinx asks."""
    app.connect("autodoc-process-signature", plain_arrays)
    app.connect("missing-reference", of_backtune)
    app.connect("source-read", run_blocks)
    app.add_config_value("pages_run", sorted(RUN), "env")
    # Before napoleon, which has 500.
    app.connect("autodoc-process-docstring", split_attributes, priority=400)
    app.connect("autodoc-process-docstring", escape_bars)
