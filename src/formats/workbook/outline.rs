//! The order of headings in a list of labels: which stands below which, by markers, indents, 其中, units and the form's own equations.
//!
//! The one answer to every form's habit is a stack of open headings. A label closes headings until one is left that it can stand under.

use std::collections::{BTreeMap, BTreeSet};

use super::text::{Marker, bare_number, behind, is_breakdown, marker, of_which};
use super::words::begins_supplement;

/// A label on its way into the outline.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub label: String,
    pub indent: usize,
    /// Whether the indent is a step of a table's headings and no matter of spaces.
    pub is_exact: bool,
    /// Whether figures are asked for it; a heading has none.
    pub has_figures: bool,
    pub unit: String,
    pub code: String,
}

/// What became of a label.
#[derive(Clone, Debug, Default)]
pub(super) struct Placed {
    /// Headings above, outermost first.
    pub path: Vec<String>,
    /// In percent, how sure the place is.
    pub sureness: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The total over all of the table.
    Root,
    Marked(Marker),
    /// 按…分 without a marker.
    Breakdown,
    Plain,
    /// A total that the plain labels below it are parts of.
    Total,
    /// A part named by 其中, or one that follows it.
    Member,
    /// 其中 alone: the labels below are its members.
    MemberGroup,
}

#[derive(Clone, Debug)]
struct Entry {
    item: Item,
    kind: Kind,
    /// Where the text behind 其中 begins, in half-width columns.
    text_indent: usize,
}

/// The open headings, with what the form's equations say of members.
#[derive(Clone, Debug, Default)]
pub(super) struct Outline {
    stack: Vec<Entry>,
    /// Members of a total by its code, from equations like 09≥10.
    members: BTreeMap<u32, BTreeSet<u32>>,
    n_placed: usize,
    /// Whether the first label is still to come on a sheet that goes on from another.
    is_resumed: bool,
}

/// Width of 其中： in half-width columns.
const OF_WHICH_WIDTH: usize = 6;

impl Outline {
    pub fn new(members: BTreeMap<u32, BTreeSet<u32>>) -> Self {
        Self { members, ..Self::default() }
    }

    /// How many headings are open.
    pub fn depth(&self) -> usize {
        self.stack.len()
    }

    /// The outline of a sheet that goes on from the one before: its headings stay open for a label that is numbered further.
    pub fn resumed(&self, members: BTreeMap<u32, BTreeSet<u32>>) -> Self {
        Self { stack: self.stack.clone(), members, n_placed: 1, is_resumed: true }
    }

    /// Closes headings down to a depth.
    pub fn truncate(&mut self, depth: usize) {
        self.stack.truncate(depth);
    }

    /// Places a label; headings below `floor` stay open. `next` is the label after it, which tells a total over all.
    pub fn place(&mut self, item: &Item, next: Option<&Item>, floor: usize) -> Placed {
        let mut sureness = 95;
        let kind = self.kind_of(item, next, floor);
        if std::mem::take(&mut self.is_resumed) && !matches!(kind, Kind::Marked(m) if m.rank > 1) {
            self.stack.truncate(floor);
        }
        match kind {
            Kind::Member | Kind::MemberGroup if of_which(&item.label).is_some() || is_within(&item.label) => {
                self.close_for_of_which(item, floor)
            }
            Kind::Member | Kind::MemberGroup => {}
            Kind::Marked(marker) => self.close_for_marker(item, &marker, floor),
            Kind::Breakdown => {
                self.close_members(floor);
                if let Some(at) = self.rposition(floor, |e| e.kind == Kind::Breakdown) {
                    self.stack.truncate(at);
                } else {
                    while self.len_above(floor)
                        && self
                            .top()
                            .is_some_and(|e| matches!(e.kind, Kind::Plain) && e.item.indent >= item.indent && self.stack.len() > floor + 1)
                    {
                        self.stack.pop();
                    }
                }
            }
            Kind::Root => self.stack.truncate(floor),
            Kind::Plain | Kind::Total => {
                let continues = self.continues_members(item, floor, &mut sureness);
                if continues {
                    let path = self.path();
                    let text_indent = self.top().map_or(item.indent, |e| e.text_indent);
                    // The one before is a sibling: it is replaced.
                    let parent = self.stack.pop();
                    let path = parent.map_or(path, |_| self.member_path());
                    self.push(item.clone(), Kind::Member, text_indent.max(item.indent));
                    return Placed { path, sureness };
                }
                self.close_for_plain(item, next, floor);
            }
        }
        let mut path = if kind == Kind::Member { self.member_path() } else { self.path() };
        if self.is_twin(item, kind) {
            path.pop();
        }
        let text_indent = item.indent + if of_which(&item.label).is_some() { OF_WHICH_WIDTH } else { 0 };
        // 合计 alone is the figure of the heading above, and heads nothing.
        let is_bare_total = self.is_twin(item, kind)
            || matches!(item.label.as_str(), "合计" | "小计" | "总计" | "计" | "总数" | "总量") && self.len_above(0);
        if !is_bare_total {
            self.push(item.clone(), kind, text_indent);
        }
        Placed { path, sureness }
    }

