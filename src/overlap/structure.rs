//! Totals that a form's structure implies: 合计 with its columns, a row with the rows that it is cut into, 其中 that it bounds, growth rates.
//!
//! Only what the form itself shows: the same unit of measure, the same path, columns of one row. The result is proposed, never enforced: a
//! breakdown that is exhaustive gives an equation, 其中 a bound. Knows nothing of other forms.

use std::collections::HashMap;

use crate::domain::relation::Origin;
use crate::domain::template::{Field, FormTemplate};
use crate::overlap::facets::text::{normalise, strip_markers};

/// Headings of a whole among the columns of a row.
const TOTALS: [&str; 6] = ["合计", "总计", "计", "小计", "总数", "全部"];
/// Pairs of columns or rows that leave nothing out.
const WHOLES: [&[&str]; 7] =
    [&["男", "女"], &["男性", "女性"], &["男孩", "女孩"], &["城镇", "农村"], &["城市", "农村"], &["公办", "民办"], &["农业", "非农业"]];
/// Words of figures that are no sums of their parts.
const AVERAGES: [&str; 12] = ["单产", "亩产", "平均", "人均", "户均", "价格", "均价", "率", "比重", "占比", "增长", "增速"];

/// What a structure implies of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Position of the whole, or of the growth rate.
    pub total: usize,
    /// Positions of the parts; of a growth rate the figure of this period, then the earlier one.
    pub parts: Vec<usize>,
    /// Whether the parts make up the whole; else each of them is at most the whole.
    pub is_exhaustive: bool,
    /// A breakdown or a growth rate.
    pub origin: Origin,
    /// The heading or columns that say so.
    pub words: String,
}

/// All totals that a form's structure implies, in the order of its fields.
pub fn proposals(template: &FormTemplate) -> Vec<Proposal> {
    let fields: Vec<Plain> = template.fields.iter().map(Plain::of).collect();
    let mut found = by_columns(template, &fields);
    found.extend(by_rows(template, &fields));
    found.sort_by(|a, b| (a.total, &a.parts).cmp(&(b.total, &b.parts)));
    found.dedup();
    found
}

/// A field's label and column without markers.
struct Plain {
    label: String,
    is_among: bool,
    column: String,
    column_is_among: bool,
}

impl Plain {
    fn of(field: &Field) -> Self {
        let (label, is_among) = strip_markers(&field.label);
        let (column, column_is_among) = strip_markers(&field.column);
        Self { label: normalise(label), is_among, column: normalise(column), column_is_among }
    }

    fn is_average(&self) -> bool {
        AVERAGES.iter().any(|w| self.label.contains(w) || self.column.contains(w))
    }
}

/// Rows of a form: path and label with the positions of their cells.
fn rows(template: &FormTemplate) -> Vec<(&Field, Vec<usize>)> {
    let mut order: Vec<(&Field, Vec<usize>)> = Vec::new();
    let mut known: HashMap<(&[String], &str, &str), usize> = HashMap::new();
    for (at, field) in template.fields.iter().enumerate() {
        let row = *known.entry((&field.path, &field.label, &field.code)).or_insert_with(|| {
            order.push((field, Vec::new()));
            order.len() - 1
        });
        if let Some((_, cells)) = order.get_mut(row) {
            cells.push(at);
        }
    }
    order
}

fn by_columns(template: &FormTemplate, fields: &[Plain]) -> Vec<Proposal> {
    let mut found = Vec::new();
    for (_, cells) in rows(template) {
        let named: Vec<(usize, &Plain, &Field)> =
            cells.iter().filter_map(|at| Some((*at, fields.get(*at)?, template.fields.get(*at)?))).collect();
        found.extend(growth(&named));
        found.extend(cumulative(&named));
        let Some((total, whole, field)) = named.iter().find(|(_, p, _)| TOTALS.contains(&p.column.as_str())) else { continue };
        if whole.is_average() || !field.dtype.is_number() {
            continue;
        }
        let others: Vec<&(usize, &Plain, &Field)> = named
            .iter()
            .filter(|(at, p, f)| at != total && f.unit == field.unit && f.dtype.is_number() && !p.is_average() && !says_period(&p.column))
            .collect();
        for parts in WHOLES {
            let of = |word: &&str| others.iter().find(|(_, p, _)| p.column == **word).map(|(at, ..)| *at);
            let positions: Option<Vec<usize>> = parts.iter().map(of).collect();
            if let Some(parts_at) = positions {
                found.push(Proposal {
                    total: *total,
                    parts: parts_at,
                    is_exhaustive: true,
                    origin: Origin::Breakdown,
                    words: parts.join("、"),
                });
            }
        }
        let among = others.iter().filter(|(_, p, _)| p.column_is_among);
        found.extend(among.map(|(at, p, _)| Proposal {
            total: *total,
            parts: vec![*at],
            is_exhaustive: false,
            origin: Origin::Breakdown,
            words: format!("其中{}", p.column),
        }));
    }
    found
}

fn says_period(column: &str) -> bool {
    ["上年", "上月", "上期", "去年", "本年", "本月", "本季", "本期", "累计"].iter().any(|w| column.contains(w))
}

