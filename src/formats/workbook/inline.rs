//! Figures asked in running text: boxes to tick (□ 1是 2否) and blanks in a line (补充资料：设施数量（17）：____个).

use super::fields::Found;
use super::sheet::{At, Cell};
use super::text::{clean, of_which};
use super::words::begins_supplement;
use crate::domain::measure::Measures;

/// What a run of lines has said so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    /// Heading of the lines (补充资料).
    pub heading: Option<String>,
    /// The figure that 其中 divides.
    parent: Option<(String, Vec<String>)>,
}

/// Reads the boxes of a line, each with its code list.
pub(super) fn boxes(cell: &Cell, at: At) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let parts: Vec<&str> = cell.raw.split('□').collect();
    let mut label = parts.first().copied().unwrap_or_default().to_owned();
    for part in parts.iter().skip(1) {
        if part.trim().is_empty() {
            continue;
        }
        let (options, next) = options(part);
        let (code, text) = code_before(label.trim());
        let text = clean(text.trim_end_matches([':', '：', ' ', '\u{3000}']));
        if options.len() >= 2 && !text.is_empty() {
            found.push(Found {
                code,
                label: text,
                unit: "代码".to_owned(),
                unit_sureness: 95,
                path_sureness: 95,
                options,
                at,
                ..Found::default()
            });
        }
        label = next;
    }
    found
}

/// The numbered options at the head of a text, and what stands behind them.
fn options(text: &str) -> (Vec<String>, String) {
    let mut options: Vec<String> = Vec::new();
    let mut rest = text;
    loop {
        let from = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | ';' | '；' | '、'));
        let digits: String = from.chars().take_while(char::is_ascii_digit).collect();
        let expected = options.len() + 1;
        if digits.is_empty() || digits.starts_with('0') && digits.len() > 1 || digits.parse() != Ok(expected) {
            return (options, from.to_owned());
        }
        let body = from.get(digits.len()..).unwrap_or_default();
        let next = body.find(|c: char| c.is_ascii_digit()).unwrap_or(body.len());
        // A wide gap ends the last option: what follows is the next question.
        let gap = body.trim_start().find("   ").map(|g| g + body.len() - body.trim_start().len());
        let end = gap
            .filter(|g| body.get(*g..).is_some_and(|r| !r.trim_start().starts_with(|c: char| c.is_ascii_digit())))
            .map_or(next, |g| g.min(next));
        let option = clean(body.get(..end).unwrap_or_default());
        options.push(format!("{digits}{}", option.trim_start_matches(['.', '、', '．'])));
        rest = body.get(end..).unwrap_or_default();
        if rest.is_empty() {
            return (options, String::new());
        }
    }
}

/// A code before a label: 01 乡镇类型.
fn code_before(text: &str) -> (String, &str) {
    let digits: String = text.chars().take_while(char::is_ascii_digit).take(4).collect();
    let rest = text.get(digits.len()..).unwrap_or_default();
    let body = rest.trim_start_matches(['.', '、', '．', ' ', '\u{3000}']);
    let is_code = !digits.is_empty() && body.chars().next().is_some_and(|c| !c.is_ascii_digit() && !"年月日岁个至—－-".contains(c));
    if is_code { (digits, body) } else { (String::new(), text) }
}

/// A code in brackets behind a label: 设施数量（17）.
fn code_behind(text: &str) -> Option<(String, &str)> {
    let trimmed = text.trim_end_matches([':', '：', ' ', '\u{3000}']);
    let body = trimmed.strip_suffix([')', '）'])?;
    let at = body.rfind(['(', '（'])?;
    let inside = body.get(at..)?.trim_start_matches(['(', '（']);
    let is_code = !inside.is_empty() && inside.chars().count() <= 4 && inside.chars().all(|c| c.is_ascii_digit());
    is_code.then(|| (inside.to_owned(), body.get(..at).unwrap_or_default()))
}

/// Reads the blanks of a line. A blank is a gap with a unit of measure behind it.
pub(super) fn blanks(cell: &Cell, at: At, running: &mut Running, measures: &Measures) -> Vec<Found> {
    let mut found = Vec::new();
    let mut label_from = 0;
    let raw = cell.raw.as_str();
    let mut position = 0;
    while let Some((gap_at, gap_end)) = next_gap(raw, position) {
        position = gap_end;
        let after = raw.get(gap_end..).unwrap_or_default();
        let Some((unit, taken)) = unit_at_head(after, measures) else { continue };
        let label = raw.get(label_from..gap_at).unwrap_or_default();
        label_from = gap_end + taken;
        position = label_from;
        found.extend(field_of(label, unit, at, running));
    }
    found
}

/// The next run of three blanks or two underscores, from a position.
fn next_gap(raw: &str, from: usize) -> Option<(usize, usize)> {
    let mut start: Option<usize> = None;
    let mut width = 0;
    for (at, c) in raw.get(from..)?.char_indices() {
        let is_blank = c.is_whitespace() || matches!(c, '_' | '＿' | '…' | '﹍');
        if is_blank {
            start = start.or(Some(from + at));
            width += if c.is_ascii() && c != '_' { 1 } else { 2 };
        } else {
            if width >= 3 && start.is_some_and(|s| !raw.get(..s).unwrap_or_default().trim().is_empty()) {
                return start.map(|s| (s, from + at));
            }
            start = None;
            width = 0;
        }
    }
    None
}

