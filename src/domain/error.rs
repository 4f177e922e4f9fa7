//! What can go wrong, as kinds. Each door turns a kind into its own codes and texts; no status code stands here.

/// The result of everything that can fail below the doors.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// In which way a field of the input is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Required and not there.
    Missing,
    /// Unreadable, or of the wrong type.
    Malformed,
    /// Readable, but out of range, unknown, or impossible together with something else.
    Refused,
}

/// A failure, by kind.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing for this caller; also when it exists for another.
    #[error("no {what} `{id}`")]
    NotFound {
        /// The noun, in the singular.
        what: &'static str,
        /// As the caller named it.
        id: String,
    },
    /// The input is wrong; nothing was written.
    #[error("{field}: {reason}")]
    Invalid {
        /// Path of the field, such as `items[2].quantity`.
        field: String,
        /// In which way.
        flaw: Flaw,
        /// What would be right, as the end of a sentence that begins with the field.
        reason: String,
    },
    /// The input is fine, the state of things forbids it.
    #[error("{0}")]
    Conflict(String),
    /// Something of ours failed. The text is for the log, never for a client.
    #[error("{0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// The same under the name that a door's callers have for the field.
    pub fn renamed(self, ours: &str, theirs: &str) -> Self {
        match self {
            Error::Invalid { field, flaw, reason } if field == ours => {
                Error::Invalid { field: theirs.to_owned(), flaw, reason }
            }
            other => other,
        }
    }

    /// A required field is absent.
    pub fn missing(field: impl Into<String>) -> Self {
        Error::Invalid { field: field.into(), flaw: Flaw::Missing, reason: "is required".into() }
    }

    /// A field cannot be read as what it should be.
    pub fn malformed(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Error::Invalid { field: field.into(), flaw: Flaw::Malformed, reason: reason.into() }
    }

    /// A field is readable and not acceptable.
    pub fn refused(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Error::Invalid { field: field.into(), flaw: Flaw::Refused, reason: reason.into() }
    }

    /// Wraps a failure of ours with what was being done.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Error::Internal(cause.into())
    }

    /// The same error about a field of another name: a value's constructor does not know whose value it is.
    pub fn in_field(self, name: impl Into<String>) -> Self {
        match self {
            Error::Invalid { flaw, reason, .. } => Error::Invalid { field: name.into(), flaw, reason },
            other => other,
        }
    }

    /// The error with its causes, for the log.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(inner) = cause {
            let line = inner.to_string();
            if !text.ends_with(&line) {
                text.push_str(": ");
                text.push_str(&line);
            }
            cause = inner.source();
        }
        text
    }
}

/// Turns an absence into [`Error::NotFound`].
pub trait OrNotFound<T> {
    /// `Some` as it is; `None` as "no `what` `id`".
    fn or_not_found(self, what: &'static str, id: &str) -> Result<T>;
}

impl<T> OrNotFound<T> for Option<T> {
    fn or_not_found(self, what: &'static str, id: &str) -> Result<T> {
        self.ok_or_else(|| Error::NotFound { what, id: id.to_owned() })
    }
}
