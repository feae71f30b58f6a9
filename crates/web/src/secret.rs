//! Passwords, second factors, and what nobody guesses.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use jiff::{SignedDuration, Timestamp};
use totp_rs::{Builder, Secret, Totp};
use whomade_inquiry::base::{hex, sha256};
use whomade_store::{Result, Store, moment};

use crate::trouble::Trouble;

/// Bytes of what nobody guesses.
const SECRET_BYTES: usize = 32;
/// Bytes of the secret of a second factor, as RFC 4226 asks.
const TOTP_BYTES: usize = 20;
/// Signs of a password at least, as NIST SP 800-63B asks of a password of its own.
pub(crate) const PASSWORD_CHARS_MIN: usize = 15;
/// Bytes of a password at most: hashing a long one takes long.
pub(crate) const PASSWORD_BYTES_MAX: usize = 1_024;
/// How long a session lasts, and an invitation.
pub(crate) const SESSION_LASTS: SignedDuration = SignedDuration::from_hours(12);
pub(crate) const INVITATION_LASTS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long the link of the first start holds.
const FIRST_LASTS: SignedDuration = SignedDuration::from_hours(1);
/// Tries that cost nothing; behind them each doubles the wait.
const TRIES_FREE: i64 = 5;
/// The longest wait behind a wrong password, in seconds.
const WAIT_SECONDS_MAX: i64 = 900;
/// Tries from one address in a while.
const ADDRESS_TRIES_MAX: u32 = 60;
const ADDRESS_WINDOW: Duration = Duration::from_secs(300);
/// Addresses that are remembered.
const ADDRESSES_MAX: usize = 10_000;

/// What nobody guesses, and its hash.
#[derive(Clone)]
pub struct Link {
    /// What is shown once.
    pub secret: String,
    /// What is kept.
    pub sha256: String,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a secret")
    }
}

impl Link {
    /// A new one.
    pub(crate) fn new() -> std::result::Result<Self, Trouble> {
        let mut bytes = [0; SECRET_BYTES];
        getrandom::fill(&mut bytes).map_err(|_| Trouble::broken())?;
        let secret = hex(&bytes);
        let sha256 = sha256(secret.as_bytes());
        Ok(Self { secret, sha256 })
    }
}

/// Makes the link by which the first person comes in; none where there are people.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn first_link(store: &Store) -> Result<Option<Link>> {
    if store.has_people().await? {
        return Ok(None);
    }
    let Ok(link) = Link::new() else { return Ok(None) };
    store.first_link([&link.sha256, &later(FIRST_LASTS)]).await?;
    Ok(Some(link))
}

/// A moment to come, as the store writes it.
pub(crate) fn later(than: SignedDuration) -> String {
    moment(Timestamp::now().saturating_add(than).unwrap_or(Timestamp::MAX))
}

/// What is wrong with a password that somebody wants, in words.
pub(crate) fn bad_password(password: &str, login: &str) -> Option<&'static str> {
    let plain = password.to_lowercase();
    if password.chars().count() < PASSWORD_CHARS_MIN {
        Some(crate::words::PASSWORD_SHORT)
    } else if password.len() > PASSWORD_BYTES_MAX {
        Some(crate::words::PASSWORD_LONG)
    } else if !login.is_empty() && plain.contains(&login.to_lowercase()) || few_signs(&plain) {
        Some(crate::words::PASSWORD_EASY)
    } else {
        None
    }
}

/// Whether a password is hardly more than a sign or two, again and again.
fn few_signs(password: &str) -> bool {
    let signs: std::collections::BTreeSet<char> = password.chars().collect();
    signs.len() < 5
}

/// A password as it is kept. It takes a while, on a thread of its own.
pub(crate) async fn hashed(password: String) -> std::result::Result<String, Trouble> {
    let hash = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
    });
    hash.await.map_err(|_| Trouble::broken())?.map_err(|_| Trouble::broken())
}

