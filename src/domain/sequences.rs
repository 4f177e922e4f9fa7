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
    /// The coupon that its letters show, by public id.
    pub coupon_id: Option<String>,
    /// What it says.
    pub words: Words,
}

impl Step {
    /// A step that is written about any cart, as shipped and without a coupon.
    pub fn new(number: i64, delay_secs: i64) -> Self {
        Step { number, delay_secs, active: true, minimum: 0, coupon_id: None, words: Words::default() }
    }
}

impl Words {
    /// Whether they speak of the coupon without asking whether there is one. A letter in such words makes no sense
    /// without it.
    pub fn need_coupon(&self) -> bool {
        let parts = [&self.subject, &self.html, &self.text];
        let said: Vec<String> = parts.into_iter().flatten().map(|part| part.to_lowercase()).collect();
        said.iter().any(|part| part.contains("coupon")) && !said.iter().any(|part| part.contains("if coupon"))
    }
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
            .map(|(number, delay_secs)| Step::new(number, delay_secs))
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
