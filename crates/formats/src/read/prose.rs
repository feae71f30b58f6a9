//! Running text is no list: its lines name nobody's equipment, and words of it may look as if they
//! did.

/// Lines that are looked at.
const LINES_MAX: usize = 200;

/// Words from which on a line can be of a sentence; what people write beside a model is shorter.
const WORDS_MIN: usize = 6;

/// One in so many lines is of a sentence in running text: headings and blank lines stand between.
const SHARE: usize = 3;

/// Whether a text is one that people read, by its first lines.
pub(super) fn is_prose(text: &str) -> bool {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES_MAX);
    lines().filter(|line| is_sentence(line)).count() * SHARE >= lines().count()
}

/// Whether a line is of a sentence: many words, nearly all of them without a digit.
fn is_sentence(line: &str) -> bool {
    let words = || line.split_whitespace();
    let is_word = |word: &&str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '-'))
    };
    let (all, plain) = (words().count(), words().filter(is_word).count());
    all >= WORDS_MIN && plain * 10 >= all * 9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_read_me_files_are_running_text() {
        for text in [
            "Dear all,\n\nplease find attached the list of the cameras of the depot.\nBest\n",
            "# Exports\n\nThese files were taken from the old server in May.\n\nAsk Kim.\n",
        ] {
            assert!(is_prose(text), "{text}");
        }
    }

    #[test]
    fn lists_are_none() {
        for text in [
            "DS-2CD2143G0-I\nIPC-HFW2431S\n",
            "# models of the depot, counted by hand in May of this year\nDS-2CD2143G0-I\nP3245\n\
             QNV-8080R\n",
            "44:19:b6:0a:1c:33 gate of the old depot\n44:19:b6:0a:1c:34 yard\n",
            "Hikvision DS-2CD2143G0-I at gate 4\nDahua IPC-HFW2431S in the yard\n",
            "HTTP/1.1 401 Unauthorized\nServer: App-webs/\n\
             WWW-Authenticate: Digest realm=\"a b\"\n",
        ] {
            assert!(!is_prose(text), "{text}");
        }
    }
}
