"""Photos and scans: re-encoded without EXIF, bombs refused, placed to the millimetre, warped where they belong."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from geodata.crs import WEB_MERCATOR, reproject_xy
from geodata.georeference import place
from service.atlas.tiles import Tile
from service.confined.child import RefusedError
from service.confined.process import DiedError, TooSlowError
from service.drawings.picture_child import reencode
from service.drawings.warping import PictureShelf, tile_positions, warped


def png(width=200, height=100, colour="#123456", **more):
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG", **more)
    return out.getvalue()


def upload(client, pen, content, name="图.png"):
    return client.post(f"/api/drawings/{pen.id}/pictures", files={"file": (name, content)})


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width=13_000, height=13_000):
    """A PNG of 169 megapixels in a few hundred KB: all white, one bit a pixel."""
    rows = zlib.compressobj(9)
    body = (
        b"".join(rows.compress(b"\x00" + b"\xff" * ((width + 7) // 8)) for _ in range(height)) + rows.flush()
    )
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_a_picture_is_written_anew_without_exif(site, shared_pen):
    exif = Image.Exif()
    exif[0x010E] = "secret words"
    exif[0x0112] = 6  # lies on its side: turned upright
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(out, "JPEG", exif=exif, comment=b"secret comment")
    made = upload(shared_pen.client, shared_pen, out.getvalue(), "照片.jpg")
    assert made.status_code == 201, made.text
    assert (made.json()["width_px"], made.json()["height_px"]) == (200, 300)
    assert made.json()["fit"] is None
    assert "3" in made.json()["problem"]
    url = f"/api/drawings/{shared_pen.id}/pictures/{made.json()['id']}"
    image = shared_pen.client.get(f"{url}/image.jpg")
    assert "private" in image.headers["cache-control"]
    assert b"secret" not in image.content
    assert not Image.open(io.BytesIO(image.content)).getexif()
    assert shared_pen.client.get(f"{url}/tiles/14/13369/6504.webp").status_code == 404
    again = upload(shared_pen.client, shared_pen, out.getvalue(), "照片.jpg")
    assert again.json()["id"] == made.json()["id"]
    assert shared_pen.client.delete(url).status_code == 204
    assert shared_pen.client.get(f"{url}/image.jpg").status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        b"", b"not a picture", png()[:60], b"GIF89a" + bytes(50),
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9999' height='9999'/>", png(8, 8), bomb(),
    ],
)  # fmt: skip
def test_what_is_no_picture_or_too_large_is_refused(shared_pen, content):
    assert len(content) < 400_000
    answer = upload(shared_pen.client, shared_pen, content)
    assert answer.status_code == 422, answer.text
    assert set(answer.json()) == {"error", "detail", "fields"}


@pytest.mark.parametrize(
    ("content", "words"),
    [(bomb(), "最多 80 百万像素"), (png(8, 8), "图片太小"), (b"not a picture", "只收 PNG 和 JPEG")],
)
def test_the_refusal_says_why(shared_pen, content, words):
    assert words in upload(shared_pen.client, shared_pen, content).json()["detail"]


@pytest.mark.parametrize(("failure", "words"), [(TooSlowError, "读取超时"), (DiedError, "最多 80 百万像素")])
def test_a_picture_that_ends_its_process_is_refused_in_words(shared_pen, monkeypatch, failure, words):
    def end(*_, **__):
        raise failure

    monkeypatch.setattr("service.confined.reading.run_confined", end)
    answer = upload(shared_pen.client, shared_pen, png())
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_a_bomb_stops_at_its_header(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb())
    with pytest.raises(RefusedError) as caught:
        reencode(path)
    assert (caught.value.code, caught.value.detail) == ("too_many_pixels", "13000 × 13000")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_becomes_rgb(tmp_path, mode):
    path = tmp_path / "a.png"
    picture = Image.new(mode, (64, 48))
    if mode == "I;16":
        picture = Image.fromarray(np.linspace(1000, 3000, 64 * 48).reshape(48, 64).astype(np.uint16))
    picture.save(path)
    found = reencode(path)
    assert (found["width"], found["height"]) == (64, 48)
    import base64

    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(found["jpeg"]))))
    assert image.shape == (48, 64, 3)
    if mode in ("LA", "RGBA"):
        assert image.min() > 250  # transparent is white
    if mode == "I;16":
        assert image[0, 0, 0] < 10
        assert image[-1, -1, 0] > 245


def test_six_pictures_and_no_more(site, lonlat, begin):
    with site.as_("coordinator1") as client:
        pen = begin(client)
        for number in range(6):
            assert upload(client, pen, png(20 + number, 20)).status_code == 201
        assert upload(client, pen, png(50, 50)).status_code == 422
        assert len(pen.read()["pictures"]) == 6


def test_control_points_say_how_well_they_fit(site, begin):
    with site.as_("coordinator1") as client:
        pen = begin(client, start="current")
        made = upload(client, pen, png(1000, 800)).json()
        url = f"/api/drawings/{pen.id}/pictures/{made['id']}"
        # 2 m a pixel, north up, the upper left corner at (0, 1600) of the district.
        spots = [(0, 0), (1000, 0), (1000, 800), (0, 800)]
        points = [[float(px), float(py), *pen.at(2 * px, 1600 - 2 * py)] for px, py in spots]
        few = client.put(url, json={"points": points[:2]}, headers={"if-match": '"1"'}).json()
        assert (few["fit"], few["version"]) == (None, 2)
        exact = client.put(url, json={"points": points[:3]}, headers={"if-match": '"2"'}).json()
        assert exact["fit"]["exact"]
        assert exact["fit"]["rms_m"] < 1e-3
        wrong = [*points[:2], [1000.0, 800.0, *pen.at(2008, 0)], points[3]]
        four = client.put(url, json={"points": wrong}, headers={"if-match": '"3"'}).json()["fit"]
        # One corner 8 m off: each residual a quarter (hand calculation), left out the whole 8 m.
        assert four["residual_m"] == pytest.approx([2, 2, 2, 2], abs=0.01)
        assert four["left_out_m"] == pytest.approx([8, 8, 8, 8], abs=0.01)
        assert four["rms_m"] == pytest.approx(2, abs=0.01)
        assert client.put(url, json={"points": points}, headers={"if-match": '"1"'}).status_code == 412
        outside = [[1001.0, 0.0, *pen.at(0, 0)]]
        for body in (
            {"points": outside},
            {"points": [[0.0, 0.0, 190.0, 0.0]]},
            {"points": points * 20},
            {"points": points, "kind": "rubber"},
        ):
            assert client.put(url, json=body, headers={"if-match": '"4"'}).status_code == 422, body
        line = [[float(i), 0.0, *pen.at(i, 0)] for i in (0, 500, 1000)]
        flat = client.put(url, json={"points": line}, headers={"if-match": '"4"'}).json()
        assert (flat["fit"], "直线" in flat["problem"]) == (None, True)


def test_a_name_is_found_without_any_borders(site, begin):
    with site.as_("coordinator1") as client:
        pen = begin(client)
        found = client.get(f"/api/drawings/{pen.id}/find", params={"q": "平安路与春光街交叉口"}).json()
        assert [found["lon"], found["lat"]] == pytest.approx(pen.at(250, 500), abs=2e-5)
        none = client.get(f"/api/drawings/{pen.id}/find", params={"q": "无此路与乌有街"}).json()
        assert none["lon"] is None or none["status"] != "located"


PLACING = place(
    [[0, 0], [1000, 0], [1000, 800], [0, 800]],
    [[474_000, 3_850_600], [475_950, 3_850_800], [476_000, 3_849_000], [474_020, 3_849_010]], kind="projective",
)  # fmt: skip


@pytest.mark.parametrize("z", [12, 15, 18])
def test_nodes_in_between_err_less_than_a_hundredth_of_a_pixel(z):
    lon, lat = reproject_xy([[475_000, 3_849_900]], 4547, 4326)[0]
    n = 2**z
    x = int((lon + 180) / 360 * n)
    y = int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * n)
    tile = Tile(z, x, y)
    found = tile_positions(tile, PLACING, crs=4547)
    west, south, east, north = tile.bounds
    centre = (np.arange(256) + 0.5) / 256
    mx, my = np.meshgrid(west + centre * (east - west), north - centre * (north - south))
    metres = reproject_xy(np.column_stack([mx.ravel(), my.ravel()]), WEB_MERCATOR, 4547)
    exact = PLACING.to_pixels(metres).reshape(256, 256, 2)
    step = np.hypot(*(exact[128, 129] - exact[128, 128]))
    inside = ((exact > 0) & (exact < [1000, 800])).all(axis=2)
    assert inside.any()
    assert np.abs(found - exact)[inside].max() / step < 0.01


def test_a_mark_on_the_picture_lies_where_its_control_point_says():
    picture = np.full((800, 1000, 3), 255, dtype=np.uint8)
    picture[395:405, 495:505] = 0  # a black square around (500, 400)
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=95)
    from uuid import uuid4

    levels = PictureShelf().levels(uuid4(), out.getvalue)
    assert [level.shape[:2] for level in levels] == [(800, 1000), (400, 500), (200, 250)]
    east, north = PLACING.to_metres([[500, 400]])[0]
    mercator = reproject_xy([[east, north]], 4547, WEB_MERCATOR)[0]
    z = 16
    width = 2 * 20037508.342789244 / 2**z
    x, y = (mercator[0] + 20037508.342789244) / width, (20037508.342789244 - mercator[1]) / width
    pixels = warped(Tile(z, int(x), int(y)), levels, PLACING, crs=4547)
    rows, columns = np.nonzero((pixels[..., 3] == 255) & (pixels[..., 0] < 128))
    centre = [columns.mean() + 0.5, rows.mean() + 0.5]
    assert centre == pytest.approx([(x % 1) * 256, (y % 1) * 256], abs=0.6)
    assert not warped(Tile(z, int(x) + 300, int(y)), levels, PLACING, crs=4547).any()
