//! Who may come in: once by a link, then by a password or a token, until somebody ends it.

use std::io::Write as _;

use whomade_store::{EVERYWHERE, Role, Seat, Site, Store, Verified, Wrong};

use crate::databases::{Fresh, on_each};

const LATER: &str = "2999-01-01T00:00:00.000000Z";
const EARLIER: &str = "2001-01-01T00:00:00.000000Z";
const ADMIN: Seat = Seat { site: EVERYWHERE, role: Role::Admin };

/// The first person of a store.
async fn first(store: &Store) -> i64 {
    store.first_link(["a link", LATER]).await.unwrap();
    assert_eq!(store.invited("a link").await.unwrap(), None);
    store.accept("a link", ["Ann", "Ann Lee"], "hash").await.unwrap()
}

#[test]
fn the_first_comes_in_by_a_link_that_holds_once() {
    on_each("first", |Fresh { store, .. }| async move {
        assert!(!store.has_people().await.unwrap());
        store.first_link(["printed before", LATER]).await.unwrap();
        let ann = first(&store).await;
        assert!(matches!(store.invited("printed before").await, Err(Wrong::Nothing(_))));
        assert!(store.has_people().await.unwrap());
        let again = store.accept("a link", ["Eve", ""], "other").await;
        assert!(matches!(again, Err(Wrong::Nothing(_))), "{again:?}");
        assert!(matches!(store.first_link(["b", LATER]).await, Err(Wrong::Refused(_))));
        let person = store.person_called(" ANN ").await.unwrap().unwrap();
        assert_eq!(
            (person.id, person.login.as_str(), person.shown.as_str()),
            (ann, "ann", "Ann Lee")
        );
        assert_eq!(person.role_everywhere(), Some(Role::Admin));
        assert_eq!(person.password.as_deref(), Some("hash"));
    });
}

#[test]
fn whoever_is_invited_chooses_a_password_in_time() {
    on_each("invited", |Fresh { store, .. }| async move {
        first(&store).await;
        let seats = [Seat { site: 3, role: Role::Analyst }, Seat { site: 4, role: Role::Viewer }];
        let ben = store.invite(["ben", "Ben"], &seats, ["too late", EARLIER], "ann").await.unwrap();
        assert!(matches!(store.invited("too late").await, Err(Wrong::Nothing(_))));
        for bad in ["BEN", "", "a b", "<b>", &"x".repeat(65)] {
            let taken = store.invite([bad, ""], &[], ["l", LATER], "ann").await;
            assert!(matches!(taken, Err(Wrong::Refused(_))), "{bad}: {taken:?}");
        }
        store.invite_again(ben, ["link", LATER], "ann").await.unwrap();
        assert_eq!(store.invited("link").await.unwrap().unwrap().seats, seats);
        store.accept("link", ["", ""], "pw").await.unwrap();
        let ben = store.person(ben).await.unwrap();
        assert_eq!((ben.role(), ben.role_everywhere()), (Some(Role::Analyst), None));
        // The trail names who did what, and holds no password and no link.
        let lines = store.audit_lines(None, None, 100).await.unwrap();
        let whole: String = lines.iter().map(|line| format!("{line:?}")).collect();
        assert!(whole.contains("person.accept") && !whole.contains("pw"), "{whole}");
    });
}

#[test]
fn whoever_is_removed_is_out_with_all_they_had() {
    on_each("removed", |Fresh { store, .. }| async move {
        let ann = first(&store).await;
        let alone = store.remove_person(ann, "ann").await;
        assert!(matches!(alone, Err(Wrong::Refused(_))), "nobody would be left: {alone:?}");
        assert!(matches!(store.give_seats(ann, &[], "ann").await, Err(Wrong::Refused(_))));
        assert_eq!(store.person(ann).await.unwrap().seats, [ADMIN], "nothing of it was kept");
        let ben = store.invite(["ben", "Ben"], &[ADMIN], ["l", LATER], "ann").await.unwrap();
        store.accept("l", ["", ""], "pw").await.unwrap();
        let person = store.person(ben).await.unwrap();
        store.begin_session(&person, ["cookie", LATER, "a browser"]).await.unwrap();
        let past = store.make_token(&person, ("x", Role::Viewer), ["past", EARLIER]).await;
        assert!(matches!(past, Err(Wrong::Refused(_))));
        store.make_token(&person, ("nightly", Role::Viewer), ["token", LATER]).await.unwrap();
        assert_eq!(store.session("cookie").await.unwrap().unwrap().1.id, ben);
        assert_eq!(store.token("token").await.unwrap().unwrap().0.role, Role::Viewer);
        store.remove_person(ben, "ann").await.unwrap();
        assert!(store.session("cookie").await.unwrap().is_none());
        assert!(store.token("token").await.unwrap().is_none());
        assert!(store.person_called("ben").await.unwrap().is_none());
        assert!(matches!(
            store.remove_person(ben, "ann").await,
            Err(Wrong::Nothing(_) | Wrong::Stale(_))
        ));
        // The name is free for somebody else, who is not mistaken for the one before.
        let other = store.invite(["ben", "B."], &[], ["m", LATER], "ann").await.unwrap();
        assert_ne!(other, ben);
        assert!(matches!(store.verify_audit(None).await.unwrap(), Verified::Whole { .. }));
    });
}