/// Whether that is the password. Where there is none to compare with it takes as long, so that
/// nobody learns by the clock which names there are.
pub(crate) async fn is_right(password: String, kept: Option<String>) -> bool {
    let checked = tokio::task::spawn_blocking(move || {
        let Some(kept) = kept else {
            let _ = Argon2::default().hash_password(password.as_bytes());
            return false;
        };
        let Ok(hash) = PasswordHash::new(&kept) else { return false };
        Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
    });
    checked.await.unwrap_or(false)
}

/// A new secret for a second factor, in base 32.
pub(crate) fn totp_secret() -> std::result::Result<String, Trouble> {
    let mut bytes = [0; TOTP_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| Trouble::broken())?;
    Ok(Secret::from(&bytes[..]).to_base32())
}

/// The step of the code that somebody typed, if it is one of now.
pub(crate) fn totp_step(secret: &str, code: &str) -> Option<i64> {
    let totp: Totp =
        Builder::new().with_secret(Secret::try_from_base32(secret).ok()?).build().ok()?;
    let now = u64::try_from(Timestamp::now().as_second()).ok()?;
    let plain: String = code.chars().filter(char::is_ascii_digit).collect();
    i64::try_from(totp.check(&plain, now)?).ok()
}

/// Until when nobody is let in under a name whose password was wrong so often.
pub(crate) fn wait(failed: i64) -> Option<String> {
    let over = failed + 1 - TRIES_FREE;
    if over < 0 {
        return None;
    }
    let seconds = 1_i64.checked_shl(u32::try_from(over).unwrap_or(u32::MAX)).unwrap_or(i64::MAX);
    Some(later(SignedDuration::from_secs(seconds.clamp(1, WAIT_SECONDS_MAX))))
}

/// How often somebody tried from an address.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<HashMap<std::net::IpAddr, (u32, Instant)>>);

impl Throttle {
    /// Notes a try; gives whether it may be made.
    pub(crate) fn may_try(&self, from: std::net::IpAddr) -> bool {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = crate::clock::now();
        if tries.len() >= ADDRESSES_MAX {
            tries.retain(|_, (_, since)| now.duration_since(*since) < ADDRESS_WINDOW);
        }
        let (count, since) = tries.entry(from).or_insert((0, now));
        if now.duration_since(*since) >= ADDRESS_WINDOW {
            (*count, *since) = (0, now);
        }
        *count += 1;
        *count <= ADDRESS_TRIES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end_at_a_quarter_of_an_hour() {
        assert_eq!((wait(0), wait(3)), (None, None));
        let [fifth, sixth, later] = [wait(4), wait(5), wait(60)];
        assert!(fifth < sixth && sixth < later);
        assert!(later.unwrap_or_default() < super::later(SignedDuration::from_secs(901)));
    }

    #[test]
    fn passwords_that_are_guessed_are_refused() {
        for bad in
            ["short", "aaaaaaaaaaaaaaaaaaaa", "i am ann.lee and nobody else", &"x9!kq".repeat(300)]
        {
            assert!(bad_password(bad, "ann.lee").is_some(), "{bad}");
        }
        assert_eq!(bad_password("three lamps under the bridge", "ann.lee"), None);
    }

    #[test]
    fn a_code_of_the_second_factor_is_one_of_now() {
        let Ok(secret) = totp_secret() else { panic!("no randomness") };
        assert_eq!(totp_step(&secret, "12"), None);
        assert_eq!(totp_step("not base 32!", "123456"), None);
        let totp = Builder::new().with_secret(Secret::try_from_base32(&secret).unwrap()).build();
        let now = u64::try_from(Timestamp::now().as_second()).unwrap();
        let code = totp.unwrap().generate(now).to_string();
        assert!(totp_step(&secret, &format!(" {} {}", &code[..3], &code[3..])).is_some());
    }
}