    /// Whether a label tells the thing named just before in another unit (一、蔬菜面积 | 蔬菜产量); the outline was closed for it already.
    fn is_twin(&self, item: &Item, kind: Kind) -> bool {
        kind == Kind::Plain && self.twin_of_top(item)
    }

    fn twin_of_top(&self, item: &Item) -> bool {
        let Some(Entry { item: before, kind: Kind::Marked(marker), .. }) = self.top() else { return false };
        let name = behind(&before.label, marker);
        let n_common = name.chars().zip(item.label.chars()).take_while(|(a, b)| a == b).count();
        let rest: String = item.label.chars().skip(n_common).collect();
        let is_measure = matches!(rest.as_str(), "面积" | "产量" | "产值" | "数量" | "收入" | "金额" | "个数" | "人数" | "户数");
        n_common >= 2 && is_measure && differs(&before.unit, &item.unit)
    }

    fn push(&mut self, item: Item, kind: Kind, text_indent: usize) {
        self.n_placed += 1;
        self.stack.push(Entry { item, kind, text_indent });
    }

    fn kind_of(&self, item: &Item, next: Option<&Item>, floor: usize) -> Kind {
        if let Some(rest) = of_which(&item.label) {
            return if rest.is_empty() { Kind::MemberGroup } else { Kind::Member };
        }
        if is_within(&item.label) {
            return Kind::MemberGroup;
        }
        if let Some(found) = marker(&item.label) {
            return Kind::Marked(found);
        }
        if let Some(bare) = bare_number(&item.label) {
            let follows = |e: &Entry| matches!(e.kind, Kind::Marked(m) if m.rank == bare.rank && m.number + 1 == bare.number);
            if self.stack.iter().skip(floor).any(follows) {
                return Kind::Marked(bare);
            }
        }
        if is_breakdown(&item.label) && !item.has_figures {
            return Kind::Breakdown;
        }
        let is_first = self.n_placed == 0 && floor == 0;
        if is_first && item.has_figures && next.is_some_and(|n| n.has_figures && marker(&n.label).is_some()) {
            return Kind::Root;
        }
        if item.label.ends_with("合计") || item.label.ends_with("总计") { Kind::Total } else { Kind::Plain }
    }

    fn top(&self) -> Option<&Entry> {
        self.stack.last()
    }

    fn len_above(&self, floor: usize) -> bool {
        self.stack.len() > floor
    }

    fn rposition(&self, floor: usize, is: impl Fn(&Entry) -> bool) -> Option<usize> {
        (floor..self.stack.len()).rev().find(|at| self.stack.get(*at).is_some_and(&is))
    }

