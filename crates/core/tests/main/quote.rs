//! Quoted items: what stands before the make, and which things their words offer.

use proptest::prelude::*;
use whomade_core::kb::quote::past_furniture;
use whomade_core::observation::{Field, Observation};

use crate::support::{answer, base, device};

fn offered(item: &str) -> Vec<String> {
    base().quote(item).offered
}

#[test]
fn the_thing_offered_is_told_from_what_it_replaces_or_is_fixed_with() {
    for (item, thing) in [
        ("Hikvision DS-2CD2143G2-I (replaces Axis P3245-LVE)", "Hikvision DS-2CD2143G2-I"),
        ("Dahua IPC-HDW2431T in place of Bosch NDE-5503", "Dahua IPC-HDW2431T"),
        ("Dahua IPC-HDW2431T instead of the Bosch NDE-5503", "Dahua IPC-HDW2431T"),
        ("Axis P3245-LV (ersetzt Hikvision DS-2CD2143G2-I)", "Axis P3245-LV"),
        ("Axis P3245-LV remplace la Hikvision DS-2CD2143G2-I", "Axis P3245-LV"),
        ("Axis P3245-LV replaces Bosch NDE-5503 and Hikvision DS-1", "Axis P3245-LV"),
        ("Axis P3245-LV replaced by Hikvision DS-2CD2143G2-I", "Hikvision DS-2CD2143G2-I"),
        ("Hikvision DS-2CD2143G2-I with Axis mount", "Hikvision DS-2CD2143G2-I"),
        (
            "Hikvision DS-2CD2143G2-I compatible with Axis Camera Station",
            "Hikvision DS-2CD2143G2-I",
        ),
        ("Hikvision DS-2CD2143G2-I ONVIF compatible", "Hikvision DS-2CD2143G2-I"),
        ("Axis P3245-LV (not Hikvision)", "Axis P3245-LV"),
        ("Hikvision compatible DS-2CD2143G2-I", "Hikvision compatible DS-2CD2143G2-I"),
    ] {
        let quote = base().quote(item);
        assert!(quote.offered[0].starts_with(thing), "{item}: {quote:?}");
        assert_eq!(quote.offered.len(), 1, "{item}: {quote:?}");
        assert!(!quote.or_equal, "{item}");
    }
}

#[test]
fn where_no_word_says_which_make_each_of_them_is_a_thing() {
    for (item, one, other) in [
        ("Dahua IPC-1A or Hikvision DS-2CD2143G2-I", "Dahua IPC-1A", "Hikvision DS-2CD2143G2-I"),
        ("Axis P3245-LV / LTS CMIP7422N-28M", "Axis P3245-LV", "LTS CMIP7422N-28M"),
        ("Axis P3245-LV or DS-2CD2143G2-I", "Axis P3245-LV", "DS-2CD2143G2-I"),
        ("DS-2CD2143G2-I Hikvision or P3245-LV Axis", "DS-2CD2143G2-I Hikvision", "P3245-LV Axis"),
        ("Axis P3245-LV or Hikvision surface mount dome", "Axis P3245-LV", "Hikvision surface"),
        ("Axis P3245-LV, Hikvision DS-1A surface mount dome", "Axis P3245-LV", "Hikvision DS-1A"),
        ("Lorex (Dahua OEM) LNB8973B", "Lorex LNB8973B", "Dahua OEM"),
        // What is replaced ends at the comma.
        (
            "Axis P3245-LV replaces the old system, Hikvision DS-2CD2143G2-I",
            "Axis P3245-LV",
            "Hikvision DS-2CD2143G2-I",
        ),
    ] {
        let things = offered(item);
        assert_eq!(things.len(), 2, "{item}: {things:?}");
        assert!(things[0].starts_with(one), "{item}: {things:?}");
        assert!(things[1].starts_with(other), "{item}: {things:?}");
    }
}

#[test]
fn or_equal_lets_another_product_come() {
    for item in [
        "Hikvision DS-1A or equal",
        "Hikvision DS-1A (or approved equal)",
        "Axis oder gleichwertig",
    ] {
        let quote = base().quote(item);
        assert!(quote.or_equal && quote.offered.len() == 1, "{item}: {quote:?}");
    }
    assert!(!base().quote("Hikvision DS-1A, white or black").or_equal);
}

#[test]
fn the_furniture_of_a_list_is_read_past_and_nothing_else() {
    let names = &base().names;
    for (item, rest) in [
        ("(2) LTS CMIP7422N-28M", "LTS CMIP7422N-28M"),
        ("Item 4: LTS CMIP7422N-28M", "LTS CMIP7422N-28M"),
        ("SKU 10023 LTS CMIP7422N-28M", "LTS CMIP7422N-28M"),
        ("1 ea. IC Realtime ICIP-D2732Z", "IC Realtime ICIP-D2732Z"),
        ("Line 0010 - Qty: 12 ea LTS CMIP-1", "LTS CMIP-1"),
        ("CLIN 0001AA LTS CMIP-1", "LTS CMIP-1"),
        ("Pos. 3) 4x LTS CMIP-1", "LTS CMIP-1"),
        ("Part no. DS-2CD2143G2-I", "DS-2CD2143G2-I"),
        ("4 nos. LTS CMIP-1", "LTS CMIP-1"),
        ("360 Vision PRD-1", "360 Vision PRD-1"),
        ("3xLOGIC VX-5M", "3xLOGIC VX-5M"),
        ("No Hikvision equipment", "No Hikvision equipment"),
        ("Install Hikvision DS-1A", "Install Hikvision DS-1A"),
        ("4MP Hikvision DS-1A", "4MP Hikvision DS-1A"),
    ] {
        assert_eq!(past_furniture(names, item), rest, "{item}");
    }
}

#[test]
fn a_product_cell_is_read_past_the_furniture_too() {
    let base = base();
    let label = |cell: &str| {
        let device = device(vec![Observation::new(Field::Product, cell)]);
        answer(&device).0.label.map(|label| base.id(label.of).to_owned())
    };
    assert_eq!(label("(2) LTS CMIP7422N-28M").as_deref(), Some("lts"));
    assert_eq!(label("Item 4: LTS CMIP7422N-28M").as_deref(), Some("lts"));
    assert_eq!(label("Install LTS CMIP7422N-28M"), None);
}

proptest! {
    #[test]
    fn any_text_may_be_quoted(text in "[ -~äß（）\u{2013}\u{130}]{0,60}") {
        let quote = base().quote(&text);
        prop_assert!(!quote.offered.is_empty());
    }

    #[test]
    fn words_that_part_things_may_stand_in_any_order(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "Hikvision", "Axis", "LTS", "DS-2CD2143G2-I", "or", "and", "(", ")", "replaces",
                "replaced by", "or equal", "with", "mount", ",", "/", "not", "2x", "Item 4:",
            ]),
            0..12,
        ),
    ) {
        let text = words.join(" ");
        let quote = base().quote(&text);
        prop_assert!(!quote.offered.is_empty(), "{}", text);
        // A make that stands alone before everything else is never lost.
        if let ["Hikvision", "DS-2CD2143G2-I", rest @ ..] = words.as_slice()
            && !rest.contains(&"replaced by")
        {
            prop_assert!(
                quote.offered.iter().any(|one| one.starts_with("Hikvision")),
                "{}: {:?}", text, quote
            );
        }
    }
}
