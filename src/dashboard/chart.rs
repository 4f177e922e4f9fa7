//! Charts: bars over days, drawn here as SVG. What they show stands below them as a table, for whoever cannot see them.

use askama::Template;
use askama::filters::HtmlSafe;

use super::show;
use crate::domain::Day;
use crate::domain::time::day_plus;

/// Bars at most; more days are put together.
const MOST_BARS: usize = 92;
/// Of the drawing, which is stretched to the width of its card.
const WIDTH: i64 = 1_000;
const HEIGHT: i64 = 200;
/// Width of a bar's place in hundredths of a unit, so that 92 places fill the width evenly.
const FINE: i64 = 100;

/// What is drawn: its name and one value a day.
pub(super) struct Series {
    pub(super) name: &'static str,
    pub(super) values: Vec<i64>,
}

/// A chart of one or two series over days that follow each other.
#[derive(Template)]
#[template(path = "kit/chart.html")]
pub(super) struct Chart {
    title: String,
    unit: &'static str,
    from: Day,
    step: usize,
    first: Series,
    second: Option<Series>,
    write: Box<dyn Fn(i64) -> String>,
}

impl HtmlSafe for Chart {}

/// One day's place.
struct Bar {
    said: String,
    left: String,
    space: String,
    parts: Vec<Part>,
}

struct Part {
    class: &'static str,
    x: String,
    y: i64,
    width: String,
    height: i64,
}

impl Chart {
    /// A chart from a day on. `write` spells a value.
    pub(super) fn new(
        title: impl Into<String>,
        from: Day,
        first: Series,
        second: Option<Series>,
        write: impl Fn(i64) -> String + 'static,
    ) -> Self {
        let step = first.values.len().div_ceil(MOST_BARS).max(1);
        let together = |series: Series| Series {
            values: series
                .values
                .chunks(step)
                .map(|days| days.iter().fold(0, |a, b| i64::saturating_add(a, *b)))
                .collect(),
            ..series
        };
        Chart {
            title: title.into(),
            unit: if step == 1 { "Day" } else { "From" },
            from,
            step,
            first: together(first),
            second: second.map(together),
            write: Box::new(write),
        }
    }

    fn series(&self) -> impl Iterator<Item = &Series> {
        std::iter::once(&self.first).chain(&self.second)
    }

    /// The largest value, rounded up to a number that is good to read.
    fn top(&self) -> i64 {
        let most = self.series().flat_map(|series| series.values.iter().copied()).max().unwrap_or(0).max(1);
        let mut power = 1_i64;
        while most / power >= 10 {
            power = power.saturating_mul(10);
        }
        // Halves of these are whole, as long as the power is ten or more; below that the even ones are enough.
        let steps: &[i64] =
            if power >= 10 { &[10, 12, 14, 16, 20, 30, 40, 60, 80, 100] } else { &[20, 40, 60, 80, 100] };
        let tops =
            steps.iter().map(|step| (power / 10).max(1).saturating_mul(if power >= 10 { *step } else { *step / 10 }));
        tops.into_iter().find(|top| *top >= most).unwrap_or(most)
    }

    fn scale(&self) -> [String; 3] {
        let top = self.top();
        [top, top / 2, 0].map(|value| (self.write)(value).trim_end_matches(".00").to_owned())
    }

    fn day(&self, at: usize) -> Day {
        day_plus(self.from, i64::try_from(at * self.step).unwrap_or(0))
    }

    fn marks(&self) -> Vec<String> {
        let last = self.first.values.len().saturating_sub(1);
        let mut places = vec![0, last / 2, last];
        places.dedup();
        places.into_iter().map(|at| show::short_day(self.day(at))).collect()
    }

    fn summary(&self) -> String {
        let sum = |series: &Series| {
            let sum = series.values.iter().fold(0, |a, b| i64::saturating_add(a, *b));
            format!("{} {}", series.name, (self.write)(sum))
        };
        format!("{}: {} in all", self.title, self.series().map(sum).collect::<Vec<_>>().join(", "))
    }

    fn rows(&self) -> Vec<(String, String, String)> {
        let second = |at: usize| self.second.as_ref().and_then(|series| series.values.get(at));
        let row = |(at, value): (usize, &i64)| {
            let other = second(at).map_or(String::new(), |value| (self.write)(*value));
            (show::day(self.day(at)), (self.write)(*value), other)
        };
        self.first.values.iter().enumerate().map(row).collect()
    }

    fn bars(&self) -> Vec<Bar> {
        let (top, places) = (self.top(), i64::try_from(self.first.values.len().max(1)).unwrap_or(1));
        let space = WIDTH * FINE / places;
        let many = i64::from(self.second.is_some()) + 1;
        // A fifth of the place stays free on each side; two bars share what is left.
        let width = space * 3 / 5 / many;
        (0..self.first.values.len())
            .map(|at| {
                let left = WIDTH * FINE * i64::try_from(at).unwrap_or(0) / places;
                let parts = self.series().zip(["first", "second"]).zip(0_i64..).map(|((series, class), place)| {
                    let value = series.values.get(at).copied().unwrap_or(0).max(0);
                    let scaled = i128::from(value) * i128::from(HEIGHT) / i128::from(top);
                    // What is there is seen, however small.
                    let height = i64::try_from(scaled).unwrap_or(HEIGHT).max(i64::from(value > 0) * 2);
                    let x = fine(left + space / 5 + place * width);
                    Part { class, x, y: HEIGHT - height, width: fine(width), height }
                });
                let said: Vec<String> = self
                    .series()
                    .map(|series| {
                        format!(
                            "{} {}",
                            (self.write)(series.values.get(at).copied().unwrap_or(0)),
                            series.name.to_lowercase()
                        )
                    })
                    .collect();
                Bar {
                    said: format!("{}: {}", show::day(self.day(at)), said.join(", ")),
                    left: fine(left),
                    space: fine(space),
                    parts: parts.collect(),
                }
            })
            .collect()
    }
}

/// Hundredths as a decimal.
fn fine(hundredths: i64) -> String {
    crate::domain::money::decimal(hundredths, 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_day;

    #[test]
    fn a_year_is_drawn_in_few_bars_and_none_is_lost() {
        let from = parse_day("2026-01-01").expect("a day");
        let series = Series { name: "Carts", values: vec![1; 365] };
        let chart = Chart::new("Carts", from, series, None, show::count);
        assert!(chart.first.values.len() <= MOST_BARS);
        assert_eq!(chart.first.values.iter().sum::<i64>(), 365);
        let html = chart.to_string();
        assert!(html.contains("365 in all") && !html.contains("style="), "{html}");
    }

    #[test]
    fn the_largest_value_fits_whatever_it_is() {
        for most in [0, 1, 9, 10, 11, 99, 101, 12_345, i64::MAX] {
            let from = parse_day("2026-01-01").expect("a day");
            let chart = Chart::new("x", from, Series { name: "x", values: vec![most] }, None, show::count);
            assert!(chart.top() >= most, "{most}");
            assert!(chart.bars()[0].parts[0].height <= HEIGHT);
        }
    }
}
