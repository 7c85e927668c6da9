"""Equations of the manual as MathML, which browsers show by themselves: no script, no network."""

from html import escape
from xml.etree import ElementTree

from docutils.nodes import SkipNode
from latex2mathml.converter import convert

_SPACE = "{http://www.w3.org/1998/Math/MathML}"
_PRIME = "\u2032"


def mathml(text, display="inline"):
    """Return an equation, with primes beside what they belong to: they are raised as they are."""
    ElementTree.register_namespace("", _SPACE[1:-1])
    root = ElementTree.fromstring(convert(text, display=display))
    for element in root.iter():
        kind = element.tag.removeprefix(_SPACE)
        if kind not in ("msup", "msubsup") or element[-1].text != _PRIME:
            continue
        base = ElementTree.Element(f"{_SPACE}mrow")
        prime = ElementTree.SubElement(base, f"{_SPACE}mo", lspace="0", rspace="0", form="postfix")
        prime.text = _PRIME
        base.insert(0, element[0])
        below = list(element[1:-1])
        element.clear()
        element.tag = f"{_SPACE}{'msub' if below else 'mrow'}"
        element.extend([base, *below])
    return ElementTree.tostring(root, encoding="unicode")


def _inline(translator, node):
    translator.body.append(mathml(node.astext()))
    raise SkipNode


def _block(translator, node):
    number = node.get("number")
    ids = "".join(f' id="{escape(name)}"' for name in node["ids"][:1])
    translator.body.append(f'<div class="equation"{ids}>{mathml(node.astext(), "block")}')
    if number:
        translator.body.append(f'<span class="eqno">({number})</span>')
    translator.body.append("</div>\n")
    raise SkipNode


def setup(app):
    """Add the renderer."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