    /// 其中 stands under what was named just before; a second 其中 stands beside the first unless it is set further in.
    fn close_for_of_which(&mut self, item: &Item, floor: usize) {
        let number = |code: &str| code.trim_start_matches('0').parse::<u32>().ok();
        let own = number(&item.code);
        let is_total =
            |e: &Entry| own.is_some_and(|own| number(&e.item.code).and_then(|c| self.members.get(&c)).is_some_and(|m| m.contains(&own)));
        if let Some(at) = self.rposition(floor, is_total) {
            self.stack.truncate(at + 1);
            return;
        }
        while self.len_above(floor) {
            let Some(top) = self.top() else { break };
            let is_nested = item.indent >= top.text_indent.max(1) && item.indent > top.item.indent;
            match top.kind {
                Kind::Member if !is_nested => {
                    self.stack.pop();
                }
                Kind::MemberGroup => {
                    self.stack.pop();
                }
                _ => break,
            }
        }
    }

    fn close_members(&mut self, floor: usize) {
        while self.len_above(floor) && self.top().is_some_and(|e| matches!(e.kind, Kind::Member | Kind::MemberGroup)) {
            self.stack.pop();
        }
    }

    fn close_for_marker(&mut self, item: &Item, marker: &Marker, floor: usize) {
        // A cell of 其中 drawn too wide does not keep the next number of the list that it divides.
        let follows = |e: &Entry| matches!(e.kind, Kind::Marked(m) if m.rank == marker.rank && m.number + 1 == marker.number);
        let is_in_group =
            self.stack.len() < floor || floor.checked_sub(1).and_then(|at| self.stack.get(at)).is_some_and(|e| e.kind == Kind::MemberGroup);
        if let Some(at) = self.rposition(0, follows).filter(|at| *at < floor && is_in_group) {
            self.stack.truncate(at);
            return;
        }
        let same = self.rposition(floor, |e| matches!(e.kind, Kind::Marked(m) if m.rank == marker.rank));
        if let Some(at) = same {
            let found = self.stack.get(at).map_or(0, |e| if let Kind::Marked(m) = e.kind { m.number } else { 0 });
            let is_deeper =
                marker.number == 1 && found >= 1 && at + 1 < self.stack.len() && self.top().is_some_and(|e| e.kind == Kind::Plain);
            if !is_deeper {
                self.stack.truncate(at);
                return;
            }
        }
        // 其中 alone in a heading holds what is numbered under it.
        let is_group = self.top().is_some_and(|e| e.kind == Kind::MemberGroup) && self.stack.len() == floor;
        if !is_group {
            self.close_members(floor);
        }
        while self.len_above(floor) && self.top().is_some_and(|e| matches!(e.kind, Kind::Marked(m) if m.rank > marker.rank)) {
            self.stack.pop();
        }
        while self.len_above(floor) {
            let Some(top) = self.top() else { break };
            if !matches!(top.kind, Kind::Plain | Kind::Total) {
                break;
            }
            // 一、 begins a section and is part of nothing but the total over all.
            if marker.rank == 1 {
                self.stack.pop();
                continue;
            }
            let is_alike = top.item.unit.is_empty() || item.unit.is_empty() || top.item.unit == item.unit;
            if item.has_figures && is_alike && marker.number == 1 && top.item.indent <= item.indent + 8 {
                break;
            }
            self.stack.pop();
        }
    }

    fn close_for_plain(&mut self, item: &Item, next: Option<&Item>, floor: usize) {
        if begins_supplement(&item.label).is_some() {
            self.stack.truncate(floor);
            return;
        }
        self.close_members(floor);
        // One label set in among others is a slip of the typist; two at one indent are a level.
        let is_level = item.is_exact
            || next.is_some_and(|n| n.indent == item.indent || of_which(&n.label).is_some() && n.indent >= item.indent)
            || self.stack.iter().skip(floor).any(|e| e.item.indent == item.indent);
        // A plain label after a numbered list goes back to the plain label that the list divides.
        if let Some(at) = self.rposition(floor, |e| matches!(e.kind, Kind::Plain))
            && self.stack.get(at + 1).is_some_and(|e| matches!(e.kind, Kind::Marked(_)))
            && self.stack.get(at).is_some_and(|e| item.indent <= e.item.indent + 4)
        {
            self.stack.truncate(at + 1);
        }
        while self.len_above(floor) {
            let Some(top) = self.top() else { break };
            let is_closed = match top.kind {
                // Labels without figures head the plain labels that follow them at the same indent.
                Kind::Plain => (item.indent <= top.item.indent || !is_level) && (top.item.has_figures || !item.has_figures),
                Kind::Total => !top.item.unit.is_empty() && !item.unit.is_empty() && top.item.unit != item.unit || !item.has_figures,
                _ => false,
            };
            if !is_closed {
                break;
            }
            self.stack.pop();
        }
    }

