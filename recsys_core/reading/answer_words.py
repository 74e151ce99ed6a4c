"""Words that people answer with in place of numbers, in eleven languages: data for ``answers``.

A block is a set of answers that belong together, one answer a line, the lowest first; what is
written with “|” between means the same answer. In front of each answer stand the scales it belongs
to, usual ones first: those marked 5 are a scale of five answers, 5b another one.

English, German, French, Spanish, Portuguese, Italian and Dutch; the usual ones of Polish, Russian,
Chinese and Japanese. Case, accents and signs are of no
matter (``answers.folded``). The English scales are those of survey research (Vagias, “Likert-type
scale response anchors”, 2006; the hedonic nine points of Peryam and Pilgrim, 1957); the others are
what forms in these languages offer.
"""

from __future__ import annotations

_NEUTRAL = (
    "neutral | neither | neither nor | undecided | unsure | not sure | so so | mixed | indifferent "
    "| in between | in the middle | no preference | no strong opinion"
)

# The ends, the answers between and the mild ones of a language's agreement; see _agreement.
# In French, “pas d'accord” is often the lowest of four, “tout à fait d'accord” the highest (4d).
_ENDS, _PLAIN, _MILD = "5 5c 4 4b 7 6", "5 5b 4b 4c 7 6 3 2", "5b 5c 4 4c 4d 7 6"
_MIDDLE = "5 5b 5c 7 3"


def _agreement(no: tuple[str, str, str], middle: str, yes: tuple[str, str, str]) -> str:
    """A block from answers of the same three degrees, the strongest first, on both sides."""
    lines = [*zip((_ENDS, _PLAIN + " 4d", _MILD), no, strict=True), (_MIDDLE, middle)]
    lines += reversed([*zip((_ENDS + " 4d", _PLAIN, _MILD), yes, strict=True)])
    return "\n".join(f"{tags}: {words}" for tags, words in lines)


AGREEMENT = "\n\n".join(
    _agreement(*of_a_language)
    for of_a_language in (
        (
            (
                "strongly disagree | disagree strongly | totally disagree | fully disagree "
                "| completely disagree | definitely disagree | disagree completely "
                "| disagree totally",
                "disagree | mostly disagree | generally disagree | dont agree | do not agree",
                "somewhat disagree | slightly disagree | rather disagree | tend to disagree "
                "| disagree somewhat | disagree slightly | disagree a little | partly disagree",
            ),
            _NEUTRAL + " | neither agree nor disagree | neither disagree nor agree "
            "| neutral neither agree nor disagree",
            (
                "strongly agree | agree strongly | totally agree | fully agree "
                "| completely agree | definitely agree | agree completely | agree totally",
                "agree | mostly agree | generally agree",
                "somewhat agree | slightly agree | rather agree | tend to agree "
                "| agree somewhat | agree slightly | agree a little | partly agree",
            ),
        ),
        (
            (
                "stimme überhaupt nicht zu | stimme gar nicht zu | stimme überhaupt nicht überein "
                "| stimme gar nicht überein | trifft überhaupt nicht zu | trifft gar nicht zu "
                "| lehne stark ab | lehne voll ab | lehne völlig ab | stimme absolut nicht zu "
                "| stimme ganz und gar nicht zu | trifft absolut nicht zu "
                "| stimme voll und ganz nicht zu | stark dagegen",
                "stimme nicht zu | trifft nicht zu | lehne ab | stimme nicht überein | dagegen",
                "stimme eher nicht zu | trifft eher nicht zu | stimme wenig zu | trifft wenig zu "
                "| lehne eher ab | stimme kaum zu | trifft kaum zu | stimme eher nicht überein "
                "| eher dagegen",
            ),
            "teils teils | teils | weder noch | neutral | unentschieden | mittel | teilweise "
            "| weder zustimmung noch ablehnung | stimme teilweise zu | trifft teilweise zu "
            "| stimme teils zu | trifft teils zu | trifft teils teils zu | stimme teils teils zu "
            "| weder dafür noch dagegen",
            (
                "stimme voll zu | stimme voll und ganz zu | stimme völlig zu "
                "| stimme vollkommen zu | trifft voll zu | trifft voll und ganz zu "
                "| trifft völlig zu | trifft genau zu | stimme voll und ganz überein "
                "| stimme stark zu | stimme sehr zu | trifft sehr zu | stimme absolut zu "
                "| trifft vollkommen zu | stark dafür",
                "stimme zu | trifft zu | stimme überein | dafür",
                "stimme eher zu | trifft eher zu | stimme eher überein | eher dafür",
            ),
        ),
        (
            (
                "pas du tout d'accord | tout à fait en désaccord | fortement en désaccord "
                "| totalement en désaccord | complètement en désaccord",
                "pas d'accord | en désaccord",
                "plutôt pas d'accord | plutôt en désaccord | pas vraiment d'accord "
                "| peu d'accord | pas tout à fait d'accord",
            ),
            "neutre | ni d'accord ni pas d'accord | ni en accord ni en désaccord | indécis "
            "| ni d'accord ni en désaccord | moyennement d'accord | sans préférence",
            (
                "tout à fait d'accord | totalement d'accord | fortement d'accord "
                "| très d'accord | entièrement d'accord | complètement d'accord",
                "d'accord | en accord",
                "plutôt d'accord | assez d'accord | un peu d'accord",
            ),
        ),
        (
            (
                "totalmente en desacuerdo | muy en desacuerdo | completamente en desacuerdo "
                "| fuertemente en desacuerdo | nada de acuerdo",
                "en desacuerdo",
                "algo en desacuerdo | parcialmente en desacuerdo | poco de acuerdo "
                "| ligeramente en desacuerdo",
            ),
            "neutral | ni de acuerdo ni en desacuerdo | indiferente | indeciso "
            "| ni acuerdo ni desacuerdo | ni en acuerdo ni en desacuerdo",
            (
                "totalmente de acuerdo | muy de acuerdo | completamente de acuerdo "
                "| fuertemente de acuerdo",
                "de acuerdo",
                "algo de acuerdo | parcialmente de acuerdo | bastante de acuerdo "
                "| ligeramente de acuerdo",
            ),
        ),
        (
            (
                "discordo totalmente | discordo fortemente | discordo completamente "
                "| discordo plenamente",
                "discordo",
                "discordo parcialmente | discordo em parte | discordo ligeiramente",
            ),
            "neutro | não concordo nem discordo | nem concordo nem discordo | indiferente "
            "| indeciso | nem discordo nem concordo",
            (
                "concordo totalmente | concordo fortemente | concordo completamente "
                "| concordo plenamente",
                "concordo",
                "concordo parcialmente | concordo em parte | concordo ligeiramente",
            ),
        ),
        (
            (
                "totalmente in disaccordo | fortemente in disaccordo | molto in disaccordo "
                "| completamente in disaccordo | per niente d'accordo | per nulla d'accordo "
                "| del tutto in disaccordo",
                "in disaccordo | non sono d'accordo | non d'accordo",
                "poco d'accordo | abbastanza in disaccordo | parzialmente in disaccordo "
                "| piuttosto in disaccordo",
            ),
            "neutrale | né d'accordo né in disaccordo | indifferente | indeciso | neutro "
            "| né in accordo né in disaccordo",
            (
                "totalmente d'accordo | fortemente d'accordo | completamente d'accordo "
                "| molto d'accordo | pienamente d'accordo | del tutto d'accordo",
                "d'accordo | sono d'accordo",
                "abbastanza d'accordo | parzialmente d'accordo | piuttosto d'accordo",
            ),
        ),
        (
            (
                "helemaal mee oneens | helemaal oneens | zeer oneens | sterk oneens "
                "| volledig mee oneens | zeer mee oneens | volledig oneens "
                "| helemaal niet mee eens",
                "mee oneens | oneens | niet mee eens",
                "enigszins mee oneens | beetje oneens | enigszins oneens | een beetje oneens",
            ),
            "neutraal | niet eens niet oneens | noch eens noch oneens "
            "| niet mee eens niet mee oneens | niet eens en niet oneens",
            (
                "helemaal mee eens | helemaal eens | zeer eens | sterk eens "
                "| volledig mee eens | zeer mee eens | volledig eens",
                "mee eens | eens",
                "enigszins mee eens | beetje eens | enigszins eens | een beetje eens",
            ),
        ),
        (
            (
                "zdecydowanie się nie zgadzam | zdecydowanie nie zgadzam się "
                "| całkowicie się nie zgadzam | całkowicie nie zgadzam się",
                "nie zgadzam się | nie zgadzam",
                "raczej się nie zgadzam | raczej nie zgadzam się",
            ),
            "trudno powiedzieć | ani się zgadzam ani się nie zgadzam | nie mam zdania "
            "| neutralnie | ani tak ani nie",
            (
                "zdecydowanie się zgadzam | zdecydowanie zgadzam się | całkowicie się zgadzam "
                "| całkowicie zgadzam się | w pełni się zgadzam",
                "zgadzam się | zgadzam",
                "raczej się zgadzam | raczej zgadzam się",
            ),
        ),
        (
            (
                "полностью не согласен | полностью не согласна | совершенно не согласен "
                "| совершенно не согласна | категорически не согласен | абсолютно не согласен",
                "не согласен | не согласна",
                "скорее не согласен | скорее не согласна | частично не согласен",
            ),
            "нейтрально | затрудняюсь ответить | ни согласен ни не согласен | трудно сказать "
            "| отношусь нейтрально",
            (
                "полностью согласен | полностью согласна | совершенно согласен "
                "| совершенно согласна | абсолютно согласен",
                "согласен | согласна",
                "скорее согласен | скорее согласна | частично согласен",
            ),
        ),
        (
            (
                "非常不同意 | 完全不同意 | 强烈不同意 | 非常不赞同 | 非常不符合 | 完全不符合",
                "不同意 | 不赞同 | 不符合",
                "有点不同意 | 比较不同意 | 不太同意 | 不太符合 | 比较不符合",
            ),
            "中立 | 一般 | 不确定 | 既不同意也不反对 | 无所谓",
            (
                "非常同意 | 完全同意 | 强烈同意 | 非常赞同 | 非常符合 | 完全符合",
                "同意 | 赞同 | 符合",
                "有点同意 | 比较同意 | 比较符合",
            ),
        ),
        (
            (
                "まったくそう思わない | 全くそう思わない | 強く反対 | 全く当てはまらない "
                "| まったく当てはまらない",
                "そう思わない | 同意しない | 当てはまらない | 反対",
                "あまりそう思わない | ややそう思わない | あまり当てはまらない",
            ),
            "どちらともいえない | どちらでもない | 普通 | どちらとも言えない",
            (
                "とてもそう思う | 非常にそう思う | 強くそう思う | 強く同意 | とても当てはまる",
                "そう思う | 同意する | 当てはまる | 賛成",
                "ややそう思う | まあそう思う | やや当てはまる",
            ),
        ),
    )
)
AGREEMENT += """

5: per niente d'accordo | per nulla d'accordo
5: poco d'accordo
5: abbastanza d'accordo | mediamente d'accordo | né d'accordo né in disaccordo
5: molto d'accordo | d'accordo
5: completamente d'accordo | totalmente d'accordo | del tutto d'accordo | pienamente d'accordo
"""

