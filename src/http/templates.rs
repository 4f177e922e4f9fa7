//! Whether letters in a shop's own words can be written, before anybody depends on them.

use crate::domain::Result;
use crate::domain::sequences::Words;
use crate::mail::template::Template;

/// Checks the templates of a step. The error names the part and the line.
pub fn check(words: &Words) -> Result<()> {
    let Words { subject, html, text } = words.clone();
    Template { subject, html, text }.check()
}
