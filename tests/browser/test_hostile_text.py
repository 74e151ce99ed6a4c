"""Names that would like to be more than text: on every page, in every download."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from recsys_core import escape
from tests.browser.helpers import becomes, comes_to, downloaded, follow, go_to, settled, steady
from tests.browser.training import finished, upload

# What each would like to be; “zq” and a letter finds it again. Short, so that none is cut.
MARKUP = [
    "*zqa*",
    "**zqb**",
    "_zqc_",
    "`zqd`",
    "~~zqe~~",
    "$zqf$",
    "[zqg](//x.test)",
    "![zqh](//x.test)",
    "<b>zqi</b>",
    "<u>zqj</u>",
    "# zqk",
    "- zql",
    "1. zqm",
    ":red[zqn]",
    ":smile:zqo",
    "zqp -> x",
    "&lt;zqq&gt;",
    "zqr %{x}",
    "zqs|x|y",
    "\\zqt",
    "x<br>zqu",
    "zqv {{x}}",
    "zqw ${x}",
    ":material/home:zqx",
    "zqy --",
    "<i>zqz",
]
PROGRAMS = [
    "<script>window.ran=1</script>",
    "<img src=http://x.test/i.png onerror=window.ran=1>",
    "![p](http://x.test/p.png)",
    "<a href='javascript:window.ran=1'>l</a>",
    "<svg onload=window.ran=1>",
    "<iframe src=http://x.test></iframe>",
    "<span style='font-size:80px'>s</span>",
    "http://x.test/a",
    "www.x.test",
    "me@x.test",
    "https://x.test/b?c=[d](e)",
    "x\u202etxt.exe",
    "line\nend",
    "n" * 999,
]
FORMULAS = ['=HYPERLINK("http://x.test","f")', "@SUM(1)", "+1+cmd|' /C calc'!A0", "-x", "'=1"]
HONEST = ["+44", "-1", "+44 20 7946 0000", "M*A*S*H (1970)", "A$b$"]
EVERY = [*MARKUP, *PROGRAMS, *FORMULAS, *HONEST]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = ("Data", "Train", "Predictions", "Latent space", "Recommend")
EXPORTED = ("Data", "Predictions", "Recommend")


def table(titled: bool = False) -> bytes:
    """Each name as a user and as an item; enough ratings to learn from."""
    text = io.StringIO()
    write = csv.writer(text)
    write.writerow(["user", "item", "rating", *(["title", "genres"] if titled else [])])
    n = len(EVERY)
    for at, user in enumerate(EVERY):
        for step in range(8):
            item = (at * 3 + step * 5) % n
            more = [EVERY[-1 - item], EVERY[item].replace("|", "")] if titled else []
            write.writerow(
                [user, f"i{item}" if titled else EVERY[item], 1 + (at + step) % 5, *more]
            )
    return text.getvalue().encode()


# What became of the names in the document: links, pictures and markup that they made, and those
# whose marks are gone. What is hidden counts as well.
FOUND = r"""(names) => {
    const found = []
    const told = document.body.cloneNode(true)
    for (const node of told.querySelectorAll("script, style, textarea, input")) node.remove()
    const text = told.textContent.replaceAll("\u2060", "")
    for (const name of names) {
        const mark = name.match(/zq[a-z]/)[0]
        const count = (part) => text.split(part).length - 1
        const [marks, whole] = [count(mark), count(name)]
        if (marks !== whole) found.push(`${name}: ${marks} × ${mark}, ${whole} whole`)
    }
    for (const link of document.querySelectorAll("a"))
        if (/x\.test|javascript:/.test(link.href?.baseVal ?? link.href)) found.push(link.outerHTML)
    for (const node of document.querySelectorAll("img, iframe, svg image"))
        if (/x\.test/.test(node.outerHTML)) found.push(node.outerHTML)
    for (const node of document.querySelectorAll(".katex, main code, [onerror], [onload]"))
        if (/zq|x\.test/.test(node.outerHTML)) found.push(node.outerHTML)
    if (window.ran) found.push("a script ran")
    return found
}"""


@pytest.fixture
def watched(browser_page):
    """A page, and what it asked of addresses that are not ours."""
    page = browser_page()
    foreign: list[str] = []
    page.context.on("request", lambda request: foreign.append(request.url))
    yield page
    assert not [url for url in foreign if "x.test" in url.split("?")[0]]


def harmless(page) -> None:
    settled(page)
    becomes(lambda: page.evaluate(FOUND, MARKUP), lambda found: found == [])


def small(page) -> None:
    """No name of 999 letters has reached the browser."""
    long = "document.documentElement.outerHTML.includes('n'.repeat(400))"
    becomes(lambda: page.evaluate(long), lambda found: found is False)


@pytest.mark.slow
@pytest.mark.parametrize("titled", [False, True], ids=["labels", "titles"])
def test_hostile_names_are_text_on_every_page_and_in_every_download(watched, titled):
    page = watched
    go_to(page, "data")
    page.get_by_test_id("stMain").get_by_text("Upload", exact=True).click()
    upload(page, "*zqa* $x$ ![p](x) <i>zqz.csv", table(titled))
    use = page.get_by_role("button", name="Use and watch a model learn")
    use.wait_for()
    harmless(page)
    small(page)
    use.click()
    comes_to(page, "train")
    finished(page)
    for title in PAGES:
        if title != "Train":
            follow(page, title)
        harmless(page)
        small(page)
        if title in EXPORTED:
            downloads_are_harmless(page)


def downloads_are_harmless(page) -> None:
    page.get_by_test_id("stMain").get_by_role("button", name="Export").click()
    buttons = page.get_by_test_id("stDownloadButton").locator("button:visible")
    named: set[str] = set()
    for label in steady(lambda: buttons.all_inner_texts()):
        button = buttons.filter(has_text=label.split("\n")[-1]).first
        file = downloaded(page, button.click)
        # Of other kinds of files their own tests say that names are text in them.
        if not file.suggested_filename.endswith(".csv"):
            continue
        text = file.path().read_text(encoding="utf-8")
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        formulas = [c for c in cells if re.match(r"\s*[=@]|\s*[+-](?![\d\s.,()/+-]*$)", c)]
        assert not formulas
        named |= {escape.from_csv(cell) for cell in cells} & {*MARKUP, *HONEST}
    assert named
    page.keyboard.press("Escape")


def test_what_a_file_is_refused_with_is_text(watched):
    page = watched
    go_to(page, "data")
    page.get_by_test_id("stMain").get_by_text("Upload", exact=True).click()
    cells = ["![zqh](//x.test)", "[zqg](//x.test)", "$zqf$ **x**", "<b>zqi</b>"]
    for at, cell in enumerate(cells):
        upload(page, f"{at} *zqa*.csv", f"user,item,rating\na,x,4\nb,y,{cell}\n".encode())
        alert = page.get_by_test_id("stAlert").filter(has_text=re.search(r"zq.", cell)[0])
        expect(alert).to_contain_text(cell)
        harmless(page)
        page.get_by_role("button", name=f"Remove {at} *zqa*.csv").click()
        expect(alert).to_have_count(0)


def test_links_and_names_of_runs_are_text(watched):
    page = watched
    go_to(page, "train?data=party&model=SGD&k=<b>zqi</b>&u=[zqg](//x.test)&epoch=3")
    harmless(page)
    page.locator("[class*=st-key-rename_] button").first.click()
    field = page.locator("[class*=st-key-name_] input").first
    field.fill("**zqb** [zqg](//x.test)")
    field.press("Enter")
    expect(page.locator("h1")).to_contain_text("**zqb** [zqg](//x.test)")
    page.keyboard.press("Escape")
    harmless(page)
    for title in ("Data", "Predictions"):
        follow(page, title)
        harmless(page)


@pytest.mark.slow
def test_equal_names_stay_apart_in_lists_and_tables(watched):
    page = watched
    go_to(page, "data")
    page.get_by_test_id("stMain").get_by_text("Upload", exact=True).click()
    users = ["a b", "a\nb", "1", "user 1", "c"]
    rows = [(u, i, 1 + (a * 3 + i) % 5) for a, u in enumerate(users) for i in range(6) if i != a]
    text = io.StringIO()
    csv.writer(text).writerows([("user", "item", "rating"), *rows])
    upload(page, "equal.csv", text.getvalue().encode())
    page.get_by_role("button", name="Use and watch a model learn").click()
    comes_to(page, "train")
    finished(page)
    follow(page, "Recommend")
    page.locator(".st-key-alike_matrix_table button").first.click()
    expect(page.get_by_test_id("stDataFrame").filter(visible=True).first).to_be_visible()
    expect(page.locator(".st-key-alike_matrix_csv button")).to_be_visible()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    page.keyboard.press("Escape")
    page.locator("[class*=st-key-recommend_user] input").first.click()
    page.get_by_role("option", name="a b", exact=True).click()
    expect(page).to_have_url(re.compile("user=1(&|$)"))


def test_streamlits_own_download_of_tables_is_not_offered(watched):
    go_to(watched, "recommend?data=party&model=SGD&epoch=best")
    table = watched.get_by_test_id("stDataFrame").first
    table.hover()
    expect(watched.locator("[aria-label^=Search]").first).to_be_visible()
    expect(watched.locator("[aria-label^='Download as CSV']").first).to_be_hidden()