FREQUENCY = """
5 5b 4 4b 3: never | not at all | none of the time
: almost never | very rarely | hardly ever | very seldom
5 5b 4b: rarely | seldom | not often | a little of the time | infrequently
: occasionally | once in a while | now and then | on occasion
5 5b 4 4b 3: sometimes | some of the time | about half the time | half of the time \
| from time to time
5 4: often | frequently | a good bit of the time | regularly
5b: usually | very often | most of the time | mostly | very frequently | nearly always
: almost always
5 5b 4 4b 3: always | all of the time | every time | all the time

5 4 3: nie | niemals | gar nicht
5: selten | kaum | sehr selten
: gelegentlich | ab und zu | hin und wieder
5 4 3: manchmal | teilweise
5 4: oft | häufig | regelmassig
: meistens | sehr oft | meist | sehr haufig
5 4 3: immer | stets | standig

5 4 3: jamais
5: rarement | presque jamais
: occasionnellement | de temps en temps
5 4 3: parfois | quelquefois
5 4: souvent | frequemment | regulierement
: très souvent | presque toujours | la plupart du temps | habituellement
5 4 3: toujours

5 4 3: nunca | jamas
5: raramente | rara vez | casi nunca | pocas veces
: ocasionalmente | de vez en cuando
5 4 3: a veces | algunas veces
5 4: a menudo | frecuentemente | con frecuencia | muchas veces
: casi siempre | normalmente | la mayoria de las veces | muy a menudo | generalmente
5 4 3: siempre

5 4 3: nunca | jamais
5: raramente | quase nunca | poucas vezes
: ocasionalmente | de vez em quando
5 4 3: às vezes | algumas vezes
5 4: frequentemente | muitas vezes | com frequencia
: quase sempre | normalmente | geralmente | na maioria das vezes
5 4 3: sempre

5 4 3: mai
5: raramente | quasi mai | di rado
: occasionalmente | ogni tanto
5 4 3: a volte | qualche volta | talvolta
5 4: spesso | frequentemente
: molto spesso | quasi sempre | di solito
5 4 3: sempre

5 4 3: nooit
5: zelden | bijna nooit
: af en toe | nu en dan
5 4 3: soms
5 4: vaak | dikwijls | regelmatig
: meestal | bijna altijd | heel vaak | zeer vaak
5 4 3: altijd

5 4 3: nigdy
5: rzadko | prawie nigdy
5 4 3: czasami | czasem | niekiedy
5 4: często
: bardzo często | prawie zawsze | zwykle
5 4 3: zawsze

5 4 3: никогда
5: редко | почти никогда
5 4 3: иногда
5 4: часто
: очень часто | почти всегда | обычно
5 4 3: всегда

5 4 3: 从不 | 从来不 | 从未
5: 很少 | 偶尔
5 4 3: 有时 | 有时候
5 4: 经常 | 常常
5 4 3: 总是 | 一直

5 4 3: 全くない | まったくない | 一度もない
5: めったにない | ほとんどない
5 4 3: 時々 | たまに | ときどき
5 4: よくある | よく | しばしば
5 4 3: いつも | 常に
"""

