//! A Rust source file as the tidy checks see it: comments and literals blanked, tests told apart, paths expanded.
//!
//! A scanner, not a parser: it knows comments, literals and brackets, and nothing of types or macros. That is enough to tell code from text.

/// A source file with what was scanned from it. All three texts have the same length in bytes, so that positions fit each other.
pub struct Source {
    /// Path from the root of the repository, with `/`.
    pub path: String,
    /// As it stands in the file.
    pub text: String,
    /// Comments and the insides of literals are blanks.
    pub code: String,
    /// As `code`, with every `#[cfg(test)]` item blank too; all blank in a file of tests.
    pub production: String,
}

impl Source {
    /// Scans a file.
    pub fn new(path: &str, text: &str) -> Self {
        let code = blank_text(text);
        let production = if is_test_file(path) { blank(&code) } else { blank_tests(&code) };
        Self { path: path.to_owned(), text: text.to_owned(), code, production }
    }

    /// The first folder or file below `src/`, which is the layer: `store` for `src/store/sqlite/mod.rs`, `config` for `src/config.rs`.
    pub fn layer(&self) -> Option<&str> {
        let below = self.path.strip_prefix("src/")?;
        below.split('/').next().map(|name| name.trim_end_matches(".rs"))
    }

    /// Names of the module that the file is, from the crate root.
    pub fn module(&self) -> Vec<&str> {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let mut names: Vec<&str> = below.trim_end_matches(".rs").split('/').collect();
        if matches!(names.last(), Some(&("mod" | "lib" | "main"))) {
            names.pop();
        }
        names
    }

    /// Line of a position, from 1.
    pub fn line(&self, position: usize) -> usize {
        self.text.as_bytes().iter().take(position).filter(|b| **b == b'\n').count() + 1
    }

    /// Number of lines of production code, doc comments and blank lines included.
    pub fn n_production_lines(&self) -> usize {
        if is_test_file(&self.path) {
            return 0;
        }
        let is_in_test = |(code, production): &(&str, &str)| !code.trim().is_empty() && production.trim().is_empty();
        let n_test_lines = self.code.lines().zip(self.production.lines()).filter(is_in_test).count();
        self.text.lines().count() - n_test_lines
    }
}

fn is_test_file(path: &str) -> bool {
    path.starts_with("tests/") || path.ends_with("/tests.rs") || path.contains("/tests/")
}

fn blank(text: &str) -> String {
    text.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect()
}

/// Replaces comments and the insides of string and character literals by blanks; quotes and line ends stay.
pub fn blank_text(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let end = if rest.starts_with(b"//") {
            at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())
        } else if rest.starts_with(b"/*") {
            at + end_of_block_comment(rest)
        } else if let Some((open, close)) = literal_span(bytes, at) {
            wipe(&mut out, open, close);
            at = close + 1;
            continue;
        } else {
            at += 1;
            continue;
        };
        wipe(&mut out, at, end);
        at = end;
    }
    // Only whole characters inside comments and literals were replaced, each byte by a blank.
    String::from_utf8(out).expect("blanked text is UTF-8")
}

fn wipe(out: &mut [u8], from: usize, to: usize) {
    for byte in out.iter_mut().take(to).skip(from) {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

fn end_of_block_comment(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The inside of the string or character literal that begins at `at`: first byte behind the opening quote, position of the closing one.
fn literal_span(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let is_word_before = at > 0 && is_word(bytes[at - 1]);
    match bytes[at] {
        b'"' => {
            let mut end = at + 1;
            while end < bytes.len() && bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            Some((at + 1, end.min(bytes.len())))
        }
        b'r' if !is_word_before || matches!(bytes[at - 1], b'b' | b'c') => {
            let n_hashes = bytes[at + 1..].iter().take_while(|b| **b == b'#').count();
            let open = at + 1 + n_hashes;
            if bytes.get(open) != Some(&b'"') {
                return None;
            }
            let mut close = vec![b'"'];
            close.extend(std::iter::repeat_n(b'#', n_hashes));
            let inside = bytes.get(open + 1..)?;
            let n = inside.windows(close.len()).position(|w| w == close).unwrap_or(inside.len());
            Some((open + 1, open + 1 + n))
        }
        b'\'' => {
            // A lifetime has no closing quote behind its first character.
            let inside = bytes.get(at + 1..)?;
            if inside.first() == Some(&b'\\') {
                let n = inside.iter().skip(2).position(|b| *b == b'\'')?;
                return Some((at + 1, at + 3 + n));
            }
            let n = inside.iter().skip(1).take(4).position(|b| *b == b'\'')? + 1;
            let is_one_character = std::str::from_utf8(&inside[..n]).is_ok_and(|s| s.chars().count() == 1);
            is_one_character.then_some((at + 1, at + 1 + n))
        }
        _ => None,
    }
}

/// Blanks every item that stands under `#[cfg(test)]`.
fn blank_tests(code: &str) -> String {
    let mut out = code.as_bytes().to_vec();
    let mark = "#[cfg(test)]";
    let mut from = 0;
    while let Some(start) = code[from..].find(mark).map(|n| from + n) {
        let end = end_of_item(code, start + mark.len());
        wipe(&mut out, start, end);
        from = end;
    }
    String::from_utf8(out).expect("blanked code is UTF-8")
}

/// End of the item that begins at `from`: its closing brace, or its semicolon where it has no body.
fn end_of_item(code: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (n, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return n + 1;
                }
            }
            b';' if depth == 0 => return n + 1,
            _ => {}
        }
    }
    code.len()
}

