//! From the expressions that packs are written in to those of our engine.
//!
//! Packs are written for Ruby and read by programs in several languages. `^` and `$` stand at
//! every line there, `m` means that a dot takes line breaks, and some escapes mean something else
//! or nothing here. What a linear engine cannot do is refused, never guessed: an expression that
//! is read more loosely than it was meant would name somebody whom its writer did not.
//!
//! Source of the rules: Ruby's manual of `Regexp`, and recog's own readers in Ruby and Go.

/// Bytes of an expression; recog's longest has a few hundred.
pub const PATTERN_BYTES_MAX: usize = 16 << 10;
/// Groups within one another.
const NESTED_MAX: usize = 100;

/// An expression in the engine's own words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expression {
    /// The expression.
    pub text: String,
    /// Letters match in either case.
    pub ignore_case: bool,
    /// A dot takes line breaks.
    pub dot_all: bool,
    /// It is matched by characters, not by bytes: a class of it holds some beyond ASCII.
    pub unicode: bool,
}

/// The flags that a pack may give beside an expression.
///
/// # Errors
/// The flag that is none.
pub fn flagged(flags: &str) -> Result<Expression, String> {
    let mut made = Expression::default();
    for flag in flags.split(['|', ',']).map(str::trim).filter(|flag| !flag.is_empty()) {
        match flag {
            "REG_ICASE" | "IGNORECASE" => made.ignore_case = true,
            "REG_DOT_NEWLINE" | "REG_MULTILINE" | "REG_LINE_ANY_CRLF" => made.dot_all = true,
            other => return Err(format!("there is no flag `{other}`")),
        }
    }
    Ok(made)
}

/// Reads an expression of a pack, to be matched by bytes wherever that can be.
///
/// # Errors
/// What of it cannot be done, in a few words.
pub fn read(pattern: &str, flags: &str) -> Result<Expression, String> {
    if pattern.len() > PATTERN_BYTES_MAX {
        return Err(format!("it is longer than {PATTERN_BYTES_MAX} bytes"));
    }
    let plain = flagged(flags)?;
    match Translation::new(pattern, plain.clone()).run() {
        Err(Refused::NeedsCharacters) => {
            let plain = Expression { unicode: true, ..plain };
            Translation::new(pattern, plain).run().map_err(Refused::why)
        }
        other => other.map_err(Refused::why),
    }
}

/// Reads it to be matched by characters, for texts beyond ASCII: a dot takes one of them, however
/// many bytes it has. Digits, words and blanks are those of ASCII all the same.
///
/// # Errors
/// The same, and where it speaks of bytes that are no characters.
pub fn read_by_characters(pattern: &str, flags: &str) -> Result<Expression, String> {
    let plain = Expression { unicode: true, ..flagged(flags)? };
    Translation::new(pattern, plain).run().map_err(Refused::why)
}

enum Refused {
    Why(String),
    /// A class holds characters of several bytes.
    NeedsCharacters,
}

impl Refused {
    fn why(self) -> String {
        match self {
            Self::Why(why) => why,
            Self::NeedsCharacters => "a class mixes bytes and characters".to_owned(),
        }
    }
}

fn refused<T>(why: &str) -> Result<T, Refused> {
    Err(Refused::Why(why.to_owned()))
}

struct Translation<'p> {
    rest: std::iter::Peekable<std::str::Chars<'p>>,
    made: Expression,
    /// For each open group, how many brackets flags within it have opened.
    open: Vec<usize>,
    /// The same outside of all groups.
    outermost: usize,
    numbered: bool,
    named: bool,
}

impl<'p> Translation<'p> {
    fn new(pattern: &'p str, made: Expression) -> Self {
        let rest = pattern.chars().peekable();
        Self { rest, made, open: Vec::new(), outermost: 0, numbered: false, named: false }
    }

