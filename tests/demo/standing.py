"""Data: what stands in the feeds before the story breaks, one harmless article in each."""

from __future__ import annotations

from tests.demo.outlets import ALBORAN, AURES, CARTHAGE, PLATEAUX, POTOMAC, STADE, DemoArticle

_WHY = "stood in the feed before the first poll, and is harmless"

STANDING = (
    DemoArticle(
        outlet=PLATEAUX,
        slug="2025/03/05/olives-recolte",
        title="Une récolte d'olives meilleure que prévu sur les hauteurs de Sétif",
        minutes=-2880,
        why_silent=_WHY,
        html="""\
<p>Les pluies de janvier ont sauvé la saison&nbsp;: les moulins de la région ont pressé un cinquième
d&#8217;huile de plus que l&#8217;an passé.</p>
<p>Les producteurs espèrent maintenant que les prix tiendront jusqu&#8217;à l&#8217;été.</p>""",
    ),
    DemoArticle(
        outlet=AURES,
        slug="2025/03/06/salon-du-livre",
        title="معرض الكتاب في باتنة يستقبل آلاف الزوار في يومه الأول",
        minutes=-1500,
        why_silent=_WHY,
        html="""\
<p>افتُتح في مدينة باتنة معرض الكتاب في طبعته الجديدة بمشاركة ستين دار نشر.</p>
<p>ويتضمن البرنامج أمسيات شعرية وورشات للأطفال تتواصل إلى غاية نهاية الأسبوع.</p>""",
    ),
    DemoArticle(
        outlet=POTOMAC,
        slug="2025/03/shipyard-apprentices",
        title="Shipyard school doubles its intake of welding apprentices",
        minutes=-1440,
        why_silent=_WHY,
        html="""\
<p>A shipyard on the Chesapeake will train 240 welders a year, twice as many as now.</p>
<p>Half of the places are set aside for people who change their trade after forty.</p>""",
    ),
    DemoArticle(
        outlet=ALBORAN,
        slug="local/puente-reabierto",
        title="Reabre el puente viejo tras un año de obras",
        minutes=-900,
        why_silent=_WHY,
        html="""\
<p>El puente de piedra vuelve a unir las dos orillas despu&eacute;s de doce meses de reforma.</p>
<p>Los comercios del barrio lo celebran con un mercado este s&aacute;bado.</p>""",
    ),
    DemoArticle(
        outlet=CARTHAGE,
        slug="2025/03/mosaic-found",
        title="Roman mosaic found under a school yard in Sousse",
        minutes=-600,
        why_silent=_WHY,
        html="""\
<p>Workers laying a water pipe have come upon a mosaic of fish and dolphins, sixteen centuries old.</p>
<p>The pupils may watch the dig through the fence &ndash; between lessons.</p>""",
    ),
    DemoArticle(
        outlet=STADE,
        slug="semi-marathon-oran",
        title="Semi-marathon : trois mille coureurs sur la corniche d'Oran",
        categories=("Athlétisme", "Sport"),
        minutes=-300,
        why_silent=_WHY,
        html="""\
<p>Sous un ciel clément, la course a réuni des amateurs de tous âges sur le front de mer.</p>
<p>Le vainqueur a bouclé le parcours en une heure et quatre minutes.</p>""",
    ),
)