QUALITY = """
5b 4c: terrible | awful | horrible | abysmal | worst | dreadful | unacceptable | garbage
5c: very poor | very bad | extremely poor
5 5b 5c 4 4b 4c 3 2: poor | bad | weak | below average | not good | not great \
| not very good | unsatisfactory | inferior
: mediocre | needs improvement | below expectations
5 5b 5c 4 3: fair | average | ok | okay | acceptable | so so | neutral | adequate | satisfactory \
| meh | decent | medium | not bad | alright | all right | passable | mixed
: above average | fine
5 5b 5c 4 4b 4c 3 2: good | nice
5 5c 4b: very good | great | really good
5 5b 4 4b 4c: excellent | outstanding | exceptional | superb | amazing | awesome | fantastic \
| perfect | best | brilliant | masterpiece | wonderful | extremely good

5: sehr schlecht | miserabel | furchtbar | schrecklich
5 4 3 2: schlecht | schwach | nicht gut
: eher schlecht | massig
5 3: mittelmäßig | mittel | durchschnittlich | ok | okay | neutral | geht so | in ordnung \
| teils teils | akzeptabel
: eher gut
5 4 3 2: gut
5 4: sehr gut
4: ausgezeichnet | hervorragend | exzellent | super | grossartig | perfekt

: ungenügend
: mangelhaft
: ausreichend
: befriedigend
: gut
: sehr gut
: mit auszeichnung

5 5b: très mauvais | tres mauvaise | nul | nulle | horrible | tres mal | tres insuffisant
5 5b 4 3 2: mauvais | mauvaise | mal | faible | mediocre | insuffisant | insuffisante | pas bon
5 5b 4 3: moyen | moyenne | passable | correct | correcte | neutre | acceptable | ok
: assez bien | assez bon | satisfaisant
5 5b 4 3 2: bon | bonne | bien
5 4: très bon | tres bonne | tres bien
5b: excellent | excellente | parfait | parfaite | exceptionnel | genial

5: muy malo | muy mala | muy mal | pesimo | pesima | muy deficiente | horrible
5 4 3 2: malo | mala | mal | deficiente | insuficiente | suspenso
5 3: regular | normal | neutral | aceptable | suficiente | aprobado | ok
5 4 3 2: bueno | buena | bien
5 4: muy bueno | muy buena | muy bien | notable
4: excelente | sobresaliente | perfecto | perfecta

5 5b: muito ruim | muito mau | pessimo | pessima | muito ma | muito fraco | horrivel
5 5b 3 2: ruim | mau | ma | fraco | fraca | insuficiente
5 5b 3: regular | medio | razoavel | neutro | aceitavel | suficiente | ok
5 5b 3 2: bom | boa | satisfatorio
5: muito bom | muito boa
5b: ótimo | otima | excelente | perfeito | perfeita

5: pessimo | pessima | molto male | terribile | gravemente insufficiente
5 3: scarso | scarsa | cattivo | cattiva | insufficiente | male | brutto | mediocre
5 3: sufficiente | medio | media | nella media | accettabile | neutro | ok
: discreto | discreta
5 3: buono | buona | bene | bello
: molto buono | molto buona | distinto
5: ottimo | ottima | eccellente | perfetto | perfetta

5: zeer slecht | heel slecht | erg slecht | vreselijk
5 4 3 2: slecht | zwak
: onvoldoende
5 3: matig | gemiddeld | neutraal | redelijk | middelmatig | oke | ok
: voldoende
: ruim voldoende
5 4 3 2: goed
5 4: zeer goed | heel goed | erg goed
4: uitstekend | uitmuntend | perfect | geweldig

5: bardzo zły | bardzo zła | bardzo słaby | bardzo słaba | bardzo źle | okropny | fatalny
5 4 3 2: zły | zła | słaby | słaba | źle | słabo
5 3: przeciętny | przeciętna | średni | średnia | średnio | neutralny | ok
5 4 3 2: dobry | dobra | dobrze
5 4: bardzo dobry | bardzo dobra | bardzo dobrze
4: doskonały | doskonała | świetny | świetna | znakomity | rewelacyjny

: niedostateczny
: dopuszczający
: dostateczny
: dobry
: bardzo dobry
: celujący

5: очень плохо | ужасно | отвратительно | очень плохой
5 4 3 2: плохо | плохой | неудовлетворительно | слабо
5 4 3: удовлетворительно | средне | нормально | так себе | средний | неплохо
5 4 3 2: хорошо | хороший
5 4: отлично | очень хорошо | прекрасно | отличный | великолепно | превосходно

5: 很差 | 非常差 | 极差 | 很糟糕 | 糟糕
5 3 2: 较差 | 差 | 不好 | 比较差 | 差评
5 3: 还行 | 一般 | 中等 | 普通 | 尚可 | 中评 | 及格
5 3 2: 推荐 | 好 | 较好 | 不错 | 良好 | 比较好 | 好评
5: 力荐 | 很好 | 非常好 | 优秀 | 极好 | 强烈推荐

5: とても悪い | 非常に悪い | 最悪 | 大変悪い
5 3 2: 悪い | やや悪い | 良くない | よくない
5 3: 普通 | ふつう | まあまあ | どちらでもない | どちらともいえない
5 3 2: 良い | やや良い | いい | よい
5: とても良い | 非常に良い | 大変良い | 最高 | とてもよい
"""