/// Whether a byte can stand in a name; bytes of Chinese characters count.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Positions of `word` in `code` where it is a whole word.
pub fn find_words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = code.as_bytes();
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let is_free_before = at == 0 || !is_word(bytes[at - 1]);
        is_free_before && bytes.get(at + word.len()).is_none_or(|b| !is_word(*b))
    })
}

/// All paths that a use tree or path at the start of `code` names: `a::{b, c::d}` gives `a::b` and `a::c::d`. Renames keep their first name.
pub fn expand_path(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    expand(code, 0, &[], &mut found);
    found
}

/// Reads one tree at `at`, adds its paths below `above` to `found` and returns the position behind it.
fn expand(code: &str, mut at: usize, above: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let bytes = code.as_bytes();
    let skip_blanks = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        at
    };
    let mut path = above.to_vec();
    loop {
        at = skip_blanks(at);
        if bytes.get(at) == Some(&b'{') {
            at += 1;
            loop {
                at = skip_blanks(at);
                match bytes.get(at) {
                    None => return at,
                    Some(b'}') => return at + 1,
                    Some(b',') => at += 1,
                    Some(_) => {
                        let next = expand(code, at, &path, found);
                        at = next.max(at + 1);
                    }
                }
            }
        }
        let n = bytes.iter().skip(at).take_while(|b| is_word(**b) || **b == b'*').count();
        if n == 0 {
            break;
        }
        path.push(code[at..at + n].to_owned());
        at = skip_blanks(at + n);
        if !code[at..].starts_with("::") {
            break;
        }
        at += 2;
    }
    if path.len() > above.len() {
        found.push(path);
    }
    // Over `as name`, up to the comma or brace of the tree around.
    at + bytes.iter().skip(at).take_while(|b| is_word(**b) || **b == b' ').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked() {
        let check = |text: &str, expect: &str| assert_eq!(blank_text(text), expect, "{text}");
        check("a // b\nc", "a     \nc");
        check("a /* b /* c */ d */ e", "a                   e");
        check(r#"f("x \" y", 'a', b"z")"#, r#"f("      ", ' ', b" ")"#);
        check("r#\"a \" b\"# + c", "r#\"     \"# + c");
        check("fn f<'a>(x: &'a str) { '{' }", "fn f<'a>(x: &'a str) { ' ' }");
        check(r"'\'' + '\u{4e00}'", r"'  ' + '        '");
        assert_eq!(blank_text("\"一\" x").len(), "\"一\" x".len());
        check("for r in x { r }", "for r in x { r }");
    }

    #[test]
    fn tests_are_told_apart() {
        let text = "//! doc\nfn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() { sleep() }\n}\n";
        let source = Source::new("src/domain/x.rs", text);
        assert!(source.production.contains("fn a") && !source.production.contains("sleep"));
        assert_eq!(source.n_production_lines(), 3);
        assert_eq!(Source::new("src/domain/x/tests.rs", text).n_production_lines(), 0);
        assert_eq!(source.line(text.find("sleep").unwrap_or(0)), 6);
        assert_eq!(source.layer(), Some("domain"));
        assert_eq!(source.module(), ["domain", "x"]);
        assert_eq!(Source::new("src/store/sqlite/mod.rs", "").module(), ["store", "sqlite"]);
    }

    #[test]
    fn use_trees_are_expanded() {
        let check = |text: &str, expect: &[&str]| {
            let found: Vec<String> = expand_path(text).into_iter().map(|p| p.join("::")).collect();
            assert_eq!(found, expect, "{text}");
        };
        check("crate::domain::id::FormId;", &["crate::domain::id::FormId"]);
        check(
            "crate::{domain::id, store::{self, Store as S}, x};",
            &["crate::domain::id", "crate::store::self", "crate::store::Store", "crate::x"],
        );
        check("crate::store::open(1)", &["crate::store::open"]);
        check("a::*; b", &["a::*"]);
    }
}
