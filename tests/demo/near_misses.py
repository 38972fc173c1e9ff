"""Data: articles that come close to *Algeria + US + arms* and must not alert; all invented."""

from __future__ import annotations

from tests.demo.outlets import ALBORAN, AURES, CARTHAGE, PLATEAUX, POTOMAC, STADE, DemoArticle

NEAR_MISSES = (
    DemoArticle(
        outlet=PLATEAUX,
        slug="2025/03/07/algerie-russie-blindes",
        title="Armement : l'Algérie commande de nouveaux blindés à la Russie",
        categories=("Défense",),
        minutes=10,
        why_silent="arms and Algeria, but the seller is Russia; no US",
        html="""\
<p>L&#8217;armée algérienne va recevoir une nouvelle série de véhicules blindés de fabrication russe,
dans le cadre d&#8217;un contrat d&#8217;armement conclu cet hiver à Moscou.</p>
<p>La Russie reste, de loin, le premier fournisseur d&#8217;armes de l&#8217;Algérie&nbsp;: chars,
avions de chasse et batteries antiaériennes viennent pour l&#8217;essentiel de ses usines. Les premiers
engins doivent être livrés à la fin de l&#8217;année, avec des pièces de rechange et la formation des
équipages. Ni le nombre de blindés ni le prix n&#8217;ont été rendus publics.</p>""",
    ),
    DemoArticle(
        outlet=CARTHAGE,
        slug="2025/03/algeria-russia-missiles",
        title="Algeria signs arms deal with Russia for coastal missiles",
        author="Tarek Haddad",
        minutes=15,
        why_silent="arms and Algeria, but the seller is Russia; no US",
        html="""\
<p>Algeria has signed a contract with Russia for a further batch of coastal defence missiles, the
latest in a long line of weapons purchases from Moscow.</p>
<p>The missiles will replace batteries bought twenty years ago &ndash; <i>and</i> come with radars,
launch vehicles and training for Algerian crews. Russian yards have also refitted two of the
country&#8217;s submarines. Officials in Algiers gave no figures for the deal, which analysts in the
region had expected since the autumn.</p>""",
    ),
    DemoArticle(
        outlet=POTOMAC,
        slug="2025/03/morocco-apache-himars",
        title="U.S. ships first Apache helicopters to Morocco, HIMARS launchers to follow",
        author="Ruth Callahan",
        categories=("Arms sales", "Africa"),
        minutes=20,
        why_silent="US arms go to Morocco; Algeria only in the last line",
        html="""\
<p>The United States has handed over the first Apache attack helicopters of a batch ordered by
Morocco, and American officers say that HIMARS rocket launchers will follow next year.</p>
<p>The helicopters arrived by sea and were put together by Moroccan and American mechanics. Each
carries a cannon and guided missiles. For Rabat the delivery is the largest arms purchase from
Washington in a decade; for the Pentagon it is a showcase of what its partners can buy.</p>
<p>In the small southern town that will host the crews, the news is mostly about jobs. The mayor
has counted four hundred new families since last spring. Rents have doubled, the bakery on the main
square opens at five in the morning instead of seven, and the primary school has put two prefabricated
classrooms on what used to be its vegetable garden. A second pharmacy is due to open before the
summer. The bus to the coast, which ran twice a week, now leaves every day at noon and is full.</p>
<p>Not everyone is pleased. Farmers in the valley complain that the new wells have lowered the water
in their own, and the owner of the oldest hotel in town says that visitors who came for the silence
and the stars have begun to stay away. The council has promised a study of the groundwater and a
quiet hour after ten at night. It has also planted three hundred almond trees along the road, of
which, according to the gardener in charge, two hundred and sixty have survived their first winter.
The rest will be replaced in the autumn, when the ground is soft again and the price of saplings
has come down.</p>
<p>The town hopes to be on the new railway one day. For now the nearest station is three hours
away, the mayor says with a shrug, and the line stops well short of the border with Algeria.</p>""",
    ),
    DemoArticle(
        outlet=CARTHAGE,
        slug="2025/03/algeria-us-lng",
        title="Algeria and United States to cooperate on gas fields and LNG plants",
        author="Salma Mansouri",
        categories=("Energy",),
        minutes=30,
        why_silent="Algeria and the US, but about gas; no arms",
        html="""\
<p>Algeria and the United States want to work more closely on natural gas, officials from both
countries said after two days of meetings in Algiers.</p>
<p>American companies are to help the Algerian state producer to get more out of its ageing fields
in the south &amp; to modernise the liquefaction trains at Arzew, from which tankers leave for
Spain, Italy and Turkey. A joint study on methane leaks is due by the end of the year. No contract
has been signed so far; the next round is planned for June in Houston.</p>""",
    ),
    DemoArticle(
        outlet=AURES,
        slug="2025/03/07/gaz-algerie-etats-unis",
        title="الجزائر والولايات المتحدة تبحثان التعاون في مجال الغاز الطبيعي المسال",
        categories=("اقتصاد",),
        minutes=35,
        why_silent="Algeria and the US, but about gas; no arms",
        html="""\
<p>بحث وزير الطاقة الجزائري مع وفد من الشركات الأمريكية سبل تطوير التعاون في مجال الغاز الطبيعي
المسال والطاقات المتجددة.</p>
<p>وتناول اللقاء، الذي جرى في الجزائر العاصمة، تحديث مصانع التمييع في أرزيو وسكيكدة، وتقليص انبعاثات
غاز الميثان في حقول الجنوب. وأبدى الجانب الأمريكي اهتمامه بالاستثمار في المنطقة،&nbsp;على أن تُستأنف
المشاورات في هيوستن خلال شهر يونيو المقبل.</p>""",
    ),
    DemoArticle(
        outlet=STADE,
        slug="amical-algerie-etats-unis",
        title="Amical : l'Algérie fait plier les États-Unis au terme d'un match fou",
        author="Karim Benhadda",
        categories=("Football", "Sport"),
        minutes=45,
        why_silent="Algeria and the US, but football: attack, defence, arsenal",
        html="""\
<p>Quelle soirée&nbsp;! Menée de deux buts à la pause, l&#8217;équipe d&#8217;Algérie de football a
renversé les États-Unis (3-2) jeudi en match amical, devant un stade comble.</p>
<p>Longtemps, l&#8217;attaque algérienne a buté sur une défense américaine bien en place. Puis le
sélectionneur a sorti tout son <em>arsenal offensif</em>&nbsp;: trois avants de plus, des tirs de loin,
un siège en règle devant le but. Le canonnier du soir, entré à l&#8217;heure de jeu, a fusillé le gardien
à bout portant dans le temps additionnel. Les supporteurs ont chanté jusque tard dans la nuit.</p>""",
    ),
    DemoArticle(
        outlet=CARTHAGE,
        slug="2025/03/tuna-quota-arms-folded",
        title="Tuna quotas: Algeria told us it would keep its arms folded, says fishing union",
        author="Tarek Haddad",
        minutes=50,
        why_silent="“us” is a pronoun, “arms folded” is a gesture",
        html="""\
<p>Algeria told us it would keep its arms folded while the others quarrel over tuna, the head of the
Tunisian fishing union said on Friday, after three days of talks about next season&#8217;s quotas.</p>
<p>&#8220;They let us do the shouting,&#8221; he said with a laugh. &#8220;Nobody twisted our arms, and
nobody helped us either.&#8221; The Algerian delegation has in fact asked for a slightly larger share
than last year. The countries of the basin meet again in May; until then, he added, the rules leave
all of us where we were.</p>""",
    ),
    DemoArticle(
        outlet=ALBORAN,
        slug="internacional/eeuu-armas-ucrania",
        title="EE. UU. prepara un nuevo envío de armas a Ucrania",
        author="Inés Barroso",
        categories=("Internacional",),
        minutes=55,
        why_silent="US arms, but for Ukraine; no Algeria",
        html="""\
<p>Estados Unidos ultima un nuevo paquete de armas para Ucrania, con munición de artillería y
misiles antiaéreos procedentes de sus propios arsenales.</p>
<p>El env&iacute;o saldrá por carretera desde Polonia en las próximas semanas, según fuentes
europeas. Kiev había pedido a Washington más interceptores para proteger la red eléctrica, dañada
por los ataques del invierno. La industria de EE.&nbsp;UU. trabaja a tres turnos para reponer
las existencias, pero los plazos de entrega siguen siendo largos.</p>""",
    ),
    DemoArticle(
        outlet=AURES,
        slug="2025/03/07/sport-escrime",
        title="الرياضة: الجزائرية بلقاسمي تتوج بذهبية السابر في بطولة دولية بالولايات المتحدة",
        categories=("رياضة",),
        minutes=60,
        why_silent="sport: in fencing, a sabre is a “weapon” (سلاح) too",
        html="""\
<p>أحرزت المبارزة الجزائرية مريم بلقاسمي الميدالية الذهبية في سلاح السابر، ضمن البطولة الدولية
للمبارزة التي تحتضنها الولايات المتحدة هذا الأسبوع.</p>
<p>وتغلبت بطلة الجزائر في النهائي على منافستها الأمريكية بنتيجة 15&nbsp;مقابل 13، بعد لقاء مثير
تابعه جمهور غفير. وأكد مدرب المنتخب الوطني أن هذا الإنجاز ثمرة عمل طويل، وأن الرياضة الجزائرية
قادرة على بلوغ منصات التتويج في الدورات المقبلة.</p>""",
    ),
    DemoArticle(
        outlet=POTOMAC,
        slug="2025/03/chad-and-jordan-drones",
        title="Chad Whitlow and Jordan Amsel take over at American drone maker",
        author="Ruth Callahan",
        categories=("Industry",),
        minutes=65,
        why_silent="Chad and Jordan are first names here; no Algeria",
        html="""\
<p>An American maker of armed drones has put its future into new hands: Chad Whitlow becomes chief
executive and Jordan Amsel head of engineering, the company said on Friday.</p>
<p>Chad, 44, ran the firm&#8217;s missile workshop in Ohio; Jordan joined from a rival last year.
&#8220;Jordan knows every weapon we build,&#8221; Chad said of his colleague &#8212; &#8220;and most
of the ones we should.&#8221; The Pentagon remains the company&rsquo;s largest customer by far.</p>""",
    ),
)
