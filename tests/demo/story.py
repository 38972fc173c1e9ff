"""Data: one story of 7 March 2025, told by four newspapers in four languages.

The facts are public: Algeria's ambassador in Washington announced talks on buying American
arms and on defence cooperation under a memorandum of understanding. The words are our own.
"""

from __future__ import annotations

from tests.demo.outlets import ALBORAN, AURES, PLATEAUX, POTOMAC, DemoArticle

STORY = (
    DemoArticle(
        outlet=PLATEAUX,
        slug="2025/03/07/algerie-etats-unis-armement",
        title="L'Algérie prête à discuter d'achats d'armes avec les États-Unis, "
        "annonce son ambassadeur à Washington",
        author="Nadir Sellami",
        categories=("Diplomatie", "Défense"),
        minutes=0,
        expected_alert=True,
        html="""\
<p><strong>Washington&nbsp;&mdash;</strong> L&#8217;Algérie et les États-Unis vont ouvrir des
discussions sur la vente d&#8217;armements américains à Alger, a fait savoir vendredi 7&nbsp;mars
l&#8217;ambassadeur algérien Sabri Boukadoum.</p>
<p>Recevant quelques journalistes dans sa chancellerie, le diplomate a expliqué que les deux
ministères de la Défense préparaient le calendrier de ces rencontres. Elles s&#8217;appuieront sur
le mémorandum d&#8217;entente paraphé en janvier, le premier texte du genre entre les deux
armées.</p>
<p>Surveillance des côtes, sauvetage en mer, lutte contre les groupes terroristes au Sahel&nbsp;: la
liste des dossiers est longue. Aucun matériel précis n&#8217;a été cité, ni aucun montant.
<em>Jusqu&#8217;ici</em>, l&#8217;armée algérienne n&#8217;a guère acheté aux Américains que des
avions de transport et des moyens de transmission. Trois ateliers doivent maintenant réunir les
experts des deux pays.</p>
<img src="https://observateur-plateaux.example/pixel.gif" width="1" height="1" alt="">""",
    ),
    DemoArticle(
        outlet=POTOMAC,
        slug="2025/03/algeria-envoy-arms-talks",
        title="Algeria opens the door to buying U.S. weapons as its envoy announces defense talks",
        author="Ruth Callahan",
        categories=("Arms sales", "Africa"),
        minutes=25,
        expected_alert=True,
        html="""\
<p>WASHINGTON &#8212; Algeria and the United States will soon sit down to discuss the sale of
American arms to Algiers, Ambassador Sabri Boukadoum told reporters at his embassy on
March&nbsp;7.</p>
<p>The talks are the next step under a memorandum of understanding on military cooperation that
the two governments signed in January. Teams from both defense ministries are already drawing up
an agenda, the ambassador said, without naming any system that Algeria has in mind or what it
might cost.</p>
<p>Three workshops will turn the memorandum into a work plan. On the list, he said, are shared
maritime intelligence, search and rescue &amp; counterterrorism in the Sahel. Most of
Algeria&rsquo;s arsenal comes from elsewhere: from American suppliers it has taken transport
planes, radios and some ammunition, but no front-line weapons.</p>
<p><a href="https://potomac-ledger.example/newsletter">Sign up for our morning brief</a></p>""",
    ),
    DemoArticle(
        outlet=AURES,
        slug="2025/03/07/boukadoum-washington",
        title="سفير الجزائر في واشنطن يعلن عن محادثات مرتقبة لشراء أسلحة أمريكية",
        categories=("سياسة",),
        minutes=40,
        expected_alert=True,
        html="""\
<p>أعلن سفير الجزائر لدى الولايات المتحدة صبري بوقادوم، يوم الجمعة 7 مارس، أن البلدين يستعدان لفتح
محادثات حول اقتناء أسلحة أمريكية وتوسيع التعاون الدفاعي بينهما.</p>
<p>وأوضح الدبلوماسي، خلال لقاء مع صحفيين بمقر السفارة في واشنطن، أن ممثلين عن وزارتي الدفاع
يعكفون على إعداد جدول أعمال هذه المباحثات. وتستند الخطوة إلى مذكرة تفاهم وقّعها الجانبان في شهر
يناير الماضي، وهي أول إطار قانوني من نوعه بين الجيشين.</p>
<p>وتشمل الملفات المطروحة تبادل المعلومات البحرية وعمليات البحث والإنقاذ&nbsp;ومكافحة الإرهاب في
منطقة الساحل. ولم يكشف السفير عن نوع المعدات العسكرية التي تهم الجزائر ولا عن قيمتها.<br/>
ومن المنتظر أن تُنظَّم ثلاث ورشات عمل لتطبيق بنود المذكرة.</p>""",
    ),
    DemoArticle(
        outlet=ALBORAN,
        slug="internacional/argelia-negocia-armamento-eeuu",
        title="Argelia negociará la compra de armamento estadounidense, "
        "anuncia su embajador en Washington",
        author="Inés Barroso",
        categories=("Internacional", "Magreb"),
        minutes=70,
        expected_alert=True,
        html="""\
<p><b>Argelia y Estados Unidos</b> abrirán en breve conversaciones sobre la compra de armas
estadounidenses y el refuerzo de la cooperación en defensa, seg&uacute;n anunció el 7 de marzo Sabri
Boukadoum, embajador argelino en Washington.</p>
<p>El diplomático, que recibió a un grupo de periodistas en su embajada, indicó que los ministerios
de Defensa de ambos países ultiman ya los primeros encuentros. La base es el memorando de
entendimiento firmado en enero, que por primera vez da un marco jurídico a la relación entre los
dos ejércitos.</p>
<p>La vigilancia marítima, las operaciones de búsqueda y rescate y la lucha antiterrorista en el
Sahel figuran en el orden del día. Boukadoum no detalló qué material interesa a Argel ni habló de
cifras. Hasta ahora, las compras argelinas a la industria de EE.&nbsp;UU. se han limitado a aviones
de transporte, equipos de comunicaciones y munición. Tres talleres de trabajo deberán
concretar los próximos pasos.</p>""",
    ),
)
