"""The concepts of society, and the packs that veto: what each finds and leaves, in each language.

The sentences that must stay silent are those in which a word of the concept, or one that looks
like it, means something else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import pytest

from monitor.loading import shipped_concepts, with_forms
from monitor.matching import packs, rulefile
from monitor.matching.engine import Engine, compile_rules, judge
from monitor.models import Article

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
LANGUAGES = ("fr", "en", "ar", "es", "de", "it", "pt", "ru")

FIRE = {
    "energy": {
        "fr": [
            "Le ministre de l'Énergie inaugure un gazoduc vers l'Italie",
            "Les livraisons de gaz algérien à l'Espagne ont repris lundi",
            "Plusieurs compagnies pétrolières quittent le pays",
        ],
        "en": [
            "Oil rose above 80 dollars after OPEC+ delayed its output increase",
            "The two ministers signed a deal on gas supplies and a new pipeline",
            "Power cuts left half of the capital without electricity",
        ],
        "ar": [
            "وزير الطاقة يبحث مع نظيره الإيطالي زيادة صادرات الغاز الطبيعي",
            "أسعار النفط تتراجع بعد قرار أوبك بلس",
            "انقطاع الكهرباء عن عدة محافظات منذ الفجر",
        ],
        "es": [
            "Argelia aumentará el suministro de gas a España por el gasoducto Medgaz",
            "El apagón dejó sin luz a media isla durante la noche",
            "Las refinerías trabajan a la mitad de su capacidad",
        ],
        "de": [
            "Deutschland will mehr Erdgas aus Algerien beziehen",
            "Die Gaslieferungen durch die Pipeline stocken, der Ölpreis steigt",
            "Der Anteil der erneuerbaren Energien wächst weiter",
        ],
        "it": [
            "Eni firma ad Algeri un accordo sulle forniture di gas",
            "Il governo studia un tetto al prezzo del gas e nuovi rigassificatori",
            "Le bollette elettriche tornano a salire",
        ],
        "pt": [
            "A Petrobras anuncia a descoberta de petróleo na margem equatorial",
            "O ministro de Minas e Energia defende o novo gasoduto",
            "Duas hidrelétricas pararam por causa da seca",
        ],
        "ru": [
            "Цены на нефть выросли после решения ОПЕК",
            "Газпром увеличил поставки газа по трубопроводу",
            "Акции нефтяных компаний подешевели, дефицит топлива сохраняется",
        ],
    },
    "trade": {
        "fr": [
            "Bruxelles et Alger veulent réviser l'accord d'association et lever les barrières douanières",
            "Trump relève les droits de douane, la guerre commerciale reprend",
            "Les exportations hors hydrocarbures ont doublé",
        ],
        "en": [
            "Washington threatens new tariffs on European cars",
            "The two countries resumed trade talks on Monday",
            "Exports to China fell for the third month",
        ],
        "ar": [
            "واشنطن تفرض رسوما جمركية جديدة على الواردات الصينية",
            "حجم التبادل التجاري بين البلدين بلغ خمسة مليارات دولار",
            "وزارة التجارة تعلق رخص الاستيراد",
        ],
        "es": [
            "Trump impone aranceles del 25 % al acero mexicano",
            "La negociación comercial entre Mercosur y la Unión Europea se cierra",
            "Las relaciones comerciales con Argelia siguen bloqueadas",
        ],
        "de": [
            "Die EU droht mit Gegenzöllen, der Handelsstreit spitzt sich zu",
            "Beide Seiten unterzeichneten ein Freihandelsabkommen",
            "Der Präsident erhebt hohe Zölle auf Autos",
        ],
        "it": [
            "Dazi, Bruxelles prepara la risposta a Washington",
            "L'interscambio con l'Algeria è cresciuto del dieci per cento",
            "Le esportazioni di vino verso gli Stati Uniti crollano",
        ],
        "pt": [
            "O tarifaço de Trump atinge as exportações de carne",
            "Mercosul e União Europeia assinam acordo comercial",
            "A balança comercial fechou o mês com superávit",
        ],
        "ru": [
            "Стороны договорились о прекращении торговой войны",
            "Китай ввёл ответные пошлины на американские товары",
            "Министры подписали торговые соглашения и сняли запрет на импорт",
        ],
    },
    "migration": {
        "fr": [
            "Deux cents migrants secourus au large de Lampedusa",
            "Alger refuse de délivrer les laissez-passer consulaires pour les OQTF",
            "Les demandeurs d'asile attendent des mois",
        ],
        "en": [
            "Hundreds of asylum seekers crossed the Channel on Saturday",
            "Tunisia deported dozens of migrants to the desert",
            "The visa restrictions will hit students from twelve countries",
        ],
        "ar": [
            "إنقاذ مئات المهاجرين قبالة السواحل الليبية",
            "اللاجئون السوريون يعودون إلى ديارهم",
            "اتفاق جديد لمكافحة الهجرة غير النظامية وإعادة المهاجرين",
        ],
        "es": [
            "Llegan a Canarias tres cayucos con 180 inmigrantes",
            "Estados Unidos deportó a 120 venezolanos, entre ellos varios solicitantes de asilo",
            "La política migratoria divide al Gobierno",
        ],
        "de": [
            "Die Zahl der Asylanträge ist deutlich gesunken",
            "Tunesien und die EU schließen ein Migrationsabkommen",
            "Hunderte Geflüchtete harren an der Grenze aus",
        ],
        "it": [
            "Nuovi sbarchi a Lampedusa, soccorsi trecento migranti",
            "I centri in Albania restano vuoti dopo la sentenza",
            "I rifugiati siriani chiedono protezione internazionale",
        ],
        "pt": [
            "Voo com brasileiros deportados chega a Belo Horizonte",
            "Governo muda a lei da nacionalidade e as regras para imigrantes",
            "Aumentam os pedidos de asilo de refugiados sudaneses",
        ],
        "ru": [
            "Германия ужесточает правила для беженцев",
            "Госдума приняла закон о депортации нелегальных мигрантов",
            "Вынужденным переселенцам продлили временную защиту",
        ],
    },
    "protest": {
        "fr": [
            "La police disperse des manifestants devant le parlement",
            "Les syndicats appellent à la grève générale jeudi",
            "Nuit d'émeutes dans plusieurs villes",
        ],
        "en": [
            "Thousands of protesters took to the streets of Tbilisi",
            "Unions call a general strike over pension cuts",
            "Riot police fired tear gas at the crowd",
        ],
        "ar": [
            "آلاف المتظاهرين في شوارع العاصمة احتجاجا على الغلاء",
            "النقابات تدعو إلى إضراب عام الخميس المقبل",
            "قوات مكافحة الشغب تفض الاعتصام بالقوة",
        ],
        "es": [
            "Miles de manifestantes exigen la renuncia del presidente",
            "Los sindicatos convocan una huelga general para el jueves",
            "Protestas y cortes de ruta en el norte del país",
        ],
        "de": [
            "Tausende Demonstranten fordern den Rücktritt der Regierung",
            "Die Gewerkschaft kündigt einen Warnstreik der Lokführer an",
            "Bei den Unruhen setzte die Polizei Tränengas ein",
        ],
        "it": [
            "Scontri tra polizia e manifestanti al corteo degli studenti",
            "Venerdì sciopero generale dei trasporti",
            "Proteste di piazza contro la riforma delle pensioni",
        ],
        "pt": [
            "Manifestantes bloqueiam rodovia contra o aumento do combustível",
            "Sindicatos convocam greve geral para sexta-feira",
            "Polícia usa gás lacrimogêneo contra o protesto",
        ],
        "ru": [
            "Тысячи протестующих вышли на улицы Тбилиси",
            "Профсоюзы объявили всеобщую забастовку",
            "Полиция применила водомёты во время массовых беспорядков",
        ],
    },
    "horoscope": {
        "fr": [
            "Horoscope du jour : ce que les astres réservent à votre signe",
            "Les natifs du Capricorne connaîtront une semaine animée",
        ],
        "en": [
            "Your horoscope for the week ahead",
            "What Mercury retrograde means for your zodiac sign",
        ],
        "ar": [
            "توقعات الأبراج اليوم الأحد: حظك اليوم في الحب والعمل",
            "مواليد برج الجدي أمام فرص جديدة",
        ],
        "es": [
            "Horóscopo de hoy para todos los signos",
            "Los nativos de Sagitario deben cuidar su dinero",
        ],
        "de": [
            "Tageshoroskop: Das sagen die Sterne am Dienstag",
            "Diese Sternzeichen haben im Mai Glück in der Liebe",
        ],
        "it": [
            "Oroscopo di oggi, segno per segno",
            "Paolo Fox: cari amici dello Scorpione, pazienza",
        ],
        "pt": [
            "Horóscopo do dia: confira a previsão dos signos",
            "As pessoas do signo de Áries terão sorte",
        ],
        "ru": [
            "Гороскоп на неделю для всех знаков зодиака",
            "Ретроградный Меркурий: чего ждать Овнам",
        ],
    },
    "obituaries": {
        "fr": ["Avis de décès et remerciements", "Nécrologie : un pionnier de la radio"],
        "en": ["Obituary: a life among books", "Death notices and family announcements"],
        "ar": ["نعي فاضل من عائلة الحاج", "صفحة الوفيات"],
        "es": ["Obituario: una vida entre libros", "Esquelas y avisos fúnebres de la semana"],
        "de": ["Nachruf auf einen stillen Gelehrten", "Todesanzeigen und Traueranzeigen der Woche"],
        "it": ["Necrologi e annunci funebri", "La famiglia ne dà il triste annuncio"],
        "pt": [
            "Obituário: o homem que amava os livros",
            "A família convida para a missa de sétimo dia",
        ],
        "ru": ["Некролог: памяти учителя", "Коллектив с глубоким прискорбием сообщает"],
    },
    "anniversaries": {
        "fr": [
            "Le pays célèbre l'anniversaire de l'Indépendance",
            "Éphéméride : que s'est-il passé le 12 mai ?",
        ],
        "en": [
            "On this day in history: a treaty and a flood",
            "The town marks the centenary of its railway with a commemoration",
        ],
        "ar": ["حدث في مثل هذا اليوم", "احتفالات في العاصمة بمناسبة ذكرى الاستقلال"],
        "es": ["Efemérides del 12 de mayo", "El bicentenario de la independencia, con desfiles"],
        "de": [
            "Kalenderblatt: Was geschah am 12. Mai?",
            "Gedenkfeier zum Jahrestag der Befreiung des Lagers",
        ],
        "it": ["Accadde oggi: 12 maggio", "Il centenario della nascita dello scrittore"],
        "pt": ["Hoje na História: 12 de maio", "Cidade festeja o bicentenário do teatro"],
        "ru": [
            "Этот день в истории: 12 мая",
            "К годовщине окончания войны открыли выставку",
        ],
    },
    "quizzes": {
        "fr": ["Quiz : avez-vous bien suivi l'actualité de la semaine ?", "Mots croisés du samedi"],
        "en": [
            "Weekly quiz: how well do you know your capitals?",
            "Crossword clues and answers for Monday",
        ],
        "ar": ["كلمات متقاطعة العدد 120", "اختبر معلوماتك في الجغرافيا"],
        "es": ["Crucigrama del domingo", "Pon a prueba tus conocimientos con esta trivia"],
        "de": ["Das Quiz der Woche", "Kreuzworträtsel und Sudoku zum Wochenende"],
        "it": ["Cruciverba facilitato del lunedì", "Quiz di cultura generale: quanto ne sai?"],
        "pt": [
            "Palavras cruzadas de segunda-feira",
            "Quiz: teste seus conhecimentos sobre o Brasil",
        ],
        "ru": ["Викторина: хорошо ли вы знаете столицы?", "Ответы на кроссворд в субботнем номере"],
    },
}

SILENT = {
    "energy": {
        "fr": [
            "La police a fait usage de gaz lacrymogène contre les supporters",
            "Cette boisson énergétique plaît aux adolescents",
            "Le courant passe bien entre les deux ministres",
        ],
        "en": [
            "She drizzled olive oil over the tomatoes",
            "Several reforms are in the pipeline, the minister said",
            "World powers cut ties with the junta amid a media blackout",
        ],
        "ar": [
            "الشرطة تستخدم الغاز المسيل للدموع لتفريق المشجعين",
            "كتاب جديد يضم ألغاز التاريخ وأسراره",
            "الملعب يعمل بكامل طاقته الاستيعابية وبروح إيجابية",
        ],
        "es": [
            "Echar gasolina al fuego no ayuda, dijo el obispo",
            "Una bebida energética patrocina el partido de alta tensión",
            "El presidente negó un apagón informativo",
        ],
        "de": [
            "Das Porträt in Öl auf Leinwand hängt im Museum",
            "Der Trainer lobte die Energie seiner Spieler",
            "Zwei neue Filme sind in der Pipeline",
        ],
        "it": [
            "Il ministro getta benzina sul fuoco",
            "Una squadra piena di energia in una gara ad alta tensione",
            "La terna arbitrale è stata designata",
        ],
        "pt": [
            "A declaração jogou gasolina na fogueira",
            "O atleta patrocina uma bebida energética",
            "O apagão da defesa custou o jogo de alta tensão",
        ],
        "ru": [
            "Полиция применила слезоточивый газ против болельщиков",
            "Энергичный премьер понравился зрителям",
            "Учёные измерили содержание парниковых газов",
        ],
    },
    "trade": {
        "fr": [
            "Un réseau de traite des êtres humains démantelé à Marseille",
            "Le centre commercial a ouvert ses portes samedi",
            "Il dénonce l'importation du conflit sur les campus",
        ],
        "en": [
            "Trade unions reject the offer of the hospital",
            "The two sides traded fire across the border",
            "A memorial near the World Trade Center",
        ],
        "ar": [
            "تفكيك شبكة للاتجار بالبشر في العاصمة",
            "إيران متهمة بتصدير الثورة إلى جيرانها",
            "فتح محل تجاري جديد في الحي",
        ],
        "es": [
            "Detenidos por trata de personas en la frontera",
            "El centro comercial reabre tras el incendio",
            "El comercio del barrio teme por la Navidad",
        ],
        "de": [
            "Ein Fernseher mit 55 Zoll großem Bildschirm",
            "Beide Lager zollen dem Verstorbenen Respekt",
            "Der Menschenhandel bleibt ein Problem",
        ],
        "it": [
            "Il centro commerciale riapre dopo l'incendio",
            "La squadra paga dazio agli infortuni",
            "Arrestati per tratta di esseri umani",
        ],
        "pt": [
            "Polícia desarticula rede de tráfico de pessoas",
            "O centro comercial reabre depois do incêndio",
            "Clube vive da exportação de jogadores",
        ],
        "ru": [
            "Суд вернул заявителю государственную пошлину",
            "Задержаны подозреваемые в торговле людьми",
            "Торговый центр открылся после пожара",
        ],
    },
    "migration": {
        "fr": [
            "La migration des oiseaux commence plus tôt cette année",
            "Les meilleurs passeurs décisifs du championnat",
            "Un atelier clandestin de cigarettes découvert à Lille",
        ],
        "en": [
            "The bird migration peaks in April",
            "The bank finished its data migration",
            "They welcomed the guests with open arms",
        ],
        "ar": [
            "في ذكرى الهجرة النبوية خطبة عن الصبر",
            "الحكومة تلوح باللجوء إلى القضاء",
            "هجرة الطيور تبدأ مبكرا هذا العام",
        ],
        "es": [
            "El ministro de Deporte inauguró el estadio; el deporte une, dijo",
            "Miles de aves migratorias descansan en la laguna",
            "El banco terminó la migración de datos",
        ],
        "de": [
            "Der Schlepper zog das Schiff in den Hafen",
            "Die Cloud-Migration der Verwaltung verzögert sich",
            "Das Gericht begründete die Zurückweisung der Klage",
        ],
        "it": [
            "La migrazione degli uccelli comincia presto",
            "Una discarica clandestina scoperta dai carabinieri",
            "Gli escursionisti si sono rifugiati in una baita",
        ],
        "pt": [
            "As aves migratórias chegam à lagoa",
            "O banco concluiu a migração de dados",
            "O senador havia retornado a Brasília",
        ],
        "ru": [
            "Миграция птиц началась раньше обычного",
            "Банк завершил миграцию данных",
            "Компании обязали вернуться к репатриации выручки",
        ],
    },
    "protest": {
        "fr": [
            "La manifestation culturelle s'ouvre samedi au palais des expositions",
            "Paris a remis une note de protestation à l'ambassadeur",
            "Un raid aérien frappe un dépôt de munitions",
        ],
        "en": [
            "An Israeli strike hit a depot in southern Lebanon",
            "The general struck a defiant tone, and the striker scored twice",
            "Moscow lodged a protest with the ambassador; he died in office",
        ],
        "ar": [
            "وزارة الخارجية تسلم السفير مذكرة احتجاج",
            "تظاهرة ثقافية كبرى في قسنطينة",
            "الولاية تسجل حراكا دبلوماسيا مكثفا",
        ],
        "es": [
            "La ministra, sentada en el banquillo, escuchó la sentencia",
            "El presidente rindió protesta ante el Congreso",
            "Sus manifestaciones a la prensa sorprendieron a todos",
        ],
        "de": [
            "Die Demo-Version des Spiels ist kostenlos",
            "Moskau übergab dem Botschafter eine Protestnote",
            "Der Stürmer traf nach einer Demonstration seines Könnens",
        ],
        "it": [
            "Il picchetto d'onore accoglie il presidente al Quirinale",
            "Il difensore è stato ammonito per proteste",
            "Una domanda rivolta al ministro durante la manifestazione fieristica",
        ],
        "pt": [
            "A paralisação do jogo durou dez minutos",
            "O cartório de protesto fecha na sexta-feira",
            "O ministro fez um ato de presença no congresso",
        ],
        "ru": [
            "МИД вручил послу ноту протеста",
            "Без волнения он показал демонстрацию нового прибора",
            "Клуб подал протест на судейство",
        ],
    },
    "horoscope": {
        "fr": [
            "Le navire Aquarius secourt des migrants",
            "Ce sommet est placé sous le signe de l'unité",
        ],
        "en": [
            "Moon signs a defence pact with Washington",
            "Pope Leo met cancer patients; smugglers used zodiac boats",
        ],
        "ar": ["افتتاح برج جديد في قلب العاصمة", "نفى الوزير صحة التوقعات الاقتصادية"],
        "es": ["La libra cae frente al dólar", "El misil Tauro llegará a Ucrania, según Kiev"],
        "de": [
            "Kiew bittet erneut um den Marschflugkörper Taurus",
            "Der Dekan der Fakultät tritt zurück",
        ],
        "it": ["Il ministro Branko arriva a Roma", "Il vertice si apre sotto il segno del dialogo"],
        "pt": ["O real cai frente à libra", "O governo vive seu inferno astral no Congresso"],
        "ru": ["Истребители у созвездия Рака не видны", "Экипаж лодки «Зодиак» задержан у берега"],
    },
    "obituaries": {
        "fr": [
            "Trois soldats sont morts dans l'attaque, deuil national",
            "Le président présente ses condoléances à la famille",
        ],
        "en": [
            "The minister died in a plane crash; the contractor is survived by his wife",
            "Thousands attend the funeral of the opposition leader who passed away",
        ],
        "ar": ["وفاة وزير الدفاع في حادث تحطم طائرة", "الرئيس يعزي أسر الضحايا ببالغ الحزن والأسى"],
        "es": [
            "Murió el general que dirigió el golpe",
            "Miles despiden al líder opositor en su funeral",
        ],
        "de": [
            "Der Außenminister starb bei einem Absturz",
            "Die Trauerfeier für die Opfer des Anschlags findet am Montag statt",
        ],
        "it": ["È morto il generale, lutto nazionale", "I funerali di Stato si svolgeranno sabato"],
        "pt": ["Morreu o presidente do parlamento", "O velório do ministro será em Brasília"],
        "ru": ["Погиб командующий флотом", "Президент выразил соболезнования родным погибших"],
    },
    "anniversaries": {
        "fr": [
            "Des heurts pour l'anniversaire du Hirak, cent interpellations",
            "Le secrétaire d'État dépose une gerbe de fleurs avant de signer l'accord",
        ],
        "en": [
            "Protesters were arrested on the anniversary of the uprising",
            "NATO's anniversary summit approves new arms for Kyiv",
        ],
        "ar": [
            "اعتقالات في الذكرى الأولى للانقلاب",
            "درجات الحرارة تبلغ خمسين درجة مئوية",
        ],
        "es": [
            "Detenidos en el aniversario del golpe de Estado",
            "El accidente que aconteció el lunes dejó tres heridos",
        ],
        "de": [
            "Festnahmen am Jahrestag des Putsches",
            "Am Jahrestag der Invasion kündigt die EU neue Sanktionen an",
        ],
        "it": [
            "Arresti nell'anniversario del golpe",
            "Nell'anniversario dell'invasione nuove sanzioni",
        ],
        "pt": ["O ataque aconteceu em Cabul na segunda-feira", "Prisões no aniversário do golpe"],
        "ru": [
            "Задержания в годовщину переворота",
            "Впервые за столетие река вышла из берегов",
        ],
    },
    "quizzes": {
        "fr": ["Un casse-tête diplomatique pour Bruxelles", "Une pièce du puzzle syrien"],
        "en": [
            "Ministers quizzed over arms sales to Algeria",
            "The riddle of the missing plane; the peace deal is in Jeopardy",
        ],
        "ar": ["الجزائر ترفع صادرات الغاز إلى أوروبا", "ألغاز الانفجار في مرفأ بيروت"],
        "es": ["El rompecabezas de las alianzas en Oriente Medio", "El acertijo de la inflación"],
        "de": ["Der Rückzug gibt den Diplomaten Rätsel auf", "Die Scharade der Verhandlungen"],
        "it": ["Il rebus delle alleanze di governo", "La crescita è un'illusione ottica"],
        "pt": ["O governo não consegue resolver a crise", "O quebra-cabeça das alianças"],
        "ru": [
            "Тест на знание русского языка для мигрантов",
            "Политическая головоломка для Брюсселя",
        ],
    },
}

NOT_SPORT = {
    "fr": [
        "La Ligue arabe condamne la course à l'armement",
        "Le Premier ministre achève son tour de France des préfectures",
    ],
    "en": [
        "Armed groups staged attacks while the League of Arab States met",
        "Starting Xi Jinping's third term, the campaign against graft went on",
        "A riot in Manchester city centre; the former Manchester City striker is now president",
    ],
    "ar": [
        "تركيا باتت لاعبا لا غنى عنه في ليبيا",
        "اللاعبون الدوليون في الأزمة الليبية يجتمعون في برلين",
        "الرئيس المنتخب الأمريكي يعد بخفض الضرائب",
    ],
    "es": [
        "La Liga Árabe condena la carrera armamentista",
        "El ex futbolista asume la presidencia",
    ],
    "de": [
        "Die Arabische Liga verurteilt das Wettrüsten",
        "Der ehemalige Fußballer ist nun Präsident",
    ],
    "it": [
        "La Lega araba condanna la corsa agli armamenti",
        "Il programma GOL del ministero del Lavoro",
    ],
    "pt": ["A Liga Árabe condena a corrida armamentista", "O antigo treinador é agora presidente"],
    "ru": [
        "Бывший футболист стал президентом Грузии",
        "Склад размером с три футбольных поля уничтожен",
    ],
}

SPORT = {
    "fr": "Le sélectionneur a retenu trois buteurs pour le match amical",
    "en": "The head coach said the group stage had been hard",
    "ar": "سجل لاعب الوسط هدف التعادل في مباراة أمس",
    "es": "El entrenador alabó a sus centrocampistas tras la semifinal",
    "de": "Der Torwart hielt im Viertelfinale zwei Elfmeter",
    "it": "L'allenatore applaude il gol del centrocampista",
    "pt": "O goleiro defendeu dois pênaltis na semifinal",
    "ru": "Вратарь отразил пенальти, тренер доволен матчем",
}


@cache
def engine() -> Engine:
    """A rule for each concept that asks for nothing else."""
    files = {
        f"{name}.yaml": f"id: {name}\nmatch: {{concept: {name}}}\nmin_relevance: any\n".encode()
        for name in (*FIRE, "sport")
    }
    ruleset, mistakes = rulefile.read(
        files, countries=packs.territories(), concepts=shipped_concepts()
    )
    assert not mistakes
    return compile_rules(with_forms(ruleset))


def found(concept: str, language: str, sentence: str) -> list[str]:
    """The words of the sentence by which the concept is found."""
    article = Article(title=sentence, language=language, published_at=NOW)
    return [
        evidence.text
        for match in judge(engine(), article, NOW).matches
        if match.rule_id == concept
        for evidence in match.evidence
    ]


def sentences(cases: dict[str, dict[str, list[str]]]) -> list[tuple[str, str, str]]:
    return [
        (concept, language, sentence)
        for concept, by_language in cases.items()
        for language, listed in by_language.items()
        for sentence in listed
    ]


@pytest.mark.parametrize(("concept", "language", "sentence"), sentences(FIRE))
def test_a_sentence_about_it_is_found(concept: str, language: str, sentence: str) -> None:
    assert found(concept, language, sentence)


@pytest.mark.parametrize(("concept", "language", "sentence"), sentences(SILENT))
def test_a_sentence_with_a_false_friend_is_silent(
    concept: str, language: str, sentence: str
) -> None:
    assert found(concept, language, sentence) == []


@pytest.mark.parametrize(("concept", "language", "sentence"), sentences({"sport": NOT_SPORT}))
def test_politics_in_words_of_sport_is_not_vetoed(
    concept: str, language: str, sentence: str
) -> None:
    assert found(concept, language, sentence) == []


@pytest.mark.parametrize(("language", "sentence"), SPORT.items())
def test_sport_is_still_found(language: str, sentence: str) -> None:
    assert found("sport", language, sentence)


TOPICS = ("energy", "trade", "migration", "protest")
VETOES = ("horoscope", "obituaries", "anniversaries", "quizzes", "sport")
NEWS = {concept: FIRE[concept] for concept in TOPICS}


@pytest.mark.parametrize(("concept", "language", "sentence"), sentences(NEWS))
def test_news_is_not_vetoed(concept: str, language: str, sentence: str) -> None:
    assert [veto for veto in VETOES if found(veto, language, sentence)] == [], concept


@pytest.mark.parametrize("concept", FIRE)
def test_each_concept_has_terms_and_tests_in_each_language(concept: str) -> None:
    terms = shipped_concepts()[concept].terms
    for language in LANGUAGES:
        assert len(terms[language]) >= (80 if concept in TOPICS else 25)
        assert len(FIRE[concept][language]) >= 2
        assert len(SILENT[concept][language]) >= 2
