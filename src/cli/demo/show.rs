//! What the demo says: numbered steps with the time each took, in one of two languages.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::cli::client::answer::to_stdout;
use crate::cli::client::grid::{Grid, number, text};
use crate::cli::client::words::pick;
use crate::domain::message::Language;
use crate::formats::figures_csv::Cell;

/// Speaks to whoever watches.
pub(super) struct Show {
    pub language: Language,
    steps: Vec<(String, Duration)>,
    under_way: Option<(String, Instant)>,
}

impl Show {
    /// Begins.
    pub fn new(language: Language) -> Self {
        Self { language, steps: Vec::new(), under_way: None }
    }

    /// Picks the text of the language.
    pub fn pick<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        pick(self.language, zh, en)
    }

    /// Says a line.
    pub fn say(&self, line: &str) {
        to_stdout(format!("{line}\n").as_bytes());
    }

    /// Says a line in the language.
    pub fn tell(&self, zh: &str, en: &str) {
        self.say(self.pick(zh, en));
    }

    /// Shows a table, moved in a little.
    pub fn table(&self, grid: &Grid) {
        self.indented(&grid.to_table(self.language));
    }

    /// Shows a longer text, moved in a little.
    pub fn indented(&self, text: &str) {
        for line in text.lines() {
            self.say(format!("  {line}").trim_end());
        }
    }

    /// What this is, before the first step.
    pub fn welcome(&self, folder: &Path, address: &str) {
        let folder = folder.display();
        self.say(&match self.language {
            Language::Zh => format!(
                "报一次：每个基础数据最多报一次。\n\
                 下面用虚构的“青岚省”走一遍全程：10 多个部门各有各的报表，要同一批乡镇、村填；看看合起来要填多少。\n\
                 省、单位、报表和所有数字都是编造的。服务 {address}，数据目录 {folder}"
            ),
            Language::En => format!(
                "Baoyici: every base figure is reported at most once.\n\
                 This walks the whole road with an invented province, Qinglan: a dozen departments, each with forms of its own, ask the same\n\
                 townships and villages; see what is left to type when the forms are put together.\n\
                 The province, its units, its forms and all figures are made up. Server {address}, data folder {folder}"
            ),
        });
    }

    /// Begins a step and ends the one before.
    pub fn step(&mut self, zh: &str, en: &str) {
        self.end_step();
        let title = self.pick(zh, en).to_owned();
        let n = self.steps.len() + 1;
        self.say(&match self.language {
            Language::Zh => format!("\n【第 {n} 步】{title}"),
            Language::En => format!("\n[step {n}] {title}"),
        });
        self.under_way = Some((title, Instant::now()));
    }

    /// Ends the step under way and says how long it took.
    pub fn end_step(&mut self) {
        if let Some((title, began)) = self.under_way.take() {
            let took = began.elapsed();
            self.say(&match self.language {
                Language::Zh => format!("  用时 {}", seconds(took, self.language)),
                Language::En => format!("  took {}", seconds(took, self.language)),
            });
            self.steps.push((title, took));
        }
    }

    /// The steps with the time each took.
    pub fn steps_grid(&self) -> Grid {
        let mut grid = Grid::new(&[("step", "步", "step"), ("title", "做了什么", "what"), ("took", "用时", "time")]);
        for (n, (title, took)) in self.steps.iter().enumerate() {
            grid.push(vec![number(n as u64 + 1), text(title.clone()), text(seconds(*took, self.language))]);
        }
        let total = self.steps.iter().map(|(_, took)| *took).sum();
        grid.push(vec![Cell::Empty, text(self.pick("合计", "total")), text(seconds(total, self.language))]);
        grid
    }
}

fn seconds(time: Duration, language: Language) -> String {
    format!("{:.1} {}", time.as_secs_f64(), pick(language, "秒", "s"))
}