/// The longest unit of measure at the head of a text, in brackets or not, and the bytes that it takes.
fn unit_at_head(text: &str, measures: &Measures) -> Option<(String, usize)> {
    let opens = text.chars().next().filter(|c| matches!(c, '(' | '（')).map_or(0, char::len_utf8);
    let body = text.get(opens..)?;
    if opens > 0 {
        let end = body.find([')', '）'])?;
        let unit = clean(body.get(..end)?);
        return measures
            .find(&unit)
            .map(|_| (unit, opens + end + '）'.len_utf8().min(body.get(end..).and_then(|r| r.chars().next()).map_or(1, char::len_utf8))));
    }
    let ends: Vec<usize> = body.char_indices().take(9).map(|(at, c)| at + c.len_utf8()).collect();
    ends.into_iter().rev().find_map(|end| {
        let unit = body.get(..end)?;
        let is_whole = body.get(end..).and_then(|r| r.chars().next()).is_none_or(|c| !c.is_alphanumeric() || c.is_ascii_digit());
        (is_whole && measures.find(unit).is_some()).then(|| (unit.to_owned(), end))
    })
}

fn field_of(label: &str, unit: String, at: At, running: &mut Running) -> Option<Found> {
    let trim = |c: char| c.is_whitespace() || matches!(c, ',' | '，' | ';' | '；' | '。' | '、' | '“' | '”' | '"' | ':' | '：');
    let mut text = label.trim_matches(trim);
    let mut attached = "";
    if let Some(word) = begins_supplement(text) {
        running.parent = None;
        let behind = text.split_once([':', '：']).map_or(text, |(_, rest)| rest).trim_start_matches(trim);
        if word == "附报" {
            attached = "附报：";
        } else {
            running.heading = Some(word.to_owned());
        }
        text = behind;
    }
    let squeezed = clean(text);
    let is_part = of_which(&squeezed).is_some();
    let text = of_which(&squeezed).unwrap_or(&squeezed);
    let (code, text) = match code_behind(text) {
        Some(found) => found,
        None => code_before(text.trim_start_matches(trim)),
    };
    let text = text.trim_matches(trim);
    if text.is_empty() {
        return None;
    }
    let heading: Vec<String> = running.heading.iter().cloned().collect();
    let continues = running.parent.as_ref().is_some_and(|(_, parts)| !parts.is_empty()) && !is_part;
    let mut path = heading;
    let mut name = format!("{attached}{text}");
    if (is_part || continues)
        && let Some((parent, parts)) = &mut running.parent
    {
        path.push(parent.clone());
        path.push("其中：".to_owned());
        parts.push(text.to_owned());
        if is_part && path.len() == 3 {
            name = format!("其中：{text}");
        }
    } else {
        running.parent = Some((name.clone(), Vec::new()));
    }
    Some(Found { code, label: name, path, path_sureness: 85, unit, unit_sureness: 95, at, ..Found::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_have_code_lists() {
        let read = |raw: &str| -> Vec<(String, String, Vec<String>)> {
            boxes(&Cell::text(raw, 0), (0, 0)).into_iter().map(|f| (f.code, f.label, f.options)).collect()
        };
        let yes_no = || vec!["1是".to_owned(), "2否".to_owned()];
        assert_eq!(
            read("05是否驻地  □ 1是 2否          06是否连接      □ 1是 2否"),
            [("05".into(), "是否驻地".into(), yes_no()), ("06".into(), "是否连接".into(), yes_no())]
        );
        assert_eq!(read("03村内主要道路      □ 1 水泥    2 柏油路  3 沙石    4 砖、石板   5 其他").first().map(|f| f.2.len()), Some(5));
        assert_eq!(read("行政区划代码    □□□□□□"), []);
    }

    #[test]
    fn blanks_have_units() {
        let measures = Measures::embedded();
        let read = |raw: &str, running: &mut Running| -> Vec<String> {
            blanks(&Cell::text(raw, 0), (0, 0), running, &measures)
                .into_iter()
                .map(|f| format!("{}|{}|{}|{}", f.code, f.path.join(">"), f.label, f.unit))
                .collect()
        };
        assert_eq!(
            read("附报：30农场个数     个，其中：31林场     个，32茶场     个。", &mut Running::default()),
            ["30||附报：农场个数|个", "31|附报：农场个数>其中：|林场|个", "32|附报：农场个数>其中：|茶场|个"]
        );
        let mut running = Running::default();
        assert_eq!(read("补充资料：设施数量（17）：         （个） ", &mut running), ["17|补充资料|设施数量|个"]);
        assert_eq!(
            read("设施占地面积（18）：         （公顷）  其中; 实际使用面积（19）         （公顷）", &mut running),
            ["18|补充资料|设施占地面积|公顷", "19|补充资料>设施占地面积>其中：|其中：实际使用面积|公顷"]
        );
        assert_eq!(read("单位负责人：        填表人：      ", &mut Running::default()), Vec::<String>::new());
    }
}
