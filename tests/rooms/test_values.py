"""Codes, tokens, nicknames, ratings, lists and pictures."""

from __future__ import annotations

import pytest

import recsys_core as rc
from recsys_core.errors import RoomError
from recsys_core.rooms import codes, lists
from recsys_core.rooms.room import Thing, nickname_of, rating_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def test_codes_have_no_letters_that_look_alike():
    drawn = {codes.new_code() for _ in range(500)}
    assert len(drawn) > 495 and all(codes.is_code(code) for code in drawn)
    assert not set("ILOUV0123456789") & set("".join(drawn))
    assert len(codes.ALPHABET) ** codes.LENGTH > 80_000_000
    for text in ("", "ABCDE", "ABCDEFG", "abcdef", "ABCDE\n", "ABCDEO", "../etc", None, 7):
        assert not codes.is_code(text)
    assert codes.normalised(" abc-def ") == "ABCDEF"


def test_of_tokens_only_hashes_are_kept():
    token = codes.new_token()
    assert len(token) >= 22 and token != codes.new_token()  # 128 bits, six a letter
    hash = codes.hashed(token)
    assert len(hash) == 64 and token not in hash
    assert codes.is_token_of(token, hash) and not codes.is_token_of(token + "x", hash)
    assert not codes.is_token_of("", hash) and not codes.is_token_of("\ud800", hash)


def test_nicknames_are_text_on_one_line():
    assert nickname_of(" Ada\n\u202eecalevoL\x00 ") == "Ada ecalevoL"
    assert nickname_of("<script>=1+1|[x](y)") == "<script>=1+1|[x](y)"
    for nobody in ("", "  ", "\u200b", "\u202e\x07", "x" * 25):
        with pytest.raises(RoomError):
            nickname_of(nobody)


def test_ratings_are_on_the_scale():
    half = rc.Scale(0.5, 5, 0.5)
    assert rating_of(half, 3.5) == 3.5 and rating_of(rc.Scale(0, 1), 0.123) == 0.123
    for wrong in (0.0, 5.5, 3.3, float("nan"), float("inf")):
        with pytest.raises(RoomError):
            rating_of(half, wrong)


def test_a_pasted_list():
    text = "Alien\n\n  Jaws | https://example.org/j.png\nalien\nC|D\nUp\thttp://x/y\n<b>=1</b>"
    assert [t.name for t in lists.things_of(text)] == ["Alien", "Jaws", "C|D", "Up", "<b>=1</b>"]
    for wrong in ("one\ntwo", "\n".join(map(str, range(31))), "a\nb\n" + "c" * 81, "x" * 30_000):
        with pytest.raises(RoomError):
            lists.things_of(wrong)
    with pytest.raises(RoomError, match="twice"):
        lists.checked([Thing("a"), Thing("b"), Thing("a")])
    for name in lists.READY:
        assert 12 <= len(lists.checked(lists.ready(name))) <= 30


def test_pictures_are_pictures_and_small():
    things = [Thing("a"), Thing("b"), Thing("c")]
    found = lists.with_pictures(things, {1: PNG})
    assert [bool(thing.picture) for thing in found] == [False, True, False]
    assert lists.picture_type(b"RIFF\x00\x00\x00\x00WEBPVP8 ") == "image/webp"
    assert lists.picture_type(b"\xff\xd8\xff\xe0") == "image/jpeg"
    for wrong in (b"<svg onload=alert(1)>", b"GIF89a", b"", PNG + bytes(200_000)):
        with pytest.raises(RoomError):
            lists.with_pictures(things, {0: wrong})
    with pytest.raises(RoomError, match="together"):
        lists.with_pictures([Thing(str(n)) for n in range(20)], {n: PNG + bytes(199_000)
                                                                 for n in range(20)})  # fmt: skip
