"""Whether a unit is written as UCUM (The Unified Code for Units of Measure, version 2.2, case sensitive).

The atoms are those of the UCUM tables that measurements in a lab use; annotations in braces are always allowed.
"""

import re

PREFIXES = ("da", "Ki", "Mi", "Gi", "Ti", *"YZEPTGMkhdcmunpfazy")
METRIC = frozenset({
    "m", "s", "g", "rad", "K", "C", "cd", "mol", "sr", "Hz", "N", "Pa", "J", "W", "A", "V", "F", "Ohm", "S", "Wb",
    "T", "H", "lm", "lx", "Bq", "Gy", "Sv", "Cel", "l", "L", "ar", "t", "bar", "eV", "u", "B", "bit", "By", "Bd",
    "cal", "R", "Ci", "G", "st", "kat", "dyn", "erg", "P", "[pH]", "mho", "Np", "B[SPL]", "B[V]", "B[W]",
})  # fmt: skip
PLAIN = frozenset({
    "1", "%", "[ppth]", "[ppm]", "[ppb]", "[pptr]", "10*", "10^", "[pi]", "deg", "gon", "'", "''", "min", "h", "d",
    "wk", "mo", "a", "[degF]", "[degR]", "[in_i]", "[ft_i]", "[yd_i]", "[mi_i]", "[nmi_i]", "[kn_i]", "[lb_av]",
    "[oz_av]", "[gal_us]", "[psi]", "[HP]", "[pH]", "m[H2O]", "m[Hg]", "[in_i'H2O]", "[in_i'Hg]", "atm", "[g]", "[G]",
    "[c]", "circ", "[CFU]", "[IU]", "[arb'U]", "[diop]", "[rad_d]", "AU", "pc", "[ly]",
})  # fmt: skip
TOKEN = re.compile(r"\{[!-z|~]*\}|[()/.]|[^(){}/.]+")
ANNOTATION = re.compile(r"\{[!-z|~]*\}")
TERM = re.compile(r"(?P<atom>(?:10[*^])|.*?[^0-9+-]|1)(?P<power>[+-]?[0-9]+)?")


def is_ucum(unit: str) -> bool:
    """Whether `unit` is a UCUM code; "" is one: the number has none."""
    bare = ANNOTATION.sub("", unit)
    if "{" in bare or "}" in bare or bare.count("(") != bare.count(")"):
        return False
    parts = [part for part in re.split(r"[/.()]", bare) if part]
    return all(map(_is_term, parts)) and not re.search(r"[./][./]|[./]$", _filled(unit))


def _filled(unit: str) -> str:
    """Put a 1 where an annotation stands alone, so that only real gaps are gaps."""
    return ANNOTATION.sub("1", unit)


def _is_term(term: str) -> bool:
    if term.isdigit():
        return True
    match = TERM.fullmatch(term)
    return match is not None and _is_atom(match["atom"])


def _is_atom(atom: str) -> bool:
    if atom in METRIC or atom in PLAIN:
        return True
    return any(atom.startswith(prefix) and atom[len(prefix) :] in METRIC | {"m[H2O]", "m[Hg]"} for prefix in PREFIXES)