LIKING = f"""
9: dislike extremely | extremely dislike
5 4: hate | hated | hate it | detest | detested | loathe | despise
5b 9: strongly dislike | dislike very much | dislike a lot | really dislike | strongly disliked \
| really disliked
5 5b 5g 4 3 3b 2 9: dislike | disliked | didnt like | did not like | dont like | do not like \
| not like | dislike moderately | not liked | not for me
9: slightly dislike | dislike slightly | somewhat dislike | dislike a little
5 5b 5g 3 9: {_NEUTRAL} | meh | ok | okay | was ok | was okay | fine | neither like nor dislike \
| neither liked nor disliked | average | no opinion either way
9: slightly like | like slightly | somewhat like | like a little
5 5b 5g 4 3 3b 2 9: like | liked | like moderately | quite like
5b 5g 9: strongly like | like very much | like a lot | really like | really liked | liked a lot \
| strongly liked | liked very much | very much like
5 4 3b: love | loved | loving | adore | adored | absolutely love | absolutely loved
5g: amazing | was amazing | favorite | favourite | all time favorite | all time favourite
9: like extremely | extremely like

5 4: hasse ich | gehasst | furchtbar | hasse es | hasse | gefallt mir gar nicht \
| gefallt mir uberhaupt nicht | mag ich gar nicht | mag ich uberhaupt nicht | gar nicht gefallen
5 4 2 3: mag ich nicht | gefällt mir nicht | mag nicht | nicht gemocht | gefallt nicht \
| nicht gefallen | gefiel mir nicht | gefallt mir eher nicht
5 3: neutral | egal | geht so | ok | okay | teils teils | weder noch | mittel
5 4 2 3: mag ich | gefallt mir | mag | gemocht | gefallt | gefallen | gefiel mir | mag ich gern
5 4: liebe ich | geliebt | liebe es | liebe | gefallt mir sehr | mag ich sehr | sehr gefallen \
| gefallt mir sehr gut | gefiel mir sehr

5 4: détesté | je deteste | je hais | pas du tout aime
5 4 2 3: je n'aime pas | n aime pas | pas aime | je n ai pas aime | j aime pas | aime pas
5 3: neutre | bof | moyen | ok | indifferent | ca va
5 4 2 3: j'aime | aime | j ai aime | j aime bien | aime bien | bien aime
5 4: j'adore | adore | beaucoup aime | j aime beaucoup | j ai adore

5 4: lo odio | odio | la odio | me disgusta mucho | no me gusta nada | odiado | lo odie | la odie
5 4 2 3: no me gusta | no me gusto | me disgusta | no gusta
5 3: neutral | indiferente | me da igual | regular | ok | mas o menos
5 4 2 3: me gusta | me gusto | gusta
5 4: me encanta | me encanto | lo amo | la amo | me gusta mucho | me gusto mucho

5 4: odeio | odiei | detesto | detestei
5 4 2 3: não gosto | nao gostei | nao gosto disso
5 3: neutro | indiferente | mais ou menos | ok | tanto faz
5 4 2 3: gosto | gostei | gosto disso
5 4: adoro | adorei | amo | amei | gosto muito | gostei muito

5 4: lo odio | odio | detesto | odiato | non mi piace per niente | non mi piace affatto
5 4 2 3: non mi piace | non mi e piaciuto | non mi e piaciuta | non piaciuto
5 3: neutrale | indifferente | cosi cosi | ok | neutro
5 4 2 3: mi piace | mi e piaciuto | mi e piaciuta | piaciuto
5 4: lo adoro | adoro | amo | lo amo | adorato | mi piace molto | mi piace moltissimo \
| mi e piaciuto molto

5 4: haat het | haat | vreselijk | helemaal niet leuk | haat ik
5 4 2 3: niet leuk | vind ik niet leuk | vond ik niet leuk | niet mooi | vind ik niet goed
5 3: neutraal | gaat wel | oke | ok | maakt niet uit
5 4 2 3: leuk | vind ik leuk | vond ik leuk | mooi
5 4: geweldig | heel leuk | hou ervan | houd ervan | erg leuk | zeer leuk | vind ik geweldig \
| super leuk

5: nienawidzę | bardzo mi się nie podobał | bardzo mi się nie podobało | bardzo nie lubię
5 3 2: nie lubię | nie podoba mi się | nie podobał mi się | nie podobało mi się
5 3: obojętny | neutralnie | ok | taki sobie
5 3 2: lubię | podoba mi się | podobał mi się | podobało mi się
5: uwielbiam | bardzo lubię | bardzo mi się podoba | bardzo mi się podobał \
| bardzo mi się podobało | kocham

5: ненавижу | очень не нравится | очень не понравилось | совсем не понравилось
5 3 2: не нравится | не понравилось | не понравился | не люблю
5 3: нейтрально | нормально | безразлично | так себе
5 3 2: нравится | понравилось | понравился | люблю
5: обожаю | очень нравится | очень понравилось | очень люблю

5: 非常不喜欢 | 讨厌 | 很不喜欢
5 3 2: 不喜欢 | 不太喜欢
5 3: 一般 | 无所谓 | 中立 | 普通
5 3 2: 喜欢 | 比较喜欢
5: 非常喜欢 | 很喜欢 | 超喜欢 | 最爱

5: 大嫌い | とても嫌い
5 3 2: 嫌い | やや嫌い | 好きではない | 好きじゃない
5 3: 普通 | どちらでもない | どちらともいえない
5 3 2: 好き | やや好き
5: 大好き | とても好き

5: bardzo niezadowolony | bardzo niezadowolona
5 3 2: niezadowolony | niezadowolona | raczej niezadowolony
5 3: ani zadowolony ani niezadowolony | neutralny | obojętny
5 3 2: zadowolony | zadowolona | raczej zadowolony
5: bardzo zadowolony | bardzo zadowolona

5: очень недоволен | очень недовольна | совершенно не удовлетворен
5 3 2: недоволен | недовольна | не удовлетворен | скорее недоволен
5 3: нейтрально | затрудняюсь ответить
5 3 2: доволен | довольна | удовлетворен | скорее доволен
5: очень доволен | очень довольна | полностью удовлетворен

5: 非常不满意 | 很不满意
5 3 2: 不满意 | 不太满意 | 比较不满意
5 3: 一般 | 中立 | 普通
5 3 2: 满意 | 比较满意 | 基本满意
5: 非常满意 | 很满意

5: とても不満 | 非常に不満 | 大変不満
5 3 2: 不満 | やや不満
5 3: 普通 | どちらでもない | どちらともいえない
5 3 2: 満足 | やや満足
5: とても満足 | 非常に満足 | 大変満足
"""

