//! The building blocks of pages that have a part of their own in `templates/kit`: fields, badges, questions before an
//! act, page links. Each is written into a template as a value; src/dashboard/README.md shows all blocks.

use askama::Template;
use askama::filters::HtmlSafe;

/// What a badge, or an entry of a timeline, says beside its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Neither good nor bad.
    Plain,
    /// As wanted.
    Good,
    /// Worth a look.
    Warn,
    /// Wrong.
    Bad,
    /// Under way.
    Info,
}

impl Tone {
    /// Its class in the stylesheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Tone::Plain => "plain",
            Tone::Good => "good",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
            Tone::Info => "info",
        }
    }
}

/// A state in a word.
#[derive(Clone, Debug, Template)]
#[template(source = "<span class=\"badge {{ tone.class() }}\">{{ text }}</span>", ext = "html")]
pub(super) struct Badge {
    tone: Tone,
    text: String,
}

impl HtmlSafe for Badge {}

impl Badge {
    /// What it says.
    pub(super) fn words(&self) -> &str {
        &self.text
    }
}

/// A badge.
pub(super) fn badge(tone: Tone, text: impl Into<String>) -> Badge {
    Badge { tone, text: text.into() }
}

/// A field to type into, with its label, a hint, and what is wrong with what was typed.
#[derive(Clone, Debug, Template)]
#[template(path = "kit/field.html")]
pub(super) struct Field {
    name: String,
    label: String,
    kind: &'static str,
    value: String,
    hint: String,
    error: String,
    autocomplete: &'static str,
    required: bool,
}

impl HtmlSafe for Field {}

impl Field {
    /// A field of this name.
    pub(super) fn new(name: impl Into<String>, label: impl Into<String>) -> Self {
        Field {
            name: name.into(),
            label: label.into(),
            kind: "text",
            value: String::new(),
            hint: String::new(),
            error: String::new(),
            autocomplete: "",
            required: false,
        }
    }

    /// Of another kind: a `type` of an input, or `textarea`.
    pub(super) fn kind(self, kind: &'static str) -> Self {
        Field { kind, ..self }
    }

    /// What stands in it: what was typed before, or what is in force.
    pub(super) fn value(self, value: impl Into<String>) -> Self {
        Field { value: value.into(), ..self }
    }

    /// A sentence below it.
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Field { hint: hint.into(), ..self }
    }

    /// What is wrong with it; blank: nothing.
    pub(super) fn error(self, error: impl Into<String>) -> Self {
        Field { error: error.into(), ..self }
    }

    /// What a browser may fill in.
    pub(super) fn autocomplete(self, autocomplete: &'static str) -> Self {
        Field { autocomplete, ..self }
    }

    /// It must not stay blank.
    pub(super) fn required(self) -> Self {
        Field { required: true, ..self }
    }

    fn described_by(&self) -> Option<String> {
        let parts = [("error", &self.error), ("hint", &self.hint)];
        let ids: Vec<String> = parts
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(part, _)| format!("{}-{part}", self.name))
            .collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// One of a few values, each with what is shown for it.
#[derive(Clone, Debug, Template)]
#[template(path = "kit/choice.html")]
pub(super) struct Choice {
    name: String,
    label: String,
    options: Vec<(String, String)>,
    value: String,
    hint: String,
    error: String,
    submits: bool,
}

impl HtmlSafe for Choice {}

impl Choice {
    /// A choice of this name.
    pub(super) fn new(name: impl Into<String>, label: impl Into<String>, value: impl Into<String>) -> Self {
        Choice {
            name: name.into(),
            label: label.into(),
            options: Vec::new(),
            value: value.into(),
            hint: String::new(),
            error: String::new(),
            submits: false,
        }
    }

    /// One more value.
    pub(super) fn option(mut self, value: impl Into<String>, shown: impl Into<String>) -> Self {
        self.options.push((value.into(), shown.into()));
        self
    }

    /// A sentence below it.
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Choice { hint: hint.into(), ..self }
    }

    /// What is wrong with it; blank: nothing.
    pub(super) fn error(self, error: impl Into<String>) -> Self {
        Choice { error: error.into(), ..self }
    }

    /// With a script, choosing sends the form; it must be one that changes nothing.
    pub(super) fn submits(self) -> Self {
        Choice { submits: true, ..self }
    }
}

/// A button that asks before it acts, also without a script.
#[derive(Clone, Debug, Template)]
#[template(path = "kit/confirm.html")]
pub(super) struct Confirm {
    label: String,
    question: String,
    button: String,
    action: String,
    csrf: String,
    hidden: Vec<(String, String)>,
    destroys: bool,
}

impl HtmlSafe for Confirm {}

impl Confirm {
    /// `label` opens the question; `button` says what will be done and posts to `action`.
    pub(super) fn new(
        csrf: impl Into<String>,
        action: impl Into<String>,
        label: impl Into<String>,
        question: impl Into<String>,
        button: impl Into<String>,
    ) -> Self {
        Confirm {
            label: label.into(),
            question: question.into(),
            button: button.into(),
            action: action.into(),
            csrf: csrf.into(),
            hidden: Vec::new(),
            destroys: false,
        }
    }

    /// It takes something away for good.
    pub(super) fn destroys(self) -> Self {
        Confirm { destroys: true, ..self }
    }

    /// A field that goes with it.
    pub(super) fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.hidden.push((name.into(), value.into()));
        self
    }
}

/// Links to other pages of a list that is walked by cursor.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "kit/pager.html")]
pub(super) struct Pager {
    /// Back to the beginning; absent on the first page.
    pub(super) first: Option<String>,
    /// On; absent on the last page.
    pub(super) next: Option<String>,
    /// How much there is, in words.
    pub(super) said: String,
}

impl HtmlSafe for Pager {}

impl Pager {
    fn needed(&self) -> bool {
        self.first.is_some() || self.next.is_some() || !self.said.is_empty()
    }
}
