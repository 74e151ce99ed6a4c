"""The words that name columns, in the languages people bring tables in.

English, German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian, Turkish, Swedish,
Czech, Finnish, Chinese, Japanese and Korean. As ``column_roles.bare`` writes them: small letters,
without accents. Slavic languages have the genitive as well: “дата оценки” is the date of a rating.
"""

from __future__ import annotations

# Who rates.
USERS = frozenset(
    """
    user usr member customer cust client person people reviewer rater listener viewer reader visitor
    buyer shopper account profile student pupil participant subject respondent guest uid who login
    username usernames critic judge voter consumer household patient employee email handle nickname
    nutzer benutzer anwender kunde kunden kundin mitglied leser leserin horer zuhorer zuschauer
    kaufer schuler schueler schulerin studierende teilnehmer teilnehmerin proband befragter gast
    rezensent bewerter konto wer
    utilisateur usager membre lecteur auditeur spectateur acheteur etudiant eleve participante
    personne compte abonne internaute qui
    usuario cliente miembro lector oyente espectador comprador estudiante alumno alumna
    persona cuenta socio quien
    utilizador membro leitor ouvinte estudante aluno aluna pessoa conta quem
    utente lettore ascoltatore spettatore acquirente studente alunno partecipante chi
    gebruiker klant lid lezer luisteraar kijker koper leerling deelnemer persoon
    uzytkownik uzytkownika klient klienta czytelnik sluchacz widz kupujacy uczen uczestnik osoba
    czlonek
    пользователь пользователя клиент клиента покупатель покупателя читатель слушатель зритель ученик
    студент участник человек юзер кто
    kullanici musteri uye okur okuyucu dinleyici izleyici ogrenci katilimci kisi kim
    anvandare kund medlem lasare lyssnare tittare elev deltagare bruger bruker
    uzivatel uzivatele zakaznik kayttaja asiakas
    用户 用戶 使用者 会员 會員 顾客 顧客 客户 客戶 读者 讀者 听众 聽眾 观众 觀眾 买家 買家 学生 學生
    评论者 評論者 评价者 人员
    ユーザー ユーザ 利用者 会員 客 視聴者 学生 評価者 参加者 購入者 回答者
    사용자 회원 고객 이용자 유저
    """.split()
)

# Names of people only, never of things.
PERSONS = frozenset(
    """
    vorname nachname prenom imie nazwisko имя фамилия fornamn efternamn voornaam achternaam apellido
    apellidos sobrenome cognome surname firstname lastname fullname 姓名 氏名 이름
    """.split()
)

# What is rated.
ITEMS = frozenset(
    """
    item movie film show series episode anime manga video game joke book track song recording album
    artist band product prod article good sku isbn asin ean gtin upc recipe dish meal food
    restaurant business place venue hotel beer wine drink course lecture paper app site page object
    content iid mid const tconst stock stockcode podcast station poi comic toy snack perfume work
    teacher professor lecturer doctor
    buch lied spiel produkt artikel ware gericht rezept ort kurs serie folge kunstler musik
    gegenstand objekt speise getrank wein bier lehrer dozent
    livre chanson morceau produit jeu plat recette lieu cours artiste vin biere objet oeuvre
    enseignant
    pelicula libro cancion producto articulo juego plato receta lugar curso artista vino cerveza
    objeto obra profesor
    filme livro cancao musica produto artigo jogo prato receita vinho cerveja
    libro canzone brano prodotto articolo gioco piatto ricetta luogo corso birra oggetto
    boek gerecht recept plaats cursus artiest spel wijn voorwerp
    filmu ksiazka ksiazki piosenka utwor utworu produktu gra gry danie przepis miejsce artysta wino
    piwo przedmiot
    фильм фильма кино книга книги песня песни трек альбом товар товара продукт продукта игра игры
    блюдо рецепт место курс артист исполнитель вино пиво предмет объект
    kitap sarki parca urun makale oyun yemek tarif mekan ders dizi sanatci sarap bira nesne eser oge
    bok produkter vara kniha knihy kirja elokuva tuote hra pisen
    电影 電影 影片 书 书籍 書 書籍 图书 圖書 歌曲 音乐 音樂 商品 产品 產品 物品 项目 項目 游戏 遊戲
    文章 菜品 餐厅 餐廳 酒店 课程 課程 视频 視頻 动漫 专辑 歌手 艺人 店铺 剧集 节目
    映画 作品 本 曲 楽曲 製品 品目 アイテム ゲーム 記事 料理 レシピ 店 店舗 レストラン ホテル 講座
    動画 アニメ 漫画 アルバム アーティスト 番組
    영화 책 도서 노래 상품 제품 아이템 게임 음식
    """.split()
)

# Items that are wholes of others: a song before its artist.
WHOLES = frozenset("artist band album artista artiste artiest kunstler sanatci artysta".split())