CHANCE = f"""
5 4: definitely not | certainly not | definitely wont | definitely would not | absolutely not \
| definitely no
5 4: probably not | probably wont | probably would not | probably no
5: possibly | maybe | might or might not | perhaps | {_NEUTRAL}
5 4: probably | probably yes | probably will | probably would
5 4: definitely | certainly | definitely yes | definitely will | definitely would | absolutely \
| for sure

5 4: auf keinen fall | sicher nicht | bestimmt nicht | keinesfalls | keinesfalls wahrscheinlich
5 4: wahrscheinlich nicht | eher nicht | eher nein | vermutlich nicht
5: vielleicht | unsicher | eventuell
5 4: wahrscheinlich | eher ja | wahrscheinlich ja | vermutlich | eher schon
5 4: auf jeden fall | sicher | bestimmt | ganz sicher

5 4: certainement pas | surement pas | absolument pas
5 4: probablement pas | plutot non
5: peut-être
5 4: probablement | plutot oui | probablement oui
5 4: certainement | surement | absolument

5 4: definitivamente no | seguro que no
5 4: probablemente no
5: quizás | tal vez | quiza
5 4: probablemente sí | probablemente
5 4: definitivamente sí | definitivamente | seguro que si

5 4: definitivamente não | com certeza nao | certamente nao
5 4: provavelmente não
5: talvez
5 4: provavelmente sim | provavelmente
5 4: definitivamente sím | com certeza | certamente sim | definitivamente | certamente

5 4: sicuramente no | decisamente no | certamente no
5 4: probabilmente no
5: forse
5 4: probabilmente sì | probabilmente
5 4: sicuramente sì | decisamente si | certamente si | sicuramente | certamente

5 4: zeker niet | beslist niet
5 4: waarschijnlijk niet
5: misschien
5 4: waarschijnlijk wel | waarschijnlijk
5 4: zeker wel | zeker | beslist

5 4: zdecydowanie nie | na pewno nie
5 4: raczej nie | prawdopodobnie nie
5: trudno powiedzieć | może | być może
5 4: raczej tak | prawdopodobnie tak | prawdopodobnie
5 4: zdecydowanie tak | na pewno | na pewno tak

5 4: точно нет | определенно нет | однозначно нет
5 4: скорее нет | вероятно нет
5: возможно | может быть | затрудняюсь ответить
5 4: скорее да | вероятно да | вероятно
5 4: точно да | определенно да | однозначно да

5 4: 肯定不会 | 一定不会
5 4: 可能不会 | 应该不会
5: 不确定 | 也许
5 4: 可能会 | 应该会
5 4: 肯定会 | 一定会
"""

DEGREE = """
5 5b 4 3: not at all | not in the least | nothing | none at all
5 4: slightly | a little | a little bit | very little | hardly | a bit | a small amount
5b 4 3: somewhat | to some extent | partly
5 5b: moderately | a moderate amount | fairly | neutral
5b: quite a bit | quite | a lot | mostly | considerably
5 4 3: very | very much | to a great extent | highly | strongly
5 5b: extremely | a great deal | completely | entirely | totally

5 4: überhaupt nicht | gar nicht | keineswegs
5 4: wenig | kaum | ein wenig | etwas
5: mittelmäßig | teilweise | massig | mittel | einigermassen
5 4: ziemlich | uberwiegend | eher
5 4: sehr | vollig | ausserordentlich | sehr stark

5 4: pas du tout | aucunement
5 4: un peu | peu | legerement
5: moyennement | modérément | assez
5 4: beaucoup | tres
5 4: énormément | extremement | tout a fait | completement

5 4: nada | en absoluto | para nada
5 4: un poco | poco | ligeramente
5: moderadamente | algo | regular | medianamente
5 4: bastante | mucho
5 4: muchísimo | extremadamente | totalmente | completamente

5 4: nada | de modo algum | de forma alguma
5 4: um pouco | pouco | ligeiramente
5: moderadamente | mais ou menos | medianamente
5 4: bastante | muito
5 4: muitíssimo | extremamente | totalmente | completamente

5 4: per niente | per nulla | affatto
5 4: poco | un po | leggermente
5: moderatamente | mediamente | cosi cosi
5 4: abbastanza | molto
5 4: moltissimo | estremamente | completamente | del tutto

5 4: helemaal niet | totaal niet
5 4: een beetje | nauwelijks | weinig
5: enigszins | matig | redelijk
5 4: behoorlijk | tamelijk | erg
5 4: zeer | heel erg | volledig | helemaal

5: very low | lowest
3 5: low
3 5: medium | moderate | mid | middle
3 5: high
5: very high | highest

5: sehr niedrig | sehr gering
3 5: niedrig | gering | tief
3 5: mittel
3 5: hoch
5: sehr hoch

5: très faible | tres bas
3 5: faible | bas | basse
3 5: moyen | moyenne
3 5: élevé | elevee | haut | fort
5: très élevé | tres elevee | tres haut | tres fort

5: muy bajo | muy baja
3 5: bajo | baja
3 5: medio | media
3 5: alto | alta
5: muy alto | muy alta

5: muito baixo | muito baixa
3 5: baixo | baixa
3 5: medio | media
3 5: alto | alta
5: muito alto | muito alta

5: molto basso | molto bassa
3 5: basso | bassa
3 5: medio | media
3 5: alto | alta
5: molto alto | molto alta

5: zeer laag
3 5: laag
3 5: gemiddeld | midden
3 5: hoog
5: zeer hoog
"""

