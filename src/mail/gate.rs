//! What keeps templates of strangers harmless, before the engine sees them.
//!
//! The engine's fuel bounds steps and not memory, so whatever could make much out of little is refused before it is
//! asked: `*`, `**`, `~`, `set`, macros, includes, and every filter that is not on the list.

/// The longest part of a template, in bytes.
pub(super) const LONGEST: usize = 64 * 1024;
/// The longest tag, in bytes: a filter over a long text, asked for again and again, would be slow without using much fuel.
pub(super) const LONGEST_TAG: usize = 1_000;

const KEYWORDS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];
const FILTERS: [&str; 8] = ["default", "d", "first", "last", "length", "lower", "title", "upper"];

/// Lets a template through that can do no harm, with the vendor's variables spelled as the engine's.
pub(super) fn gate(source: &str) -> std::result::Result<String, String> {
    if source.len() > LONGEST {
        return Err(format!("must be at most {LONGEST} bytes"));
    }
    let source = vendor_variables(source);
    let mut rest = source.as_str();
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        let (opening, inside) = rest[at..].split_at(2);
        let closing = match opening {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        let end = if opening == "{#" { inside.find(closing) } else { end_of_tag(inside, closing) };
        let end = end.ok_or_else(|| format!("has an `{opening}` without its `{closing}`"))?;
        if opening != "{#" {
            check_tag(&inside[..end], opening == "{%")?;
        }
        rest = &inside[end + 2..];
    }
    Ok(source)
}

/// Where a tag ends: as the engine sees it, what stands in quotes ends nothing.
fn end_of_tag(inside: &str, closing: &str) -> Option<usize> {
    let mut quote = None;
    let mut is_escaped = false;
    for (at, c) in inside.char_indices() {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if c == '\\' => is_escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if inside[at..].starts_with(closing) => return Some(at),
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None => {}
        }
    }
    None
}

fn check_tag(tag: &str, is_statement: bool) -> std::result::Result<(), String> {
    if tag.len() > LONGEST_TAG {
        return Err(format!("has a tag of more than {LONGEST_TAG} bytes"));
    }
    let tag = tag.trim_matches('-').trim();
    // The engine counts braces, so one inside a tag could hide where the tag ends.
    if let Some(brace) = ["{", "}"].iter().find(|brace| tag.contains(**brace)) {
        return Err(format!("must not have `{brace}` inside a tag"));
    }
    // A loop that calls itself holds what it wrote in memory, where nothing counts it.
    if is_statement && tag.contains("recursive") {
        return Err("must not have `recursive` inside a tag".to_owned());
    }
    if let Some(sign) = ["*", "~"].iter().find(|sign| tag.contains(**sign)) {
        return Err(format!("must not have `{sign}` inside a tag"));
    }
    let keyword = tag.split_whitespace().next().unwrap_or_default();
    if is_statement && !KEYWORDS.contains(&keyword) {
        return Err(format!("has `{keyword}`, and takes only {}", KEYWORDS.join(", ")));
    }
    for piece in tag.split('|').skip(1) {
        let name: String = piece.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if !FILTERS.contains(&name.as_str()) {
            return Err(format!("has the filter `{name}`, and takes only {}", FILTERS.join(", ")));
        }
    }
    Ok(())
}

/// `%%Name%%` as a value of the engine's. What is no name stays as it is.
fn vendor_variables(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, behind)) = rest.split_once("%%") {
        out.push_str(before);
        let name = behind.split_once("%%").map(|(name, _)| name);
        let is_name = |name: &&str| {
            (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-. ".contains(c))
        };
        match name.filter(is_name) {
            Some(name) => {
                out.push_str(&format!("{{{{ vars[\"{}\"] }}}}", name.to_lowercase()));
                rest = &behind[name.len() + 2..];
            }
            None => {
                out.push_str("%%");
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out
}
