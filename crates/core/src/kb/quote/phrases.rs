//! The words by which people say what goes, what comes and what goes with it, in the languages
//! of the headings.

/// Words that say that what stands behind them goes, or is what the thing only works with.
pub(super) const GIVES_WAY: &[&str] = &[
    "replaces",
    "replacing",
    "replacement for",
    "replacement of",
    "in place of",
    "instead of",
    "in lieu of",
    "supersedes",
    "superseding",
    "substitute for",
    "ersetzt",
    "ersatz für",
    "anstelle",
    "anstatt",
    "statt",
    "remplace",
    "remplaçant",
    "remplacement de",
    "remplacement d",
    "remplacement du",
    "au lieu de",
    "au lieu d",
    "au lieu du",
    "à la place de",
    "à la place d",
    "à la place du",
    "reemplaza",
    "sustituye",
    "en lugar de",
    "en vez de",
    "sostituisce",
    "al posto di",
    "invece di",
    "in sostituzione di",
    "vervangt",
    "in plaats van",
    "ter vervanging van",
    "substitui",
    "em vez de",
    "no lugar de",
    "zastępuje",
    "zamiast",
    "works with",
    "for use with",
    "compatible with",
    "compatible to",
    "kompatibel mit",
    "kompatibel zu",
    "compatible avec",
    "compatible con",
    "compatible com",
    "compatibile con",
];

/// Words that say that what stands before them goes.
pub(super) const TAKES_OVER: &[&str] = &[
    "replaced by",
    "replaced with",
    "superseded by",
    "ersetzt durch",
    "remplacé par",
    "remplacée par",
    "reemplazado por",
    "sustituido por",
    "sostituito da",
    "sostituito con",
    "vervangen door",
    "substituído por",
    "zastąpiony przez",
];

/// Words that let another product come.
pub(super) const OR_EQUAL: &[&str] = &[
    "or equal",
    "or eq",
    "or equivalent",
    "or approved equal",
    "or approved equivalent",
    "or similar",
    "or better",
    "or comparable",
    "oder gleichwertig",
    "oder gleichwertiges",
    "oder ähnlich",
    "oder vergleichbar",
    "ou équivalent",
    "ou equivalent",
    "ou similaire",
    "ou équivalente",
    "ou equivalente",
    "ou similar",
    "o equivalente",
    "o similar",
    "o similare",
    "of gelijkwaardig",
    "lub równoważny",
];

/// What a thing is compatible with that is nobody's equipment.
pub(super) const FEATURES: &[&str] =
    &["onvif", "poe", "rtsp", "psia", "sip", "alexa", "h265", "h264"];
pub(super) const COMPATIBLE: &[&str] = &["compatible", "kompatibel", "compatibile", "compatibel"];

/// Words between two things of which only one may come.
pub(super) const EITHER: &[&str] = &["or", "oder", "ou", "alternatively", "alternativ"];
/// Words between two things of which both go, behind a word of [`GIVES_WAY`].
pub(super) const BOTH: &[&str] = &["and", "und", "et", "y", "e", "en", "i", "plus"];
/// Words that part a thing from what goes with it.
pub(super) const WITH: &[&str] =
    &["with", "mit", "avec", "con", "met", "com", "z", "incl", "including", "for"];
/// Words that say that the make behind them is not it.
pub(super) const NOT: &[&str] = &[
    "not", "no", "non", "never", "without", "nicht", "kein", "keine", "ohne", "sans", "sin",
    "senza",
];
/// What a make may sell that watches nobody.
pub(super) const FITTINGS: &[&str] = &[
    "mount",
    "mounts",
    "mounting",
    "bracket",
    "brackets",
    "backbox",
    "plate",
    "cable",
    "cables",
    "lens",
    "screws",
    "halterung",
    "halter",
    "wandhalter",
    "mastadapter",
    "kabel",
    "câble",
    "fixation",
    "soporte",
    "staffa",
    "beugel",
    "uchwyt",
];

/// What is asked about, whatever it is fixed with.
pub(super) const WATCHES: &[&str] = &[
    "camera",
    "cameras",
    "dome",
    "domes",
    "turret",
    "bullet",
    "ptz",
    "nvr",
    "dvr",
    "recorder",
    "kamera",
    "caméra",
    "cámara",
    "telecamera",
];
