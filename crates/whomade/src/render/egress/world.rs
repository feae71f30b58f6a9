//! Where countries lie on the map: outlines and middles of Natural Earth, made by
//! `examples/world.rs` out of files in the public domain (`world/NOTICE.md`). No address lies
//! anywhere on it: a country is where somebody registered an address.

use std::sync::LazyLock;

static TABLE: &str = include_str!("world/world.tsv");

/// The map, in its own units.
pub(super) struct World {
    pub(super) wide: f64,
    pub(super) high: f64,
    /// Every country that it knows, by code; one without a code has an outline only.
    pub(super) countries: Vec<Country>,
}

/// One country.
pub(super) struct Country {
    /// The code of ISO 3166-1, two letters; empty where it has none.
    pub(super) code: &'static str,
    /// Its name, as Natural Earth has it.
    pub(super) name: &'static str,
    /// Its middle.
    pub(super) at: (f64, f64),
    /// Its outline; empty where it is too small to be drawn.
    pub(super) path: &'static str,
}

/// The map.
pub(super) static WORLD: LazyLock<World> = LazyLock::new(|| {
    let number = |text: Option<&str>| text.and_then(|text| text.parse().ok()).unwrap_or_default();
    let mut lines = TABLE.lines();
    let mut head = lines.next().unwrap_or_default().split('\t');
    let (wide, high) = (number(head.next()), number(head.next()));
    let countries = lines.filter_map(|line| {
        let mut cells = line.split('\t');
        let (code, name) = (cells.next()?, cells.next()?);
        let at = (number(cells.next()), number(cells.next()));
        Some(Country { code, name, at, path: cells.next().unwrap_or_default() })
    });
    World { wide, high, countries: countries.collect() }
});

impl World {
    /// The country of a code.
    pub(super) fn find(&self, code: &str) -> Option<&Country> {
        self.countries.iter().find(|one| !code.is_empty() && one.code.eq_ignore_ascii_case(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_knows_the_countries_where_clouds_are_registered_and_stays_small() {
        assert!(TABLE.len() < 100_000, "{}", TABLE.len());
        for (code, name) in [
            ("SG", "Singapore"),
            ("HK", "Hong Kong"),
            ("CN", "China"),
            ("US", "United States of America"),
            ("DE", "Germany"),
            ("IE", "Ireland"),
            ("fr", "France"),
        ] {
            let one = WORLD.find(code).unwrap();
            assert_eq!(one.name, name);
            let (x, y) = one.at;
            assert!(x > 0.0 && x < WORLD.wide && y > 0.0 && y < WORLD.high, "{code}");
        }
        assert!(WORLD.find("").is_none() && WORLD.find("ZZ").is_none());
        let drawn = WORLD.countries.iter().filter(|one| !one.path.is_empty()).count();
        assert!(drawn > 170 && WORLD.countries.len() > 230);
        let plain = |c: char| c.is_ascii_digit() || "MlzLHV -".contains(c);
        assert!(WORLD.countries.iter().all(|one| one.path.chars().all(plain)));
    }

    #[test]
    fn the_notice_names_the_bytes_that_ship() {
        use sha2::{Digest as _, Sha256};
        let notice = include_str!("world/NOTICE.md");
        let hash = whomade_inquiry::base::hex(&Sha256::digest(TABLE.as_bytes()));
        assert!(notice.contains(&hash), "world.tsv is {hash}; say so in NOTICE.md");
    }
}
