//! The configuration file: TOML, whose keys are all known.

use std::path::Path;

use super::KEYS;
use crate::domain::settings::nearest;
use crate::domain::{Error, Result};

/// What a file says, by name of the key; an unknown one is named with its neighbour.
pub(super) fn read(path: &Path) -> Result<Vec<(&'static str, String)>> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| {
        Error::refused("config", format!("cannot read {shown}: {e}; `cartwright config init` writes one"))
    })?;
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
        let line =
            e.span().and_then(|span| text.get(..span.start)).map_or(1, |before| before.matches('\n').count() + 1);
        Error::malformed("config", format!("{shown}, line {line}: {}", e.message()))
    })?;
    let mut found = Vec::new();
    flatten("", &table, &mut found);
    found
        .into_iter()
        .map(|(name, value)| match KEYS.iter().find(|key| key.name == name) {
            Some(key) => match value {
                toml::Value::String(text) => Ok((key.name, text)),
                toml::Value::Integer(number) if key.number => Ok((key.name, number.to_string())),
                other => {
                    let wanted = if key.number { "a whole number" } else { "a text in quotes" };
                    Err(Error::malformed(
                        key.name,
                        format!("must be {wanted} in {shown}, not {other:?}", other = other.type_str()),
                    ))
                }
            },
            None => {
                let hint = nearest(&name, KEYS.iter().map(|key| key.name))
                    .map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                Err(Error::refused("config", format!("{shown} has an unknown key `{name}`{hint}")))
            }
        })
        .collect()
}

fn flatten(prefix: &str, table: &toml::Table, found: &mut Vec<(String, toml::Value)>) {
    for (name, value) in table {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(&path, inner, found),
            other => found.push((path, other.clone())),
        }
    }
}
