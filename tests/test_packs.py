"""What the packs bring to a text: whole engines, the generated files, and how they are made."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from babel import Locale  # noqa: TID251

from monitor.matching import packs
from monitor.matching.engine import Engine, compile_rules, judge
from monitor.matching.packs import Word, masks_of_pack, words_of_pack
from monitor.matching.rules import Country, Names, Rule, RuleSet
from monitor.matching.words import fold_term
from monitor.models import Article
from monitor.packs.generate import FOLDER, generate, main
from monitor.packs.overlaps import longer_names, marked_if_shared, one_form_each
from monitor.packs.sources import LANGUAGES, read_sources

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)

# --- sentences ---------------------------------------------------------------------------


@cache
def engine() -> Engine:
    """One rule a country."""
    return compile_rules(
        RuleSet(
            rules=tuple(
                Rule(id=code, version="v1", match=Country(codes=(code,)), min_relevance=0.0)
                for code in packs.territories()
            )
        )
    )


def countries(text: str, language: str) -> set[str]:
    """The countries that a text names, as rules see it."""
    judged = judge(engine(), Article(title="", text=text, language=language), NOW)
    assert not judged.troubles
    return {match.rule_id for match in judged.matches}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Jordan signed for the club and scored twice."),
        ("en", "Chad told his sister that the song was hers."),
        ("en", "Georgia beat the visitors after a late touchdown."),
        ("en", "The New Jersey senator will step down."),
        ("en", "A man was seen near the occupied seats at the class reunion."),
        ("en", "Denzel Washington plays a retired detective."),
        ("en", "Washington lost in overtime."),
        ("en", "They told us that it was all of us, or none of us."),
        ("en", "Roast turkey with chestnuts, and a guinea pig in the next room."),
        ("en", "Police in Santa Fe, New Mexico, closed the road."),
        ("en", "The bank is largely absent from Latin America."),
        ("fr", "Maurice et Dominique ont fêté leurs noces d'or."),
        ("fr", "L'US Monastir a résisté en défense avant une attaque décisive."),
        ("es", "La reunión de vecinos terminó tarde."),
        ("es", "Mauricio, Salvador y Luciano llegaron juntos."),
        ("es", "La fiscalía de la EU abrió un expediente."),
        ("it", "Il gol di Giordano ha deciso la partita."),
        ("de", "Das weiß man nicht, sagte er."),
        ("pt", "A reunião foi longa e a conversa, franca."),
        ("ru", "Кроме того, до того дня никто этого не знал."),
        ("ar", "وضع مالي صعب في وزارة المالية لجميع الشركات."),
        ("ar", "تحدث في كلمته عن حقوق عمالية وعن الرياضة."),
        ("ar", "سجل هلال سوداني هدفين في المباراة."),
        ("zh", "其中国有企业占一半。"),
        ("zh", "这种美味来自阿婆的厨房。"),
    ],
)
def test_a_sentence_with_a_measured_trap_names_no_country(language: str, text: str) -> None:
    assert countries(text, language) == set()


@pytest.mark.parametrize(
    ("language", "text", "named"),
    [
        ("en", "Officials from Jordan and Israel met at the crossing.", {"JO", "IL"}),
        ("en", "Georgia and Armenia opened a second border post.", {"GE", "AM"}),
        ("en", "US troops left the base at dawn.", {"US"}),
        (
            "fr",
            "Les forces algériennes patrouillent près de la frontière tunisienne.",
            {"DZ", "TN"},
        ),
        ("es", "El presidente chadiano viajó a Níger.", {"TD", "NE"}),
        ("it", "Il re giordano ha incontrato il premier in Israele.", {"JO", "IL"}),
        ("de", "Ein US-Unternehmen baut das Werk in Marokko.", {"US", "MA"}),
        ("pt", "O governo iraniano convocou o embaixador francês.", {"IR", "FR"}),
        ("ru", "Президент Того прибыл в Гану.", {"TG", "GH"}),
        ("ar", "وقعت حكومة مالي اتفاقا مع موريتانيا.", {"ML", "MR"}),
        ("ar", "قالت وزارة الخارجية في الولاياتالمتحدةالأمريكية إنها تتابع.", {"US"}),
        ("ar", "وصل الوفد إلى المملكة المتحدة.", {"GB"}),
        ("tr", "Cezayir'in yeni elçisi Kahire'de.", {"DZ", "EG"}),
        ("zh", "阿尔及利亚与埃及签署协议。", {"DZ", "EG"}),
        ("zh", "飛機從都柏林起飛。", {"IE"}),
    ],
)
def test_a_sentence_names_these_countries_and_no_other(
    language: str, text: str, named: set[str]
) -> None:
    assert countries(text, language) == named


@pytest.mark.parametrize(
    ("language", "text", "named"),
    [
        ("fr", "Un pétrolier au large de la Guinée équatoriale.", {"GQ"}),
        ("fr", "La Guinée-Bissau vote dimanche.", {"GW"}),
        ("fr", "Un séisme en Papouasie-Nouvelle-Guinée.", {"PG"}),
        ("fr", "La République démocratique du Congo ferme ses mines.", {"CD"}),
        ("fr", "Le Soudan du Sud reporte ses élections.", {"SS"}),
        ("en", "The Republic of the Congo raised its output.", {"CG"}),
        ("en", "The Democratic People's Republic of Korea fired two rockets.", {"KP"}),
        ("en", "The Republic of Korea sent two ships.", {"KR"}),
        ("en", "Fishermen of the Niger Delta sued the company in Nigeria.", {"NG"}),
        ("en", "A storm reached the British Virgin Islands.", {"VG"}),
        ("es", "La selección de Guinea Ecuatorial ganó.", {"GQ"}),
        ("de", "Der Südsudan bittet um Hilfe.", {"SS"}),
        ("ru", "Экваториальная Гвинея закрыла порт.", {"GQ"}),
        ("ar", "زار الوزير جنوب السودان.", {"SS"}),
        ("zh", "印度尼西亚发生地震。", {"ID"}),
        ("tr", "Güney Sudanlılar sandık başında.", {"SS"}),
    ],
)
def test_a_longer_name_is_of_its_own_country_alone(
    language: str, text: str, named: set[str]
) -> None:
    assert countries(text, language) == named


def test_two_countries_that_an_and_joins_are_both_meant() -> None:
    assert countries("اجتماع بين مالي والجزائر", "ar") == {"ML", "DZ"}


# --- the generated files -----------------------------------------------------------------


@pytest.mark.slow
def test_the_generated_files_are_what_the_sources_make() -> None:
    report = generate(FOLDER)
    head = (FOLDER / "words" / "en.tsv").read_text(encoding="utf-8").partition(":")[0]
    if head != report.files["en.tsv"].partition(":")[0]:
        pytest.skip(f"made with another release: {head}")
    assert {file.name for file in (FOLDER / "words").iterdir()} == report.files.keys()
    for name, text in report.files.items():
        assert (FOLDER / "words" / name).read_text(encoding="utf-8") == text, name
    assert not report.idle, "marks that mark nothing"


def test_the_packs_have_ten_languages() -> None:
    assert packs.languages() == set(LANGUAGES)


NAMELESS = frozenset(["CQ", "DG"])
"""Sark has a name in few languages; Diego Garcia is named for people."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_territory_has_a_name_in_every_language(language: str) -> None:
    without = {
        code
        for code in packs.territories()
        if not any(word.kind == Names.NAME for word in packs.words(code, [language]))
    }
    assert without <= NAMELESS