    fn run(mut self) -> Result<Expression, Refused> {
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.group()?,
                ')' => {
                    let Some(owed) = self.open.pop() else { return refused("a bracket too many") };
                    self.close(owed + 1);
                }
                '*' | '+' | '?' => self.quantifier(c)?,
                '{' => self.braces(),
                ']' | '}' => self.made.text.extend(['\\', c]),
                c => self.character(c, false)?,
            }
        }
        if !self.open.is_empty() {
            return refused("a bracket is not closed");
        }
        self.close(self.outermost);
        if self.named && self.numbered {
            return refused("it mixes named and numbered groups, which are then not counted");
        }
        Ok(self.made)
    }

    fn close(&mut self, count: usize) {
        self.made.text.extend(std::iter::repeat_n(')', count));
    }

    /// A character that stands for itself.
    fn character(&mut self, c: char, in_class: bool) -> Result<(), Refused> {
        if c.is_ascii() || self.made.unicode {
            self.made.text.push(c);
            return Ok(());
        }
        if in_class {
            return Err(Refused::NeedsCharacters);
        }
        let mut bytes = [0; 4];
        self.made.text.push_str("(?:");
        for byte in c.encode_utf8(&mut bytes).bytes() {
            self.made.text.push_str(&format!("\\x{byte:02X}"));
        }
        self.made.text.push(')');
        Ok(())
    }

    /// A byte by its number.
    fn byte(&mut self, byte: u8) -> Result<(), Refused> {
        if self.made.unicode && !byte.is_ascii() {
            return refused("a class mixes bytes and characters");
        }
        self.made.text.push_str(&format!("\\x{byte:02X}"));
        Ok(())
    }

    fn escape(&mut self, in_class: bool) -> Result<(), Refused> {
        let Some(c) = self.rest.next() else { return refused("it ends within an escape") };
        match c {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' if self.made.unicode => self.of_ascii(c),
            'b' | 'B' if self.made.unicode && !in_class => {
                self.made.text.push_str(&format!("(?-u:\\{c})"));
            }
            'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'n' | 'r' | 't' | 'f' | 'v' | 'a' => {
                self.made.text.extend(['\\', c]);
            }
            'b' if in_class => self.byte(0x08)?,
            'A' | 'z' | 'b' | 'B' if !in_class => self.made.text.extend(['\\', c]),
            'Z' if !in_class => self.made.text.push_str(r"(?:\n?\z)"),
            'h' if in_class => self.made.text.push_str("0-9A-Fa-f"),
            'h' => self.made.text.push_str("[0-9A-Fa-f]"),
            'H' if !in_class => self.made.text.push_str("[^0-9A-Fa-f]"),
            'e' => self.byte(0x1b)?,
            'x' => self.by_number(16, 2)?,
            '0' => self.by_number(8, 2)?,
            'u' => self.by_code(in_class)?,
            '1'..='9' if !in_class => return refused("it refers back to a group"),
            '1'..='9' | 'c' | 'C' | 'M' | 'p' | 'P' | 'k' | 'g' | 'K' | 'G' | 'R' | 'X' | 'H' => {
                return Err(Refused::Why(format!("it uses \\{c}")));
            }
            c if c.is_ascii_alphanumeric() => self.made.text.push(c),
            // These would be the edges of a word here.
            '<' | '>' => self.made.text.push(c),
            c if c.is_ascii() => self.made.text.extend(['\\', c]),
            c => self.character(c, in_class)?,
        }
        Ok(())
    }

    /// A class of ASCII alone, where the engine's own would take more.
    fn of_ascii(&mut self, c: char) {
        let not = if c.is_ascii_uppercase() { "^" } else { "" };
        let class = match c.to_ascii_lowercase() {
            'd' => "0-9",
            'w' => "0-9A-Za-z_",
            _ => r"\t\n\x0B\x0C\r ",
        };
        self.made.text.push_str(&format!("[{not}{class}]"));
    }

    /// `\x0a`, `\xA`, `\012`, `\0`.
    fn by_number(&mut self, radix: u32, digits_max: usize) -> Result<(), Refused> {
        let mut number = 0;
        let mut digits = 0;
        while digits < digits_max {
            let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(radix)) else { break };
            number = number * radix + digit;
            digits += 1;
            self.rest.next();
        }
        if digits == 0 && radix == 16 {
            return refused("it gives a byte by no number");
        }
        self.byte(u8::try_from(number).unwrap_or(u8::MAX))
    }

    /// `\u00e9`.
    fn by_code(&mut self, in_class: bool) -> Result<(), Refused> {
        const DIGITS: usize = 4;
        let digits: String = self.rest.by_ref().take(DIGITS).collect();
        let code = (digits.len() == DIGITS).then(|| u32::from_str_radix(&digits, 16).ok());
        match code.flatten().and_then(char::from_u32) {
            Some(c) if c.is_ascii() => self.byte(c as u8),
            Some(c) => self.character(c, in_class),
            None => refused("it gives a character by no code of four digits"),
        }
    }

    fn quantifier(&mut self, c: char) -> Result<(), Refused> {
        self.made.text.push(c);
        match self.rest.peek() {
            Some('+') => refused("a repetition holds what it has taken"),
            Some('?') => {
                self.rest.next();
                self.made.text.push('?');
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// `{2}`, `{2,}`, `{,3}` and `{2,3}` repeat; any other brace stands for itself.
    fn braces(&mut self) {
        const INSIDE_MAX: usize = 16;
        let mut ahead = self.rest.clone();
        let inside: String = ahead.by_ref().take(INSIDE_MAX).take_while(|c| *c != '}').collect();
        let closed =
            self.rest.clone().nth(inside.chars().count()) == Some('}') && inside.len() < INSIDE_MAX;
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (from, to) = inside.split_once(',').unwrap_or((&inside, &inside));
        let repeats = closed && number(from) && number(to) && !(from.is_empty() && to.is_empty());
        if !repeats || self.made.text.is_empty() {
            self.made.text.push_str("\\{");
            return;
        }
        let from = if from.is_empty() { "0" } else { from };
        let counts = if inside.contains(',') { format!("{from},{to}") } else { from.to_owned() };
        self.made.text.push_str(&format!("{{{counts}}}"));
        self.rest = ahead;
    }

    fn group(&mut self) -> Result<(), Refused> {
        if self.open.len() >= NESTED_MAX {
            return refused("its groups lie too deep within one another");
        }
        if self.rest.peek() != Some(&'?') {
            self.numbered = true;
            self.open.push(0);
            self.made.text.push('(');
            return Ok(());
        }
        self.rest.next();
        match self.rest.next() {
            Some(':') => {
                self.open.push(0);
                self.made.text.push_str("(?:");
                Ok(())
            }
            Some('=' | '!') => refused("it looks ahead"),
            Some('>') => refused("a group holds what it has taken"),
            Some('<') if matches!(self.rest.peek(), Some('=' | '!')) => refused("it looks behind"),
            Some('<') => {
                self.named = true;
                self.open.push(0);
                self.made.text.push_str("(?P<");
                Ok(())
            }
            Some(c) => self.flags(c),
            None => refused("a bracket is not closed"),
        }
    }

    /// Flags in the midst: `(?i)` up to the end of the group in which it stands, every branch of
    /// it, or `(?i:` up to its own end.
    fn flags(&mut self, first: char) -> Result<(), Refused> {
        let mut flags = String::new();
        let mut next = Some(first);
        let ends = loop {
            match next {
                Some('i' | '-') => flags.extend(next),
                Some('m') => flags.push('s'),
                Some(':') => break ':',
                Some(')') => break ')',
                _ => return refused("a kind of group that is not known here"),
            }
            next = self.rest.next();
        };
        if ends == ':' {
            self.open.push(0);
        } else if self.made.text.is_empty() && !flags.contains('-') {
            self.made.ignore_case |= flags.contains('i');
            self.made.dot_all |= flags.contains('s');
            return Ok(());
        } else {
            *self.open.last_mut().unwrap_or(&mut self.outermost) += 1;
        }
        self.made.text.push_str(&format!("(?{flags}:"));
        Ok(())
    }

    fn class(&mut self) -> Result<(), Refused> {
        let mut depth = 1;
        self.open_class();
        while depth > 0 {
            let Some(c) = self.rest.next() else { return refused("a class is not closed") };
            match c {
                '\\' => self.escape(true)?,
                ']' => {
                    depth -= 1;
                    self.made.text.push(']');
                }
                '[' if self.rest.peek() == Some(&':') => self.named_class()?,
                '[' if depth < NESTED_MAX => {
                    depth += 1;
                    self.open_class();
                }
                '[' => return refused("its classes lie too deep within one another"),
                // Twice the same would take one class from another here.
                '-' | '~' if self.rest.peek() == Some(&c) => {
                    self.rest.next();
                    self.made.text.extend([c, '\\', c]);
                }
                c => self.character(c, true)?,
            }
        }
        Ok(())
    }

    fn open_class(&mut self) {
        self.made.text.push('[');
        if self.rest.peek() == Some(&'^') {
            self.rest.next();
            self.made.text.push('^');
        }
        if self.rest.peek() == Some(&']') {
            self.rest.next();
            self.made.text.push_str("\\]");
        }
    }

    /// `[:alpha:]` within a class.
    fn named_class(&mut self) -> Result<(), Refused> {
        self.made.text.push('[');
        for c in self.rest.by_ref() {
            self.made.text.push(c);
            match c {
                ']' => return Ok(()),
                ':' | '^' | 'a'..='z' => {}
                _ => break,
            }
        }
        refused("a class of a kind that is not known here")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pattern: &str) -> String {
        read(pattern, "").map(|made| made.text).unwrap_or_else(|why| format!("refused: {why}"))
    }

    #[test]
    fn what_means_the_same_stays() {
        for same in [r"^Acme/(\d+\.\d+)$", r"a{2,3}?b", "(?:a|b)*?", r"[^\]a-z]", "[[:alpha:]_]"] {
            assert_eq!(text(same), same);
        }
    }

    #[test]
    fn what_means_something_else_is_said_otherwise() {
        for (given, made) in [
            (r"\h+\Z", r"[0-9A-Fa-f]+(?:\n?\z)"),
            (r"[\h:]", "[0-9A-Fa-f:]"),
            (r"\<b\>", "<b>"),
            (r"\e\0\x4", r"\x1B\x00\x04"),
            (r"\u0000\u00e9", r"\x00(?:\xC3\xA9)"),
            ("a{,3}{x}{}", r"a{0,3}\{x\}\{\}"),
            ("[a--b~~]", r"[a-\-b~\~]"),
            ("x(?i)a|b", "x(?i:a|b)"),
            ("(x(?m)a|b)c", "(x(?s:a|b))c"),
            ("(?m:.)", "(?s:.)"),
            ("(?<a>x)", "(?P<a>x)"),
            (r"\y\_", r"y\_"),
        ] {
            assert_eq!(text(given), made, "{given}");
        }
    }

    #[test]
    fn flags_at_the_beginning_are_those_of_the_whole() {
        let made = read("(?im)a|b", "").unwrap_or_default();
        assert_eq!((made.text.as_str(), made.ignore_case, made.dot_all), ("a|b", true, true));
        let made = read("a", "REG_ICASE,REG_MULTILINE").unwrap_or_default();
        assert!(made.ignore_case && made.dot_all);
        assert_eq!(read("a", "REG_X"), Err("there is no flag `REG_X`".to_owned()));
    }

    #[test]
    fn a_class_beyond_ascii_is_matched_by_characters() {
        let made = read("[é]x", "").unwrap_or_default();
        assert_eq!((made.text.as_str(), made.unicode), ("[é]x", true));
        assert!(text(r"[é\xFF]").starts_with("refused"));
        let made = read_by_characters(r"^\w.[^\s]\b", "").unwrap_or_default();
        assert_eq!(made.text, r"^[0-9A-Za-z_].[^[\t\n\x0B\x0C\r ]](?-u:\b)");
    }

    #[test]
    fn what_no_linear_engine_does_is_refused() {
        for (given, why) in [
            (r"(a)\1", "it refers back to a group"),
            ("a(?=b)", "it looks ahead"),
            ("(?<!a)b", "it looks behind"),
            ("(?>a)b", "a group holds what it has taken"),
            ("a++", "a repetition holds what it has taken"),
            ("(?<a>x)(y)", "it mixes named and numbered groups, which are then not counted"),
            (r"\p{Alpha}", r"it uses \p"),
            ("(?#x)a", "a kind of group that is not known here"),
            ("(a", "a bracket is not closed"),
            ("a)", "a bracket too many"),
            ("[a", "a class is not closed"),
            ("a\\", "it ends within an escape"),
        ] {
            assert_eq!(text(given), format!("refused: {why}"), "{given}");
        }
        assert!(text(&"(".repeat(200)).contains("too deep"));
        assert!(text(&"a".repeat(PATTERN_BYTES_MAX + 1)).contains("longer than"));
    }
}
