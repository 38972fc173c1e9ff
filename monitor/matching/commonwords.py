"""Data: everyday words of the news that are written as a word of another language is.

Short, and made by hand: a term like these, looked for in texts of every language, finds
something else in most of them.
"""

from __future__ import annotations

from collections.abc import Mapping

_WORDS = {
    "en": "a all an and are as at be but come die do fin for go had has he her him his if in is it "
    "main man me men mine more my no not of on one or our out pain red she sin so son ten the "
    "then time to two up us was we who will",
    "fr": "ai an ans as au aux avec bras car ce ces chat coin comment dans de des dire dont du elle "
    "en est et fin font four il ils je la le les leur lui ma main mais me mine mon ne nos "
    "nous on or ou pain par pas pays plus pour qui sa sans se ses si son sont sous sur ta tes "
    "ton tout tu un une vers vie vous",
    "es": "al arma armas come como con cual de del donde dos el ella ellos en era es esta este fin "
    "ha han hay la las le lo los mas me mi no nos o once pan para pero por que red sal se ser "
    "si sin sobre solo son su sus tan ten todo tu un una uno vale van y ya",
    "it": "al alla anche arma armi avere che chi come con cui da dal dei del della di dire due e fa "
    "fine gli ha hanno i il in io la le lo loro ma mai me mi nato ne nei no noi non o ora "
    "pane per pero piu qui sale se sei si sia solo sono su sul tra tre un una uno vi",
    "pt": "a ao arma armas as com como da das de do dos e ela ele em era essa esta eu fim foi ha "
    "isso ja la lhe mais mas me mesmo meu na nas nem no nos o os ou paz pela pelo por qual "
    "quando que sal se sem ser seu so sol sua tem tudo um uma vai",
    "de": "ab als alt am an arm arme art auf aus bei bin bis da das dem den der des die du ein er "
    "es hat hier ich ihr im in ist ja kein man mehr mit nach nie noch nun nur ob sein sie "
    "sind so tag und uns vom von vor war was wer wie wir wo zu zum",
    "tr": "ama ana bir biz bu da de en er her iki ile ise on son su var ve ya yan",
}

COMMON: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split()) for language, words in _WORDS.items()
}
"""By language; small letters without accents."""
LANGUAGES = {
    "en": "English",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "de": "German",
    "tr": "Turkish",
}
"""What people call them."""