    /// Whether a label without any mark is one more part of the total that 其中 divides.
    fn continues_members(&mut self, item: &Item, floor: usize, sureness: &mut u8) -> bool {
        loop {
            if !self.len_above(floor) {
                return false;
            }
            let (Some(member), parent) = (self.top(), self.stack.len().checked_sub(2).and_then(|at| self.stack.get(at))) else {
                return false;
            };
            if member.kind != Kind::Member {
                return false;
            }
            if item.indent > 0 && item.indent + 2 >= member.text_indent && item.indent >= member.item.indent {
                return true;
            }
            // Parts told in another unit than their total go on as long as the unit does.
            let is_same_part =
                parent.is_some_and(|p| differs(&member.item.unit, &p.item.unit)) && item.unit == member.item.unit && item.has_figures;
            if is_same_part {
                return true;
            }
            if item.indent + 1 < member.item.indent {
                self.stack.pop();
                *sureness = 85;
                // An outer list of members may go on.
                if self.top().is_some_and(|e| e.kind == Kind::Member) {
                    continue;
                }
                return false;
            }
            let Some(parent) = parent else { return false };
            let number = |code: &str| code.trim_start_matches('0').parse::<u32>().ok();
            if let (Some(members), Some(own)) = (number(&parent.item.code).and_then(|p| self.members.get(&p)), number(&item.code))
                && number(&member.item.code).is_some_and(|m| members.contains(&m))
            {
                *sureness = 90;
                return members.contains(&own);
            }
            *sureness = 70;
            if !item.has_figures {
                return false;
            }
            if is_band(&item.label) && is_band(&member.item.label) {
                return true;
            }
            if differs(&item.unit, &member.item.unit) {
                return matches!(parent.kind, Kind::Marked(_))
                    && !differs(&parent.item.unit, &member.item.unit)
                    && parent.item.has_figures
                    && self.is_plain_rare(floor);
            }
            if differs(&member.item.unit, &parent.item.unit) || matches!(parent.kind, Kind::Marked(_)) {
                return true;
            }
            return common_end(&item.label, &member.item.label) >= 2;
        }
    }

    /// Whether no plain label stands open: where all is numbered, a plain label is a part.
    fn is_plain_rare(&self, floor: usize) -> bool {
        !self.stack.iter().skip(floor).any(|e| e.kind == Kind::Plain)
    }

    fn path(&self) -> Vec<String> {
        let mut path = Vec::new();
        for entry in &self.stack {
            if entry.kind == Kind::Member {
                path.push("其中：".to_owned());
            }
            match of_which(&entry.item.label) {
                Some("") => path.push("其中：".to_owned()),
                Some(rest) => path.push(rest.to_owned()),
                None => path.push(entry.item.label.clone()),
            }
        }
        path
    }

    fn member_path(&self) -> Vec<String> {
        let mut path = self.path();
        path.push("其中：".to_owned());
        path
    }
}

/// 在…中： heads a list of parts as 其中 does.
fn is_within(label: &str) -> bool {
    label.starts_with('在') && label.trim_end_matches([':', '：']).ends_with('中')
}

/// Whether a label is a band of a scale (501-1000元, 3000元以上, 60岁以下).
fn is_band(label: &str) -> bool {
    label.contains(|c: char| c.is_ascii_digit())
        && (label.ends_with("以上") || label.ends_with("以下") || label.contains(['-', '—', '～', '~', '至']))
}

