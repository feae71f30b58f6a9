//! The plan as JSON.

use serde_json::{Value, json};
use whomade_core::plan::removal::Stage;
use whomade_core::plan::{Period, Resource, Shortage};
use whomade_core::report::clean;

use super::{enough, shortage};
use crate::run::plan::solved::{Answer, Short, Sum};

/// The whole answer.
pub(crate) fn json(answer: &Answer<'_>) -> Value {
    let (removal, solved) = (answer.removal, &answer.solved);
    let staying = &answer.gathered.staying;
    let [by_risk, by_site] = &solved.by_hand;
    json!({
        "v": 1,
        "plan": {
            "on": removal.on,
            "files": answer.names,
            "terms": removal.terms,
            "periods": removal.problem.periods.iter().map(period).collect::<Vec<_>>(),
            "devices": answer.gathered.devices,
            "to_remove": removal.subjects.len(),
            "not_planned": {
                "no_rule": staying.clear, "no_weight": staying.weightless,
                "exempted": staying.exempted, "possible": staying.possible,
                "unknown": staying.unknown,
            },
            "not_known": answer.gathered.missing,
            "keeps_every_day": solved.short.is_none(),
            "short": solved.short.as_ref().map(|short| self::short(answer, short)),
            "sum": sum(&Sum::of(removal, &solved.plan)),
            "by_hand": {
                "by_risk": sum(&Sum::of(removal, by_risk)),
                "by_site": sum(&Sum::of(removal, by_site)),
            },
            "visits": visits(answer),
            "candidates": candidates(answer),
            "what_if": answer.others.iter().map(|one| {
                json!({ "change": one.name, "keeps_every_day": one.keeps,
                        "not_comparable": one.apart, "sum": sum(&one.sum) })
            }).collect::<Vec<_>>(),
            "cost_curve": answer.curve.iter().map(|one| {
                json!({ "money": one.money, "share": one.share, "sum": sum(&one.sum) })
            }).collect::<Vec<_>>(),
            "progress": answer.progress.as_ref().map(progress),
        },
    })
}

fn period(one: &Period) -> Value {
    json!({ "from": one.from, "until": one.until })
}

fn sum(sum: &Sum) -> Value {
    json!({
        "risk_days": sum.risk_days, "bound": (sum.bound > 0.0).then_some(sum.bound),
        "cost": sum.cost, "visits": sum.visits, "sites": sum.sites, "left": sum.left,
        "done_by": sum.until.filter(|_| sum.left == 0),
    })
}

fn short(answer: &Answer<'_>, short: &Short) -> Value {
    let lacks = |one: &Shortage| {
        let of = match one {
            Shortage::Dear { of, .. } | Shortage::Due { of, .. } => Some(resource(*of)),
            Shortage::Closed { .. } | Shortage::Order { .. } => None,
        };
        json!({ "of": of, "lacks": one.lacks(), "words": shortage(answer.removal, one) })
    };
    json!({
        "shortages": short.shortages.iter().map(lacks).collect::<Vec<_>>(),
        "enough": short.enough.iter().map(|one| {
            json!({ "of": resource(one.of), "times": one.times })
        }).collect::<Vec<_>>(),
        "words": enough(answer.removal, &short.enough),
        "late": short.late,
    })
}

const fn resource(of: Resource) -> &'static str {
    match of {
        Resource::Money => "money",
        Resource::Hours => "hours",
        Resource::Visits => "visits",
    }
}

fn visits(answer: &Answer<'_>) -> Vec<Value> {
    let (removal, solved) = (answer.removal, &answer.solved);
    let pairs = solved.plan.visits.iter().zip(&solved.days);
    let each = pairs.map(|(visit, days)| {
        let devices = visit.devices.iter().map(|at| device(answer, *at));
        json!({
            "site": clean(&removal.problem.sites[visit.site].name),
            "wave": visit.period.and_then(|at| removal.problem.periods.get(at)).map(period),
            "days": days.map(|(first, last)| [first, last]),
            "cost": visit.cost,
            "hours": visit.hours,
            "devices": devices.collect::<Vec<_>>(),
        })
    });
    each.collect()
}

fn device(answer: &Answer<'_>, at: usize) -> Value {
    let removal = answer.removal;
    let (subject, device) = (&removal.subjects[at], &removal.problem.devices[at]);
    let keys: Vec<String> = subject.entry.keys.iter().map(ToString::to_string).collect();
    json!({
        "name": subject.entry.called(),
        "place": subject.place,
        "headline": subject.headline,
        "keys": keys,
        "makers": subject.entry.makers,
        "standing": subject.standing,
        "regimes": subject.regimes,
        "exposure": subject.exposed,
        "egress": subject.egress,
        "site_class": subject.site_class,
        "recorder": subject.recorder,
        "risk": device.risk,
        "cost": device.cost,
        "hours": device.hours,
        "due": removal.due[at],
        "ends": device.ends,
        "replaced_by": removal.replaced_by[at].map(|at| answer.ruled[at].name.as_str()),
        "until_then": subject.interim,
    })
}

fn candidates(answer: &Answer<'_>) -> Vec<Value> {
    let counts = answer.removal.bought();
    let each = answer.ruled.iter().enumerate().map(|(at, one)| {
        json!({
            "name": one.name, "price": one.price, "headline": one.headline,
            "certainty": one.certainty.to_string(), "standing": one.standing.0,
            "regime": one.standing.1, "usable": one.usable, "words": one.words(),
            "would_settle": one.settle, "replaces": counts.get(&Some(at)).copied().unwrap_or(0),
        })
    });
    each.collect()
}

fn progress(held: &crate::run::plan::held::Held) -> Value {
    let progress = &held.progress;
    let count = |stage: Stage| (stage.word().to_owned(), json!(progress.count(stage)));
    json!({
        "of": held.kept.on,
        "devices": held.devices.len(),
        "should_be_gone": progress.planned,
        "stages": Stage::ALL.map(count).into_iter().collect::<serde_json::Map<_, _>>(),
        "early": progress.early,
        "new": progress.new.len(),
        "risk_planned": progress.risk_planned,
        "risk_there": progress.risk_there,
        "changed": held.otherwise,
        "each": held.devices.iter().zip(&progress.stages).map(|(device, stage)| {
            json!({ "name": device.entry.called(), "site": clean(&device.site),
                    "wave": device.wave.map(|(from, until)| json!({ "from": from, "until": until })),
                    "stage": stage.word() })
        }).collect::<Vec<_>>(),
    })
}
