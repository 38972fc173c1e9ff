"""Decides: which inflected forms a dictionary form has, in the languages of the packs.

A paradigm is a list of rules, each an ending and what it becomes; the first rule whose ending
fits is taken. They are the regular paradigms of demonyms and place names, as school grammars
give them, and no more: what is irregular is written out in the tables. A form too many (of a
word that lacks a plural, say) does no harm; a missing one is an article missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Rule = tuple[str, tuple[str, ...]]
"""An ending, and the endings that take its place: the lemma's own first."""


def forms(language: str, lemma: str) -> tuple[str, ...]:
    """All forms of a demonym given in its dictionary form, that one first.

    Of several words the last one is inflected; in Arabic each that is a nisba.

    Raises:
        ValueError: the language inflects, and no paradigm is known for this ending.
    """
    if language not in _DEMONYMS:
        return (lemma,)
    if language == "ar":
        return _all_words_inflected(lemma)
    before, last = _split_last(lemma)
    inflected = _inflected(_DEMONYMS[language], last)
    if not inflected:
        raise ValueError(f"no paradigm of {language} for the ending of {lemma!r}: write its forms")
    return _unique(before + form for form in inflected)


def name_forms(language: str, name: str) -> tuple[str, ...]:
    """All forms of the name of a country or city, the name itself first.

    German names have a genitive, Russian ones are declined; elsewhere it is the name alone.
    """
    if language == "de":
        return _german_name(name)
    if language == "ru":
        return _unique(_russian_name(name))
    return (name,)


def _inflected(rules: Iterable[Rule], word: str) -> tuple[str, ...]:
    for ending, endings in rules:
        if word.endswith(ending) and len(word) > len(ending):
            stem = word.removesuffix(ending)
            return tuple(stem + new for new in endings)
    return ()


def _split_last(text: str) -> tuple[str, str]:
    before, blank, last = text.rpartition(" ")
    return before + blank, last


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _rules(*rules: tuple[str, str]) -> tuple[Rule, ...]:
    """Rules written as an ending and a line of endings, ``-`` for none."""
    return tuple(
        (ending, tuple(new.replace("-", "") for new in endings.split()))
        for ending, endings in rules
    )


# --- the paradigms of demonyms -----------------------------------------------------------

_FRENCH = _rules(
    ("e", "e es"),
    ("en", "en ens enne ennes"),  # algérien, coréen, libyen
    ("on", "on ons onne onnes"),  # letton, wallon
    ("s", "s se ses"),  # français, danois
    ("f", "f fs ve ves"),
    ("a", "a as"),
    ("o", "o os"),
    ("", "- s e es"),  # afghan, marocain, espagnol, saoudi, né
)
_ENGLISH = _rules(
    ("shman", "shman shmen shwoman shwomen"),
    ("chman", "chman chmen chwoman chwomen"),
    ("zech", "zech zechs"),
    ("ese", "ese"),
    ("sh", "sh"),
    ("ch", "ch"),
    ("s", "s"),
    ("", "- s"),
)
_SPANISH = _rules(
    ("o", "o a os as"),
    ("és", "és esa eses esas"),
    ("án", "án ana anes anas"),
    ("ín", "ín ina ines inas"),
    ("ón", "ón ona ones onas"),
    ("í", "í íes ís"),
    ("ú", "ú úes ús"),
    ("ol", "ol ola oles olas"),
    ("a", "a as"),
    ("e", "e es"),
    ("é", "é és"),
    ("i", "i is"),
    ("z", "z za ces zas"),
    ("", "- es"),
)
_PORTUGUESE = _rules(
    ("ão", ""),  # alemães, cristãos, letões: written out
    ("o", "o a os as"),
    ("ês", "ês esa eses esas"),
    ("eu", "eu eia eus eias"),
    ("e", "e es"),
    ("a", "a as"),
    ("i", "i is"),
    ("í", "í ís"),
    ("u", "u us"),
    ("ê", "ê ês"),
    ("ol", "ol ola óis olas"),
)
_ITALIAN = _rules(
    ("sco", "sco sca schi sche"),  # tedesco
    ("cco", "cco cca cchi cche"),  # polacco
    ("iaco", "iaco iaca iaci iache"),  # austriaco
    ("co", "co ca ci chi che"),  # libico/libici, turco/turchi
    ("go", "go ga ghi ghe"),
    ("io", "io ia i ie"),
    ("o", "o a i e"),
    ("e", "e i"),
    ("ita", "ita iti ite"),  # saudita, yemenita
    ("i", "i"),
)
_GERMAN = _rules(
    ("isch", "isch ische ischen ischem ischer isches"),
    ("er", "er ers ern erin erinnen"),
    ("e", "e en"),  # Franzose
    ("i", "i is"),  # Israeli
)
_ARABIC = _rules(
    # before a noun, the dual and the plural lose their ن: أمريكيو الأصل
    ("ي", "ي ية يا يين يون يان يات يتين يتان يي يو يتي يتا"),
)

