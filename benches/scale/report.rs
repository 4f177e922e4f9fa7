//! The one table that is printed, and the sentences below it.

use crate::load::Seen;

/// A row of the table.
pub struct Line {
    name: String,
    rate: f64,
    p50: f64,
    p99: f64,
    cost: f64,
    wrong: Option<String>,
    /// Share of the bare route, and the share that is asked for.
    pub ratio: Option<(f64, f64)>,
    /// The same by processor time, which other work on the machine does not touch.
    pub by_cost: Option<f64>,
    /// How many times as fast the small shop is, how many times as much processor time the big one takes, and whether that
    /// is bounded.
    pub against_small: Option<(f64, f64, bool)>,
    /// Megabytes after it.
    pub memory: Option<f64>,
}

impl Line {
    /// What a run saw.
    pub fn of(name: &str, mut seen: Seen) -> Self {
        seen.sort();
        Line {
            name: name.to_owned(),
            rate: seen.rate(),
            p50: seen.quantile(0.5),
            p99: seen.quantile(0.99),
            cost: seen.cost(),
            wrong: (seen.wrong > 0).then(|| format!("{} wrong, such as {:?}", seen.wrong, seen.example)),
            ratio: None,
            by_cost: None,
            against_small: None,
            memory: None,
        }
    }
}

/// All of them. Each row is also shown when it is measured, on standard error.
#[derive(Default)]
pub struct Table {
    lines: Vec<Line>,
    said: Vec<String>,
}

impl Table {
    /// Adds a row.
    pub fn add(&mut self, line: Line) {
        eprintln!("{}", text(&line));
        if let Some(wrong) = &line.wrong {
            self.said.push(format!("WRONG ANSWERS of {}: {wrong}", line.name));
        }
        self.lines.push(line);
    }

    /// Adds a sentence.
    pub fn say(&mut self, sentence: String) {
        eprintln!("{sentence}");
        self.said.push(sentence);
    }

    /// Prints everything as Markdown.
    pub fn print(&self) {
        println!(
            "\n| route | answers a second | p50 ms | p99 ms | server µs an answer | of the bare route | goal | by processor time | small shop, times as fast (by processor time) | memory MB |"
        );
        println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        self.lines.iter().for_each(|line| println!("{}", text(line)));
        println!();
        self.said.iter().for_each(|sentence| println!("* {sentence}"));
    }
}

fn text(line: &Line) -> String {
    let ratio = line.ratio.map_or(String::new(), |(ratio, _)| format!("{:.0} %", ratio * 100.0));
    let goal = line.ratio.filter(|(_, goal)| *goal > 0.0).map_or(String::new(), |(ratio, goal)| {
        format!("{:.0} % {}", goal * 100.0, if ratio >= goal { "met" } else { "MISSED" })
    });
    let cost = line.by_cost.map_or(String::new(), |share| format!("{:.0} %", share * 100.0));
    let small = line.against_small.map_or(String::new(), |(times, cost, bounded)| {
        format!("{times:.2} ({cost:.2}){}", if bounded && cost > 1.5 { " MISSED" } else { "" })
    });
    let memory = line.memory.map_or(String::new(), |megabytes| format!("{megabytes:.0}"));
    format!(
        "| {} | {:.0} | {:.2} | {:.2} | {:.1} | {ratio} | {goal} | {cost} | {small} | {memory} |",
        line.name, line.rate, line.p50, line.p99, line.cost
    )
}
