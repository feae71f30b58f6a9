//! Catalogues of holes: every form, and whatever is wrong in one.

use std::io::{Read, Write};

use whomade_formats::read::catalogue::{
    Entry, Hole, Kind, RECORD_BYTES_MAX, Range, Told, read_catalogue, read_stream,
};

fn read(text: &str) -> (Result<Told, String>, Vec<Entry>) {
    let mut all = Vec::new();
    let told = read_stream(text.as_bytes(), &mut |entry| all.push(entry));
    (told, all)
}

fn holes(text: &str) -> Vec<Hole> {
    let (told, all) = read(text);
    told.unwrap();
    let hole = |entry| match entry {
        Entry::Hole(hole) => Some(*hole),
        _ => None,
    };
    all.into_iter().filter_map(hole).collect()
}

fn range(from: &str, before: &str, until: &str, exact: &str) -> Range {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Range { from: said(from), before: said(before), until: said(until), exact: said(exact) }
}

fn cve(versions: &str) -> Vec<Range> {
    let text = format!(
        r#"{{"containers":{{"cna":{{"affected":[{{"vendor":"V","product":"P","versions":{versions}}}]}}}},
        "cveMetadata":{{"cveId":"CVE-2026-0001","state":"PUBLISHED","assignerShortName":"a"}}}}"#
    );
    holes(&text).remove(0).products.remove(0).ranges
}

#[test]
fn versions_of_a_cve_record_are_ranges_or_nothing() {
    for (versions, ranges) in [
        (
            r#"[{"version":"1.0","status":"affected","lessThan":"2.0"}]"#,
            range("1.0", "2.0", "", ""),
        ),
        (
            r#"[{"version":"0","status":"affected","lessThanOrEqual":"2.0"}]"#,
            range("", "", "2.0", ""),
        ),
        (
            r#"[{"version":"unspecified","status":"affected","lessThan":"2"}]"#,
            range("", "2", "", ""),
        ),
        (r#"[{"version":"1.5","status":"affected"}]"#, range("", "", "", "1.5")),
        (r#"[{"version":"<= 1.5","status":"affected"}]"#, range("", "", "1.5", "")),
        (r#"[{"version":"< 1.5","status":"affected"}]"#, range("", "1.5", "", "")),
        (r#"[{"version":"1.0","status":"affected","lessThan":"*"}]"#, range("", "", "", "1.0")),
        (r#"[{"version":"n/a","status":"affected"}]"#, Range::default()),
        (r#"[{"version":"2.0","status":"unaffected"}]"#, Range::default()),
        ("[]", Range::default()),
    ] {
        assert_eq!(cve(versions), [ranges], "{versions}");
    }
}

#[test]
fn a_record_that_names_nobody_speaks_of_its_authority() {
    let text = r#"{"dataType":"CVE_RECORD","containers":{"cna":{"title":"T","affected":
        [{"vendor":"n/a","product":"n/a","versions":[{"version":"n/a","status":"affected"}]}]},
        "adp":[{"metrics":[{"other":{}},{"cvssV3_1":{"baseScore":9.8,"vectorString":"CVSS:3.1/x"}}]}]},
        "cveMetadata":{"cveId":"CVE-2021-36260","state":"PUBLISHED","assignerShortName":"hikvision",
        "datePublished":"2021-09-22T12:07:55.000Z"}}"#;
    let hole = holes(text).remove(0);
    assert_eq!((hole.title.as_str(), hole.score), ("T", Some(9.8)));
    let product = &hole.products[0];
    assert_eq!((product.company.as_str(), product.name.as_str()), ("hikvision", ""));
    let rejected = text.replace("PUBLISHED", "REJECTED");
    assert_eq!(read(&rejected).1, [Entry::Rejected("CVE-2021-36260".to_owned())]);
}

const NVD: &str = r#"{"timestamp":"2026-11-01T00:00:00.000","vulnerabilities":[
    {"cve":{"id":"CVE-2026-0002","vulnStatus":"Analyzed","configurations":[{"nodes":[{"cpeMatch":[
     {"vulnerable":true,"criteria":"cpe:2.3:o:v:a\\/b\\:c_firmware:*:*:*:*:*:*:*:*","versionStartIncluding":"1","versionEndExcluding":"2"},
     {"vulnerable":true,"criteria":"cpe:2.3:o:v:d_firmware:3.1:*:*:*:*:*:*:*"},
     {"vulnerable":true,"criteria":"cpe:2.3:o:v:e_firmware:-:*:*:*:*:*:*:*"},
     {"vulnerable":true,"criteria":"cpe:2.3:o:v:f_firmware:*:*:*:*:*:*:*:*","versionStartExcluding":"1","versionEndIncluding":"2"},
     {"vulnerable":false,"criteria":"cpe:2.3:h:v:a:-:*:*:*:*:*:*:*"},
     {"vulnerable":true,"criteria":"cpe:2.3:h:v:a:-:*:*:*:*:*:*:*"},
     {"vulnerable":true,"criteria":"cpe:/o:v:g"}]},
     {"negate":true,"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:o:v:z:1:*:*:*:*:*:*:*"}]}]}]}},
    {"cve":{"id":"CVE-2026-0003","vulnStatus":"Rejected"}},
    {"cve":{"id":"no number"}}, 7, {"x":1}, {"cve":null}]}"#;

