"""The paradigms of the packs, on words whose forms any grammar gives."""

from __future__ import annotations

import pytest

from monitor.packs.inflection import forms, name_forms


@pytest.mark.parametrize(
    ("language", "lemma", "expected"),
    [
        ("fr", "russe", "russe russes"),
        ("fr", "algérien", "algérien algériens algérienne algériennes"),
        ("fr", "coréen", "coréen coréens coréenne coréennes"),
        ("fr", "marocain", "marocain marocains marocaine marocaines"),
        ("fr", "français", "français française françaises"),
        ("fr", "danois", "danois danoise danoises"),
        ("fr", "espagnol", "espagnol espagnols espagnole espagnoles"),
        ("fr", "letton", "letton lettons lettonne lettonnes"),
        ("en", "Afghan", "Afghan Afghans"),
        ("en", "Danish", "Danish"),
        ("en", "Chinese", "Chinese"),
        ("en", "Swiss", "Swiss"),
        ("en", "Czech", "Czech Czechs"),
        ("en", "German", "German Germans"),
        ("en", "Irishman", "Irishman Irishmen Irishwoman Irishwomen"),
        ("es", "argelino", "argelino argelina argelinos argelinas"),
        ("es", "inglés", "inglés inglesa ingleses inglesas"),
        ("es", "alemán", "alemán alemana alemanes alemanas"),
        ("es", "marroquí", "marroquí marroquíes marroquís"),
        ("es", "belga", "belga belgas"),
        ("es", "español", "español española españoles españolas"),
        ("pt", "argelino", "argelino argelina argelinos argelinas"),
        ("pt", "inglês", "inglês inglesa ingleses inglesas"),
        ("pt", "europeu", "europeu europeia europeus europeias"),
        ("pt", "espanhol", "espanhol espanhola espanhóis espanholas"),
        ("it", "algerino", "algerino algerina algerini algerine"),
        ("it", "tedesco", "tedesco tedesca tedeschi tedesche"),
        ("it", "austriaco", "austriaco austriaca austriaci austriache"),
        ("it", "francese", "francese francesi"),
        ("it", "saudita", "saudita sauditi saudite"),
        ("de", "algerisch", "algerisch algerische algerischen algerischem algerischer algerisches"),
        ("de", "Algerier", "Algerier Algeriers Algeriern Algerierin Algerierinnen"),
        ("de", "Franzose", "Franzose Franzosen"),
        ("ru", "испанец", "испанец испанца испанцу испанцем испанце испанцы испанцев испанцам"),
        ("ru", "кореец", "кореец корейца корейцу корейцем корейце корейцы корейцев"),
        ("ru", "египтянин", "египтянин египтянина египтянину египтяне египтян египтянам"),
        ("ru", "болгарин", "болгарин болгарина болгары болгар болгарами"),
        ("ru", "грузин", "грузин грузина грузины грузинов грузинам"),
        ("ru", "афганка", "афганка афганки афганке афганку афганкой афганок афганкам"),
        ("ru", "чешка", "чешка чешки чешку чешек"),
        ("ru", "чех", "чех чеха чеху чехом чехи чехов"),
        ("ar", "أفغاني", "أفغاني أفغانية أفغانيا أفغانيين أفغانيون أفغانيان أفغانيات أفغانيتين"),
    ],
)
def test_a_demonym_has_the_forms_of_its_paradigm(language: str, lemma: str, expected: str) -> None:
    made = forms(language, lemma)
    assert made[0] == lemma
    assert set(expected.split()) <= set(made)


def test_a_russian_adjective_has_its_twelve_forms_and_the_combining_one() -> None:
    expected = (
        "алжирский алжирская алжирское алжирские алжирского алжирской алжирскому алжирскую "
        "алжирским алжирском алжирских алжирскими алжирско"
    )
    assert set(forms("ru", "алжирский")) == set(expected.split())


@pytest.mark.parametrize(
    ("language", "lemma", "form"),
    [
        ("en", "South Korean", "South Koreans"),
        ("es", "sirio libanés", "sirio libanesas"),
        ("ar", "كوري جنوبي", "كوريين جنوبيين"),
        ("ar", "جنوب أفريقي", "جنوب أفريقية"),
    ],
)
def test_of_several_words_those_that_inflect_do(language: str, lemma: str, form: str) -> None:
    assert form in forms(language, lemma)


@pytest.mark.parametrize("language", ["tr", "zh", "ja"])
def test_other_languages_have_the_word_itself(language: str) -> None:
    assert forms(language, "Alman") == name_forms(language, "Alman") == ("Alman",)


@pytest.mark.parametrize(
    ("language", "lemma"), [("it", "zulù"), ("de", "deutsch"), ("pt", "alemão"), ("ar", "أتراك")]
)
def test_what_has_no_paradigm_is_refused_by_name(language: str, lemma: str) -> None:
    with pytest.raises(ValueError, match=lemma):
        forms(language, lemma)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Россия", "Россия России Россию Россией"),
        ("Корея", "Корея Кореи Корее Корею Кореей"),
        ("Китай", "Китай Китая Китаю Китаем Китае"),
        ("Иран", "Иран Ирана Ирану Ираном Иране"),
        ("Куба", "Куба Кубы Кубе Кубу Кубой"),
        ("Америка", "Америка Америки Америке Америку Америкой"),
        ("Египет", "Египет Египта Египту Египтом Египте"),
        ("Улан-Батор", "Улан-Батор Улан-Батора Улан-Батору Улан-Батором Улан-Баторе"),
        ("Мали", "Мали"),
        ("Конго", "Конго"),
        ("Перу", "Перу"),
        ("Никарагуа", "Никарагуа"),
    ],
)
def test_a_russian_name_has_exactly_its_cases(name: str, expected: str) -> None:
    assert set(name_forms("ru", name)) == set(expected.split())


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Израиль", "Израиля"),
        ("Беларусь", "Беларусью"),
        ("Афины", "Афин"),
        ("Нидерланды", "Нидерландов"),
        ("Южная Корея", "Южной Кореей"),
        ("Южный Судан", "Южного Судана"),
        ("Ближний Восток", "Ближнего Востока"),
        ("Босния и Герцеговина", "Боснией и Герцеговиной"),
        ("Объединенные Арабские Эмираты", "Объединенных Арабских Эмиратов"),
        ("Соломоновы Острова", "Соломоновых Островах"),
        ("Республика Конго", "Республику Конго"),
    ],
)
def test_a_russian_name_has_this_form(name: str, form: str) -> None:
    assert form in name_forms("ru", name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Algerien", ("Algerien", "Algeriens")),
        ("Sri Lanka", ("Sri Lanka", "Sri Lankas")),
        ("Laos", ("Laos",)),
        ("Schweiz", ("Schweiz",)),
        ("Türkei", ("Türkei",)),
        ("Vereinigte Staaten", ("Vereinigte Staaten",)),
        ("Zentralafrikanische Republik", ("Zentralafrikanische Republik",)),
    ],
)
def test_a_german_name_has_a_genitive_if_it_takes_no_article(
    name: str, expected: tuple[str, ...]
) -> None:
    assert name_forms("de", name) == expected
