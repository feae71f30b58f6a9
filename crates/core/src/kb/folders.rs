// The build script that packs the base reads this file too, so that both know the same folders.

/// The folders of the base that hold one fact a file.
pub const FOLDERS: [&str; 10] = [
    "makers",
    "labels",
    "models",
    "signatures",
    "regimes",
    "forms",
    "advisories",
    "endpoints",
    "conduct",
    "sources",
];