#[test]
fn names_of_the_database_are_taken_apart_and_hardware_is_no_product() {
    let (told, all) = read(NVD);
    let told = told.unwrap();
    assert_eq!((told.kind, told.day.as_deref()), (Kind::Nvd, Some("2026-11-01")));
    let Entry::Hole(hole) = &all[0] else { panic!("{all:?}") };
    let told: Vec<(&str, &Range)> =
        hole.products.iter().map(|one| (one.name.as_str(), &one.ranges[0])).collect();
    let (two, one) = (range("1", "2", "", ""), range("", "", "", "3.1"));
    let none = Range::default();
    assert_eq!(told, [("a/b:c", &two), ("d", &one), ("e", &none), ("f", &none)]);
    let unusable = Entry::Unusable("no number".to_owned());
    assert_eq!(all[1..], [Entry::Rejected("CVE-2026-0003".to_owned()), unusable]);
}

#[test]
fn a_bare_record_and_a_feed_of_them_are_read() {
    let bare =
        r#"{"id":"CVE-2026-0004","published":"2026-05-01T00:00:00.000","configurations":[]}"#;
    let (told, all) = read(bare);
    assert_eq!((told.unwrap().kind, all.len()), (Kind::Nvd, 1));
    let (told, all) =
        read(&format!(r#"{{"cve_items":[{bare},{bare}],"timestamp":"2026-11-02T"}}"#));
    assert_eq!((told.unwrap().records, all.len()), (2, 2));
}

#[test]
fn products_of_an_advisory_are_found_wherever_they_stand_in_the_tree() {
    let tree = r#"{"branches":[{"category":"vendor","name":"V","branches":[
        {"category":"product_name","name":"A","branches":[
          {"category":"product_version_range","name":"vers:generic/>=1.0|<2.0","product":{"product_id":"1"}},
          {"category":"product_version_range","name":"all before summer","product":{"product_id":"2"}},
          {"category":"product_version","name":"3.0","product":{"product_id":"3"}}]},
        {"category":"product_name","name":"B","product":{"product_id":"4"}}]}],
        "full_product_names":[{"product_id":"5","name":"C"}],
        "relationships":[{"category":"installed_on","product_reference":"1",
          "relates_to_product_reference":"4","full_product_name":{"product_id":"6","name":"x"}}]}"#;
    let hole = |ids: &str| {
        format!(
            r#"[{{"cve":"CVE-2026-0005","product_status":{{"known_affected":{ids},"fixed":["3"]}}}},{{"ids":[]}}]"#
        )
    };
    let document = r#"{"title":"T","tracking":{"id":"X-1","version":"2",
        "current_release_date":"2026-09-10T0"}}"#;
    // The holes may stand before the tree that their ids are of.
    let text = format!(
        r#"{{"vulnerabilities":{},"product_tree":{tree},"document":{document}}}"#,
        hole(r#"["1","2","3","4","5","6","nowhere"]"#)
    );
    let (told, _) = read(&text);
    let told = told.unwrap();
    assert_eq!((told.kind, told.records), (Kind::Csaf, 1));
    assert_eq!(told.edition.as_deref(), Some("X-1 2"));
    let hole = holes(&text).remove(0);
    let told: Vec<(&str, &str, Range)> = hole
        .products
        .iter()
        .map(|one| (one.company.as_str(), one.name.as_str(), one.ranges[0].clone()))
        .collect();
    let between = range("1.0", "2.0", "", "");
    assert_eq!(
        told,
        [
            ("V", "A", between.clone()),
            ("V", "A", Range::default()),
            ("V", "A", range("", "", "", "3.0")),
            ("V", "B", Range::default()),
            ("", "C", Range::default()),
            ("V", "B", between),
        ]
    );
}

