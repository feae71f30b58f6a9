//! What was printed beside what should have been; `…` alone on a line stands for any lines.

/// The line that stands for any lines, none among them.
const ANY: &str = "…";

/// Lines without blanks at their ends and without blank lines at the end.
pub(crate) fn trimmed(lines: &[String]) -> Vec<&str> {
    let mut lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines
}

/// Whether the actual lines are the expected ones.
pub(crate) fn matches(expected: &[&str], actual: &[&str]) -> bool {
    let mut parts = expected.split(|line| *line == ANY);
    let Some(first) = parts.next() else { return actual.is_empty() };
    let Some(mut rest) = actual.strip_prefix(first) else { return false };
    let mut parts: Vec<&[&str]> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let found = find(rest, part);
        let Some(at) = found else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

fn find(lines: &[&str], part: &[&str]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    lines.windows(part.len()).position(|window| window == part)
}

/// The actual lines, with the elisions of the expected ones where their neighbours still stand.
pub(crate) fn updated(expected: &[&str], actual: &[&str]) -> Vec<String> {
    let mut out: Vec<&str> = Vec::new();
    let mut rest = actual;
    let parts: Vec<&[&str]> = expected.split(|line| *line == ANY).collect();
    for pair in parts.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        let until = match before.last() {
            None => Some(0),
            Some(line) => rest.iter().position(|other| other == line).map(|at| at + 1),
        };
        let until = until.unwrap_or(before.len()).min(rest.len());
        let from = match after.first() {
            None => Some(rest.len()),
            Some(line) => rest[until..].iter().position(|other| other == line).map(|at| until + at),
        };
        let from = from.unwrap_or_else(|| rest.len().saturating_sub(after.len()).max(until));
        out.extend(&rest[..until]);
        if out.last() != Some(&ANY) {
            out.push(ANY);
        }
        rest = &rest[from..];
    }
    out.extend(rest);
    out.into_iter().map(str::to_owned).collect()
}

#[test]
fn an_elision_stands_for_any_lines() {
    assert!(matches(&["a", "…", "c"], &["a", "b", "b", "c"]));
    assert!(matches(&["a", "…", "c"], &["a", "c"]));
    assert!(matches(&["…"], &[]));
    assert!(matches(&["…", "b", "…"], &["a", "b", "c"]));
    assert!(!matches(&["a", "…", "c"], &["a", "b"]));
    assert!(!matches(&["a"], &["a", "b"]));
    assert!(!matches(&[], &["a"]));
    assert!(!matches(&["a", "…", "a"], &["a"]));
}

#[test]
fn an_update_keeps_elisions() {
    assert_eq!(updated(&["a", "…", "c"], &["a", "b", "c", "d"]), ["a", "…", "c", "d"]);
    assert_eq!(updated(&["a", "…"], &["x", "b", "c"]), ["x", "…"]);
    assert_eq!(updated(&["a"], &["b", "c"]), ["b", "c"]);
}
