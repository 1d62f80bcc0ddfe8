"""QR codes, for a phone that looks at the page."""

from typing import Final

from markupsafe import Markup

#: More makes squares that a phone can't tell apart at the size shown.
_TEXT_MAX: Final = 600


def render_qr(text: str) -> Markup:
    """An `svg` element of `text`, black on white in any scheme; nothing for a text that is too long.

    It has four modules of white around it and no size: its class gives that (ISO/IEC 18004, 9.1).
    """
    if not text or len(text) > _TEXT_MAX:
        return Markup("")
    import segno  # takes longer to import than a box may take for it on each start

    code = segno.make(text, error="m", micro=False)
    svg = code.svg_inline(omitsize=True, border=4, light="#fff", svgclass="qr", lineclass=None)
    return Markup(svg)  # noqa: S704 - numbers and the names given above, nothing of the text