YES_NO = """
2 3: nie | нет | 否 | 不是 | いいえ | いや
3: może | возможно | не знаю | 也许 | 不确定 | わからない
2 3: tak | да | 是 | はい

2 3: no | nein | non | nao | nee | n | nope | nay
3: maybe | perhaps | possibly | partly | vielleicht | peut etre | quizas | tal vez | talvez \
| forse | misschien | jein | teilweise | somewhat
2 3: yes | ja | oui | si | sim | y | j | o | s | yep | yeah

2: false | falsch | faux | falso | onwaar | f | incorrect | wrong | not true | untrue
2: true | wahr | vrai | verdadero | verdadeiro | vero | waar | t | v | w | correct | right

2 3: down | thumbs down | thumb down | thumbsdown | downvote | downvoted | daumen runter \
| daumen nach unten | pouce en bas | pulgar abajo | pulgar hacia abajo | polegar para baixo \
| pollice in giu | pollice verso | duim omlaag | 👎
3: sideways | thumbs sideways | thumb sideways | neutral | daumen seitlich
2 3: up | thumbs up | thumb up | thumbsup | upvote | upvoted | daumen hoch | daumen nach oben \
| pouce en haut | pouce en l air | pulgar arriba | pulgar hacia arriba | polegar para cima \
| pollice in su | duim omhoog | 👍

2: not recommended | would not recommend | do not recommend | dont recommend | wouldnt recommend \
| nicht empfohlen | non recommande | no recomendado | nao recomendado | non consigliato \
| niet aanbevolen
: neutral
2: recommended | would recommend | recommend | empfohlen | recommande | recomendado | consigliato \
| aanbevolen
: highly recommended | strongly recommended | must see | must read

2: rotten
2: fresh
: certified fresh

2: fail | failed | nicht bestanden | suspenso | reprovado | bocciato | gezakt
2: pass | passed | bestanden | aprobado | aprovado | promosso | geslaagd

: fail | failed | refer
: pass | passed
: merit
: distinction

: not interested | uninterested | no interest
: interested
: very interested

: seen | watched | viewed | read | heard | played | bought | purchased | owned | visited | used \
| clicked | gesehen | gelesen | gehört | gekauft | vu | lu | acheté | visto | leído | comprado \
| lido | letto | comprato | gezien | gelezen | gekocht | chosen | selected | checked

5 4: sd
5 4: d
5: n | u | nd | n/a/d
5 4: a
5 4: sa

2: worse | worst
: same | equal | about the same
2: better | best

: 😡 | 🤬 | 😠 | 💔
: 🙁 | ☹ | 😞 | 😟 | 😕 | 😒 | 👎 | 😢
: 😐 | 😑 | 😶
: 🙂 | 😊 | 👍 | ☺ | 😌
: 😀 | 😃 | 😄 | 😁 | 😍 | 🤩 | ❤ | 😆

5: unhappy face | very sad face
5 3: sad face | frown | sad
5 3: neutral face | straight face
5 3: smile | happy face | happy | smiley
5: big smile | very happy face
"""

# Sets whose higher end is a matter of opinion: which is meant has to be said on the preview.
EITHER_WAY = """
5: very easy | extremely easy
5 3 2: easy
5 3: medium | moderate | neutral | neither easy nor difficult | neither easy nor hard | average
5 3 2: hard | difficult
5: very hard | very difficult | extremely difficult | extremely hard

5: sehr leicht | sehr einfach
5 3 2: leicht | einfach
5 3: mittel | mittelschwer
5 3 2: schwer | schwierig
5: sehr schwer | sehr schwierig

: fifth | 5th | fifth choice | 5th choice
: fourth | 4th | fourth choice | 4th choice
: third | 3rd | third choice | 3rd choice
: second | 2nd | second choice | 2nd choice
: first | 1st | first choice | 1st choice

4: no pain | no symptoms | not at all
4 3: mild | light
4 3: moderate
4 3: severe
: very severe | extreme
"""

# Pairs of opposites, which adverbs grade: those for extremely, very, fairly, somewhat, slightly,
# and what lies in the middle. BY_ADVERB says which scales the answers so made belong to.
OPPOSITES = {
    (
        "extremely | completely | totally | absolutely",
        "very | highly | strongly | really",
        "moderately | fairly | rather | quite | mostly",
        "somewhat",
        "slightly | a little | a bit",
        _NEUTRAL + " | ok | okay | average | neither {n} nor {p} | neither {p} nor {n} "
        "| neutral neither {n} nor {p}",
    ): (
        ("dissatisfied | unsatisfied", "satisfied"),
        ("unlikely", "likely"),
        ("unimportant", "important"),
        ("unhappy", "happy"),
        ("negative", "positive"),
        ("unhelpful", "helpful"),
        ("uninteresting | boring", "interesting"),
        ("unpleasant", "pleasant"),
        ("uncomfortable", "comfortable"),
        ("disappointed", "impressed | pleased"),
        ("useless", "useful"),
        ("unfamiliar", "familiar"),
        ("unfavorable | unfavourable", "favorable | favourable"),
        ("unappealing", "appealing"),
        ("improbable", "probable"),
    ),
    (
        "äußerst | höchst | extrem | völlig | absolut",
        "sehr",
        "ziemlich",
        "eher",
        "etwas | ein wenig | ein bisschen",
        "neutral | weder noch | teils teils | mittel | unentschieden | weder {n} noch {p} "
        "| weder {p} noch {n} | mittelmäßig | egal",
    ): (
        ("unzufrieden", "zufrieden"),
        ("unwichtig", "wichtig"),
        ("unwahrscheinlich", "wahrscheinlich"),
        ("negativ", "positiv"),
        ("uninteressant | langweilig", "interessant"),
        ("unangenehm", "angenehm"),
        ("unglücklich", "glücklich"),
        ("nutzlos", "nützlich"),
    ),
    (
        "extrêmement | totalement | tout à fait | entièrement",
        "très",
        "assez | moyennement",
        "plutôt",
        "un peu | légèrement",
        "neutre | ni {n} ni {p} | ni {p} ni {n} | moyen | indifférent",
    ): (
        ("insatisfait | mécontent", "satisfait | content"),
        ("insatisfaite | mécontente", "satisfaite | contente"),
        ("insatisfaits", "satisfaits"),
        ("peu probable | improbable", "probable"),
        ("négatif", "positif"),
        ("inutile", "utile"),
        ("ennuyeux", "intéressant"),
    ),
    (
        "totalmente | extremadamente | completamente",
        "muy",
        "bastante",
        "algo",
        "un poco | ligeramente",
        "neutral | ni {n} ni {p} | ni {p} ni {n} | indiferente | regular",
    ): (
        ("insatisfecho", "satisfecho"),
        ("insatisfecha", "satisfecha"),
        ("improbable", "probable"),
        ("negativo", "positivo"),
        ("inútil", "útil"),
        ("aburrido", "interesante"),
    ),
    (
        "totalmente | extremamente | completamente",
        "muito",
        "bastante",
        "parcialmente | algo",
        "um pouco | ligeiramente",
        "neutro | nem {n} nem {p} | nem {p} nem {n} | indiferente | regular",
    ): (
        ("insatisfeito", "satisfeito"),
        ("insatisfeita", "satisfeita"),
        ("improvável", "provável"),
        ("negativo", "positivo"),
        ("inútil", "útil"),
        ("chato", "interessante"),
    ),
    (
        "totalmente | estremamente | completamente | del tutto",
        "molto",
        "abbastanza",
        "piuttosto",
        "un po | leggermente",
        "neutro | neutrale | né {n} né {p} | né {p} né {n} | indifferente",
    ): (
        ("insoddisfatto", "soddisfatto"),
        ("insoddisfatta", "soddisfatta"),
        ("improbabile", "probabile"),
        ("negativo", "positivo"),
        ("inutile", "utile"),
        ("noioso", "interessante"),
    ),
    (
        "uiterst | volledig | helemaal",
        "zeer | heel | erg",
        "tamelijk | behoorlijk",
        "enigszins | vrij",
        "een beetje | beetje",
        "neutraal | noch {n} noch {p} | niet {n} niet {p} | noch {p} noch {n}",
    ): (
        ("ontevreden", "tevreden"),
        ("onbelangrijk", "belangrijk"),
        ("onwaarschijnlijk", "waarschijnlijk"),
        ("negatief", "positief"),
        ("nutteloos", "nuttig"),
        ("saai", "interessant"),
    ),
}