_ADJECTIVE = "ая ое {i}е ого ой ому ую {i}м ом {i}х {i}ми о"


def _after(sounds: Iterable[str], ending: str, endings: str) -> Iterator[tuple[str, str]]:
    """The same rule after each of these letters."""
    for sound in sounds:
        changed = (sound + new.replace("-", "") for new in endings.split())
        yield sound + ending, " ".join(changed)


_RUSSIAN = _rules(
    ("ий", "ий " + _ADJECTIVE.format(i="и")),
    ("ый", "ый " + _ADJECTIVE.format(i="ы")),
    ("ой", "ой " + _ADJECTIVE.format(i="ы")),
    *_after("аеёиоуыэюя", "ец", "ец йца йцу йцем йце йцы йцев йцам йцами йцах"),  # кореец
    ("ец", "ец ца цу цем це цы цев цам цами цах"),  # испанец
    *_after("ая", "нин", "нин нина нину нином нине не н нам нами нах"),  # египтянин
    ("рин", "рин рина рину рином рине ры р рам рами рах"),  # болгарин
    *_after("жчш", "ка", "ка ки ке ку кой ек кам ками ках"),  # чешка
    ("ька", "ька ьки ьке ьку ькой ек ькам ьками ьках"),  # полька
    ("йка", "йка йки йке йку йкой ек йкам йками йках"),
    ("ка", "ка ки ке ку кой ок кам ками ках"),  # афганка
    *_after("гкх", "", "- а у ом е и ов ам ами ах"),  # чех
    *_after("бвдзлмнпрстф", "", "- а у ом е ы ов ам ами ах"),  # серб, грузин
)

_DEMONYMS: dict[str, tuple[Rule, ...]] = {
    "fr": _FRENCH,
    "en": _ENGLISH,
    "es": _SPANISH,
    "pt": _PORTUGUESE,
    "it": _ITALIAN,
    "de": _GERMAN,
    "ru": _RUSSIAN,
    "ar": _ARABIC,
}


def _all_words_inflected(lemma: str) -> tuple[str, ...]:
    """كوري جنوبي, كورية جنوبية …: words that are no nisba stay as they are (جنوب أفريقي)."""
    columns = [_inflected(_ARABIC, word) for word in lemma.split()]
    if not any(columns):
        raise ValueError(f"no nisba in {lemma!r}: write its forms")
    count = max(map(len, columns))
    words = lemma.split()
    return _unique(
        " ".join(column[i] if column else word for word, column in zip(words, columns, strict=True))
        for i in range(count)
    )


# --- names: German -------------------------------------------------------------------------

_NO_GENITIVE = (
    *("s", "x", "z", "ß"),
    *("staaten", "inseln", "republik", "gebiete", "territorien", "emirate", "niederlande"),
    *("ukraine", "küste", "komoren", "malediven", "seychellen", "philippinen", "grenadinen"),
    *("ei", "bank", "stadt", "mark", "länder", "union"),
)
"""Feminine and plural names have none in -s: der Ukraine, der Türkei."""


def _german_name(name: str) -> tuple[str, ...]:
    if name.casefold().endswith(_NO_GENITIVE) or not name[-1:].isalpha():
        return (name,)
    return name, name + "s"


# --- names: Russian --------------------------------------------------------------------------

