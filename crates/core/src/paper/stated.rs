//! What a supplier's words are: a model number or a family, a company or a promise, a firm or a
//! way of buying. Words of a language only; whoever they name is looked up elsewhere.

/// Words of a cell that speak of more than one model.
const FAMILIES: [&str; 14] = [
    "all", "any", "every", "each", "various", "several", "family", "families", "range", "series",
    "alle", "tous", "toutes", "todos",
];
/// Words of a cell that promise something and name no company.
const PROMISES: [&str; 18] = [
    "ndaa",
    "taa",
    "compliant",
    "compliance",
    "complies",
    "comply",
    "conform",
    "conforms",
    "conforming",
    "certified",
    "approved",
    "eligible",
    "889",
    "ok",
    "okay",
    "various",
    "confidential",
    "proprietary",
];
/// Forms of companies: `Certified Optics Ltd` is one.
const FORMS: [&str; 12] = [
    "ltd",
    "limited",
    "inc",
    "llc",
    "co",
    "corp",
    "corporation",
    "company",
    "gmbh",
    "ag",
    "plc",
    "bv",
];
/// Words with which a cell begins that says who it is not, or nothing.
const DENIALS: [&str; 9] = ["not", "non", "no", "none", "never", "yes", "nicht", "kein", "see"];
/// Ways of buying that are nobody to write to.
const CHANNELS: [&str; 16] = [
    "online",
    "internet",
    "web",
    "website",
    "webshop",
    "web shop",
    "online shop",
    "online store",
    "online purchase",
    "bought online",
    "ebay",
    "marketplace",
    "direct",
    "cash",
    "credit card",
    "various",
];

fn words(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase)
}

/// Whether a cell is one model number: it has a digit, and speaks of no family.
#[must_use]
pub fn is_model_number(text: &str) -> bool {
    let numbered = text.chars().any(|c| c.is_ascii_digit()) && !text.contains('*');
    numbered && !words(text).any(|word| FAMILIES.contains(&word.as_str()))
}

/// Whether a cell begins with who it is not.
pub(super) fn denies(text: &str) -> bool {
    words(text).next().is_none_or(|first| DENIALS.contains(&first.as_str()))
}

/// Whether a cell that was filled in names no company: a promise, or who it is not.
pub(super) fn names_no_company(text: &str) -> bool {
    let any = |all: &[&str]| words(text).any(|word| all.contains(&word.as_str()));
    denies(text) || any(&PROMISES) && !any(&FORMS)
}

/// Whether a name in a column of suppliers is a way of buying and no firm.
#[must_use]
pub fn is_channel(name: &str) -> bool {
    let name = words(name).collect::<Vec<_>>().join(" ");
    CHANNELS.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_and_a_description_are_no_model_number() {
        for number in ["CMIP7412-28", "AXIS P1467-LE Bullet Camera", "FLEXIDOME 5100i"] {
            assert!(is_model_number(number), "{number}");
        }
        for other in ["all Speco models", "all 4K models", "turret, white", "CMIP74*", ""] {
            assert!(!is_model_number(other), "{other}");
        }
    }

    #[test]
    fn a_promise_is_no_company() {
        for text in ["NDAA compliant", "not Hikvision", "No Chinese maker", "yes", "See above"] {
            assert!(names_no_company(text), "{text}");
        }
        for text in
            ["made by us", "Nottingham Optics Ltd", "Noname Co., Shenzhen", "Certified Optics Ltd"]
        {
            assert!(!names_no_company(text), "{text}");
        }
    }

    #[test]
    fn a_way_of_buying_is_no_firm() {
        assert!(is_channel("Online") && is_channel("eBay"));
        assert!(!is_channel("Online Security Ltd") && !is_channel("Direct Alarms"));
    }
}