# Single numbers that say how much something is liked, the surest words first.
RATINGS = (
    frozenset(
        """
        rating rate score star overall
        bewertung wertung sterne stern punktzahl
        evaluation notation etoiles etoile
        puntuacion calificacion valoracion evaluacion estrellas estrella
        avaliacao classificacao pontuacao estrelas
        valutazione voto voti punteggio stelle
        beoordeling waardering sterren
        ocena oceny gwiazdki
        оценка оценки рейтинг балл баллы баллов звезды
        puan puani derecelendirme degerlendirme yildiz
        betyg betygsattning omdome poang stjarnor
        hodnoceni znamka arvosana arvio
        评分 评价 評分 評價 打分 分数 分數 得分 星级 星級
        評価 評点 点数 得点 スコア 星 レーティング
        평점 별점 점수
        """.split()
    ),
    frozenset(
        """
        vote point grade mark preference opinion like liked thumb feedback enjoyment verdict
        relevance sentiment note nota punkte schulnote urteil stimme cijfer oordeel giudizio opinia
        punkty begeni приоритет голос ポイント 喜好 점
        """.split()
    ),
    frozenset("r val value valeur wert valor valore waarde rank ranking antwort response".split()),
)

# Numbers that say how often or how much.
COUNTS = frozenset(
    """
    play playcount playcounts count listen listencount scrobble view click hit purchase purchased
    bought quantity qty weight times frequency freq visit interaction playtime watchtime hours
    minutes seconds hoursplayed minutesplayed msplayed
    anzahl menge haufigkeit aufrufe wiedergaben kaufe stuckzahl
    quantite ecoutes vues achats frequence
    cantidad reproducciones vistas compras frecuencia
    quantidade reproducoes frequencia
    quantita ascolti acquisti conteggio
    aantal hoeveelheid
    ilosc liczba odtworzenia
    количество колво прослушивания просмотры
    adet miktar
    antal kvantitet mnozstvi pocet maara
    数量 數量 次数 次數 播放量 点击 購入数 回数 個数 수량 횟수
    """.split()
)

# Words that count whatever else the name says: a “book count” is no rating of a book.
HOW_MANY = frozenset(
    "count num number n anzahl nombre numero aantal liczba antal total 数 数量".split()
)

# Moments.
TIMES = frozenset(
    """
    timestamp time ts date datetime when day unixtime epoch uts
    zeit zeitpunkt zeitstempel datum uhrzeit
    heure horodatage horodateur jour moment
    fecha hora
    data carimbo
    ora orario
    tijd tijdstip tijdstempel
    czas godzina
    дата время отметка
    tarih zaman saat
    tid tidpunkt tidsstampel cas aika paiva
    时间 时间戳 日期 時間 日時 日付 時刻 タイムスタンプ 날짜 시간 일시
    """.split()
)
# … as participles: “rated_at”, “Date Added”. The sooner in the list, the closer to the rating.
RATED = frozenset("rated scored reviewed voted bewertet calificado".split())
USED = frozenset("read watched listened played viewed seen purchased visited gelesen".split())
NOTED = frozenset("created added updated modified submitted erstellt".split())

# Names of items.
TITLES = frozenset(
    """
    title titel titre titulo titolo tytul tytulu название заголовок baslik nazev otsikko
    标题 標題 片名 书名 書名 歌名 题目 タイトル 題名 作品名 제목
    """.split()
)
# Names of items or of people.
NAMES = frozenset(
    """
    name nom nombre nome naam nazwa namn isim adi jmeno nimi 名称 名稱 名前 名字 名 이름
    """.split()
)
DESCRIPTIONS = frozenset("description beschreibung bezeichnung descripcion".split())

GENRES = frozenset(
    """
    genre category categories tag kategorie gattung categorie genero categoria genere gatunek
    kategoria жанр жанры категория kategori 类型 類型 类别 類別 ジャンル カテゴリ 장르
    """.split()
)

# What a log records, and how its column is called.
EVENTS = frozenset(
    """
    view pageview page_view pv click cart addtocart add_to_cart add-to-cart remove_from_cart
    removefromcart checkout purchase purchased buy order ordered transaction fav favorite favourite
    wishlist like dislike share bookmark save download install impression show skip play played
    pause stop complete completed start started listen watch watched read open opened search
    subscribe unsubscribe follow rate rated review reviewed rent rented borrow borrowed return
    returned
    """.split()
)
EVENT_NAMES = frozenset(
    "event events eventtype eventname behavior behaviour behaviortype behaviourtype action "
    "actiontype interaction interactiontype activity activitytype ereignis aktion evenement "
    "accion evento azione событие действие 行为 行為 イベント".split()
)

# Both ends of a tie between people, or between the nodes of any graph.
TIES = frozenset(
    "truster trustee trust follower followers followee following followed friend friends contact "
    "neighbor neighbour node source target src dst from to sender receiver recipient from_id to_id "
    "freund kontakt ami amigo amico".split()
)

# What a row may be about, with its own number and time.
RECORDS = frozenset(
    "review order invoice transaction session event record row log basket cart receipt "
    "ticket bestellung rechnung rezension avis resena recensione recensie "
    "recenzja recension отзыв рецензия yorum 评论 評論 投稿 レビュー 리뷰".split()
)

