//! Reads Rust source as far as the rules of the house need it: tokens without comments, the paths that a file names,
//! and the text of its strings. No parser of the whole language: what it does not know, it passes over.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::path::{Path, PathBuf};

/// A piece of source that is neither white space nor comment.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A name or keyword.
    Word(String),
    /// The content of a string, as written between its quotes.
    Text(String),
    /// A number, a character, or a lifetime: no rule looks at these.
    Other,
    /// Anything else, one character each.
    Mark(char),
}

impl Token {
    /// The name or keyword that this is.
    pub fn word(&self) -> Option<&str> {
        match self {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file with this extension below a folder of the repository, with its path from the root, in a fixed order.
pub fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    let mut found: Vec<(String, String)> = paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .map(|path| (shown(&path), std::fs::read_to_string(&path).expect("a readable source file")))
        .collect();
    found.sort();
    found
}

/// A path from the root, with slashes.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).expect("a path below the root").to_string_lossy().replace('\\', "/")
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

/// Cuts source into tokens.
pub fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        at += match (rest[0], rest.get(1)) {
            (c, _) if c.is_whitespace() => 1,
            ('/', Some('/')) => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            ('/', Some('*')) => block_comment(rest),
            ('"', _) => string(rest, 0, &mut found),
            ('b' | 'c', Some('"')) => string(rest, 1, &mut found),
            ('r', Some('"' | '#')) if raw_string_hashes(&rest[1..]).is_some() => raw_string(rest, 1, &mut found),
            ('b' | 'c', Some('r')) if raw_string_hashes(&rest[2..]).is_some() => raw_string(rest, 2, &mut found),
            ('\'', _) => quote(rest, &mut found),
            (c, _) if c.is_alphabetic() || c == '_' => {
                let length = rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
                found.push(Token::Word(rest[..length].iter().collect()));
                length
            }
            (c, _) if c.is_ascii_digit() => {
                found.push(Token::Other);
                rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').count()
            }
            (c, _) => {
                found.push(Token::Mark(c));
                1
            }
        };
    }
    found
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match (rest[at], rest.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string(rest: &[char], prefix: usize, found: &mut Vec<Token>) -> usize {
    let mut text = String::new();
    let mut at = prefix + 1;
    while at < rest.len() && rest[at] != '"' {
        if rest[at] == '\\' && rest.get(at + 1) == Some(&'\n') {
            // The compiler leaves out a broken line's end and the blanks that follow.
            at += 1;
            while rest.get(at).is_some_and(|c| c.is_whitespace()) {
                at += 1;
            }
            continue;
        }
        if rest[at] == '\\' {
            text.push('\\');
            at += 1;
        }
        text.extend(rest.get(at));
        at += 1;
    }
    found.push(Token::Text(text));
    at + 1
}

/// How many hashes stand before the quote, where a quote follows.
fn raw_string_hashes(rest: &[char]) -> Option<usize> {
    let hashes = rest.iter().take_while(|c| **c == '#').count();
    (rest.get(hashes) == Some(&'"')).then_some(hashes)
}

fn raw_string(rest: &[char], prefix: usize, found: &mut Vec<Token>) -> usize {
    let hashes = raw_string_hashes(&rest[prefix..]).unwrap_or(0);
    let begin = prefix + hashes + 1;
    let ends =
        |at: &usize| rest[*at] == '"' && rest[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
    let end = (begin..rest.len()).find(ends).unwrap_or(rest.len());
    found.push(Token::Text(rest[begin..end].iter().collect()));
    end + 1 + hashes
}

/// A character or a lifetime.
fn quote(rest: &[char], found: &mut Vec<Token>) -> usize {
    found.push(Token::Other);
    match (rest.get(1), rest.get(2)) {
        (Some('\\'), _) => rest.iter().skip(3).position(|c| *c == '\'').map_or(rest.len(), |at| at + 4),
        (Some(_), Some('\'')) => 3,
        _ => 1 + rest[1..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count(),
    }
}

/// The tokens without the items that only tests are compiled with.
pub fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let attribute = self::tokens("#[cfg(test)]");
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at..].starts_with(&attribute) {
            at = end_of_item(tokens, at + attribute.len());
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Just behind the item that begins here: behind its closing brace, or its semicolon.
fn end_of_item(tokens: &[Token], begin: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(begin) {
        match token {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') if depth == 1 => return at + 1,
            Token::Mark('}') => depth -= 1,
            Token::Mark(';') if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Whether these names and marks stand here one after the other: `holds(tokens, at, &[".", "unwrap", "("])`.
pub fn holds(tokens: &[Token], at: usize, sought: &[&str]) -> bool {
    tokens.len() >= at + sought.len()
        && tokens[at..].iter().zip(sought).all(|(token, sought)| match token {
            Token::Word(word) => word == sought,
            Token::Mark(mark) => sought.chars().eq([*mark]),
            Token::Text(_) | Token::Other => false,
        })
}

/// Every path of this crate that a file names, from the root of the crate: `["store", "carts", "by_id"]`. `home` is
/// the module of the file; `self` and `super` are worked out from it, in inline modules too. A group is taken apart,
/// and `self` in one is the module itself.
pub fn paths(tokens: &[Token], home: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut modules: Vec<(usize, String)> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            Token::Mark('{') => {
                depth += 1;
                if at >= 2 && tokens[at - 2].word() == Some("mod") {
                    modules.push((depth, tokens[at - 1].word().unwrap_or_default().to_owned()));
                }
            }
            Token::Mark('}') => {
                modules.retain(|(opened, _)| *opened != depth);
                depth = usize::saturating_sub(depth, 1);
            }
            Token::Word(word) if holds(tokens, at + 1, &[":", ":"]) && begins_path(tokens, at) => {
                let mut base: Vec<String> = match word.as_str() {
                    "crate" | "cartwright" => Vec::new(),
                    _ => home.iter().cloned().chain(modules.iter().map(|(_, name)| name.clone())).collect(),
                };
                let mut next = at + 1;
                if word == "super" {
                    base.pop();
                    while holds(tokens, next, &[":", ":", "super", ":", ":"]) {
                        base.pop();
                        next += 3;
                    }
                }
                at = tree(tokens, next, &base, &mut found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn begins_path(tokens: &[Token], at: usize) -> bool {
    let inside = at >= 2 && holds(tokens, at - 2, &[":", ":"]);
    !inside && matches!(tokens[at].word(), Some("crate" | "cartwright" | "super" | "self"))
}

/// Reads `::a::b`, `::{a, b::c}` or nothing, and returns where it ends.
fn tree(tokens: &[Token], at: usize, base: &[String], found: &mut Vec<Vec<String>>) -> usize {
    if !holds(tokens, at, &[":", ":"]) {
        found.push(base.to_vec());
        return at;
    }
    match tokens.get(at + 2) {
        Some(Token::Word(word)) if word == "self" => tree(tokens, at + 3, base, found),
        Some(Token::Word(word)) => {
            let longer: Vec<String> = base.iter().cloned().chain([word.clone()]).collect();
            tree(tokens, at + 3, &longer, found)
        }
        Some(Token::Mark('{')) => {
            let mut next = at + 3;
            while next < tokens.len() && tokens[next] != Token::Mark('}') {
                next = match &tokens[next] {
                    Token::Word(word) if word == "self" => tree(tokens, next + 1, base, found),
                    Token::Word(word) => {
                        let longer: Vec<String> = base.iter().cloned().chain([word.clone()]).collect();
                        tree(tokens, next + 1, &longer, found)
                    }
                    _ => next + 1,
                };
                if holds(tokens, next, &["as"]) {
                    next += 2;
                }
            }
            next + 1
        }
        // A glob, or the `<` of a generic argument.
        _ => {
            found.push(base.to_vec());
            at + 2
        }
    }
}

/// Every statement of the store on one line, with the file it stands in.
pub fn statements() -> Vec<(String, String)> {
    const VERBS: &[&str] = &["select", "insert", "update", "delete", "with", "replace"];
    let mut found = Vec::new();
    for (path, text) in files("src/store", "rs") {
        for token in without_tests(&tokens(&text)) {
            let Token::Text(text) = token else { continue };
            let sql = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let first = sql.split(' ').next().unwrap_or_default().to_lowercase();
            let continued = sql.starts_with('{') && sql.contains("} where ");
            if continued || (VERBS.contains(&first.as_str()) && sql.contains(' ')) {
                found.push((path.clone(), sql));
            }
        }
    }
    found
}