_RUSSIAN_NAMES = _rules(
    ("ия", "ия ии ию ией"),  # Россия
    ("я", "я и е ю ей"),  # Корея
    ("ье", "ье ья ью ьем"),
    ("оа", "оа"),  # Самоа, Никарагуа: not declined
    ("уа", "уа"),
    *_after("гкх", "а", "а и е у ой"),  # Америка
    *_after("жчшщ", "а", "а и е у ей"),
    ("ца", "ца цы це цу цей"),
    ("а", "а ы е у ой"),  # Ангола
    ("ий", "ий ия ию ием ии"),
    ("й", "й я ю ем е"),  # Китай
    ("ь", "ь я ю ем е и ью"),  # Израиль and Беларусь: which of them the letters do not say
    ("ы", "ы - ов ам ами ах"),  # Афины, Нидерланды
    ("ипет", "ипет ипта ипту иптом ипте"),
    *_after("жчшщц", "", "- а у ем е"),
    *_after("бвгдзклмнпрстфх", "", "- а у ом е"),
)
"""Without -и, -о, -е, -у: those names do not change (Мали, Конго, Чили, Перу)."""

_RUSSIAN_ADJECTIVES = (
    ("ний", "него", "нему", "ний", "ним", "нем"),
    ("няя", "ней", "ней", "нюю", "ней", "ней"),
    ("овы", "овых", "овым", "овы", "овыми", "овых"),
    ("ая", "ой", "ой", "ую", "ой", "ой"),
    ("ий", "ого", "ому", "ий", "им", "ом"),
    ("ый", "ого", "ому", "ый", "ым", "ом"),
    ("ое", "ого", "ому", "ое", "ым", "ом"),
    ("ые", "ых", "ым", "ые", "ыми", "ых"),
    ("ие", "их", "им", "ие", "ими", "их"),
)
"""Nominative, genitive, dative, accusative, instrumental, prepositional."""

_HARD = "бвгдзклмнпрстфх"
_RUSSIAN_NOUNS = (
    ("ия", "ии", "ии", "ию", "ией", "ии"),
    ("я", "и", "е", "ю", "ей", "е"),
    ("оа",) + ("оа",) * 5,
    *((f"{s}а", f"{s}и", f"{s}е", f"{s}у", f"{s}ой", f"{s}е") for s in "гкх"),
    ("рова", "ровов", "ровам", "рова", "ровами", "ровах"),
    ("а", "ы", "е", "у", "ой", "е"),
    ("ство", "ства", "ству", "ство", "ством", "стве"),
    ("аны", "ан", "анам", "аны", "анами", "анах"),
    ("ье", "ья", "ью", "ье", "ьем", "ье"),
    ("ы", "ов", "ам", "ы", "ами", "ах"),
    *((sound, sound + "а", sound + "у", sound, sound + "ом", sound + "е") for sound in _HARD),
)
_RUSSIAN_HEADS = frozenset(
    [
        *("Республика", "Королевство", "Государство", "Княжество", "Султанат", "Остров", "Острова"),
        *("Организация", "Лига", "Совет", "Союз", "Сообщество", "Содружество", "Альянс"),
    ]
)
"""What is declined at the start of a name whose other words stay: Республика Конго."""


def _russian_name(name: str) -> Iterator[str]:
    yield name
    words = name.split()
    if len(words) == 1:
        head, hyphen, last = name.rpartition("-")
        for form in _inflected(_RUSSIAN_NAMES, last):
            yield head + hyphen + form
    elif words[0].capitalize() in _RUSSIAN_HEADS:
        rest = " ".join(words[1:])
        yield from (f"{form} {rest}" for form in _cases(words[0], _RUSSIAN_NOUNS))
    elif len(words) == 3 and words[1] == "и":
        firsts, lasts = (_cases(word, _RUSSIAN_NOUNS) for word in (words[0], words[2]))
        yield from (f"{a} и {b}" for a, b in zip(firsts, lasts, strict=True))
    elif all(_cases(word, _RUSSIAN_ADJECTIVES)[1] != word for word in words[:-1]):
        columns = [_cases(word, _RUSSIAN_ADJECTIVES) for word in words[:-1]]
        columns.append(_cases(words[-1], _RUSSIAN_NOUNS))
        yield from (" ".join(case) for case in zip(*columns, strict=True))


def _cases(word: str, rules: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The six cases; a word that no rule fits has the same letters in each."""
    for endings in rules:
        if word.endswith(endings[0]):
            stem = word.removesuffix(endings[0])
            return tuple(stem + ending for ending in endings)
    return (word,) * 6