/// 增长% beside 本年 and 上年.
fn growth(cells: &[(usize, &Plain, &Field)]) -> Option<Proposal> {
    let is_rate = |p: &Plain| ["增长", "增速", "增幅", "同比"].iter().any(|w| p.column.contains(w));
    let (rate, plain, _) = cells.iter().find(|(_, p, _)| is_rate(p))?;
    let figures = || cells.iter().filter(|(at, p, f)| at != rate && f.dtype.is_number() && !is_rate(p));
    let is_before = |p: &Plain| ["上年", "去年", "上学年"].iter().any(|w| p.column.contains(w));
    let (before, ..) = figures().find(|(_, p, _)| is_before(p))?;
    let now: Vec<usize> = figures().filter(|(_, p, _)| !is_before(p)).map(|(at, ..)| *at).collect();
    // Of several columns of this period, the one with the same reach as last year's stands next to it.
    let now = now.iter().copied().min_by_key(|at| at.abs_diff(*before))?;
    Some(Proposal { total: *rate, parts: vec![now, *before], is_exhaustive: true, origin: Origin::Growth, words: plain.column.clone() })
}

/// 本年累计 beside the figure of the period: the sum of the periods since January.
fn cumulative(cells: &[(usize, &Plain, &Field)]) -> Option<Proposal> {
    let is_before = |p: &Plain| ["上年", "去年", "上月", "上期"].iter().any(|w| p.column.contains(w));
    let is_sum = |p: &Plain| p.column.contains("累计") || p.column.starts_with("1至") || p.column.starts_with("1-");
    let now = || cells.iter().filter(|(_, p, f)| f.dtype.is_number() && !is_before(p) && !p.is_average());
    let (total, _, whole) = now().find(|(_, p, _)| is_sum(p))?;
    let periods = ["本月", "本季", "本期", "当月", "当季", "本月数", "本季数", "本期数"];
    let (part, plain, _) = now().find(|(_, p, f)| !is_sum(p) && f.unit == whole.unit && periods.contains(&p.column.as_str()))?;
    Some(Proposal { total: *total, parts: vec![*part], is_exhaustive: true, origin: Origin::Time, words: plain.column.clone() })
}

/// The children of each row, under the row itself or under a heading of a breakdown below it.
fn by_rows(template: &FormTemplate, fields: &[Plain]) -> Vec<Proposal> {
    let rows = rows(template);
    let mut below: HashMap<&[String], Vec<usize>> = HashMap::new();
    for (at, (field, _)) in rows.iter().enumerate() {
        below.entry(field.path.as_slice()).or_default().push(at);
    }
    let mut headings: HashMap<Vec<String>, Vec<&[String]>> = HashMap::new();
    for path in below.keys() {
        for depth in 1..=path.len() {
            let above = path.get(..depth).unwrap_or_default().to_vec();
            headings.entry(above).or_default().push(path);
        }
    }
    let mut found = Vec::new();
    for (field, cells) in &rows {
        let mut own = field.path.clone();
        own.push(field.label.clone());
        let mut paths: Vec<&[String]> = headings.get(&own).cloned().unwrap_or_default();
        paths.sort_unstable();
        paths.dedup();
        for path in paths {
            let between = path.get(own.len()..).unwrap_or_default();
            let children: Vec<usize> = below.get(path).cloned().unwrap_or_default();
            if between.len() > 1 || between.iter().any(|h| rows.iter().any(|(f, _)| f.path == own && f.label == *h)) {
                continue;
            }
            let heading = between.first().map(String::as_str).unwrap_or_default();
            for total in cells {
                found.extend(parts_of(template, fields, &rows, *total, &children, heading));
            }
        }
    }
    found
}

fn parts_of(
    template: &FormTemplate,
    fields: &[Plain],
    rows: &[(&Field, Vec<usize>)],
    total: usize,
    children: &[usize],
    heading: &str,
) -> Vec<Proposal> {
    let (Some(whole), Some(plain)) = (template.fields.get(total), fields.get(total)) else { return Vec::new() };
    if !whole.dtype.is_number() || plain.is_average() {
        return Vec::new();
    }
    let in_column = |row: &usize| {
        let cells = &rows.get(*row)?.1;
        let same = |at: &&usize| {
            template.fields.get(**at).is_some_and(|f| f.column == whole.column && f.unit == whole.unit && f.dtype.is_number())
        };
        // A whole without columns is cut into rows without columns.
        cells.iter().find(same).copied()
    };
    let cells: Vec<usize> = children.iter().filter_map(in_column).filter(|at| fields.get(*at).is_some_and(|p| !p.is_average())).collect();
    let is_complete = cells.len() == children.len();
    let plain_of = |at: &usize| fields.get(*at);
    let heading_plain = normalise(heading.trim());
    let is_among = heading_plain.starts_with("其中") || cells.iter().filter_map(plain_of).any(|p| p.is_among);
    let labels: Vec<&str> = cells.iter().filter_map(plain_of).map(|p| p.label.as_str()).collect();
    let is_whole_pair = WHOLES.iter().any(|pair| labels.len() == pair.len() && pair.iter().all(|w| labels.contains(w)));
    let is_breakdown = heading_plain.contains('按') && heading_plain.contains('分');
    // 其他 closes a list; 其他基建占地 in the middle of one does not.
    let has_other = labels.last().is_some_and(|l| l.starts_with("其他") || l.starts_with("其它"));
    let leaves_nothing = is_whole_pair || (!is_among && (is_breakdown || has_other));
    if cells.len() > 1 && is_complete && leaves_nothing {
        let words = if heading.is_empty() { labels.join("、") } else { heading.to_owned() };
        return vec![Proposal { total, parts: cells, is_exhaustive: true, origin: Origin::Breakdown, words }];
    }
    let bound = |at: usize| {
        let words = template.fields.get(at).map(|f| f.label.clone()).unwrap_or_default();
        Proposal { total, parts: vec![at], is_exhaustive: false, origin: Origin::Breakdown, words }
    };
    cells.into_iter().map(bound).collect()
}