#[test]
fn exploited_numbers_and_scores_are_taken_where_they_are_such() {
    let (told, all) = read(
        r#"{"catalogVersion":"2026.11.01","dateReleased":"2026-11-01T1","vulnerabilities":[
        {"cveID":"CVE-2026-0006","dateAdded":"2026-10-05"},{"cveID":"x","dateAdded":"2026-10-05"},
        {"cveID":"CVE-2026-0007","dateAdded":"soon"}]}"#,
    );
    assert_eq!(told.unwrap().kind, Kind::Kev);
    let unusable = |number: &str| Entry::Unusable(number.to_owned());
    assert_eq!(
        all,
        [
            Entry::Exploited("CVE-2026-0006".into(), "2026-10-05".into()),
            unusable("x"),
            unusable("CVE-2026-0007"),
        ]
    );
    let (told, all) = read(
        "#model_version:v2025.03.14,score_date:2026-11-01T12:55:00Z\ncve,epss,percentile\n\
         CVE-2026-0006,0.5,0.9\nCVE-2026-0007,1.5,0.9\nCVE-2026-0008,NaN,0.9\nx,0.5,0.9\n",
    );
    let told = told.unwrap();
    assert_eq!(
        (told.day.as_deref(), told.edition.as_deref()),
        (Some("2026-11-01"), Some("v2025.03.14"))
    );
    assert_eq!(
        all,
        [
            Entry::Score("CVE-2026-0006".into(), 0.5, 0.9),
            unusable("CVE-2026-0007"),
            unusable("CVE-2026-0008"),
            unusable("x"),
        ]
    );
}

#[test]
fn what_is_no_catalogue_or_broken_is_refused_and_never_a_panic() {
    let deep = format!("{{\"product_tree\":{}", "{\"branches\":[".repeat(5_000));
    for text in [
        "",
        "  ",
        "[]",
        "{}",
        "7",
        "cve,score\n",
        "cvs",
        "<html>",
        "{\"a\":1}",
        "{\"vulnerabilities\":7}",
        "{\"id\":7}",
        "\u{feff}",
        &deep,
        "{\"vulnerabilities\":[{\"cve\":",
        "#model\nx\n",
    ] {
        assert!(read(text).0.is_err(), "{text:.60}");
    }
    // Every beginning of a file that is whole.
    for end in 0..NVD.len() {
        if NVD.is_char_boundary(end) {
            assert!(read(&NVD[..end]).0.is_err(), "{end}");
        }
    }
}

#[test]
fn a_record_without_end_is_given_up() {
    let head = std::io::Cursor::new(b"{\"vulnerabilities\":[{\"cve\":{\"id\":\"".to_vec());
    let text = head.chain(std::io::repeat(b'x').take(RECORD_BYTES_MAX * 2));
    let told = read_stream(text, &mut |_| {});
    assert!(told.unwrap_err().contains("larger than"));
}

#[test]
fn packed_copies_are_read_and_an_archive_is_all_of_its_records() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let packed = folder.join(format!("nvd-{}.json.gz", std::process::id()));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(NVD.as_bytes()).unwrap();
    std::fs::write(&packed, gz.finish().unwrap()).unwrap();
    let mut count = 0;
    let told = read_catalogue(&packed, &mut |_| count += 1).unwrap();
    assert_eq!((told.kind, count), (Kind::Nvd, 3));
    let archive = folder.join(format!("records-{}.zip", std::process::id()));
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&archive).unwrap());
    let record = |id: &str| {
        format!(
            r#"{{"containers":{{"cna":{{}}}},"cveMetadata":{{"cveId":"{id}","state":"PUBLISHED",
            "dateUpdated":"2026-1{}-01T0"}}}}"#,
            &id[12..]
        )
    };
    for (name, text) in [
        ("cves/1.json", record("CVE-2026-0011")),
        ("cves/2.json", record("CVE-2026-0012")),
        ("cves/delta.json", "{\"new\":[]}".to_owned()),
        ("README.md", "# x".to_owned()),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    let mut all = Vec::new();
    let told = read_catalogue(&archive, &mut |entry| all.push(entry)).unwrap();
    assert_eq!((told.kind, told.records, all.len()), (Kind::Cve, 2, 2));
    assert_eq!(told.day.as_deref(), Some("2026-12-01"));
    for path in [packed, archive] {
        std::fs::remove_file(path).unwrap();
    }
    assert!(read_catalogue(folder, &mut |_| {}).is_err());
}