UNCERTAIN = NAMELESS | {"MS", "SH"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_some_word_for_every_country_counts_without_support(language: str) -> None:
    unsure = {
        code
        for code in packs.territories()
        if all(word.is_ambiguous for word in packs.words(code, [language]))
    }
    assert unsure <= UNCERTAIN


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_mask_is_a_word_for_its_own_country(language: str) -> None:
    for code in packs.territories():
        masks = {fold_term(text) for _, text in packs.masks(code, [language])}
        words = {fold_term(word.text) for word in packs.words(code, [language])}
        assert masks.isdisjoint(words), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sure_word_means_two_countries(language: str) -> None:
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for code in packs.territories():
        for word in packs.words(code, [language]):
            if not word.is_ambiguous:
                owners[word.text if word.is_exact else fold_term(word.text)].add(code)
    shared = {word: codes for word, codes in owners.items() if len(codes) > 1}
    assert {word for word, codes in shared.items() if codes != {"DG", "IO"}} == set()


# fmt: off
COMMON = {
    "fr": """le la les un une des et ou mais donc car ni que qui quoi dans sur sous avec sans pour par
        est sont ont fait dit plus moins tout tous an ans jour mois ville pays homme femme temps
        même aussi ainsi alors après avant chez comme entre grand petit nouveau bon prix sol mer
        réunion man tour maurice dominique jersey salomon cocos porto victoria""",
    "en": """the a an of to in on at for with from by and or but not no yes he she it we us they them
        man men woman year day week time new old big small good bad all more most some any than then
        reunion occupied turkey chad jersey jordan georgia polish male lima pole
        arms army league state states union republic kingdom island islands""",
    "ar": """من في على إلى عن أن إن ما لا لم لن قد كان كانت هذا هذه ذلك التي الذي كل بعض بعد قبل
        يوم عام سنة مالي المالية المالي القاهرة المملكة المتحدة الجمهورية عربي إسلامي""",
    "es": """el la los las un una de del al a y o pero que quien en con sin por para es son fue ha han
        más menos todo todos año años día hoy ayer ciudad país hombre mujer reunión man irán sino usa
        paz ira tirana lima quito praia salvador victoria mauricio granada""",
    "de": """der die das ein eine und oder aber nicht kein ist sind war hat haben wird mit ohne für von
        zu im am auf aus bei nach vor man frau mann jahr tag woche stadt land neu alt groß
        us roma reunion jersey""",
    "it": """il lo la i gli le un una di del a da in con su per tra e o ma che chi è sono ha hanno più
        anno anni giorno oggi città paese uomo donna sino nato mali riga lima mosca ira man isola""",
    "pt": """o a os as um uma de do da em no na com sem por para e ou mas que quem é são foi tem mais
        ano anos dia hoje cidade país homem mulher reunião franca usa ira praga lima amã ama gana
        cuba peru malta""",
    "ru": """и в во не на с со что как это по из за от до для у к о об при но или он она оно они мы
        того тому том этого год года день время человек город страна новый большой первый
        куба катар перу панама бутан доха вена тирана""",
    "tr": """ve veya ama ile için bir bu şu o da de ki mi ne var yok çok az en daha gibi kadar sonra
        önce gün yıl şehir ülke adam kadın yeni eski büyük küçük cin sam mali gine umman katar yemen
        çad sudan benin kabil""",
}
# fmt: on


@pytest.mark.parametrize("language", COMMON)
def test_no_common_word_of_a_language_is_a_sure_word_for_a_country(language: str) -> None:
    common = set(map(fold_term, COMMON[language].split()))
    sure = {
        word.text
        for code in packs.territories()
        for word in packs.words(code, [language])
        if not (word.is_exact or word.is_ambiguous) and fold_term(word.text) in common
    }
    assert not sure


# fmt: off
CAPITALS = {
    "DZ": "Africa/Algiers", "FR": "Europe/Paris", "AF": "Asia/Kabul", "AO": "Africa/Luanda",
    "AR": "America/Buenos_Aires", "AM": "Asia/Yerevan", "AT": "Europe/Vienna", "AZ": "Asia/Baku",
    "BD": "Asia/Dhaka", "BY": "Europe/Minsk", "BT": "Asia/Thimphu", "BA": "Europe/Sarajevo",
    "BW": "Africa/Gaborone", "BG": "Europe/Sofia", "BF": "Africa/Ouagadougou",
    "BI": "Africa/Bujumbura", "KH": "Asia/Phnom_Penh", "CF": "Africa/Bangui",
    "TD": "Africa/Ndjamena", "CO": "America/Bogota", "CG": "Africa/Brazzaville",
    "CD": "Africa/Kinshasa", "HR": "Europe/Zagreb", "CU": "America/Havana", "CY": "Asia/Nicosia",
    "CZ": "Europe/Prague", "DK": "Europe/Copenhagen", "DO": "America/Santo_Domingo",
    "EG": "Africa/Cairo", "EE": "Europe/Tallinn", "ET": "Africa/Addis_Ababa",
    "FI": "Europe/Helsinki", "GA": "Africa/Libreville", "GM": "Africa/Banjul",
    "GE": "Asia/Tbilisi", "DE": "Europe/Berlin", "GH": "Africa/Accra", "GR": "Europe/Athens",
    "GN": "Africa/Conakry", "GW": "Africa/Bissau", "GQ": "Africa/Malabo",
    "HN": "America/Tegucigalpa", "HU": "Europe/Budapest", "IS": "Atlantic/Reykjavik",
    "ID": "Asia/Jakarta", "IR": "Asia/Tehran", "IQ": "Asia/Baghdad", "IE": "Europe/Dublin",
    "IT": "Europe/Rome", "JP": "Asia/Tokyo", "JO": "Asia/Amman", "KE": "Africa/Nairobi",
    "KG": "Asia/Bishkek", "KP": "Asia/Pyongyang", "KR": "Asia/Seoul", "LA": "Asia/Vientiane",
    "LV": "Europe/Riga", "LB": "Asia/Beirut", "LR": "Africa/Monrovia", "LY": "Africa/Tripoli",
    "LT": "Europe/Vilnius", "MG": "Indian/Antananarivo", "MY": "Asia/Kuala_Lumpur",
    "ML": "Africa/Bamako", "MR": "Africa/Nouakchott", "MX": "America/Mexico_City",
    "MD": "Europe/Chisinau", "MZ": "Africa/Maputo", "NA": "Africa/Windhoek", "NP": "Asia/Katmandu",
    "NL": "Europe/Amsterdam", "NI": "America/Managua", "NE": "Africa/Niamey", "NO": "Europe/Oslo",
    "OM": "Asia/Muscat", "PY": "America/Asuncion", "PE": "America/Lima", "PH": "Asia/Manila",
    "PL": "Europe/Warsaw", "PT": "Europe/Lisbon", "RO": "Europe/Bucharest", "RU": "Europe/Moscow",
    "RW": "Africa/Kigali", "SA": "Asia/Riyadh", "SN": "Africa/Dakar", "RS": "Europe/Belgrade",
    "SK": "Europe/Bratislava", "SI": "Europe/Ljubljana", "SO": "Africa/Mogadishu",
    "ES": "Europe/Madrid", "SD": "Africa/Khartoum", "SS": "Africa/Juba",
    "SR": "America/Paramaribo", "SE": "Europe/Stockholm", "SY": "Asia/Damascus",
    "TW": "Asia/Taipei", "TJ": "Asia/Dushanbe", "TH": "Asia/Bangkok", "TG": "Africa/Lome",
    "TN": "Africa/Tunis", "TM": "Asia/Ashgabat", "UG": "Africa/Kampala", "UA": "Europe/Kiev",
    "GB": "Europe/London", "UY": "America/Montevideo", "UZ": "Asia/Tashkent",
    "VE": "America/Caracas", "ZM": "Africa/Lusaka", "ZW": "Africa/Harare", "MK": "Europe/Skopje",
}
# fmt: on
"""Time zones whose example city, named by CLDR and not by us, is the capital."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_capitals_are_those_of_cldrs_time_zones(language: str) -> None:
    zones = Locale(language).time_zones
    cities = {code: zones.get(zone, {}).get("city", "") for code, zone in CAPITALS.items()}
    known = {code: fold_term(city) for code, city in cities.items() if city}
    strange = {
        code: cities[code]
        for code, city in known.items()
        if city not in {fold_term(word.text) for word in capitals_or_names(code, language)}
    }
    assert len(strange) <= len(known) * 0.06, strange


def capitals_or_names(code: str, language: str) -> list[Word]:
    """In Arabic, Spanish and Russian Algiers or Tunis have the country's name."""
    kinds = {Names.CAPITAL, Names.NAME}
    return [word for word in packs.words(code, [language]) if word.kind in kinds]


def test_another_language_has_the_name_of_cldr_and_what_is_safe_in_any() -> None:
    words = [(word.text, word.language) for word in packs.words("US", ["nl"])]
    assert ("Verenigde Staten", "nl") in words
    assert ("USA", "any") in words
    assert {language for _, language in words} == {"nl", "any"}


@pytest.mark.parametrize("language", ["xx", "../countries", "any", "", "zh-hant"])
def test_a_language_that_nobody_knows_has_what_is_safe_in_any(language: str) -> None:
    assert {word.language for word in packs.words("US", [language])} == {"any"}


# --- groups --------------------------------------------------------------------------------


def test_the_groups_have_as_many_members_as_their_treaties_say() -> None:
    # fmt: off
    sizes = {
        "EU": 27, "NATO": 32, "OPEC": 12, "arab-league": 22, "african-union": 55, "GCC": 6,
        "ASEAN": 11, "BRICS": 11, "G7": 7, "G20": 19, "CSTO": 6, "AUKUS": 3, "Quad": 4,
        "ECOWAS": 12, "SADC": 16, "AES": 3, "five-eyes": 5, "EFTA": 4, "schengen": 29,
        "eurozone": 21, "commonwealth": 56, "OECD": 38, "SCO": 10,
        "UN-security-council-permanent": 5,
    }
    # fmt: on
    groups = packs.groups()
    assert {name: len(groups[name].members) for name in sizes} == sizes


@pytest.mark.parametrize("name", packs.groups())
def test_a_group_has_known_members_and_clean_names(name: str) -> None:
    group = packs.groups()[name]
    assert group.title
    assert set(group.members) <= packs.territories().keys()
    assert len(set(group.members)) == len(group.members)
    assert group.names.keys() <= {*LANGUAGES, "any"}
    assert "any" in group.names or len(group.names) >= len(LANGUAGES) - 1
    for language, names in group.names.items():
        written = [text if text.startswith("=") else fold_term(text) for text in names]
        assert all(written), language
        assert len(set(written)) == len(written), language


def test_members_of_one_group_are_members_of_the_wider_one() -> None:
    members = {name: set(group.members) for name, group in packs.groups().items()}
    assert members["eurozone"] < members["EU"]
    assert members["OPEC"] < members["opec-plus"]
    assert members["maghreb"] < members["african-union"]
    assert members["GCC"] < members["gulf"] & members["arab-league"]
    assert members["AES"] < members["sahel"]
    assert members["G7"] < members["G20"] & members["OECD"]


def test_no_name_of_a_group_is_a_sure_word_for_a_country() -> None:
    for group in packs.groups().values():
        for language, names in group.names.items():
            sure = {
                fold_term(word.text)
                for code in packs.territories()
                for word in packs.words(code, [language])
                if not word.is_ambiguous
            }
            assert sure.isdisjoint(fold_term(text) for text in names), (group.id, language)


# --- how they are made ---------------------------------------------------------------------


def word(country: str, text: str, kind: Names = Names.NAME, **given: bool) -> Word:
    return Word(country=country, language="en", text=text, kind=kind, **given)


def test_one_form_stays_of_those_that_are_the_same_after_folding() -> None:
    words = [
        word("CI", "Côte d'Ivoire"),
        word("CI", "Cote d’Ivoire"),
        word("CI", "Cote-d'Ivoire", Names.CAPITAL),
        word("CI", "Ivor*"),
        word("CI", "Ivorian"),
        word("CI", "Ivo"),
        word("SA", "سعودي"),
        word("SA", "السعودي"),
    ]
    texts = [each.text for each in one_form_each(words)]
    assert texts == ["Côte d'Ivoire", "Cote-d'Ivoire", "Ivor*", "Ivo", "سعودي"]


def test_what_says_more_stays_beside_what_says_less() -> None:
    words = [
        word("IR", "irán", is_ambiguous=True),
        word("IR", "Irán", is_exact=True),
        word("TR", "تركي", Names.DEMONYM, is_ambiguous=True),
        word("TR", "التركي", Names.DEMONYM),
    ]
    assert one_form_each(words) == words


def test_a_word_of_two_countries_is_ambiguous_in_both_unless_one_marks_it() -> None:
    words = [
        word("MF", "Saint Martin"),
        word("SX", "saint-martin"),
        word("CD", "Congolese"),
        word("CG", "Congolese", is_ambiguous=True),
        word("IO", "Diego Garcia"),
        word("DG", "Diego Garcia"),
    ]
    marked, notes = marked_if_shared(words, "en")
    assert [each.is_ambiguous for each in marked] == [True, True, False, True, False, False]
    assert notes == ["en: Saint Martin is MF and SX", "en: saint-martin is SX and MF"]


@pytest.mark.parametrize(
    ("short", "long", "is_masked"),
    [
        (("GN", "Guinea"), ("GQ", "Equatorial Guinea"), True),
        (("GN", "Guinea"), ("GN", "Republic of Guinea"), False),
        (("DZ", "Algeria"), ("ML", "Mali and Algeria"), False),
        (("GE", "Georgia"), ("GS", "South Georgia and the Islands"), True),
        (("ES", "Spain"), ("TT", "Spainish Port"), False),
        (("DE", "柏林"), ("IE", "都柏林"), True),
        (("EG", "مصر"), ("ML", "مالي ومصر"), False),
        (("SD", "سودان"), ("SS", "جنوب السودان"), True),
    ],
)
def test_a_word_inside_a_longer_one_of_another_country_is_masked(
    short: tuple[str, str], long: tuple[str, str], is_masked: bool
) -> None:
    words = [word(*short), word(*long), word("ML", "مالي")]
    masks = set(longer_names(words, [], defaultdict(set)))
    assert (masks == {(short[0], long[1])}) is is_masked
    assert is_masked or not masks


def test_beside_the_plain_name_of_the_other_country_nothing_is_masked() -> None:
    words = [
        word("FR", "French", Names.DEMONYM),
        word("GP", "Guadeloupe"),
        word("GP", "French island of Guadeloupe"),
    ]
    own = {"FR": {"france"}, "GP": {fold_term("Guadeloupe")}}
    assert not list(longer_names(words, [], own))
    own["GP"] = set()
    assert list(longer_names(words, [], own)) == [("FR", "French island of Guadeloupe")]


def test_a_groups_name_masks_too() -> None:
    masks = longer_names([word("US", "America")], ["Latin America"], {"US": set()})
    assert list(masks) == [("US", "Latin America")]


def test_a_pack_as_people_write_it_gives_its_words_and_masks() -> None:
    pack: packs.Pack = {
        "code": "CZ",
        "names": {"pt": ["República Tcheca"]},
        "demonyms": {"tr": ["Çekler*"]},
        "capitals": {"pt": ["praga", "=Praga"], "any": ["Praha"]},
        "acronyms": {"en": ["CZ"]},
        "ambiguous": {"pt": ["Praga de"], "any": ["PRAGA"]},
        "except": {"pt": ["Primavera de Praga"]},
    }
    found = {
        (word.language, word.text): (word.kind, word.is_exact, word.is_prefix, word.is_ambiguous)
        for word in words_of_pack(pack)
    }
    assert found == {
        ("pt", "República Tcheca"): (Names.NAME, False, False, False),
        ("tr", "Çekler*"): (Names.DEMONYM, False, True, False),
        ("pt", "praga"): (Names.CAPITAL, False, False, True),
        ("pt", "Praga"): (Names.CAPITAL, True, False, False),
        ("any", "Praha"): (Names.CAPITAL, False, False, False),
        ("en", "CZ"): (Names.NAME, True, False, False),
    }
    assert list(masks_of_pack(pack)) == [("pt", "Primavera de Praga")]


def test_all_mistakes_of_all_sources_are_told_with_their_places(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "countries").mkdir()
    (tmp_path / "tables" / "it.yaml").write_text(
        "QQ:\n  names: [Nessunlandia]\n"
        "FR:\n  nomi: [Gallia]\n  inflect: [zulù]\n"
        "DE:\n  names: Germania\n"
        'ES:\n  demonyms: [spa*, "sp*gna", 7]\n',
        encoding="utf-8",
    )
    (tmp_path / "tables" / "xx.yaml").write_text("FR:\n  names: [F]\n", encoding="utf-8")
    (tmp_path / "countries" / "FR.yaml").write_text(
        "code: DE\nnames:\n  frx: [Gaule]\ninflect:\n  fr: [gaulois]\n", encoding="utf-8"
    )
    _, mistakes = read_sources(tmp_path)
    said = [f"{mistake.file}:{mistake.line} {mistake.message}" for mistake in mistakes]
    assert said == [
        "tables/it.yaml:1 QQ: not a country code of CLDR",
        "tables/it.yaml:4 FR.nomi: unknown key",
        "tables/it.yaml:5 FR.inflect[0]: no paradigm of it for the ending of 'zulù': write its forms",
        "tables/it.yaml:7 DE.names: expected a list of words",
        "tables/it.yaml:9 ES.demonyms: spa*: needs 5 letters before its star",
        "tables/it.yaml:9 ES.demonyms: sp*gna: a star stands only at the end",
        "tables/it.yaml:9 ES.demonyms: expected a word, found 7 (quote what is not text)",
        "tables/xx.yaml:0 not a language of the packs",
        "countries/FR.yaml:1 code: expected FR",
        "countries/FR.yaml:3 names.frx: unknown language",
        "countries/FR.yaml:4 inflect: unknown key",
    ]


def test_drop_takes_away_what_another_source_brings(tmp_path: Path) -> None:
    for folder, name, text in [
        ("tables", "es", "RE:\n  names: [isla Reunión]\n  acronyms: [Réunion]\n"),
        ("countries", "RE", "code: RE\ndrop:\n  es: [reunion]\n"),
    ]:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    lines = generate(tmp_path).files["es.tsv"].splitlines()
    assert {line for line in lines if line.startswith("RE")} == {
        "RE\tname\te\tRéunion",
        "RE\tname\t-\tisla Reunión",
    }


def test_the_generator_asks_for_nothing_but_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--chek"]) == 2
    assert "usage" in capsys.readouterr().err
