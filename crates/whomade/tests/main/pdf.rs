//! Papers as PDF: the helper is found, run, and missed with a next step.

use crate::room::Room;

/// Whether the helper was built beside the program; `./test` builds it.
fn has_helper() -> bool {
    let beside = std::path::Path::new(env!("CARGO_BIN_EXE_whomade")).parent().expect("a folder");
    beside.join("whomade-typeset").is_file()
}

#[expect(clippy::print_stderr, reason = "who reads the run must see that something was not run")]
fn skipped() {
    assert!(
        std::env::var_os("WHOMADE_VALIDATORS").is_none(),
        "whomade-typeset is not beside the program, and ./test builds it"
    );
    eprintln!("skipped: whomade-typeset is not beside the program; cargo build -p whomade-typeset");
}

#[test]
fn every_kind_of_paper_is_set() {
    if !has_helper() {
        return skipped();
    }
    let room = Room::new("pdf");
    for (command, title) in [
        ("report summary examples/council.csv --as uk-council --on 2026-11-22", "Cameras and"),
        ("report device 1001 examples/contractor.xlsx --on 2026-11-22", "1001"),
        (
            "report importer examples/council.csv --as eu-label-holder --on 2026-11-22",
            "Labels that",
        ),
        ("letter 'Ashlow Fire and Security' examples/council.csv --as uk-council", "Ashlow"),
        ("egress examples/gate.pcap --paper transfer-record --on 2026-11-22", ""),
        (
            "plan examples/council.csv --as uk-council --on 2026-11-23 --terms examples/plan.toml",
            "157 devices that would have to go",
        ),
        ("regimes uk.co.2022_11_24", "Written statement of 24"),
        ("regimes --matrix", "Who may do what"),
    ] {
        let printed = room.lines(&format!("whomade {command} -q -o paper.pdf > /dev/null"));
        assert_eq!(printed, [""; 0], "{command}");
        let pdf = room.read("paper.pdf");
        assert!(pdf.starts_with(b"%PDF-"), "{command}");
        let about = room.lines("pdfinfo paper.pdf 2> /dev/null");
        if about.is_empty() || about[0].starts_with("[exit") {
            continue;
        }
        let line = |begins: &str| about.iter().find(|line| line.starts_with(begins)).cloned();
        assert!(line("Title:").unwrap_or_default().contains(title), "{command}: {about:#?}");
        assert!(line("Tagged:").unwrap_or_default().contains("yes"), "{command}");
    }
}

#[test]
fn without_the_helper_the_next_step_is_said_before_anything_is_read() {
    let room = Room::new("pdf-none");
    // Alone in a folder, with nothing on the path.
    room.run(&format!("mkdir alone; cp '{}' alone/", env!("CARGO_BIN_EXE_whomade")));
    let printed =
        room.lines("PATH=/nowhere; alone/whomade report summary nowhere.csv -o paper.pdf");
    assert!(printed[0].contains("[write/no-typesetter]"), "{printed:#?}");
    assert!(printed[0].contains(".html"), "{printed:#?}");
}