# Words that only bind others.
BINDING = frozenset(
    "of at on the de del della di du da do des der von van for la le el der by".split()
)

# Endings of ids.
IDS = frozenset(
    """
    id ids no nr num number key code idx index uuid guid kennung nummer numero codigo kod ид номер
    identifiant identificador 编号 編號 号 番号 コード 번호
    """.split()
)

# Ratings of one's own, beside those of everybody.
OWN = frozenset(
    "my your own mine personal mein meine dein deine mi tu ton ta mon ma meu minha mio mia moja "
    "twoja мой моя benim min mitt din ditt 我 我的 私 내".split()
)
# Ratings that are not one person's, and ids of other catalogues.
OTHERS = frozenset(
    """
    average avg mean median predicted prediction pred expected estimated baseline imdb tmdb tvdb
    metacritic meta critics community global public trakt rotten tomatoes goodreads best worst std
    max min sum total
    durchschnitt durchschnittlich durchschnittliche mittel mittelwert gesamt moyenne moyen promedio
    media medio medie gemiddelde srednia средняя средний ortalama genomsnitt prumer 平均 预测 予測
    """.split()
)

# What is said of users and items, and is neither their id nor a rating nor its time.
ATTRIBUTES = frozenset(
    """
    age gender sex country city state region language lang zip postcode postal occupation education
    income address phone price cost amount revenue salary budget discount tax currency year month
    author authors director directors actor actors cast writer publisher studio developer
    url uri link href image img poster cover photo type kind status format binding edition shelf
    shelves bookshelf bookshelves spoiler private owned copies rewatch moods pace contributors
    text review_text comment comments summary headline body notes remark remarks plot overview
    runtime length width height size pages duration released release publication published publish
    premiere birth born birthday joined registered registration signup
    verified helpful helpfulness zone timezone ip location latitude longitude lat lon
    alter geschlecht land stadt sprache preis jahr autor autoren regisseur verlag
    kommentar erscheinung erschienen veroffentlicht veroffentlichung geburt geburtstag beruf
    sexe pays ville langue prix annee auteur realisateur editeur commentaire sortie parution
    naissance edad sexo pais ciudad idioma precio ano director editorial comentario estreno
    nacimiento idade cidade preco diretor editora lancamento nascimento comentarios
    eta sesso paese citta lingua prezzo anno autore regista editore commento uscita nascita
    leeftijd geslacht prijs jaar uitgever opmerking geboorte
    wiek plec kraj miasto cena rok wydawca komentarz premiery urodzenia
    возраст пол страна город язык цена год автор режиссер издательство комментарий
    выхода рождения yas cinsiyet ulke sehir dil fiyat yil yazar yonetmen yayin dogum
    alder kon stad sprak pris ar forfattare regissor forlag
    年龄 年齡 性别 性別 国家 國家 城市 价格 價格 年份 年 作者 导演 導演 出版 出版社 链接
    上映 发行 年齢 国 価格 監督 著者 発売 公開 感想 コメント 생년 가격 나이 성별 감독 저자
    """.split()
)

# What the items are called on pages, where their column says so.
NOUNS = {
    word: noun
    for noun, words in {
        "film": "movie film pelicula filme filmu фильм фильма кино elokuva 电影 電影 影片 "
        "映画 영화",
        "book": "book isbn buch livre libro livro boek ksiazka ksiazki книга книги kitap bok kniha "
        "kirja 书 书籍 書 書籍 图书 圖書 本 책 도서",
        "song": "track song recording lied chanson morceau cancion cancao canzone brano piosenka "
        "песня песни трек sarki 歌曲 曲 楽曲 노래",
        "artist": "artist kunstler artiste artista artiest artysta артист исполнитель sanatci 歌手",
        "band": "band",
        "album": "album альбом アルバム 专辑",
        "joke": "joke",
        "game": "game spiel jeu juego jogo gioco spel gra gry игра игры oyun 游戏 遊戲 ゲーム 게임",
        "show": "anime show series serie anime dizi 动漫 アニメ 剧集 番組",
        "recipe": "recipe rezept recette receta receita ricetta recept przepis рецепт レシピ",
        "dish": "dish gericht plat plato prato piatto gerecht danie блюдо 菜品 料理",
        "restaurant": "restaurant 餐厅 餐廳 レストラン",
        "hotel": "hotel 酒店 ホテル",
        "beer": "beer bier biere cerveza cerveja birra piwo пиво bira",
        "wine": "wine wein vin vino vinho wijn wino вино sarap",
        "product": "product prod produkt produit producto produto prodotto produktu продукт "
        "продукта товар товара urun 商品 产品 產品 製品 상품 제품 stock stockcode",
        "article": "article artikel articulo artigo articolo makale 文章 記事",
        "course": "course kurs cours curso corso cursus курс ders 课程 課程 講座",
        "video": "video 视频 視頻 動画",
        "app": "app",
    }.items()
    for word in words.split()
}