#[test]
fn sessions_and_second_factors_end_and_do_not_come_back() {
    on_each("sessions", |Fresh { store, .. }| async move {
        let ann = first(&store).await;
        let person = store.person(ann).await.unwrap();
        store.begin_session(&person, ["over", EARLIER, ""]).await.unwrap();
        assert!(store.session("over").await.unwrap().is_none());
        let one = store.begin_session(&person, ["one", LATER, "a\0b"]).await.unwrap();
        store.begin_session(&person, ["two", LATER, ""]).await.unwrap();
        assert_eq!(store.sessions_of(ann).await.unwrap().len(), 2);
        assert!(matches!(store.end_session(one, ann + 1, "eve").await, Err(Wrong::Stale(_))));
        store.end_session(one, ann, "ann").await.unwrap();
        assert!(store.session("one").await.unwrap().is_none());
        assert!(store.session("two").await.unwrap().is_some());
        store.login_failed(ann, Some(LATER)).await.unwrap();
        let waits = store.person(ann).await.unwrap();
        assert_eq!((waits.failed, waits.wait_until.as_deref()), (1, Some(LATER)));
        let last = store.audit_lines(None, Some(&format!("person:{ann}")), 1).await.unwrap();
        assert_eq!((last[0].act.as_str(), last[0].who.as_str()), ("session.refuse", "nobody"));
        store.set_totp(ann, Some("SECRET"), "ann").await.unwrap();
        assert!(store.use_totp_step(ann, 7).await.unwrap());
        assert!(!store.use_totp_step(ann, 7).await.unwrap(), "a code counts once");
        assert!(!store.use_totp_step(ann, 6).await.unwrap());
        store.set_password(ann, "new", "ann").await.unwrap();
        assert!(store.session("two").await.unwrap().is_none(), "a new password ends what was");
    });
}

#[test]
fn places_and_evidence_are_kept() {
    on_each("kept", |Fresh { store, folder, .. }| async move {
        store.set_name("Northshire", "ann").await.unwrap();
        assert_eq!(store.name().await.unwrap(), "Northshire");
        assert!(store.asked().await.unwrap().is_blank());
        let north = store.add_site(None, ["North", ""], "ann").await.unwrap();
        let depot = store.add_site(Some(north), ["Depot", "sensitive"], "ann").await.unwrap();
        assert!(matches!(store.add_site(Some(99), ["x", ""], "ann").await, Err(Wrong::Nothing(_))));
        assert!(matches!(store.add_site(None, [" ", ""], "ann").await, Err(Wrong::Refused(_))));
        assert!(matches!(store.retire_site(north, "ann").await, Err(Wrong::Refused(_))));
        store.retire_site(depot, "ann").await.unwrap();
        let site = Site { id: north, parent: None, name: "North".to_owned(), class: String::new() };
        assert_eq!(store.sites().await.unwrap(), [site]);

        let file = folder.join("capture.bin");
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|at| (at * 7 % 251) as u8).collect();
        std::fs::File::create(&file).unwrap().write_all(&bytes).unwrap();
        let blob = store.put_blob(&file).await.unwrap();
        assert_eq!(blob.size, 3_000_000);
        assert_eq!(store.put_blob(&file).await.unwrap(), blob);
        let mut out = Vec::new();
        assert_eq!(store.copy_blob(&blob.sha256, &mut out).await.unwrap(), 3_000_000);
        assert!(out == bytes, "evidence comes out as it went in");
        let empty = folder.join("empty");
        std::fs::write(&empty, b"").unwrap();
        let none = store.put_blob(&empty).await.unwrap();
        assert_eq!(store.copy_blob(&none.sha256, &mut Vec::new()).await.unwrap(), 0);
        assert!(matches!(store.copy_blob("no", &mut Vec::new()).await, Err(Wrong::Nothing(_))));
    });
}
