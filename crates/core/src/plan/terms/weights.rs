//! What a day with a device weighs: four factors, multiplied.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ruling::Outcome;

/// How a device stands under the regime that says most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Prohibited.
    Barred,
    /// Needs an approval.
    Restricted,
    /// Facts are missing.
    Undetermined,
    /// It would be prohibited, if the regime bound its holder.
    WouldBeBarred,
    /// Advice, not an order.
    Advised,
    /// An exception or a waiver applies.
    Excepted,
    /// Nothing that asks for its removal.
    Nothing,
}

impl Standing {
    /// Every standing, strongest first.
    pub const ALL: [Self; 7] = [
        Self::Barred,
        Self::Restricted,
        Self::Undetermined,
        Self::WouldBeBarred,
        Self::Advised,
        Self::Excepted,
        Self::Nothing,
    ];

    /// The standing of an outcome.
    #[must_use]
    pub const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Barred => Self::Barred,
            Outcome::Restricted => Self::Restricted,
            Outcome::Undetermined => Self::Undetermined,
            Outcome::Advised => Self::Advised,
            Outcome::Excepted => Self::Excepted,
            Outcome::UnknownMaker
            | Outcome::NotYet
            | Outcome::Expired
            | Outcome::NotBound
            | Outcome::NoRule => Self::Nothing,
        }
    }

    /// The word of the terms.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Barred => "barred",
            Self::Restricted => "restricted",
            Self::Undetermined => "undetermined",
            Self::WouldBeBarred => "would-be-barred",
            Self::Advised => "advised",
            Self::Excepted => "excepted",
            Self::Nothing => "nothing",
        }
    }
}

/// Which holes are open on a device, by its firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exposed {
    /// One that is known to be exploited.
    Exploited,
    /// One at least.
    Affected,
    /// None that is known, or nobody can tell.
    Nothing,
}

impl Exposed {
    /// Each, the worst first.
    pub const ALL: [Self; 3] = [Self::Exploited, Self::Affected, Self::Nothing];

    /// The word of the terms.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Exploited => "exploited",
            Self::Affected => "affected",
            Self::Nothing => "nothing",
        }
    }
}

/// What captures show of its traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Egress {
    /// It exchanged something with a cloud service whose operator is known.
    Cloud,
    /// It exchanged something outside its network.
    Outside,
    /// It was seen, and exchanged nothing outside.
    Inside,
    /// No capture shows it.
    NotLooked,
}

impl Egress {
    /// Each, the farthest first.
    pub const ALL: [Self; 4] = [Self::Cloud, Self::Outside, Self::Inside, Self::NotLooked];

    /// The word of the terms.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::Outside => "outside",
            Self::Inside => "inside",
            Self::NotLooked => "not-looked",
        }
    }
}

/// `[risk]`: the factors. Where one stands at 0 a device is left where it is.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Risk {
    /// By what the rules say.
    pub ruling: RulingWeights,
    /// By the value of the context key `site-class` at its site; 1 where it is not told.
    pub site_class: BTreeMap<String, f64>,
    /// By the holes of its firmware.
    pub exposure: ExposureWeights,
    /// By what captures show.
    pub egress: EgressWeights,
    /// Where the day by which it must be gone has passed.
    pub overdue: f64,
}

impl Default for Risk {
    fn default() -> Self {
        let classes = [("sensitive", 3.0), ("non-sensitive", 1.0)];
        Self {
            ruling: RulingWeights::default(),
            site_class: classes.map(|(class, weight)| (class.to_owned(), weight)).into(),
            exposure: ExposureWeights::default(),
            egress: EgressWeights::default(),
            overdue: 2.0,
        }
    }
}

macro_rules! factors {
    (
        $(#[$doc:meta])*
        $name:ident, $of:ident { $($key:ident, $each:ident = $default:literal;)* }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
        #[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
        pub struct $name {
            $(#[doc = concat!("The factor of `", stringify!($key), "`.")] pub $key: f64,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($key: $default,)* }
            }
        }

        impl $name {
            /// The factor.
            #[must_use]
            pub const fn of(&self, one: $of) -> f64 {
                match one {
                    $($of::$each => self.$key,)*
                }
            }
        }
    };
}

factors! {
    /// By what the rules say.
    RulingWeights, Standing {
        barred, Barred = 10.0;
        restricted, Restricted = 5.0;
        undetermined, Undetermined = 3.0;
        would_be_barred, WouldBeBarred = 2.0;
        advised, Advised = 2.0;
        excepted, Excepted = 0.0;
        nothing, Nothing = 0.0;
    }
}

factors! {
    /// By the holes of its firmware.
    ExposureWeights, Exposed {
        exploited, Exploited = 3.0;
        affected, Affected = 2.0;
        nothing, Nothing = 1.0;
    }
}

factors! {
    /// By what captures show.
    EgressWeights, Egress {
        cloud, Cloud = 2.0;
        outside, Outside = 1.5;
        inside, Inside = 1.0;
        not_looked, NotLooked = 1.0;
    }
}

impl Risk {
    /// What a day weighs.
    #[must_use]
    pub fn of(&self, ruling: Standing, class: Option<&str>, holes: Exposed, sent: Egress) -> f64 {
        let place = class.and_then(|class| self.site_class.get(class)).copied().unwrap_or(1.0);
        self.ruling.of(ruling) * place * self.exposure.of(holes) * self.egress.of(sent)
    }

    /// Every factor by name, in the order of the terms: what each plan prints.
    #[must_use]
    pub fn factors(&self) -> Vec<(&'static str, Vec<(String, f64)>)> {
        let place = self.site_class.iter().map(|(class, weight)| (class.clone(), *weight));
        let told = |word: &'static str, weight| (word.to_owned(), weight);
        vec![
            ("ruling", Standing::ALL.map(|one| told(one.word(), self.ruling.of(one))).into()),
            ("site class", place.collect()),
            ("exposure", Exposed::ALL.map(|one| told(one.word(), self.exposure.of(one))).into()),
            ("egress", Egress::ALL.map(|one| told(one.word(), self.egress.of(one))).into()),
            ("past its day", vec![told("overdue", self.overdue)]),
        ]
    }
}