# Of the answers with the five adverbs, of the one without, and of the middle.
BY_ADVERB = ("5c 5d 7b", "5 5b 5e 4 4b 4c 7 6", "5e 4c 7b", "5b 5c 4b 7 6", "7b")
WITHOUT_ADVERB = "5 5d 4 7 6 3 2"
BETWEEN = "5 5b 5c 5d 5e 7 7b 3"

# Adjectives that are answered by how much, from “not at all important” to “extremely important”.
BY_DEGREE = {
    """
5: not at all {x} | not {x} at all | not in the least {x}
5b 4 3: not {x} | un{x} | not so {x} | not particularly {x}
5 5b: slightly {x} | a little {x} | a bit {x} | not very {x} | of little importance
4 3: somewhat {x} | partly {x}
5 5b: moderately {x} | fairly {x} | neutral | of average importance
5b 4: {x} | quite {x}
5 5b 4 3: very {x} | highly {x}
5: extremely {x} | absolutely essential | essential
""": (
        "important interested interesting useful helpful familiar confident concerned enjoyable "
        "motivated relevant happy likely satisfied effective comfortable appealing funny scary "
        "exciting enjoyable difficult easy spicy sweet good"
    ),
    """
5 4 3: überhaupt nicht {x} | gar nicht {x} | un{x}
: nicht {x}
5 4: wenig {x} | kaum {x} | weniger {x} | eher nicht {x}
5 3: mittelmäßig {x} | teilweise {x} | neutral | etwas {x} | einigermassen {x}
5 4: {x} | ziemlich {x} | eher {x}
5 4 3: sehr {x} | ausserst {x}
""": "wichtig zufrieden interessant wahrscheinlich hilfreich gut nützlich interessiert",
    """
5 4: pas du tout {x}
: pas {x} | non {x}
5 4: peu {x} | un peu {x} | pas tres {x}
5: moyennement {x} | neutre | assez {x}
5 4: {x} | plutot {x}
5 4: très {x} | extremement {x}
""": ("important importante satisfait satisfaite intéressé intéressée intéressant probable utile"),
    """
5 4: nada {x} | no {x} en absoluto
: no {x} | sin importancia
5 4: poco {x} | ligeramente {x}
5: moderadamente {x} | algo {x} | neutral
5 4: {x} | bastante {x}
5 4: muy {x} | extremadamente {x}
""": "importante satisfecho satisfecha interesado interesada interesante probable útil",
    """
5 4: nada {x} | nao {x}
5 4: pouco {x} | um pouco {x}
5: moderadamente {x} | mais ou menos {x} | neutro
5 4: {x} | bastante {x}
5 4: muito {x} | extremamente {x}
""": "importante satisfeito satisfeita interessado interessada interessante provável útil",
    """
5 4: per niente {x} | per nulla {x} | non {x}
5 4: poco {x} | leggermente {x}
5: moderatamente {x} | mediamente {x} | neutro
5 4: abbastanza {x} | {x}
5 4: molto {x} | estremamente {x}
""": "importante soddisfatto soddisfatta interessato interessata interessante probabile utile",
    """
5 4: helemaal niet {x} | totaal niet {x}
: niet {x}
5 4: niet zo {x} | weinig {x} | een beetje {x} | beetje {x}
5: enigszins {x} | neutraal | redelijk {x}
5 4: {x} | best {x}
5 4: zeer {x} | heel {x} | erg {x} | uiterst {x}
""": "belangrijk tevreden geïnteresseerd interessant waarschijnlijk nuttig",
}

