"""Words of the Core Business Vocabulary 2.0, and their three notations.

JSON-LD writes a bare word (`shipping`), XML a URN (`urn:epcglobal:cbv:bizstep:shipping`), the web vocabulary a URI
(`https://ref.gs1.org/cbv/BizStep-shipping`, short `cbv:BizStep-shipping`). Events keep what they were given; `bare` and `web`
translate when a word is needed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

Kind = Literal["bizStep", "disposition", "btt", "sdt", "er", "measurement", "exception", "component"]

WEB = "https://ref.gs1.org/cbv/"
VOC = "https://gs1.org/voc/"

_FORMS: dict[Kind, tuple[str, str]] = {
    "bizStep": ("urn:epcglobal:cbv:bizstep:", WEB + "BizStep-"),
    "disposition": ("urn:epcglobal:cbv:disp:", WEB + "Disp-"),
    "btt": ("urn:epcglobal:cbv:btt:", WEB + "BTT-"),
    "sdt": ("urn:epcglobal:cbv:sdt:", WEB + "SDT-"),
    "er": ("urn:epcglobal:cbv:er:", WEB + "ER-"),
    "measurement": ("", VOC),
    "exception": ("", VOC),
    "component": ("", WEB + "Comp-"),
}
URNS: tuple[tuple[str, str], ...] = tuple(form for form in _FORMS.values() if form[0])
"""Prefixes of CBV URNs with the web prefix that stands for each."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WORDS: dict[Kind, frozenset[str]] = {
    "bizStep": _words(
        "accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting "
        "decommissioning  departing destroying disassembling dispensing encoding entering_exiting holding inspecting "
        "installing killing loading  other packing picking receiving removing repackaging repairing replacing reserving "
        "retail_selling sampling  sensor_reporting shipping staging_outbound stock_taking stocking storing transporting "
        "unloading unpacking void_shipping"
    ),
    "disposition": _words(
        "active available completeness_verified completeness_inferred conformant container_closed container_open "
        "damaged destroyed  dispensed disposed encoded expired in_progress in_transit inactive mismatch_instance "
        "mismatch_class mismatch_quantity  needs_replacement no_pedigree_match non_conformant non_sellable_other "
        "partially_dispensed recalled reserved retail_sold  returned sellable_accessible sellable_not_accessible stolen "
        "unavailable unknown"
    ),
    "btt": _words("bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt"),
    "sdt": _words("owning_party possessing_party location"),
    "er": _words("did_not_occur incorrect_data"),
    "measurement": _words(
        "AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Radioactivity Altitude AmountOfSubstance "
        "AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance "
        "Conductance  Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity "
        "ElectricCharge  ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency "
        "Illuminance Inductance  Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux "
        "LuminousIntensity MagneticFlux  MagneticFluxDensity MagneticVectorPotential Mass MassConcentration "
        "MassFlowRate MassPerAreaTime MemoryCapacity  MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure "
        "RadiantFlux RadiantIntensity RelativeHumidity  Resistance Resistivity SolidAngle SpecificVolume Speed "
        "SurfaceDensity SurfaceTension Temperature Time Torque Voltage  Volume VolumeFlowRate VolumeFraction "
        "VolumetricFlux Wavenumber"
    ),
    "exception": _words("ALARM_CONDITION ERROR_CONDITION"),
    "component": _words(
        "x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude "
        "longitude altitude"
    ),
}
WEB_FORM: dict[Kind, dict[str, str]] = {
    kind: {word: _FORMS[kind][1] + word for word in words} for kind, words in WORDS.items()
}
"""For each kind the standard's bare words with their web vocabulary URI."""


def for_json(kind: Kind, text: str) -> str:
    """The notation of JSON-LD for a word of the standard: bare; anything else as it is."""
    word = bare(kind, text)
    return word if word in WORDS[kind] else text


def for_xml(kind: Kind, text: str) -> str:
    """The notation of XML for a bare word of the standard: its URN, or `gs1:`, `cbv:` where CBV has none; else the text."""
    if text not in WORDS[kind]:
        return text
    prefix, web = _FORMS[kind]
    return prefix + text if prefix else web.replace(WEB, "cbv:").replace(VOC, "gs1:") + text


@lru_cache(4096)
def bare(kind: Kind, text: str) -> str:
    """The bare word of a CBV value in any notation; a URI that is not CBV's comes back as it is."""
    prefix, web = _FORMS[kind]
    if prefix and text.startswith(prefix):
        return text[len(prefix) :]
    if text.startswith(("cbv:", "gs1:")):
        text = (WEB if text[0] == "c" else VOC) + text[4:]
    return text[len(web) :] if text.startswith(web) else text
