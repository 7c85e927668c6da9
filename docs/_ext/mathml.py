"""Equations of the manual as MathML, which browsers show by themselves: no script, no network."""

from html import escape

from docutils.nodes import SkipNode
from latex2mathml.converter import convert


def _inline(translator, node):
    translator.body.append(convert(node.astext()))
    raise SkipNode


def _block(translator, node):
    number = node.get("number")
    ids = "".join(f' id="{escape(name)}"' for name in node["ids"][:1])
    translator.body.append(f'<div class="equation"{ids}>')
    translator.body.append(convert(node.astext(), display="block"))
    if number:
        translator.body.append(f'<span class="eqno">({number})</span>')
    translator.body.append("</div>\n")
    raise SkipNode


def setup(app):
    """Add the renderer."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
