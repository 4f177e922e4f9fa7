//! Sequences of letters: how long after a cart was left each is due, and what it asks of the cart.

/// The longest delay of a step: a year.
pub const LONGEST_DELAY: i64 = 365 * 86_400;

/// The most steps that a sequence has.
pub const MOST_STEPS: i64 = 50;

/// What a shop says in its own words; what is absent is as shipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Template of the subject.
    pub subject: Option<String>,
    /// Template for programs that show HTML.
    pub html: Option<String>,
    /// Template for those that do not.
    pub text: Option<String>,
}

/// A letter's place in a sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// 1 for the first.
    pub number: i64,
    /// Seconds after the abandonment.
    pub delay_secs: i64,
    /// Whether it is written at all.
    pub active: bool,
    /// The least that a cart must be worth, minor units of its currency.
    pub minimum: i64,
    /// What it says.
    pub words: Words,
}

/// The letters about one abandoned cart.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// Public id.
    pub id: String,
    /// In order of number.
    pub steps: Vec<Step>,
}

impl Sequence {
    /// What every shop begins with: half an hour, a day and four days after the cart was left, as the vendor advises.
    pub fn shipped() -> Self {
        let steps = (1..)
            .zip([30 * 60, 86_400, 4 * 86_400])
            .map(|(number, delay_secs)| Step { number, delay_secs, active: true, minimum: 0, words: Words::default() })
            .collect();
        Sequence { id: "default".into(), steps }
    }

    /// The next step that is written, after the one of a number.
    pub fn after(&self, number: i64) -> Option<&Step> {
        self.steps.iter().find(|step| step.number > number && step.active)
    }

    /// The step of a number.
    pub fn step(&self, number: i64) -> Option<&Step> {
        self.steps.iter().find(|step| step.number == number)
    }
}
