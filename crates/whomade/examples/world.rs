//! Makes the map of `whomade egress --html` out of Natural Earth's countries, as the npm package
//! `world-atlas` packs them, and of the codes of ISO 3166-1 as `i18n-iso-countries` lists them:
//!
//! ```sh
//! cargo run -p whomade --example world -- \
//!     countries-110m.json countries-50m.json codes.json > world.tsv
//! ```
//!
//! The same files give the same bytes. `NOTICE.md` beside the map says which were taken.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for whoever renews the map")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Width of the map in its own units.
const WIDE: f64 = 2000.0;
/// What lies further south is Antarctica, where nobody is registered.
const SOUTH: f64 = -58.0;
/// Islands smaller than this, in square units, are no more than a dot.
const AREA_MIN: f64 = 3.0;

type Ring = Vec<(f64, f64)>;

struct Country {
    number: String,
    name: String,
    rings: Vec<Ring>,
}

fn main() {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let [shapes, further, codes] = files.as_slice() else { panic!("three files are needed") };
    let read =
        |path: &String| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (shapes, further, codes): (Value, Value, Value) =
        (read(shapes), read(further), read(codes));
    let codes: BTreeMap<&str, &str> = codes
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row[2].as_str().unwrap(), row[0].as_str().unwrap()))
        .collect();
    let (mut rows, mut drawn, mut lowest) = (Vec::new(), BTreeSet::new(), 0_i64);
    let top = project((0.0, 84.0)).1;
    for (shaped, one) in countries(&shapes)
        .into_iter()
        .map(|one| (true, one))
        .chain(countries(&further).into_iter().map(|one| (false, one)))
    {
        let code = codes.get(one.number.as_str()).copied().unwrap_or_default();
        if code == "AQ" || (!shaped && (code.is_empty() || drawn.contains(code))) {
            continue;
        }
        drawn.insert(code);
        let rings: Vec<Ring> = one
            .rings
            .iter()
            .map(|ring| ring.iter().map(|at| project(*at)).map(|(x, y)| (x, top - y)).collect())
            .collect();
        let largest =
            rings.iter().max_by(|one, other| area(one).abs().total_cmp(&area(other).abs()));
        let (x, y) = middle(largest.unwrap());
        let path = if shaped { path(&rings, &mut lowest) } else { String::new() };
        rows.push(format!("{code}\t{}\t{x:.0}\t{y:.0}\t{path}", one.name));
    }
    rows.sort();
    println!("{WIDE:.0}\t{lowest}");
    rows.iter().for_each(|row| println!("{row}"));
}

/// The countries of a topology, their borders put together from its arcs.
fn countries(topology: &Value) -> Vec<Country> {
    let pair = |of: &Value| (of[0].as_f64().unwrap(), of[1].as_f64().unwrap());
    let (scale, origin) =
        (pair(&topology["transform"]["scale"]), pair(&topology["transform"]["translate"]));
    let arc = |arc: &Value| -> Ring {
        let mut at = (0.0, 0.0);
        let steps = arc.as_array().unwrap().iter().map(pair);
        steps
            .map(|step| {
                at = (at.0 + step.0, at.1 + step.1);
                (at.0 * scale.0 + origin.0, at.1 * scale.1 + origin.1)
            })
            .collect()
    };
    let arcs: Vec<Ring> = topology["arcs"].as_array().unwrap().iter().map(arc).collect();
    let ring = |numbers: &Value| -> Ring {
        let mut all = Ring::new();
        for number in numbers.as_array().unwrap().iter().map(|one| one.as_i64().unwrap()) {
            // A number below zero is an arc that is gone along backwards.
            let mut piece = arcs[usize::try_from(number.max(!number)).unwrap()].clone();
            if number < 0 {
                piece.reverse();
            }
            all.extend(piece.into_iter().skip(usize::from(!all.is_empty())));
        }
        all
    };
    let all = topology["objects"]["countries"]["geometries"].as_array().unwrap();
    all.iter()
        .map(|one| {
            let polygons: Vec<&Value> = match one["type"].as_str().unwrap() {
                "Polygon" => vec![&one["arcs"]],
                _ => one["arcs"].as_array().unwrap().iter().collect(),
            };
            Country {
                number: one["id"].as_str().unwrap_or_default().to_owned(),
                name: one["properties"]["name"].as_str().unwrap().to_owned(),
                rings: polygons
                    .iter()
                    .flat_map(|polygon| polygon.as_array().unwrap())
                    .flat_map(|numbers| cut(ring(numbers)))
                    .collect(),
            }
        })
        .collect()
}

