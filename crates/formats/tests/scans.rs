//! What scanners write, where it is larger or odder than a case in a file should be.

use std::fmt::Write as _;

use whomade_core::observation::Field;
use whomade_formats::read::{Format, Options, read_stream};

use crate::show::Show;

fn read(text: &str) -> Show {
    let mut show = Show::default();
    read_stream("scan", &mut text.as_bytes(), &Options::default(), &mut show);
    show
}

fn word(show: &Show) -> &'static str {
    show.understood.first().map_or("", |told| told.format.word)
}

fn banner(port: u16, body: &str) -> String {
    let reply = r"HTTP/1.1 200 OK\r\nServer: Webs\r\n\r\n";
    let head = format!(r#""ip_str":"192.0.2.17","port":{port},"data":"{reply}""#);
    format!(r#"{{{head},"http":{{"html":"{body}"}}}}"#)
}

#[test]
fn a_first_line_longer_than_what_is_looked_at_is_recognised_and_read() {
    let text = format!("{}\n{}\n", banner(80, &"x".repeat(200_000)), banner(81, ""));
    let show = read(&text);
    assert_eq!(word(&show), "shodan", "{}", show.text);
    assert_eq!(show.devices.len(), 2);
    assert_eq!(show.devices[1].first(Field::HttpServer), Some("Webs"));
}

#[test]
fn one_document_without_line_breaks_is_read_element_by_element() {
    let banners: Vec<String> = (1..3000).map(|port| banner(port, &"y".repeat(100))).collect();
    let show = read(&format!(r#"{{"matches":[{}],"total":2999}}"#, banners.join(",")));
    assert_eq!(word(&show), "shodan", "{:.300}", show.text);
    assert_eq!(show.devices.len(), 2999);
    assert!(show.diagnostics.is_empty());
}

#[test]
fn a_key_within_a_line_is_not_the_list_of_a_document() {
    let line = banner(80, "").replacen('{', r#"{"http2":{"matches":[1]},"#, 1);
    let show = read(&format!("{line}\n{line}\n"));
    assert_eq!(show.devices.len(), 2, "{}", show.text);
}

#[test]
fn an_element_with_very_many_ports_is_kept_once() {
    let mut text = String::from("<nmaprun scanner=\"masscan\"><host endtime=\"1793606401\">");
    text.push_str("<address addr=\"192.0.2.17\"/><ports>");
    for port in 0..20_000 {
        write!(text, "<port portid=\"{port}\"><state state=\"open\"/></port>").unwrap();
    }
    text.push_str("</ports></host></nmaprun>");
    let show = read(&text);
    assert_eq!(word(&show), "masscan");
    assert_eq!(show.devices.len(), 1);
    assert!(show.devices[0].context.len() < 100, "{} notes", show.devices[0].context.len());
}

#[test]
fn addresses_among_other_lines_are_a_list_as_before() {
    assert_eq!(word(&read("192.0.2.17\n192.0.2.18\n")), "zmap");
    assert_eq!(word(&read("saddr,ttl\n192.0.2.17,64\n")), "zmap");
    // A log of flows has that column too; who spoke there is no answer to a scan.
    assert_ne!(word(&read("stime,saddr,sport,daddr\n1,192.0.2.17,80,192.0.2.18\n")), "zmap");
    assert_ne!(word(&read("{\"saddr\":\"192.0.2.17\",\"bytes\":5}\n")), "zmap");
    assert_ne!(word(&read("192.0.2.17\nDS-2CD2143G2-I\n")), "zmap");
    assert_ne!(word(&read("DS-2CD2143G2-I\n192.0.2.17\n")), "zmap");
}

#[test]
fn a_form_that_the_user_names_is_read_without_its_sign() {
    let options = Options { from: Format::from_word("masscan"), ..Options::default() };
    let mut show = Show::default();
    let text = "half a line\nopen tcp 80 192.0.2.17 1793606401\n";
    read_stream("scan", &mut text.as_bytes(), &options, &mut show);
    assert_eq!(show.devices.len(), 1, "{}", show.text);
    assert_eq!(show.diagnostics.len(), 1);
}

#[test]
fn a_value_points_at_where_it_stands_also_where_it_is_written_otherwise() {
    let text = "<nmaprun><host><address addr=\"192.0.2.17\"/><ports><port><script \
                id=\"http-title\" output=\"Gate &amp; &quot;yard&quot;\"/></port></ports></host></nmaprun>";
    let show = read(text);
    let title = show.devices[0].observations.iter().find(|seen| seen.field == Field::HttpTitle);
    let seen = title.unwrap();
    let span = seen.at.span.start as usize..seen.at.span.end as usize;
    assert_eq!(seen.value, "Gate & \"yard\"");
    assert_eq!(&show.devices[0].record.text[span], "Gate &amp; &quot;yard&quot;");
}

#[test]
fn what_stands_behind_the_kept_part_of_a_record_is_read_and_pointed_at_nowhere() {
    let text = format!("[{}]", banner(80, &"x".repeat(2 << 20)));
    let (head, tail) = text.split_at(text.len() - 2);
    let show = read(&format!("{head},\"upnp\":{{\"model_name\":\"IPC-HFW1230S\"}}{tail}"));
    // Taking it down checked every span against the text that is kept.
    assert_eq!(show.devices[0].first(Field::Model), Some("IPC-HFW1230S"), "{:.200}", show.text);
    assert!(show.devices[0].record.text.len() <= 1 << 20);
}

#[test]
fn names_and_lists_without_end_are_read_in_time_that_grows_with_their_length() {
    let (commas, slashes) = (",".repeat(30_000), "/".repeat(30_000));
    let banner = |number: u32| {
        let subject = format!(r#"{{"CN":"x{number}{commas}"}}"#);
        format!(r#"{{"ssl":{{"cert":{{"subject":{subject}}}}}}}"#)
    };
    let banners: Vec<String> = (0..100).map(banner).collect();
    let all = banners.join(",");
    let show = read(&format!(r#"{{"ip_str":"192.0.2.17","port":443,"data":[{all}]}}"#));
    assert_eq!(show.devices.len(), 1, "{:.200}", show.text);
    let ports = "80, ".repeat(30_000);
    read(&format!("Host: 192.0.2.17 ()\tPorts: {ports}\n"));
    let pasted = "Nmap scan report for 192.0.2.17\n| ssl-cert: Subject: commonName=x";
    read(&format!("{pasted}{slashes}\n"));
}
