"""Moments in every common form, and columns that only look like moments."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recsys_core.reading.column_roles import looks_like_moments
from recsys_core.reading.moments import ambiguous, as_seconds

THEN = 1_700_000_000  # 2023-11-14 22:13:20 UTC, a Tuesday


def seconds(*cells):
    found = as_seconds(pd.Series(cells, dtype=object))
    return None if found is None else found.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "2023-11-14T22:13:20Z", "2023-11-14 22:13:20.5", "2023-11-14T23:13:20+01:00",
        "2023-11-14 22:13:20 UTC", "2023/11/14 22:13:20", "20231114221320",
        "14.11.2023 22:13:20", "14.11.23, 22:13:20", "14/11/2023 22:13:20", "11/14/2023 22:13:20",
        "11/14/2023 10:13:20 PM", "11/14/2023, 10:13:20 p.m.", "11/14/2023 10:13:20\u202fPM",
        "14-11-2023 22:13:20", "14-Nov-2023 22:13:20", "14-Nov-23 22:13:20",
        # What forms and browsers write.
        "2023/11/14 10:13:20 PM GMT", "2023/11/14 11:13:20 PM GMT+1", "2023/11/14 11:13:20 PM MEZ",
        "2023/11/14 7:13:20 p. m. GMT-3", "Tue Nov 14 2023 23:13:20 GMT+0100 (Central Europe)",
        "Tue, 14 Nov 2023 22:13:20 GMT", "Tue, 14 Nov 2023 17:13:20 -0500",
        "11/14/2023 17:13:20 EST",
        # Months by name.
        "November 14, 2023 22:13:20", "Nov 14, 2023 at 10:13:20 PM", "14th November 2023 22:13:20",
        "Dienstag, 14. November 2023, 22:13:20 Uhr", "14 novembre 2023 22:13:20",
        "mardi 14 nov. 2023 22:13:20", "martes, 14 de noviembre de 2023 22:13:20",
        "14 de novembro de 2023 22:13:20", "14 listopada 2023 22:13:20",
        "14 ноября 2023 г. 22:13:20", "14 нояб. 2023 22:13:20", "14 Kasım 2023 Salı 22:13:20",
        "2023年11月14日 22:13:20", "2023年11月14日 22时13分20秒", "2023/11/14 下午10:13:20",
        "2023年11月14日 午後10:13:20", "2023. 11. 14. 오후 10:13:20",
        # Numbers.
        1_700_000_000, "1700000000", "1700000000.9", 1_700_000_000_999, 1_700_000_000_999_999,
        1_700_000_000_999_999_999, "1700000000999999999",
    ],
)  # fmt: skip
def test_one_moment_in_every_form(text):
    assert seconds(text, text) == [THEN, THEN]


MONTHS = {
    "German": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "Austrian": "Jänner Feb. Mrz Apr. Mai Jun. Jul. Aug. Sept. Okt. Nov. Dez.",
    "French": "janv. févr. mars avril mai juin juill. août sept. oct. nov. déc.",
    "Spanish": "ene feb mar abr may jun jul ago sep oct nov dic",
    "Portuguese": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
    "dezembro",
    "Italian": "gen feb mar apr mag giu lug ago set ott nov dic",
    "Dutch": "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "Swedish": "januari februari mars april maj juni juli augusti september oktober november "
    "december",
    "Polish": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
    "listopada grudnia",
    "Russian": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "Turkish": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
}


@pytest.mark.parametrize("language", MONTHS)
def test_months_by_name(language):
    names = MONTHS[language].split()
    wanted = [int(dt.datetime(2021, m, 5, tzinfo=dt.UTC).timestamp()) for m in range(1, 13)]
    assert seconds(*(f"5 {name} 2021" for name in names)) == wanted
    assert seconds(*(f"{name.upper()} 5, 2021" for name in names)) == wanted


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["44197", "44198", "44227.5"], [0, 1, 30.5]),  # a spreadsheet's days
        (["18628", "18629"], [0, 1]),  # days since 1970
        (["2021", "2022"], [0, 365]),
        (["20210101", "20210131"], [0, 30]),
        (["202101010000", "202101020600"], [0, 1.25]),
        (["01/02/2021", "01/03/2021", "01/04/2021"], [1, 2, 3]),  # three days, not three months
        (["01/02/2021", "02/02/2021", "03/02/2021"], [31, 32, 33]),
        (["01.02.2021", "01.03.2021"], [31, 59]),  # nobody writes the month first so
        (["1/2/21 12:00 AM", "1/2/21 12:00 PM"], [1, 1.5]),
        (["21-01-31", "21-02-01"], [30, 31]),
    ],
)
def test_what_a_column_means_is_told_from_all_of_it(cells, days):
    start = 1_609_459_200  # 2021-01-01
    wanted = [start + int(day * 86400) for day in days]
    assert seconds(*cells) == wanted
    assert seconds(*cells[::-1]) == wanted[::-1]


@pytest.mark.parametrize(
    "cells",
    [
        ["1"] * 9, ["3", "3"], ["5", "4", "1", "5", "2", "4"], ["0", "1", "0", "1"],
        ["True", "False"], ["noon", "dusk"], ["2020-01-02", "03/02/2020"], ["31/04/2020"],
        ["11/14/2023", "14/11/2023"], ["2020-01-01", ""], ["25:70 1/2/2020"], ["14 Foo 2020"],
        ["13:00 PM 1/2/2020"], ["1e300", "2"], ["Alien 3", "Se7en"], [],
    ],
)  # fmt: skip
def test_what_is_no_moment(cells):
    assert seconds(*cells) is None


def test_ids_are_no_moments():
    def looks(*cells):
        return looks_like_moments(pd.Series(cells, dtype=object))

    assert looks("881250949", "1700000000") and looks("1700000000123") and looks("14 Nov 2023")
    assert not looks("9780385333481", "9780385333482")  # ISBN
    assert not looks("5551234567", "5550000000")  # a telephone
    assert not looks("3", "2") and not looks("0.5") and not looks()


FORMS = ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d %B %Y", "%b %d, %Y", "%Y-%m-%d",
         "%a %d %b %Y", "%d-%m-%Y", "%Y年%m月%d日"]  # fmt: skip
CLOCKS = ["", " %H:%M", " %H:%M:%S", ", %I:%M %p", " %I:%M:%S %p", " %H:%M:%S +0000"]
DAYS = st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2060, 1, 1))


@settings(max_examples=150)
@given(st.lists(DAYS, min_size=1, max_size=12), st.sampled_from(FORMS), st.sampled_from(CLOCKS))
def test_any_moments_in_any_form(moments, form, clock):
    assume(form[:2] not in ("%d", "%m") or "%B" in form or max(m.day for m in moments) > 12)
    cells = [moment.strftime(form + clock) for moment in moments]
    left = 86400 if not clock else 1 if "%S" in clock else 60  # what the form does not say
    wanted = [int(m.replace(tzinfo=dt.UTC).timestamp()) // left * left for m in moments]
    assert seconds(*cells) == wanted


def test_many_different_moments_are_read_as_few_are():
    moments = pd.Series(pd.date_range("2011-01-01", periods=12_000, freq="977s"))
    wanted = (moments.astype("int64") // 10 ** {"ns": 9, "us": 6}[moments.dt.unit]).tolist()
    for form in ("%d/%m/%Y %H:%M:%S", "%m/%d/%Y, %H:%M:%S"):
        assert seconds(*moments.dt.strftime(form)) == wanted


def test_days_that_could_be_months_are_told():
    def could(*cells):
        return ambiguous(pd.Series(cells, dtype=object))

    assert could("01/02/2020", "03/04/2020") and could("1-2-20")
    assert not could("01/02/2020", "13/04/2020") and not could("02/02/2020")
    assert not could("2020/01/02") and not could("01.02.2020") and not could("1/2/20 3:00 PM")
    assert not could("1 Feb 2020") and not could("7", "8") and not could()


def test_typed_columns():
    moments = pd.Series(pd.to_datetime([THEN, THEN + 1], unit="s"))
    assert as_seconds(moments).tolist() == [THEN, THEN + 1]
    assert as_seconds(moments.dt.tz_localize("Asia/Tokyo")).tolist()[0] == THEN - 9 * 3600
    assert as_seconds(moments.astype(object)).tolist() == [THEN, THEN + 1]
    assert as_seconds(pd.Series([True, False])) is None
    for kind in ("category", "string", "str", "Int64"):
        numbers = pd.Series([str(THEN), str(THEN + 1), str(THEN)])
        cells = numbers.astype("int64").astype(kind) if kind == "Int64" else numbers.astype(kind)
        assert as_seconds(cells).tolist() == [THEN, THEN + 1, THEN]
        assert as_seconds(cells.reindex([0, 1, 5])) is None
    dates = pd.Series(["14.11.2023", "1.2.2020"]).astype("category")
    assert as_seconds(dates.iloc[[1, 0, 1]]).tolist() == [1580515200, 1699920000, 1580515200]
    assert as_seconds(pd.Series([np.nan, 1.0])) is None