/// A ring that goes over the edge of the map becomes one on either side of it.
fn cut(mut ring: Ring) -> Vec<Ring> {
    let mut turns = 0.0;
    for at in 1..ring.len() {
        let step = ring[at].0 + turns - ring[at - 1].0;
        turns -= if step > 180.0 {
            360.0
        } else if step < -180.0 {
            -360.0
        } else {
            0.0
        };
        ring[at].0 += turns;
    }
    let sides = [-360.0, 0.0, 360.0].map(|turn| {
        let turned: Ring = ring.iter().map(|(x, y)| (x + turn, *y)).collect();
        within(within(turned, 180.0), -180.0)
    });
    sides.into_iter().filter(|side| side.len() > 2).collect()
}

/// What of a ring lies on the map's side of a meridian at its edge.
fn within(ring: Ring, edge: f64) -> Ring {
    let inside = |x: f64| if edge > 0.0 { x <= edge } else { x >= edge };
    let mut kept = Ring::new();
    for (at, (x, y)) in ring.iter().copied().enumerate() {
        let (x0, y0) = ring[(at + ring.len() - 1) % ring.len()];
        if inside(x) != inside(x0) {
            kept.push((edge, (edge - x0) / (x - x0) * (y - y0) + y0));
        }
        if inside(x) {
            kept.push((x, y));
        }
    }
    kept
}

/// The projection Equal Earth (Šavrič, Patterson and Jenny 2018): areas keep their proportions, so
/// that no country looks larger than it is.
fn project((longitude, latitude): (f64, f64)) -> (f64, f64) {
    const A: [f64; 4] = [1.340_264, -0.081_106, 0.000_893, 0.003_796];
    let half = 3.0_f64.sqrt() / 2.0;
    let scale = WIDE / (2.0 * 2.706_63);
    let (lambda, phi) = (longitude.to_radians(), latitude.max(SOUTH).to_radians());
    let theta = (half * phi.sin()).asin();
    let slope = 9.0f64.mul_add(
        A[3] * theta.powi(8),
        7.0f64.mul_add(A[2] * theta.powi(6), 3.0f64.mul_add(A[1] * theta.powi(2), A[0])),
    );
    let x = lambda * theta.cos() / (half * slope);
    let y = A[3] * theta.powi(9) + A[2] * theta.powi(7) + A[1] * theta.powi(3) + A[0] * theta;
    (x.mul_add(scale, WIDE / 2.0), y * scale)
}

/// Twice would be the sum of the cross products; the sign tells the way round.
fn area(ring: &Ring) -> f64 {
    let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
    pairs.map(|((x0, y0), (x1, y1))| x0 * y1 - x1 * y0).sum::<f64>() / 2.0
}

/// The middle of what a ring encloses.
fn middle(ring: &Ring) -> (f64, f64) {
    let (mut x, mut y) = (0.0, 0.0);
    for ((x0, y0), (x1, y1)) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        let cross = x0 * y1 - x1 * y0;
        (x, y) = (x + (x0 + x1) * cross, y + (y0 + y1) * cross);
    }
    let six = 6.0 * area(ring);
    (x / six, y / six)
}

/// Rings as a path in whole units, each step from the one before.
fn path(rings: &[Ring], lowest: &mut i64) -> String {
    let mut out = String::new();
    let whole = |(x, y): &(f64, f64)| (x.round() as i64, y.round() as i64);
    for ring in rings.iter().filter(|ring| area(ring).abs() >= AREA_MIN) {
        let mut points: Vec<(i64, i64)> = ring.iter().map(whole).collect();
        points.dedup();
        if points.len() > 3 && points.first() == points.last() {
            points.pop();
        }
        let mut before = points[0];
        out.push_str(&format!("M{} {}l", before.0, before.1));
        for at in points.iter().skip(1) {
            let (x, y) = (at.0 - before.0, at.1 - before.1);
            let blank = |number: i64| if number < 0 { "" } else { " " };
            out.push_str(&format!("{}{x}{}{y}", blank(x), blank(y)));
            before = *at;
            *lowest = (*lowest).max(at.1);
        }
        out.push('z');
    }
    out.replace("l ", "l")
}
