"""Is paper made of nothing but our own files, the same every time, and by many at once?"""

import gc
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pypdf
import pytest

from portal.outside import pdf
from tests.outside.slips import CSS, ROOT, STATIC

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="  # 1 × 1
)


def page(body="", head=""):
    return f'<!DOCTYPE html><html lang="de"><head><title>Probe</title>{head}</head><body>{body}</body></html>'


def render(body="", head="", **options):
    return pdf.render(page(body, head), **{"css": CSS, "base": STATIC, **options})


def text_of(paper):
    return "\n".join(sheet.extract_text() for sheet in pypdf.PdfReader(BytesIO(paper)).pages)


def test_the_same_page_gives_the_same_bytes():
    assert render("<h1>Grüße</h1>") == render("<h1>Grüße</h1>")


def test_a_page_may_hold_its_own_pictures():
    paper = pypdf.PdfReader(BytesIO(render(f'<img src="data:image/png;base64,{PIXEL}" alt="Punkt">')))
    assert len(paper.pages[0].images) == 1


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "FILE:///etc/passwd",
        "/etc/passwd",
        "../../../../../../etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "fonts/../../../../etc/passwd",
        "../requirements.txt",
        "portal.js",
        "VENDOR.md",
        "icons",
        "http://127.0.0.1:9/a.png",
        "https://127.0.0.1:9/a.css",
        "//127.0.0.1:9/a.png",
        "ftp://127.0.0.1:9/a.png",
        "data:text/css;base64,QGltcG9ydCAiL2V0Yy9wYXNzd2QiOw==",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/png;base64,PHN2Zy8+",
        "data:image/png,abc",
        "gopher://127.0.0.1:9/",
    ],
)
@pytest.mark.parametrize(
    "where",
    [
        '<img src="{}" alt="x">',
        '<link rel="stylesheet" href="{}">',
        '<link rel="attachment" href="{}">',
        "<style>body {{ background: url('{}') }}</style>",
        "<style>@import '{}';</style>",
        "<style>@font-face {{ font-family: x; src: url('{}') }} body {{ font-family: x }}</style>",
        '<object data="{}">x</object>',
        '<embed src="{}">',
    ],
    ids=["img", "link", "attachment", "background", "import", "font", "object", "embed"],
)
def test_no_other_file_and_no_address_is_ever_read(address, where):
    try:
        paper = render(where.format(address) + "Text")
    except pdf.UnsafeDocument:
        return
    assert b"root:x:0" not in paper
    assert pypdf.PdfReader(BytesIO(paper)).attachments == {}
    assert not pypdf.PdfReader(BytesIO(paper)).pages[0].images


@pytest.mark.parametrize(
    "body",
    [
        '<img src="file:///etc/passwd" alt="x">',
        "<style>body { background: url(file:///etc/passwd) }</style>",
        '<link rel="stylesheet" href="file:///etc/passwd">',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<base href="file:///etc/"><img src="passwd" alt="x">',
    ],
    ids=["img", "css", "link", "attachment", "base"],
)
def test_who_asks_for_the_password_file_gets_no_paper_at_all(body):
    with pytest.raises(pdf.UnsafeDocument):
        render(body)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "good.css").write_text("p { color: #000 }")
    (tmp_path / "bad.css").symlink_to("/etc/passwd")
    with pytest.raises(pdf.UnsafeDocument):
        render(css=["bad.css"], base=tmp_path)
    assert render("<p>gut</p>", css=["good.css"], base=tmp_path)


def test_a_missing_style_sheet_or_font_is_told_at_once(tmp_path):
    with pytest.raises(pdf.UnsafeDocument):
        render(css=["fehlt.css"], base=tmp_path)
    (tmp_path / "font.css").write_text('@font-face { font-family: x; src: url("fehlt.ttf") }')
    with pytest.raises(pdf.UnsafeDocument):
        render(css=["font.css"], base=tmp_path)


def test_after_a_refusal_the_next_paper_comes():
    with pytest.raises(pdf.UnsafeDocument):
        render('<img src="/etc/passwd" alt="x">')
    assert "weiter" in text_of(render("<p>weiter</p>"))


WRITTEN_INTO = """<style>body { overflow: hidden; height: 3cm } table { margin: 1cm; border: 1px solid }
td { padding: 1mm } .a b { color: #777 } p::before { content: "+" } p:first-child { font-size: 5mm }</style>
<div class="a"><p>Eins <b>zwei</b></p><p>drei</p></div><table><tr><td>vier</td></tr></table>"""


def test_what_is_remembered_of_one_page_changes_no_other(tmp_path):
    (tmp_path / "plain.css").write_text("p { color: #333 } .wide { width: 9cm } b { font-size: 2em }")
    pages = [WRITTEN_INTO, '<p class="wide">weit <b>fett</b></p>', WRITTEN_INTO.replace("1cm", "2cm")]
    first = [render(body, css=["plain.css"], base=tmp_path) for body in pages]
    for _ in range(3):
        assert [render(body, css=["plain.css"], base=tmp_path) for body in pages] == first
    for number, body in enumerate(pages):
        folder = tmp_path / str(number)  # a press of its own, which has seen no other page
        folder.mkdir()
        (folder / "plain.css").write_text((tmp_path / "plain.css").read_text())
        assert render(body, css=["plain.css"], base=folder) == first[number]


def test_a_press_does_not_remember_without_end(tmp_path, monkeypatch):
    from portal.outside import press

    (tmp_path / "plain.css").write_text("p { color: #333 }")
    monkeypatch.setattr(press, "MOST_STYLES", 20)
    for number in range(60):
        render(f'<p class="p{number}">x</p>', css=["plain.css"], base=tmp_path)
    ours = pdf._presses[tmp_path, ("plain.css",)]
    assert len(ours.memory.kept) < 30
    assert ours.memory.lent == []


@pytest.mark.parametrize("letter", ["\x00", "\x07", "&nbsp;", "<br>", "<p class=a>"])
def test_what_is_not_well_formed_is_printed_all_the_same(letter):
    text = text_of(render(f"<p>davor {letter} danach</p>"))
    assert "davor" in text.replace("\0", "")  # how pypdf tells letters beside one that no font has


def test_the_collector_works_again_after_each_paper():
    render("<p>x</p>")
    assert gc.isenabled()
    with pytest.raises(pdf.UnsafeDocument):
        render('<img src="/etc/passwd" alt="x"/>')
    assert gc.isenabled()


def test_eight_threads_at_once_all_get_their_own_paper():
    def one(number):
        return text_of(render(f"<p>Papier {number}</p>")).strip()

    with ThreadPoolExecutor(8) as pool:
        wanted = [pool.submit(one, number) for number in range(24)]
        assert [paper.result(timeout=120) for paper in wanted] == [f"Papier {n}" for n in range(24)]


def test_what_one_thread_loaded_serves_another_that_comes_later():
    papers = []
    for _ in range(3):
        thread = threading.Thread(target=lambda: papers.append(render("<p>gleich</p>")))
        thread.start()
        thread.join(60)
    assert len(papers) == 3
    assert len(set(papers)) == 1


def test_warming_up_loads_everything_in_the_background(tmp_path):
    code = (
        "import sys; from pathlib import Path; from portal.outside import pdf\n"
        "assert 'weasyprint' not in sys.modules, 'imported at the start'\n"
        "pdf.warm(css=['documents.css'], base=Path('static')).join(100)\n"
        "assert 'weasyprint' in sys.modules and len(pdf._presses) == 1\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert os.listdir(tmp_path) == []  # its fonts are gone with it
