"""Answers to a survey: which columns are items, what they are called, and who answered.

Google Forms writes “Rate these films [Alien]”, Moodle “Q01_Films->Alien”, Qualtrics “Rate these -
Alien”, LimeSurvey “Q01[SQ001]. Alien”; Microsoft Forms writes the items alone. Before them stand
times, addresses and names, behind them remarks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recsys_core.reading.cells import is_blank, number
from recsys_core.reading.column_roles import role

_FEWEST = 2  # items of a question

# The text of a question and the item, in the forms these programs write.
_GRID = (
    re.compile(r"(?P<question>.*\S)\s*\[(?P<item>[^\[\]]+)\]\s*", re.DOTALL),
    re.compile(r"(?P<question>.*\S)\s*->\s*(?P<item>\S.*)", re.DOTALL),
    re.compile(r"(?P<question>.*\S)\s+[-–—/]\s+(?P<item>\S.*)", re.DOTALL),
    re.compile(r"(?P<question>.*\?)\s*(?P<item>\S.*)", re.DOTALL),
)

# Columns that programs add, in the words of their exports: lower case, no spaces at the ends.
_TIMES = frozenset(
    "timestamp|start time|completion time|last modified time|start date|end date|startdate|enddate|"
    "recorded date|recordeddate|date submitted|date started|date last action|submitted on|"
    "submitted on:|submit date|submitted at|created at|date created|date modified|started at|"
    "zeitstempel|startzeit|fertigstellungszeit|abschlusszeit|uhrzeit der letzten änderung|"
    "horodateur|heure de début|heure de fin|marca temporal|hora de inicio|hora de finalización|"
    "informazioni cronologiche|ora di inizio|ora di completamento|carimbo de data/hora|"
    "hora de início|hora de conclusão|tijdstempel|begintijd|voltooiingstijd|sygnatura czasowa|"
    "отметка времени|время начала|время завершения|タイムスタンプ|开始时间|完成时间|时间戳记|"
    "타임스탬프".split("|")
)
_ADDRESSES = frozenset(
    "email|e-mail|email address|e-mail address|mail|recipientemail|recipient email|"
    "e-mail-adresse|email-adresse|adresse e-mail|adresse mail|courriel|correo electrónico|"
    "dirección de correo electrónico|indirizzo email|indirizzo e-mail|posta elettronica|"
    "endereço de e-mail|e-mailadres|adres e-mail|адрес электронной почты|"
    "メールアドレス|电子邮件|이메일 주소".split("|")
)
_USERNAMES = frozenset(
    "username|user name|user|login|nickname|nick|pseudonym|code name|benutzername|nutzername|"
    "spitzname|nom d'utilisateur|nom d’utilisateur|pseudo|nombre de usuario|nome utente|"
    "nome de usuário|gebruikersnaam|имя пользователя|псевдоним|ユーザー名|用户名".split("|")
)
_NUMBERS = frozenset(
    "id|responseid|response id|response|respondent id|respondent_id|respondentid|submission id|"
    "collector id|antwort-id|antwort id|id de la réponse|id de respuesta|#|#id|_recordid|"
    "participant|participant id|student id|matriculation number|序号".split("|")
)
_OTHERS = frozenset(
    "status|progress|finished|duration (in seconds)|ipaddress|ip address|ip-adresse|adresse ip|"
    "recipientfirstname|recipientlastname|externalreference|externaldatareference|"
    "external data reference|locationlatitude|locationlongitude|location latitude|"
    "location longitude|distributionchannel|distribution channel|userlanguage|user language|"
    "response type|language|sprache|langue|last page|lastpage|letzte seite|start language|"
    "startlanguage|seed|referrer url|refurl|score|total points|quiz feedback|grade time|"
    "punktzahl|gesamtpunktzahl|institution|department|course|group|institution name|kurs|gruppe|"
    "network id|user agent|tags|custom data 1|collector|all data|submission date|"
    "consent|einwilligung".split("|")
)
# A column that asks for a name: a whole name, or a question that is nothing else.
_NAME = re.compile(
    r"(what(’|')?s?( is)?\s+)?(your\s+)?((full|first|last|nick|sur|family)\s*-?name|name)s?"
    r"(\s*\(.*\))?[?:*]*|"
    r"(first|last|given|family) name|surname|who are you\??|"
    r"wie (heißt du|heissen sie|heißen sie|ist (dein|ihr) (vor)?name)\??|"
    r"(dein|ihr|euer)?\s*(vor|nach|spitz)?name[?:*]*|vollständiger name|"
    r"(comment (t['’]appelles-tu|vous appelez-vous)|quel est (ton|votre) (pré)?nom)\s*\??|"
    r"(ton|votre)?\s*(nom|prénom)( complet)?\s*[?:*]*|"
    r"¿?(cómo (te llamas|se llama)|cuál es (tu|su) nombre)\??|(tu|su)?\s*nombre( completo)?[?:*]*|"
    r"(come ti chiami|come si chiama)\??|(il tuo )?(nome|cognome)( completo)?[?:*]*|"
    r"(qual é o seu nome|como (você )?se chama)\??|(seu )?nome( completo)?[?:*]*|"
    r"(hoe heet (je|u)|wat is (je|uw) (voor)?naam)\??|(voor|achter|je |uw )?naam[?:*]*|"
    r"(jak masz na imię|jak się nazywasz)\??|imię( i nazwisko)?|nazwisko|"
    r"(как (тебя|вас) зовут)\??|(ваше|твоё|твое)?\s*(имя|фамилия|фио)|"
    r"(お)?名前|氏名|姓名|名字|你的(名字|姓名)|您的姓名|이름|성명",
    re.IGNORECASE,
)
# Behind the items: points and remarks on an answer.
_POINTS = re.compile(r"(points|feedback|punkte|score) [-–] .+", re.IGNORECASE)
_REMARKS = re.compile(
    r".*\b(comments?|remarks?|suggestions?|feedback|kommentare?|anmerkung(en)?|bemerkung(en)?|"
    r"commentaires?|remarques?|comentarios?|commenti|opmerking(en)?|comentários?)\b.*",
    re.IGNORECASE | re.DOTALL,
)

# Who answered, the best to call a person by first.
_WHO = ("name", "username", "address", "number")


@dataclass(frozen=True)
class Form:
    """What a table of answers says: columns by name, as they are in the table.

    ``items``: each column that was rated and the name of its item; ``question``: what all of them
    ask, "" where they do not say; ``user``, ``timestamp``: None where nobody, and no time, is said;
    ``left_out``: all other columns. ``sure``: even where names such as “Email” and “Name” could be
    those of a list of ratings.
    """

    items: tuple[tuple[str, str], ...]
    question: str
    user: str | None
    timestamp: str | None
    left_out: tuple[str, ...]
    sure: bool = True


def understood(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Form | None:
    """What a table with these column names and first rows says if it is the answers to a survey.

    None where nothing speaks for one: no question with several items, and no column before the
    items that a program for surveys adds.
    """
    kinds = [_kind(name) for name in names]
    question, grid = _grid(names, kinds)
    if grid:
        items = grid
    else:
        lead = next((at for at, kind in enumerate(kinds) if kind is None), len(names))
        if not lead or not {"time", "address", "other"} & set(kinds[:lead]):
            return None
        items = {
            at: names[at].strip()
            for at in range(lead, len(names))
            if kinds[at] in (None, "name") and not _is_remark(names[at], rows, at)
        }
        if len(items) < _FEWEST:
            return None
    people = [(kinds[at], at) for at in range(len(names)) if at not in items and kinds[at] in _WHO]
    user = _who(people, rows)
    times = [at for at, kind in enumerate(kinds) if kind == "time" and at not in items]
    timestamp = next((at for at in times if any(map(bool, _column(rows, at)))), None)
    rest = set(range(len(names))) - set(items) - {user, timestamp}
    return Form(
        tuple((names[at], name) for at, name in items.items()),
        question,
        None if user is None else names[user],
        None if timestamp is None else names[timestamp],
        tuple(names[at] for at in sorted(rest)),
        bool(grid) or (len(items) > 2 and not any(role(names[at]) for at in items)),
    )


def item_names(names: Sequence[str]) -> list[str]:
    """What the items of these columns are called: the question that several share is taken off.

    “Rate these films [Alien]” → “Alien”. Where two questions have the same items, and where nothing
    is shared, names stay as they are.
    """
    _, grid = _grid(names, [None] * len(names))
    return [grid.get(at, name) for at, name in enumerate(names)]


def _kind(name: str) -> str | None:
    """What a column that is no item holds: "time", "address", "name", "username" … else None."""
    text = re.sub(r"\s+", " ", str(name)).strip().lower().strip("*").strip()
    for kind, known in (
        ("time", _TIMES), ("address", _ADDRESSES), ("username", _USERNAMES),
        ("number", _NUMBERS), ("other", _OTHERS),
    ):  # fmt: skip
        if text in known or text.rstrip("?:") in known:
            return kind
    if _NAME.fullmatch(text):
        return "name"
    return "other" if _POINTS.fullmatch(text) else None


def _grid(names: Sequence[str], kinds: Sequence[str | None]) -> tuple[str, dict[int, str]]:
    """The question that most columns share, and the item each of them asks about."""
    for form in _GRID:
        found = {
            at: (match["question"].strip(), match["item"].strip())
            for at, name in enumerate(names)
            if kinds[at] is None and (match := form.fullmatch(str(name).strip()))
        }
        times = Counter(question for question, _ in found.values())
        asked = {question for question, n in times.items() if n >= _FEWEST}
        grid = {at: item for at, (question, item) in found.items() if question in asked}
        n_free = sum(kind is None for kind in kinds)
        if len(grid) < _FEWEST or (form in _GRID[2:] and 2 * len(grid) <= n_free):
            continue
        if len(set(grid.values())) < len(grid):  # two questions on the same items: keep both
            grid = {at: str(names[at]).strip() for at in grid}
        return times.most_common(1)[0][0], grid
    return "", {}


def _column(rows: Sequence[Sequence[Any]], at: int) -> list[str]:
    """The cells of a column as text, "" where blank."""
    return ["" if len(row) <= at or is_blank(row[at]) else str(row[at]).strip() for row in rows]


def _is_remark(name: str, rows: Sequence[Sequence[Any]], at: int) -> bool:
    """Whether a column holds what people wrote: its name says so, or long and different texts."""
    cells = [cell for cell in _column(rows, at) if cell]
    words = [cell for cell in cells if number(cell) is None]
    if len(words) < 0.5 * len(cells) or not cells:
        return bool(not cells and _REMARKS.fullmatch(str(name)))
    long = sum(len(cell) > 40 for cell in words) > 0.3 * len(words)
    return bool(_REMARKS.fullmatch(str(name))) or (long and len(set(words)) > 0.8 * len(words))


def _who(people: list[tuple[str | None, int]], rows: Sequence[Sequence[Any]]) -> int | None:
    """The column that tells people apart: all cells filled and different, a name before a number.

    Where no column tells all apart, the first that is filled at all: a person answered twice.
    """
    ranked = sorted(people, key=lambda one: (_WHO.index(str(one[0])), one[1]))
    columns = {at: _column(rows, at) for _, at in ranked}
    for _, at in ranked:
        cells = columns[at]
        if all(cells) and len(set(cells)) == len(cells):
            return at
    return next((at for _, at in ranked if all(columns[at]) and len(set(columns[at])) > 1), None)
