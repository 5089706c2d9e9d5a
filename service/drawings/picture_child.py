"""Re-encode one photo or scan in a process of its own: bounded pixels, memory and time, no network.

Run as `python -m service.drawings.picture_child FILE`; writes one JSON document to standard output.
Only PNG and JPEG decoders run. The picture is turned upright as its EXIF says, flattened on white, made
smaller where it is very large, and written anew as JPEG: nothing else of the file survives.

::

    {"jpeg": "base64…", "width": 4000, "height": 3000}
    {"error": code, "detail": …}                        refused
"""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path
from typing import Any

from service.confined.child import RefusedError, answer

# Counted from the header, before a pixel is decoded: a 169-megapixel bomb of a few KB stops here.
MAX_PIXELS = 80_000_000
MAX_SIDE = 30_000
KEPT_PIXELS = 24_000_000
KEPT_SIDE = 10_000
_QUALITY = 88


def reencode(path: Path) -> dict[str, Any]:
    """Return a picture written anew.

    Raises
    ------
    RefusedError
        If it is no PNG or JPEG, is damaged, or has too many pixels.
    """
    from PIL import Image, ImageOps

    # Our own limit is checked below and is lower than what Pillow warns of.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
                raise RefusedError("too_many_pixels", f"{width} × {height}")
            if min(width, height) < 16:
                raise RefusedError("too_small", f"{width} × {height}")
            target = _kept_size(width, height)
            # JPEG can be decoded at a half, a quarter: saves memory; does nothing for PNG.
            picture.draft("RGB", target)
            upright = ImageOps.exif_transpose(picture)
            flat = _flattened(upright)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise RefusedError("not_a_picture", type(error).__name__) from error
    target = _kept_size(*flat.size)
    if flat.size != target:
        flat = flat.resize(target, Image.Resampling.LANCZOS, reducing_gap=3.0)
    # Pillow would write a comment, a profile or EXIF on from here.
    flat.info = {}
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=_QUALITY)
    return {"jpeg": base64.b64encode(out.getvalue()).decode(), "width": flat.width, "height": flat.height}


def _kept_size(width: int, height: int) -> tuple[int, int]:
    shrink = max(1.0, (width * height / KEPT_PIXELS) ** 0.5, max(width, height) / KEPT_SIDE)
    return max(1, int(width / shrink)), max(1, int(height / shrink))


def _flattened(picture: Any) -> Any:
    """Return a picture in RGB, what was transparent in white."""
    from PIL import Image

    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        ground = Image.new("RGB", layered.size, "white")
        ground.paste(layered, mask=layered.getchannel("A"))
        return ground
    if picture.mode.startswith("I") or picture.mode == "F":
        # 16-bit scans: to 8 bits by their own range, or they come out white.
        low, high = picture.getextrema()
        scale = 255.0 / max(high - low, 1)
        return picture.point(lambda value: value * scale - low * scale).convert("L").convert("RGB")
    return picture.convert("RGB")


if __name__ == "__main__":
    sys.exit(answer(reencode, sys.argv[1]))
