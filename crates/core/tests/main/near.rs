//! What a number may be near to, that nobody wrote: asked, never weighed.

use whomade_core::attribution::Certainty;
use whomade_core::kb::near::Near;
use whomade_core::observation::{Field, Observation};

use crate::support::{answer, base, device};

fn near(seen: Vec<Observation>) -> Vec<String> {
    let device = device(seen);
    let (read, design) = answer(&device);
    let near = base().near(&device, &read);
    assert!(near.is_empty() || design.certainty == Certainty::Unknown, "{near:?}");
    near.iter().map(|one| base().near_words(one)).collect()
}

fn model(number: &str) -> Vec<Observation> {
    vec![Observation::new(Field::Model, number)]
}

#[test]
fn a_dash_that_is_missing_is_asked_for_where_one_maker_alone_fits() {
    for number in ["DS2CD2143G2I", "ds2cd2143g2i"] {
        let said = near(model(number));
        assert_eq!(said.len(), 1, "{number}: {said:?}");
        assert!(said[0].contains("Hikvision") && said[0].contains("dash"), "{said:?}");
    }
    // Letters, a dash and digits would be of too many forms.
    for number in ["TC60", "LNB9252B", "DNR200", "NG1234", "DS-2CD2143G2-I", "1080P"] {
        let said = near(model(number));
        assert!(!said.iter().any(|one| one.contains("dash")), "{number}: {said:?}");
    }
}

#[test]
fn dashes_taken_out_of_a_makers_own_numbers_never_lead_to_another() {
    let base = base();
    let mut right = 0;
    for (maker, file) in &base.facts.models {
        for number in file.models.iter().flat_map(|one| &one.example) {
            let device = device(model(&number.replace('-', "")));
            let (read, _) = answer(&device);
            for one in base.near(&device, &read) {
                let Near::Dash { of, .. } = one else { continue };
                assert_eq!(base.id(of), maker, "{number}");
                right += 1;
            }
        }
    }
    assert!(right > 20, "only {right} are led back");
}

#[test]
fn a_number_without_a_label_leads_to_the_one_label_that_has_such_numbers() {
    let said = near(model("CMIP9362W-6M"));
    assert!(said.len() == 1 && said[0].contains("LTS"), "{said:?}");
    let labelled = vec![
        Observation::new(Field::Label, "Northgate"),
        Observation::new(Field::Model, "CMIP9362W-6M"),
    ];
    assert_eq!(near(labelled), Vec::<String>::new());
}
