"""The concepts of security news: what each finds in each language, and what it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

import pytest

from monitor import loading
from monitor.matching import packs, rulefile
from monitor.matching.engine import Engine, compile_rules, judge
from monitor.matching.rules import RuleSet
from monitor.models import Article
from tests.deliveries import NOW

LANGUAGES = ("fr", "en", "ar", "es", "de", "it", "pt", "ru")

Sentences = dict[str, dict[str, tuple[str, ...]]]

FIRES: Sentences = {
    "military-deployment": {
        "fr": (
            "Paris annonce le retrait de ses soldats et la remise de ses bases militaires",
            "Le Conseil de sécurité proroge le mandat des casques bleus au Liban",
            "Le président signe un décret de mobilisation partielle et rappelle 3 000 réservistes",
        ),
        "en": (
            "The alliance will deploy forces to its eastern members after the summit",
            "Peacekeepers were attacked near the border, the mission said",
            "Two navies begin live-fire drills in the strait on Monday",
        ),
        "ar": (
            "أعلنت باريس سحب جنودها من القواعد العسكرية في البلاد",
            "انطلاق المناورات البحرية المشتركة بين البلدين قبالة السواحل",
            "مجلس الأمن يمدد مهمة قوات حفظ السلام سنة أخرى",
        ),
        "es": (
            "El ministerio confirma el despliegue de militares en la frontera norte",
            "Dos cascos azules murieron en una emboscada, informó la misión",
            "Los reservistas han sido convocados tras el decreto de movilización",
        ),
        "de": (
            "Der Abzug der Bundeswehr beginnt im Sommer, die Militärstützpunkte werden übergeben",
            "Der Bundestag stimmt über die Wehrpflicht ab",
            "Blauhelmsoldaten geraten an der Waffenstillstandslinie unter Beschuss",
        ),
        "it": (
            "Roma invierà altri caschi blu nella missione lungo il confine",
            "Le esercitazioni militari congiunte cominceranno a settembre nel Baltico",
            "Il governo annuncia il ritiro dei soldati dalle basi aeree del paese",
        ),
        "pt": (
            "Os capacetes azuis vão deixar o país até dezembro, decidiu o Conselho",
            "As duas marinhas iniciam exercícios navais no Atlântico Sul",
            "O presidente ordenou a retirada dos militares destacados na fronteira",
        ),
        "ru": (
            "Париж объявил о закрытии военных баз и выводе контингента",
            "На полигоне начались совместные учения двух стран",
            "Миротворцев обстреляли у линии прекращения огня",
        ),
    },
    "nuclear": {
        "fr": (
            "Téhéran a porté l'enrichissement de l'uranium à un niveau inédit, selon l'agence",
            "Les inspecteurs de l'AIEA sont attendus lundi sur le site",
            "La relance du nucléaire divise la majorité",
        ),
        "en": (
            "Pyongyang says its nuclear deterrent is not up for talks",
            "Inspectors found traces of highly enriched uranium at the site",
            "The government will build two small modular reactors on the coast",
        ),
        "ar": (
            "الوكالة الدولية للطاقة الذرية تطالب بزيارة المنشآت النووية",
            "طهران ترفع نسبة التخصيب وتشغل أجهزة طرد مركزي جديدة",
            "توقيع عقد لبناء محطة نووية على الساحل",
        ),
        "es": (
            "Irán reanuda el enriquecimiento de uranio en sus instalaciones nucleares",
            "El cierre de las centrales nucleares vuelve al Congreso",
            "El OIEA pide acceso a los sitios bombardeados",
        ),
        "de": (
            "Die Verhandlungen über das Atomprogramm werden in Genf fortgesetzt",
            "Die Koalition streitet über die Rückkehr zur Kernkraft",
            "Inspekteure der IAEA durften die Zentrifugen nicht sehen",
        ),
        "it": (
            "Teheran accelera l'arricchimento dell'uranio, avverte l'agenzia",
            "Il governo approva il disegno di legge sul nucleare",
            "Pyongyang minaccia un nuovo test atomico",
        ),
        "pt": (
            "O Irão aumentou o enriquecimento de urânio, diz a agência",
            "O governo adia a decisão sobre as novas usinas nucleares",
            "Relatório da AIEA aponta material radioativo não declarado",
        ),
        "ru": (
            "Иран объявил об обогащении урана до рекордного уровня",
            "Глава МАГАТЭ прибыл на станцию вместе с инспекторами",
            "Стороны обсудили строительство атомной электростанции",
        ),
    },
    "terrorism": {
        "fr": (
            "Deux terroristes ont été abattus lors d'une opération dans les monts de Tébessa",
            "Les djihadistes du GSIM revendiquent l'attaque du camp",
            "Un attentat à la voiture piégée fait dix morts devant le ministère",
        ),
        "en": (
            "Suicide bombers struck two checkpoints in the capital",
            "Police say they foiled a plot by a sleeper cell linked to Islamic State",
            "The group was added to the list of terrorist organizations",
        ),
        "ar": (
            "تفكيك خلية إرهابية كانت تخطط لهجمات في العاصمة",
            "تنظيم داعش يتبنى التفجير الانتحاري قرب السوق",
            "الجيش يوقف عناصر دعم للجماعات الإرهابية",
        ),
        "es": (
            "Detenidos tres yihadistas que preparaban un ataque en Barcelona",
            "Las víctimas de los atentados recuerdan a sus familiares",
            "Un coche bomba estalla junto a la comisaría y mata a seis personas",
        ),
        "de": (
            "Die Polizei nimmt zwei Terrorverdächtige in Hamburg fest",
            "Bei einem Selbstmordanschlag vor der Moschee sterben zwölf Menschen",
            "Nach dem Anschlag in der Innenstadt ermitteln die Behörden",
        ),
        "it": (
            "Arrestati due jihadisti che progettavano una strage",
            "Autobomba davanti al ministero, decine di feriti",
            "L'antiterrorismo perquisisce sei appartamenti a Torino",
        ),
        "pt": (
            "Terroristas atacaram duas aldeias no norte de Moçambique",
            "Homem-bomba mata doze pessoas em mesquita",
            "Célula do Estado Islâmico foi desmantelada pela polícia",
        ),
        "ru": (
            "ФСБ предотвратила теракты в двух областях",
            "Боевики захватили заложников в отделении банка",
            "Террористическую ячейку выявили в приграничном районе",
        ),
    },
    "cyber": {
        "fr": (
            "Deux hôpitaux paralysés par un rançongiciel, les urgences déroutées",
            "Une cyberattaque vise le site du ministère des Finances",
            "Trois hommes jugés pour espionnage au profit d'une puissance étrangère",
        ),
        "en": (
            "Hackers stole the records of two million customers",
            "The ministry blamed cyberattacks on a group backed by Beijing",
            "Two officers were charged with spying for Russia",
        ),
        "ar": (
            "هجوم إلكتروني واسع يعطل مواقع حكومية",
            "قراصنة روس يتبنون الهجمات السيبرانية على المطار",
            "توقيف شخصين بتهمة التجسس لصالح دولة أجنبية",
        ),
        "es": (
            "Varios ciberataques paralizan los servicios del ayuntamiento",
            "Los piratas informáticos exigen un rescate por los expedientes",
            "El juez investiga el espionaje a los teléfonos de dos ministros",
        ),
        "de": (
            "Nach einem Hackerangriff sind die Server der Klinik ausgefallen",
            "Die Innenministerin warnt vor Spionage und Sabotage aus Russland",
            "Erpresser verbreiten gestohlene Daten nach der Ransomware-Attacke",
        ),
        "it": (
            "Attacchi informatici contro i siti di banche e porti",
            "Gli hacker hanno rubato le cartelle cliniche dei pazienti",
            "Giornalisti spiati con lo spyware, la procura indaga",
        ),
        "pt": (
            "Piratas informáticos bloqueiam os sistemas do hospital",
            "Vazamento de dados expõe milhões de contribuintes",
            "Ciberataques atingem serviços do Estado",
        ),
        "ru": (
            "Хакеры взломали базу данных авиакомпании",
            "Суд приговорил учёного за шпионаж к двенадцати годам",
            "После кибератаки не работают сайты ведомств",
        ),
    },
    "sanctions": {
        "fr": (
            "Bruxelles adopte un nouveau paquet de sanctions contre Moscou",
            "Washington ordonne le gel des avoirs de trois ministres",
            "Cuba dénonce l'embargo devant l'Assemblée générale",
        ),
        "en": (
            "Washington imposes sanctions on two Iranian banks",
            "The bloc agreed to use frozen assets to back the loan",
            "New export controls on chips take effect in March",
        ),
        "ar": (
            "الاتحاد الأوروبي يفرض عقوبات على روسيا للمرة العشرين",
            "واشنطن تعلن رفع العقوبات عن دمشق",
            "تجميد الأصول الروسية يثير خلافا بين الدول الأعضاء",
        ),
        "es": (
            "La UE aprueba nuevas sanciones contra Rusia por la guerra",
            "La Habana pide el fin del bloqueo económico",
            "El Tesoro ordena la congelación de activos de dos generales",
        ),
        "de": (
            "Die EU beschließt das zwanzigste Sanktionspaket",
            "Die Schattenflotte umgeht den Ölpreisdeckel",
            "Streit über die eingefrorenen russischen Vermögenswerte",
        ),
        "it": (
            "L'Unione approva nuove sanzioni contro la Russia",
            "Il congelamento dei beni riguarda anche due banchieri",
            "L'Avana torna a chiedere la fine dell'embargo",
        ),
        "pt": (
            "Washington anuncia sanções a dois juízes do tribunal",
            "Bruxelas discute o uso dos ativos russos congelados",
            "Havana volta a condenar o embargo",
        ),
        "ru": (
            "Евросоюз согласовал двадцатый пакет санкций",
            "Страны спорят о замороженных российских активах",
            "Вашингтон снял эмбарго на поставки вооружений",
        ),
    },
}

SILENT: Sentences = {
    "military-deployment": {
        "fr": (
            "Le festival réunit douze troupes de théâtre venues de tout le Maghreb",
            "L'opérateur accélère le déploiement de la fibre dans les zones rurales",
        ),
        "en": (
            "The coach rallied the troops at half-time and the team came back",
            "The company plans the deployment of 5G antennas in forty towns",
            "The US-based retailer and its French-based rival let us base our estimate on sales",
        ),
        "ar": (
            "الوزير يندد بالمناورات السياسية قبل الانتخابات",
            "البنك المركزي يوسع قاعدة بيانات المقترضين",
        ),
        "es": (
            "Solomillo con guarnición de verduras y salsa de setas",
            "El ayuntamiento moviliza recursos para limpiar las playas",
        ),
        "de": (
            "Die Bahn zieht ihre Züge aus dem Verkehr und baut einen Stützpunkt für die Wartung",
            "Der Chorleiter übte mit den Kindern für das Weihnachtskonzert",
        ),
        "it": (
            "La mobilitazione generale dei sindacati è fissata per venerdì",
            "Il museo apre una nuova base di dati sulle opere",
        ),
        "pt": (
            "A mobilização geral dos professores continua na próxima semana",
            "A operadora aposta na implantação de antenas no interior",
        ),
        "ru": (
            "Правительство рассчитывает на мобилизацию доходов бюджета",
            "Учёные открыли новую базу данных о редких птицах",
        ),
    },
    "nuclear": {
        "fr": (
            "La famille nucléaire recule au profit des familles recomposées",
            "Le service de médecine nucléaire de l'hôpital s'équipe d'un nouveau scanner",
            "Une bombe à retardement pour les finances de la commune",
        ),
        "en": (
            "The nuclear family is no longer the norm, a survey of households finds",
            "The senator threatened the nuclear option to end the filibuster",
            "A bomb from the war was found on the building site, a new start for the street",
        ),
        "ar": (
            "تحليل الحمض النووي يكشف هوية الضحايا",
            "افتتاح مصلحة للطب النووي في المستشفى الجامعي",
        ),
        "es": (
            "La medicina nuclear llega al hospital comarcal",
            "El núcleo urbano quedó aislado por la nevada",
            "Los vecinos dicen sentir asco por el estado del río",
        ),
        "de": (
            "Die Klinik eröffnet eine neue Abteilung für Nuklearmedizin",
            "Im Kern geht es um die Finanzierung der Schulen",
        ),
        "it": (
            "Il reparto di medicina nucleare riapre dopo i lavori",
            "Il nucleo familiare vive in un alloggio popolare",
        ),
        "pt": (
            "O hospital inaugura um serviço de medicina nuclear",
            "O núcleo histórico da cidade será reabilitado",
        ),
        "ru": (
            "Выпускники Института ядерной физики получили премию",
            "В больнице открылось отделение ядерной медицины",
        ),
    },
    "terrorism": {
        "fr": (
            "Il a été condamné pour attentat à la pudeur",
            "Le groupe présente son nouvel album à la salle Atlas",
            "La fiche s'affiche à l'écran dès que le dossier est ouvert",
        ),
        "en": (
            "Critics call the new tower an act of vandalism on the skyline",
            "The bombing raids of 1944 destroyed most of the old port",
        ),
        "ar": (
            "سائقون يشتكون من إرهاب الطرقات في المدينة",
            "الشباب يطالبون بفرص عمل في المنطقة",
        ),
        "es": (
            "Condenado por un delito de atentado a agentes de la autoridad",
            "Un senderista perdido fue rescatado en la sierra",
            "El árbol cayó desde 11 m de altura",
        ),
        "de": (
            "Der Motor lief bis zum Anschlag",
            "Der Streit um den Telefonterror eines Nachbarn landet vor Gericht",
        ),
        "it": (
            "L'avvocato parla di attentato alla Costituzione",
            "Gli studenti dell'Isis hanno visitato il museo",
            "I volontari sono in prima linea contro le alluvioni",
        ),
        "pt": (
            "Foi acusado de atentado ao pudor numa praia",
            "O lobo-ibérico voltou à serra depois de décadas",
        ),
        "ru": (
            "В прокат вышли новые голливудские боевики",
            "Полиция задержала подростка за телефонный терроризм",
        ),
    },
    "cyber": {
        "fr": (
            "Le festival du roman d'espionnage ouvre vendredi à Lyon",
            "Les pirates somaliens ont libéré l'équipage du cargo",
        ),
        "en": (
            "The victim was hacked to death with a machete, the court heard",
            "Shops brace for Cyber Monday after a slow weekend",
        ),
        "ar": (
            "عرض فيلم جاسوسية جديد في قاعات السينما",
            "القراصنة الصوماليون يفرجون عن طاقم السفينة",
        ),
        "es": (
            "La editorial publica una novela de espionaje ambientada en Lisboa",
            "La piratería frente a Somalia vuelve a crecer",
        ),
        "de": (
            "Die Petersilie fein gehackt über die Suppe streuen",
            "Der Spionagethriller läuft am Sonntag im Ersten",
        ),
        "it": (
            "Esce in libreria un romanzo di spionaggio ambientato a Trieste",
            "I pirati hanno abbordato una petroliera nel golfo",
        ),
        "pt": (
            "A editora lança um romance de espionagem passado em Macau",
            "Os piratas abordaram um petroleiro no golfo da Guiné",
        ),
        "ru": (
            "На экраны выходит шпионский триллер по мотивам романа",
            "Пираты захватили танкер у берегов Сомали",
        ),
    },
    "sanctions": {
        "fr": (
            "Le lycée prononce des sanctions disciplinaires contre cinq élèves",
            "L'étude est sous embargo jusqu'à jeudi matin",
        ),
        "en": (
            "The charity says benefit sanctions push families into debt",
            "The report is embargoed until midnight on Friday",
        ),
        "ar": (
            "البرلمان يناقش تعديل قانون العقوبات",
            "الوزارة تعتمد العقوبات البديلة للسجن",
            "كاتب من أصول روسية يفوز بالجائزة",
        ),
        "es": (
            "Sin embargo, el alcalde no descarta nuevas obras",
            "La DGT impone multas y sanciones por exceso de velocidad",
        ),
        "de": (
            "Die Koalition streitet über Sanktionen beim Bürgergeld",
            "Der Verband prüft Strafen gegen drei Vereine",
        ),
        "it": (
            "Il comune ha emesso sanzioni amministrative per i rifiuti abbandonati",
            "Il giudice sportivo ha deciso la squalifica di due giocatori",
        ),
        "pt": (
            "A escola aplicou sanções disciplinares a quatro alunos",
            "A câmara determinou o embargo da obra por falta de licença",
        ),
        "ru": (
            "Суд выдал арест с санкции прокурора",
            "Банк начислил штрафные санкции за просрочку платежа",
        ),
    },
}


@cache
def rules() -> RuleSet:
    """One rule a concept, which asks for nothing else."""
    contents = {
        f"{name}.yaml": json.dumps(
            {"id": name, "match": {"concept": name}, "min_relevance": "any"}
        ).encode()
        for name in FIRES
    }
    ruleset, mistakes = rulefile.read(
        contents, countries=packs.territories(), concepts=loading.shipped_concepts()
    )
    assert not mistakes
    return loading.with_forms(ruleset)


@cache
def engine() -> Engine:
    return compile_rules(rules())


def found(text: str, language: str) -> dict[str, list[str]]:
    """What the concepts find in a text, by concept."""
    article = Article(title=text, text="", language=language)
    matches = judge(engine(), article, NOW).matches
    return {match.rule_id: [one.text for one in match.evidence] for match in matches}


def cases(sentences: Sentences) -> Iterator[object]:
    for concept, by_language in sentences.items():
        for language, texts in by_language.items():
            for number, text in enumerate(texts):
                yield pytest.param(concept, language, text, id=f"{concept}-{language}-{number}")


@pytest.mark.parametrize(("concept", "language", "text"), list(cases(FIRES)))
def test_a_concept_is_found_in_a_sentence_about_it(concept, language, text):
    assert concept in found(text, language)


@pytest.mark.parametrize(("concept", "language", "text"), list(cases(SILENT)))
def test_a_concept_is_not_found_in_a_sentence_with_words_like_its_own(concept, language, text):
    assert found(text, language).get(concept, []) == []


@pytest.mark.parametrize("concept", FIRES)
def test_a_concept_has_terms_and_excepted_phrases_in_the_eight_languages(concept):
    listed = loading.shipped_concepts()[concept]
    for language in LANGUAGES:
        assert len(listed.terms[language]) >= 80
        assert len(listed.masks[language]) >= 5
