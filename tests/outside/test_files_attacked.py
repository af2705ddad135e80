"""What is refused of a photograph, and what is never kept of it: places, bombs, polyglots; and blackening."""

import io
import resource
import struct
import time
import zlib

import pillow_heif
import pytest
from PIL import Image, PngImagePlugin

from portal.outside import files
from portal.outside.files import PhotoProblem
from tests.outside.test_files import a_photo, is_blue, png_header, refusal, store, stored, with_place

SECRETS = (b"Telefonwerk", b"Tresor", b"50.99", b"Exif", b"GPS", b"xmp", b"<x:", b"tEXt", b"http")


def with_thumbnail():
    """Return Exif data that hold a small picture of what was cut out of the large one."""
    exif = with_place()
    small = a_photo(size=(160, 120), comment="Tresor links")
    exif.get_ifd(0x8769)[0x927C] = b"Telefonwerk" + small  # the maker's own notes
    exif[0x02BC] = b"<x:xmpmeta>Tresor</x:xmpmeta>"
    return exif


def png_with_texts():
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "Tresor links")
    texts.add_text("Location", "50.99,7.13 " * 500, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>Tresor</x:xmpmeta>")
    return a_photo("PNG", pnginfo=texts, exif=with_place())


def heic_with_everything():
    heic = io.BytesIO()
    heif = pillow_heif.from_pillow(Image.new("RGB", (640, 480), (0, 0, 255)))
    heif.save(heic, exif=with_place().tobytes(), xmp=b"<x:xmpmeta>Tresor</x:xmpmeta>", thumbnails=[64])
    return heic.getvalue()


@pytest.mark.parametrize(
    "original",
    [
        a_photo(exif=with_thumbnail(), xmp=b"<x:xmpmeta>Tresor</x:xmpmeta>"),
        a_photo("WEBP", exif=with_place(), xmp=b"<x:xmpmeta>Tresor</x:xmpmeta>"),
        png_with_texts(),
        heic_with_everything(),
    ],
    ids=["jpeg", "webp", "png", "heic"],
)
def test_nothing_but_the_pixels_is_kept_of_any_kind_of_picture(original, tmp_path):
    picture, raw = stored(original, tmp_path)
    assert [secret for secret in SECRETS if secret in raw] == []
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert raw.count(b"\xff\xd8") == 1  # no second, smaller picture in it


def many_frames(kind, count=40):
    file = io.BytesIO()
    frames = [Image.new("RGB", (64, 48), (0, 0, one)) for one in range(255, 255 - count, -1)]
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], duration=20)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_a_film_the_first_picture_is_kept(kind, tmp_path):
    picture, _ = stored(many_frames(kind), tmp_path)
    assert (picture.format, getattr(picture, "n_frames", 1)) == ("JPEG", 1)


def webp_header(width, height):
    """Return a WebP that claims to be this large."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunk = b"VP8X" + struct.pack("<I", 10) + bytes(4) + size
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def heic_header(width, height):
    """Return a HEIC with little in it that claims to be this large."""
    heic = bytearray(heic_with_everything())
    at = heic.index(b"ispe") + 8
    heic[at : at + 8] = struct.pack(">II", width, height)
    return bytes(heic)


@pytest.mark.parametrize(
    "bomb",
    [
        png_header(6_000, 5_001),
        webp_header(16_000, 16_000),
        heic_header(30_000, 30_000),
        heic_header(20, 20),  # and a small claim does not let a large picture in
        b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + bytes(50),
        a_photo()[:2] + b"\xff\xda" * 200 + a_photo()[2:],
        a_photo("PNG", size=(50, 50))[:33] + struct.pack(">I", 2**31 - 1) + b"IDAT" + bytes(99),
    ],
    ids=["png", "webp", "heic", "heic-lies", "gif", "layers", "chunk"],
)
def test_a_bomb_is_refused_before_it_costs_anything(bomb, tmp_path):
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refusal(bomb, tmp_path) in (
        PhotoProblem.TOO_MANY_PIXELS,
        PhotoProblem.BROKEN,
        PhotoProblem.NOT_AN_IMAGE,
    )
    assert time.process_time() - began < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kilobytes


def test_a_text_chunk_that_unpacks_to_far_more_is_refused(tmp_path):
    packed = zlib.compress(bytes(3 * 1024 * 1024))
    chunk = b"zTXt" + b"Comment\0\0" + packed
    bomb = a_photo("PNG")
    chunked = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    assert refusal(bomb[:33] + chunked + bomb[33:], tmp_path) == PhotoProblem.BROKEN


@pytest.mark.parametrize(
    "polyglot",
    [
        b"GIF89a" + a_photo(),
        b"<html><script>alert(1)</script>" + a_photo(),
        b"%PDF-1.7\n" + a_photo(),
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\xff\xd8\xff\xe0<svg onload='alert(1)'/>",
    ],
    ids=["gif", "html", "pdf", "svg", "svg-behind-a-jpeg's-first-bytes"],
)
def test_what_only_pretends_to_be_a_photo_is_refused(polyglot, tmp_path):
    assert refusal(polyglot, tmp_path) in (PhotoProblem.NOT_AN_IMAGE, PhotoProblem.BROKEN)


@pytest.mark.parametrize("tail", [b"<html><script>alert(1)</script>", b"PK\x03\x04zip", b"%PDF-1.7"])
def test_what_hangs_behind_a_photo_is_cut_off(tail, tmp_path):
    for kind in ("JPEG", "PNG"):
        _, raw = stored(a_photo(kind) + tail, tmp_path / kind)
        assert tail not in raw


def test_who_waits_too_long_for_a_turn_is_told_to_come_again(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "WAITS", 0.01)
    with files._turn(), files._turn():
        assert refusal(a_photo(), tmp_path) == PhotoProblem.BUSY
    assert store(a_photo(), tmp_path).size  # the turns came back


def test_what_is_blackened_is_black_in_a_new_file_and_the_old_one_stays_as_it_was(tmp_path):
    first = store(a_photo(size=(320, 240)), tmp_path)
    before = (tmp_path / first.name).read_bytes()
    new = files.blacken_photo(tmp_path, first.name, [(10, 20, 30, 40)])
    assert new.name != first.name
    assert (tmp_path / first.name).read_bytes() == before
    picture = Image.open(tmp_path / new.name)
    assert picture.size == (320, 240)
    assert picture.crop((2, 18, 30, 46)).getextrema() == ((0, 0), (0, 0), (0, 0))  # whole squares
    assert not is_blue(picture, (10, 20))
    assert is_blue(picture, (70, 10))
    with pytest.raises(FileNotFoundError):
        files.blacken_photo(tmp_path, "0" * 32 + ".jpg", [(0, 0, 5, 5)])
