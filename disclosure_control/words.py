"""Reasons and remedies in words, Dutch beside English. One line for every rule."""

from dataclasses import dataclass

from disclosure_control.policy import Policy
from disclosure_control.verdict import Finding


@dataclass(frozen=True)
class Words:
    """What a rule says in Dutch: the reason and what to do; ``{field}`` is a policy's number."""

    reason: str
    remedy: str


_HIDE = "verberg de cel of voeg categorieën samen"
_OUT = "laat dit weg, of geef aantallen"
_CHANGE = "verander wat berekend wordt"
_DECIDE = "verberg het, of leg de beoordelaar uit waarom het geen kwaad kan"

DUTCH: dict[str, Words] = {
    "nobody": Words("niemand heeft een waarde in de hele tabel",
                    "kijk het filter en de kolommen na"),
    "minimum_units": Words("minder dan {minimum_units} eenheden met een waarde", _HIDE),
    "empty_cell": Words("niemand zit in deze cel terwijl dat wel zou kunnen", _HIDE),
    "minimum_entities": Words("minder dan {minimum_entities} instellingen", _HIDE),
    "unit_dominance": Words("één eenheid heeft te veel van het totaal", _HIDE),
    "entity_dominance": Words("één instelling heeft te veel van het totaal", _HIDE),
    "top_dominance": Words("enkele eenheden hebben samen te veel van het totaal", _HIDE),
    "p_percent": Words("de grootste eenheid is te nauwkeurig te schatten", _HIDE),
    "extreme_share": Words("de kleinste of grootste waarde is te veel van de som", _HIDE),
    "group_disclosure": Words(
        "(bijna) de hele groep zit in deze categorie",
        "verberg de cel met andere cellen van de groep, of voeg categorieën samen",
    ),
    "all_equal": Words("alle eenheden hebben dezelfde waarde", "verberg de cel"),
    "binary_value": Words("er zijn maar twee waarden, en te weinig (of bijna alle) eenheden "
                          "hebben dezelfde", _HIDE),
    "degrees_of_freedom": Words(
        "minder dan {minimum_degrees_of_freedom} vrijheidsgraden", _HIDE
    ),
    "single_holder": Words("dit is de waarde van precies één eenheid", _DECIDE),
    "denominator": Words("een percentage van te weinig eenheden", _HIDE),
    "rounding": Words("aantallen horen afgerond te zijn", "gebruik .protect() of .round()"),
    "tail": Words("te weinig eenheden aan één kant van het kwantiel", _HIDE),
    "extreme": Words("een kleinste of grootste waarde is van iemand zelf",
                     "neem een percentiel, of leg uit waarom het geen kwaad kan"),
    "edge": Words("een buitenste grens is de kleinste of grootste waarde", "kies ronde grenzen"),
    "events": Words("te weinig gebeurtenissen sinds het vorige tijdstip",
                    "voeg perioden samen, of verberg dit tijdstip"),
    "at_risk": Words("op dit tijdstip zijn te weinig eenheden over",
                     "laat de curve eerder eindigen"),
    "derivable": Words("wat getoond wordt, laat deze verborgen cel afleiden", "verberg meer"),
    "subtraction": Words("aftrekken geeft een verborgen cel", "verberg meer"),
    "differencing": Words("uitvoer samen isoleert een kleine groep",
                          "gebruik dezelfde populatie, of voeg categorieën samen"),
    "cells": Words("de cellen zijn niet die van de opnieuw berekende uitvoer", "dien opnieuw in"),
    "value": Words("de getoonde waarde is niet die in de gegevens", "dien opnieuw in"),
    "visible": Words("een onveilige cel wordt getoond", _HIDE),
    "saturated": Words("het model is een tabel van gemiddelden, met te kleine groepen", _CHANGE),
    "collinear": Words("sommige kolommen van het model volgen uit andere", "laat ze weg"),
    "separation": Words("de uitkomst ligt voor een groep geheel vast", _CHANGE),
    "leverage": Words("één eenheid bepaalt zijn eigen voorspelling", _CHANGE),
    "perfect_fit": Words("het model voorspelt iedereen precies", _CHANGE),
    "unfinished": Words("de schatting is niet tot een einde gekomen", _CHANGE),
    "constant": Words("een kolom heeft maar één waarde", _CHANGE),
    "certain": Words("de ene kolom volgt precies uit de andere", _CHANGE),
    "read_by_people": Words("een bestand dat elders is gemaakt, wordt door mensen gelezen",
                            "vertel hoe het is gemaakt"),
    "birth_dates": Words("een kolom met geboortedatums", _OUT),
    "e_mail": Words("e-mailadressen", _OUT),
    "postcodes": Words("volledige postcodes", _OUT),
    "national_numbers": Words("nummers die burgerservicenummers kunnen zijn", _OUT),
    "pseudonyms": Words("pseudoniemen van personen", _OUT),
    "known_identifiers": Words("kenmerken die in de gegevens voorkomen", _OUT),
    "unit_rows": Words("regels van afzonderlijke personen", "geef aantallen, geen personen"),
    "small_counts": Words("aantallen onder {minimum_units}", _HIDE),
    "formulas": Words("cellen die een rekenblad zou uitrekenen", "zet er een apostrof voor"),
    "hidden_content": Words("onzichtbare of gecodeerde inhoud", "laat die weg"),
    "picture": Words("een plaatje met meer dan beeldpunten", "bewaar het zonder metagegevens"),
    "structure": Words("de vorm van het bestand klopt niet", "maak het opnieuw als gewone tabel"),
    "file_kind": Words("geen CSV-, tekst-, JSON- of PNG-bestand", "maak er een van die soorten"),
    "file_limits": Words("het bestand is te groot", "maak het kleiner of splits het"),
}  # fmt: skip
"""What findings say in Dutch, by rule."""


def in_dutch(finding: Finding, policy: Policy) -> tuple[str, str]:
    """Reason and remedy in Dutch; the English text where a rule has no Dutch of its own."""
    words = DUTCH.get(finding.rule)
    if words is None:
        return finding.reason, finding.remedy
    numbers = {name: getattr(policy, name) for name in policy.__dataclass_fields__}
    return words.reason.format(**numbers), words.remedy
