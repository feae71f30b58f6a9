//! The page of `whomade atlas`: every link leads somewhere, and every step says its count.

use std::collections::BTreeMap;

use crate::room::Room;

/// Labels of every standing; one of them before, within and after the time of an owner.
const REGISTER: &str = "\
id,company,product,firmware,test_date
1,Lorex Technology Inc.,LNB8921B,\"2.640.00LR000.20.R, Build Date 2018-09-14\",2018-01-06
2,Lorex Technology Inc.,LNB8921B,\"2.640.00LR000.20.R, Build Date 2018-09-14\",2018-11-06
3,Lorex Technology Inc.,E851AD,2.880.00LR000.5.R,2025-06-22
4,TRENDnet,TV-IP312PI,V5.3.4 build 170427,2017-04-27
5,TRENDnet,TV-IP326PI,V5.5.3 build 171212,2017-12-15
6,TRENDnet,TV-IP999X,V5.5.3 build 171212,2017-12-15
7,Pelco,IMF,4.18.0.46(35745),2020-08-02
8,Pelco,IMF,4.18.0.46(35745),2021-07-23
9,Hangzhou Hikvision Digital Technology,DS-2DF8A436INX,V5.6.0 build 190125,2019-01-30
10,Axis Communications AB,X,5.1,2019-01-30
11,Norden Communication UK Ltd,ENV-HVD5F-30R-20,IPC_G6103-B0008P10D1711C39,2019-06-07
";

fn page() -> String {
    let room = Room::new("atlas-page");
    room.write("register.csv", REGISTER.as_bytes());
    let lines = room.lines(
        "whomade atlas register.csv --on 2026-11-22 --html page.html -q >&2 && cat page.html",
    );
    lines.join("\n")
}

/// What stands in an attribute, in order.
fn values<'p>(page: &'p str, before: &'p str) -> impl Iterator<Item = &'p str> {
    page.split(before).skip(1).filter_map(|rest| rest.split('"').next())
}

#[test]
fn every_link_of_the_page_has_one_place_to_go() {
    let page = page();
    let mut places: BTreeMap<&str, u32> = BTreeMap::new();
    for id in values(&page, " id=\"") {
        *places.entry(id).or_default() += 1;
    }
    let twice: Vec<_> = places.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let dead: Vec<&str> = values(&page, "href=\"#").filter(|to| !places.contains_key(to)).collect();
    assert!(dead.is_empty() && places.len() > 40, "{dead:?}");
    for label in ["lorex", "trendnet", "pelco", "hikvision", "axis", "norden"] {
        assert!(places.contains_key(format!("label-{label}").as_str()), "{label}");
    }
}

#[test]
fn a_badge_says_how_many_products_it_is_about() {
    let page = page();
    let row =
        page.split("<tr ").skip(1).find(|row| row.contains("#label-trendnet")).expect("a row");
    let row = row.split("</tr>").next().unwrap_or_default();
    let badges = "<span class=\"badge model\">1 of 3 by model</span> \
                  <span class=\"badge by-label\">1 by label</span>";
    // Once beside the name, where the screen is narrow, and once in the column.
    assert_eq!(row.matches(badges).count(), 2, "{row}");
    assert!(row.contains("data-support=\"model\""), "{row}");
    assert!(page.contains("names the very model of <b>1</b>"), "the section says it in words");
    for step in ["model named elsewhere", "label named elsewhere", "string only", "disputed"] {
        assert!(page.contains(step), "{step}");
    }
    assert!(!page.contains("supported"), "one word for two steps");
}

#[test]
fn a_house_is_said_with_its_dates_and_its_sources() {
    let page = page();
    let kin = page.split("id=\"kin\"").nth(1).expect("a part for houses");
    let kin = kin.split("</section>").next().unwrap_or_default();
    for said in [
        "own house: Dahua was its owner 2018-02-06 to 2022-11-23",
        "own house: Motorola Solutions owns it and Avigilon since 2020-08-03",
        "#source-securityinfowatch-flir-lorex-2018",
        "2018-11-06",
        "2021-07-23",
    ] {
        assert!(kin.contains(said), "{said} in {kin}");
    }
    for other_time in ["2018-01-06", "2025-06-22", "2020-08-02"] {
        assert!(!kin.contains(other_time), "{other_time} in {kin}");
        assert!(page.contains(other_time), "{other_time}");
    }
}

#[test]
fn the_makers_own_words_follow_the_table_and_are_linked_before_it() {
    let page = page();
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text}"));
    assert!(at("href=\"#statements\"") < at("<main>"));
    assert!(at("id=\"pairs\"") < at("id=\"statements\""));
    assert!(at("id=\"statements\"") < at("id=\"labels\""));
}
