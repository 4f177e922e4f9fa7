//! Letting a shop's letters out to real people.

use super::{Timestamp, words};

words! {
    /// On what grounds letters were let out.
    How, "how" {
        /// `doctor` found no fault.
        Passed = "passed",
        /// Somebody answers for them over its faults.
        Overridden = "overridden",
    }
}

/// One time at which letters were let out, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoLive {
    /// When.
    pub at: Timestamp,
    /// On what grounds.
    pub how: How,
    /// Who, as they said.
    pub by: String,
    /// The faults that stood, one a line.
    pub faults: String,
}
