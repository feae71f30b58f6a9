//! Ribbons between two columns of nodes: the geometry that every picture of flows shares.

/// Width of a node.
pub const NODE: f64 = 9.0;

/// Where a node stands, what it weighs, and how far ribbons have filled it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stand {
    /// What it weighs.
    pub weight: u64,
    /// Where it begins, from above.
    pub top: f64,
    /// How much of it ribbons have taken.
    pub filled: f64,
}

/// Puts nodes below each other, each in a slot that holds its text; gives where they end.
pub fn stack<'s>(
    stands: impl Iterator<Item = &'s mut Stand>,
    scale: f64,
    slot: f64,
    gap: f64,
    from: f64,
) -> f64 {
    let mut y = from;
    for stand in stands {
        let height = thick(stand.weight, scale);
        let room = height.max(slot);
        stand.top = y + (room - height) / 2.0;
        y += room + gap;
    }
    y - gap
}

/// How high a node is: never so thin that it is not seen.
#[must_use]
pub fn thick(weight: u64, scale: f64) -> f64 {
    (weight as f64 * scale).max(1.5)
}

/// The outline of a ribbon between two nodes, which takes its place at both of them.
pub fn band(
    weight: u64,
    scale: f64,
    (x0, from): (f64, &mut Stand),
    (x1, to): (f64, &mut Stand),
) -> String {
    let height = weight as f64 * scale;
    let (y0, y1) = (from.top + from.filled, to.top + to.filled);
    from.filled += height;
    to.filled += height;
    let height = height.max(0.7);
    let middle = px(f64::midpoint(x0, x1));
    let (a, b, c, d) = (px(y0), px(y1), px(y1 + height), px(y0 + height));
    format!("M{x0} {a}C{middle} {a} {middle} {b} {x1} {b}V{c}C{middle} {c} {middle} {d} {x0} {d}Z")
}

/// A number of a drawing, with one digit at most.
#[must_use]
pub fn px(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// A name that fits.
#[must_use]
pub fn cut(name: &str, letters: usize) -> String {
    if name.chars().count() <= letters {
        return name.to_owned();
    }
    let short: String = name.chars().take(letters - 1).collect();
    format!("{}…", short.trim_end_matches([' ', ',', '.', '(']))
}