# What means “not rated”, as regular expressions over folded text.
_OF = (
    "of | about | to | with | it | this | that | them | one | yet | there | so | far | sorry | at "
)
_AFTER = "|".join(
    (_OF + "| all | the | film | movie | book | song | show | game | item").split(" | ")
)
UNRATED = (
    # English
    r"(i |we |ive |we ve |i ve )?(have not|havent|haven t|had not|hadnt|did not|didnt|didn t|never"
    r"|not|not yet|have never|has not|hasnt|yet to|haven|still not)( (yet|really|actually|ever|even"
    r"))* (see|seen|watch|watched|viewed|hear|heard|read|tried|try|play|played|visit|visited|used"
    r"|finish|finished|taste|tasted|eat|eaten|drunk|listened|listen|been|rate|rated|known|answered|answer"
    rf"|applicable|encountered|experienced|owned|bought|reviewed|familiar|available|given)"
    rf"( ({_AFTER}))*",
    r"(i )?(do not|dont|don t|didnt|did not|cannot|cant|can t|can not|could not|couldnt) (know|say"
    rf"|judge|rate|remember|recall|tell|answer)( ({_AFTER}|now|who|what|is|was))*",
    r"no (answer|response|opinion|rating|idea|comment|data|clue|reply|experience|score|value|vote)"
    r"( given)?",
    r"(un|not )(seen|watched|read|heard|known|rated|answered|tried|played)|un(known|answered)",
    r"n a|na|not appl|dk|idk|dkna|dk na|dnk|dnf|skip|skipped|missing|refused|declined|tbd|tba|none"
    r"|null|nan|nil|unavailable|pending|not sure|unsure|undecided",
    r"(i )?(prefer|would rather|rather)( not)?( to)? (not )?(say|answer|tell)",
    r"(i )?(want|plan|would like|to be)( to)? (see|watch|read|watched|seen)( it)?|to watch|to read"
    r"|watchlist|plan to watch",
    r"(i )?(does|do) not apply|doesnt apply|not relevant|never heard( of)?"
    r"( (it|this|them|him|her))?",
    # German
    r"((das|den|die|ich|hab|habe|es|ihn|sie) )*(noch )?(nie|nicht|nie zuvor|gar nicht)"
    r" (gesehen|gelesen|gehort|gespielt|probiert|ausprobiert|besucht|genutzt|benutzt|bekannt"
    r"|bewertet|beantwortet|zutreffend|anwendbar|beurteilbar|verfugbar|vorhanden|gewahlt"
    r"|angeschaut|gekostet|gegessen|getrunken|erlebt|relevant)( haben| habe)?",
    r"(das |den |die )?kenn(e)? (ich )?(das |den |die |es )?(noch )?nicht|nicht gekannt",
    r"(das )?weis+ (ich |es |das )?(ich )?(noch )?nicht|kann ich nicht (sagen|beurteilen|bewerten)",
    r"keine? (angaben?|antwort|meinung|bewertung|ahnung|wertung|einschatzung|note|aussage)|k a|ka",
    r"unbekannt|entfallt|ohne (angabe|antwort|bewertung|wertung)|ungesehen|fehlt|fehlend|nv|n v",
    # French
    r"((je|j|ne|n|nai|lai|l|ai|les|la|le) )*(pas|jamais|non|pas encore)( encore)?"
    r" (vu|vue|vus|vues|lu|lue|entendu|entendue|ecoute|ecoutee|goute|goutee|essaye|essayee|joue"
    r"|visite|visitee|connu|note|notee|applicable|concerne|concernee|repondu|regarde)",
    r"(je )?(ne )?(sais|sait|connais|connait|souviens|m en souviens) pas|ne sait pas|nsp|nspp",
    r"(sans|aucun|aucune|pas d|pas de) (avis|opinion|reponse|objet|note|idee)|inconnu|inconnue"
    r"|ne se prononce pas|ne s applique pas|ne sapplique pas|je prefere ne pas repondre|sans objet",
    # Spanish
    r"(yo )?(aun |todavia )?(no|nunca)( (la|lo|las|los|le|se|me))?( (he|hemos|ha|haya))?"
    r" (visto|vista|vi|leido|leida|lei|oido|escuchado|escuchada|probado|probada|jugado|visitado"
    r"|conozco|conocido|recuerdo|acuerdo|se|sabe|sabe no contesta|contesta|contesto|aplica|procede"
    r"|aplicable|calificado|responde|evaluado|disponible)",
    r"(lo )?no se|ns nc|nsnc|ns|nc|sin (opinion|respuesta|calificar|datos|nota)|desconocid[oa]"
    r"|prefiero no (contestar|responder|decirlo|decir)|ninguna opinion",
    # Portuguese
    r"(eu )?(ainda )?(nao|nunca)( (o|a|os|as|me|se))? (vi|visto|vista|assisti|assistid[oa]|li"
    r"|lido|lida|ouvi|ouvido|joguei|provei|experimentei|visitei|conheco|sei|sabe|lembro|respondeu"
    r"|respondo|aplicavel|aplica|avaliado|avaliei|disponivel)( ainda)?",
    r"sem (opiniao|resposta|avaliacao|nota)|prefiro nao (responder|dizer)|desconhecid[oa]|nsa"
    r"|ns nr",
    # Italian
    r"((mai|non|ancora|lo|la|l|ho|lho) )*(mai|non|ho|lho|ancora)"
    r" (visto|vista|letto|letta|sentito|sentita|ascoltato|ascoltata|provato|provata|giocato"
    r"|visitato|valutato|valutata)",
    r"(io )?non( (lo|la|mi))? (conosco|so|ricordo|applicabile|risponde|rispondo|pertinente"
    r"|disponibile|visto|vista|letto|valutato)",
    r"(nessuna?|senza) (opinione|risposta|idea|valutazione)|preferisco non rispondere"
    r"|sconosciut[oa]|non si applica",
    # Dutch
    r"((ik|heb|hem|het|deze|die) )*(nog )?(niet|nooit)( eerder)? (gezien|gelezen|gehoord"
    r"|gespeeld|geprobeerd|bezocht|bekend|beoordeeld|ingevuld|geproefd|gebruikt|van toepassing"
    r"|beantwoord|bekeken)",
    r"(dat )?weet (ik )?(het )?(niet|nog niet)|geen (mening|antwoord|idee|oordeel|cijfer)"
    r"|(die |dat |deze )?ken (ik )?(het |hem |die )?(nog )?niet|nvt|n v t|onbekend"
    r"|(wil|zeg)( ik)?( liever)? (het )?niet( zeggen)?|geen van beide",
    # Polish
    r"(jeszcze )?nie (oglada[lł][ea]m|widzia[lł][ea]m|znam|czyta[lł][ea]m|s[lł]ysza[lł][ea]m"
    r"|wiem|dotyczy|gra[lł][ea]m|probowa[lł][ea]m)( (tego|tego filmu|filmu))?"
    r"|(nie mam|bez) (zdania|odpowiedzi)"
    r"|brak (odpowiedzi|danych|zdania|oceny)|trudno powiedziec",
    # Russian; и stands for й, too, as accents are taken away
    r"((я|еще|это|этот фильм) )*не (смотрел|видел|читал|слышал|пробовал|играл|помню|знаю|знаком"
    r"|знакома|оценивал|применимо)[аи]?( (это|этот фильм|фильм|еще))?|затрудняюсь( ответить)?"
    r"|нет (ответа|данных|мнения|оценки)|без (ответа|оценки)|трудно сказать|не указано|н д",
    # Chinese
    r"(我)?(还|从)?(没|没有|未)(看|听|读|玩|用|吃|去)(过)?|(未|没有?)(观看|评价|评分|填写|作答|回答)"
    r"|不(知道|清楚|了解|适用|记得)|无(法评价|意见)?|跳过|不予评价",
    # Japanese
    r"(まだ)?(見|観|読|聞|聴)(て|んて|いて)?(い)?(ない|ません)|未(視聴|鑑賞|読|評価|回答|見)|見たことかない"
    r"|知らない|(わから|分から)ない|無回答|該当なし|回答しない",
)  # fmt: skip

# Numbers in words, in the same languages.
NUMBERS = {
    0: "zero no null kein keine zero cero nenhum nessuna nul geen",
    1: "one a an single eins ein eine einen un une uno una um uma een",
    2: "two zwei deux dos dois duas due twee",
    3: "three drei trois tres tre drie",
    4: "four vier quatre cuatro quatro quattro",
    5: "five funf cinq cinco cinque vijf",
    6: "six sechs seis sei zes",
    7: "seven sieben sept siete sete sette zeven",
    8: "eight acht huit ocho oito otto",
    9: "nine neun neuf nueve nove negen",
    10: "ten zehn dix diez dez dieci tien",
}

# What is counted: “3 stars”, “4 Sterne”, “7 points”.
UNITS = (
    "star stars point points pt pts heart hearts stern sterne sternen punkt punkte punkten herz "
    "herzen etoile etoiles coeur coeurs estrella estrellas estrela estrelas punto puntos ponto "
    "pontos stella stelle punti ster sterren punt punten thumbs"
)

# “4 out of 5” in these languages.
OUT_OF = "out of|of|von|sur|de un total de|de|di|su|van de|van|aus|from|in|over"

PERCENT = "percent|per cent|prozent|pct|pour cent|por ciento|por cento|per cento|procent"
