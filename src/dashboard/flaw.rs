//! What an operation found wrong with a form, so that it stands beside the field and what was typed stays.

use super::door::Trouble;
use crate::domain::Error;

/// One fault: the field, blank for the form as a whole, and a sentence.
#[derive(Clone, Debug, Default)]
pub(super) struct Flaw {
    field: String,
    text: String,
}

impl Flaw {
    /// The fault that an error is about, where it is about the form; every other error ends in a page of its own.
    pub(super) fn of(error: Error) -> Result<Self, Trouble> {
        match error {
            Error::Invalid { field, reason, .. } => Ok(Flaw { field, text: format!("This {reason}.") }),
            Error::Conflict(text) => Ok(Flaw { field: String::new(), text: format!("{}.", capital(&text)) }),
            other => Err(other.into()),
        }
    }

    /// What is wrong with a field; blank: nothing.
    pub(super) fn at(&self, field: &str) -> String {
        if self.field == field { self.text.clone() } else { String::new() }
    }

    /// What is wrong and belongs to none of these fields.
    pub(super) fn beside(&self, fields: &[&str]) -> String {
        if fields.contains(&self.field.as_str()) { String::new() } else { self.text.clone() }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