fn differs(a: &str, b: &str) -> bool {
    !a.is_empty() && !b.is_empty() && a != b
}

fn common_end(a: &str, b: &str) -> usize {
    a.chars().rev().zip(b.chars().rev()).take_while(|(x, y)| x == y && !matches!(x, ')' | '）')).count()
}

#[cfg(test)]
mod tests {
    use super::super::text::{clean, indent_of};
    use super::*;

    fn items(lines: &[&str]) -> Vec<Item> {
        lines
            .iter()
            .enumerate()
            .map(|(n, line)| {
                let (label, unit) = line.split_once('|').unwrap_or((line, ""));
                let has_figures = !unit.is_empty();
                Item {
                    label: clean(label),
                    indent: indent_of(label),
                    is_exact: false,
                    has_figures,
                    unit: unit.to_owned(),
                    code: format!("{:02}", n + 1),
                }
            })
            .collect()
    }

    #[track_caller]
    fn check(lines: &[&str], expected: &[&str]) {
        let items = items(lines);
        let mut outline = Outline::default();
        let placed: Vec<String> =
            items.iter().enumerate().map(|(n, item)| outline.place(item, items.get(n + 1), 0).path.join(">")).collect();
        assert_eq!(placed, expected, "{lines:#?}");
    }

    #[test]
    fn markers_make_levels() {
        check(
            &["一、人口", "（一）户数|户", "（二）人口数|人", " 1．男|人", "2．女|人", "二、用地", "1．耕地|亩"],
            &["", "一、人口", "一、人口", "一、人口>（二）人口数", "一、人口>（二）人口数", "", "二、用地"],
        );
        check(&["作物|吨", "(一)夏粮|吨", "1.小麦|吨", "(二)秋粮|吨"], &["", "作物", "作物>(一)夏粮", "作物"]);
        check(
            &["一、造林|公顷", "按方式分", "1.人工|公顷", "2.飞播|公顷", "按经济成份分", "1.公有|公顷", "（1）国有|公顷", "二、更新|公顷"],
            &[
                "",
                "一、造林",
                "一、造林>按方式分",
                "一、造林>按方式分",
                "一、造林",
                "一、造林>按经济成份分",
                "一、造林>按经济成份分>1.公有",
                "",
            ],
        );
    }

    #[test]
    fn of_which_and_its_followers() {
        check(
            &[
                "活家禽|万只",
                "  其中：活鸡|万只",
                "          其中：肉鸡|万只",
                "                蛋鸡|万只",
                "        活鸭|万只",
                "禽蛋|万吨",
            ],
            &["", "活家禽>其中：", "活家禽>其中：>活鸡>其中：", "活家禽>其中：>活鸡>其中：", "活家禽>其中：", ""],
        );
        check(&["支出|万元", "     其中：农林|万元", "           教育|万元", "人员|人"], &["", "支出>其中：", "支出>其中：", ""]);
        check(&["(二)增加|亩", "其中：新开荒|亩", "园地改|亩", "(三)减少|亩"], &["", "(二)增加>其中：", "(二)增加>其中：", ""]);
        check(&["户籍人口|人", "其中:农业|人", "第一产业从业人员|人"], &["", "户籍人口>其中：", ""]);
    }

    #[test]
    fn lists_below_plain_labels_end_with_the_next_plain_label() {
        check(
            &["一、存栏", "牛|万头", "1.肉牛|万头", "2.奶牛|万头", "其中：能繁|万头", "羊|万只", "1.山羊|万只"],
            &["", "一、存栏", "一、存栏>牛", "一、存栏>牛", "一、存栏>牛>2.奶牛>其中：", "一、存栏", "一、存栏>羊"],
        );
        check(
            &["总动力合计|千瓦", "柴油机|千瓦", "电动机|千瓦", "一、耕作机械", "拖拉机|台"],
            &["", "总动力合计", "总动力合计", "", "一、耕作机械"],
        );
    }
}
