//! Workbooks of other layouts, made here and read back: none of them is like the ones the reader was first tried on.

use std::io::{Cursor, Write};

use rust_xlsxwriter::{Format, Workbook, Worksheet};

use super::{ReadWorkbook, WorkbookDefaults, read_workbook};
use crate::domain::id::OrganisationId;
use crate::domain::measure::Measures;
use crate::domain::problem::Code;
use crate::domain::template::DataType;
use crate::domain::unit::Level;

fn defaults() -> WorkbookDefaults {
    WorkbookDefaults { organisation: OrganisationId::from_stored("o"), year: 2026 }
}

/// Makes a workbook of one sheet.
fn book(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet());
    workbook.save_to_buffer().unwrap()
}

/// Puts rows of texts from a row on; empty texts are blank cells, numbers are numbers.
fn rows(sheet: &mut Worksheet, from: u32, rows: &[&[&str]]) {
    for (n, row) in rows.iter().enumerate() {
        for (c, text) in row.iter().enumerate().filter(|(_, t)| !t.is_empty()) {
            let (r, c) = (from + n as u32, c as u16);
            match text.parse::<f64>() {
                Ok(number) => sheet.write_number(r, c, number).unwrap(),
                Err(_) => sheet.write_string(r, c, *text).unwrap(),
            };
        }
    }
}

fn read(bytes: &[u8]) -> ReadWorkbook {
    read_workbook(bytes, &defaults(), &Measures::embedded()).unwrap()
}

/// Fields of the first form as `code|path|label|column|unit`.
fn told(bytes: &[u8]) -> Vec<String> {
    let read = read(bytes);
    let form = read.forms.first().unwrap_or_else(|| panic!("no form: {:?}", read.problems));
    form.template.fields.iter().map(|f| format!("{}|{}|{}|{}|{}", f.code, f.path.join(">"), f.label, f.column, f.unit)).collect()
}

#[track_caller]
fn check(bytes: &[u8], expected: &[&str]) {
    assert_eq!(told(bytes), expected);
}

#[test]
fn two_tables_beside_each_other() {
    let bytes = book(|s| {
        rows(
            s,
            0,
            &[&["公路建设情况"], &["表    号：交01表"], &["指标名称", "计量单位", "代码", "数量", "指标名称", "计量单位", "代码", "数量"]],
        );
        rows(s, 3, &[&["甲", "乙", "丙", "1", "甲", "乙", "丙", "1"]]);
        rows(
            s,
            4,
            &[
                &["一、里程", "—", "—", "", "二、桥梁", "—", "—"],
                &["国道", "公里", "1", "", "大桥", "座", "3"],
                &["省道", "公里", "2", "", "小桥", "座", "4"],
            ],
        );
    });
    check(
        &bytes,
        &["01|一、里程|国道||公里", "02|一、里程|省道||公里", "03|二、桥梁|大桥||座", "04|二、桥梁|小桥||座"]
            .map(|t| t.trim_start_matches('0')),
    );
}

#[test]
fn the_unit_above_the_table() {
    let bytes = book(|s| {
        rows(
            s,
            0,
            &[
                &["村集体收支情况"],
                &["", "", "金额单位：万元"],
                &["项目", "行次", "金额"],
                &["一、总收入", "1", ""],
                &["经营收入", "2"],
                &["二、总支出", "3"],
            ],
        );
    });
    check(&bytes, &["1||一、总收入||万元", "2|一、总收入|经营收入||万元", "3||二、总支出||万元"]);
}

#[test]
fn a_cross_table_with_three_rows_of_headings() {
    let bytes = book(|s| {
        let f = Format::new();
        s.write_string(0, 0, "党员队伍情况").unwrap();
        s.merge_range(1, 0, 3, 0, "项目", &f).unwrap();
        s.merge_range(1, 1, 3, 1, "代码", &f).unwrap();
        s.merge_range(1, 2, 1, 5, "党员（人）", &f).unwrap();
        s.merge_range(2, 2, 3, 2, "合计", &f).unwrap();
        s.merge_range(2, 3, 2, 5, "按学历分", &f).unwrap();
        rows(
            s,
            3,
            &[&["", "", "", "大专", "中专", "其他"], &["甲", "乙", "1", "2", "3", "4"], &["农村", "1"], &["其中：村干部", "2", "", "—"]],
        );
    });
    let fields = told(&bytes);
    assert_eq!(fields.len(), 7);
    assert_eq!(fields.first().map(String::as_str), Some("1||农村|党员（人）/合计|人"));
    assert_eq!(fields.get(1).map(String::as_str), Some("1||农村|党员（人）/按学历分/大专|人"));
    assert_eq!(fields.get(4).map(String::as_str), Some("2|农村>其中：|其中：村干部|党员（人）/合计|人"));
}

#[test]
fn a_continued_table_with_blank_separators() {
    let bytes = book(|s| {
        rows(
            s,
            0,
            &[&["学校情况"], &["指标名称", "计量单位", "代码", "数量"], &["一、学校"], &["小学", "所", "1"], &[""], &["初中", "所", "2"]],
        );
        rows(
            s,
            8,
            &[
                &["续表一"],
                &["指标名称", "计量单位", "代码", "数量"],
                &["高中", "所", "3"],
                &["二、教师"],
                &["专任教师", "人", "4"],
                &["单位负责人：      填表人："],
            ],
        );
    });
    check(&bytes, &["1|一、学校|小学||所", "2|一、学校|初中||所", "3|一、学校|高中||所", "4|二、教师|专任教师||人"]);
}

#[test]
fn a_matrix_of_townships_filled_with_figures() {
    let bytes = book(|s| {
        let f = Format::new();
        s.merge_range(0, 0, 0, 4, "农机情况", &f).unwrap();
        s.merge_range(1, 0, 2, 0, "乡镇名称", &f).unwrap();
        s.merge_range(1, 1, 1, 2, "一、拖拉机", &f).unwrap();
        s.merge_range(1, 3, 2, 3, "二、水泵（台）", &f).unwrap();
        rows(s, 2, &[&["", "数量（台）", "动力（千瓦）"], &["东岭镇", "12", "30", "5"], &["西河乡", "7", "18.5", "2"]]);
    });
    let fields = told(&bytes);
    assert_eq!(fields, ["|一、拖拉机|数量（台）||台", "|一、拖拉机|动力（千瓦）||千瓦", "||二、水泵（台）||台"]);
}

#[test]
fn headings_broken_over_lines_and_numbers_as_text() {
    let bytes = book(|s| {
        rows(s, 0, &[&["水利设施"], &["指\n标\n名\n称", "计量\n单位", "代\n码", "数\n量"], &["水库", "座", "'01"], &["泵站", "座", "02"]]);
        s.write_string(2, 2, "01").unwrap();
        s.write_string(3, 2, "02").unwrap();
    });
    check(&bytes, &["01||水库||座", "02||泵站||座"]);
}

#[test]
fn hidden_rows_are_read_and_told() {
    let bytes = book(|s| {
        rows(s, 0, &[&["水利设施"], &["指标名称", "计量单位", "代码", "数量"], &["水库", "座", "1"], &["泵站", "座", "2"]]);
        s.set_row_hidden(3).unwrap();
    });
    let read = read(&bytes);
    assert!(read.forms.iter().any(|f| f.problems.iter().any(|p| p.code == Code::SheetRowsHidden)));
}

#[test]
fn registers_of_persons_and_enterprises_are_refused() {
    for headings in [
        &["序号", "姓名", "性别", "身份证号", "联系电话"][..],
        &["序号", "企业名称", "统一社会信用代码", "法定代表人", "年产值（万元）"],
        &["编号", "户主姓名", "家庭人口", "联系电话", "备注"],
    ] {
        let bytes = book(|s| rows(s, 0, &[&["监测对象"], headings, &["1", "张三", "x", "y", "z"], &["2", "李四", "x", "y", "z"]]));
        let read = read(&bytes);
        assert!(read.forms.is_empty(), "{headings:?}");
        assert_eq!(read.problems.first().map(|p| p.code), Some(Code::SheetIsRegister), "{headings:?}");
    }
}

#[test]
fn sheets_of_instructions_are_passed_over() {
    let mut workbook = Workbook::new();
    let cover = workbook.add_worksheet();
    rows(cover, 0, &[&["填报说明"], &["一、本制度由各县填报。"], &["二、报送时间为每年1月。"]]);
    let form = workbook.add_worksheet();
    rows(form, 0, &[&["文化站情况"], &["指标名称", "计量单位", "代码", "数量"], &["文化站", "个", "1"], &["说明：1.本表由各乡镇填报。"]]);
    let read = read(&workbook.save_to_buffer().unwrap());
    assert_eq!(read.forms.iter().map(|f| f.sheet.as_str()).collect::<Vec<_>>(), ["Sheet2"]);
    assert_eq!(read.forms.first().map(|f| f.template.level), Some(Level::Township));
    assert_eq!(read.problems.iter().map(|p| p.code).collect::<Vec<_>>(), [Code::SheetWithoutForm]);
}

#[test]
fn boxes_blanks_rules_and_header() {
    let bytes = book(|s| {
        rows(
            s,
            0,
            &[
                &["村基本情况", "", "", "表号：", "民村1表"],
                &["", "", "", "制定机关：", "某省民政厅"],
                &["", "", "", "批准文号：", "某统制〔2026〕8号"],
            ],
        );
        rows(
            s,
            3,
            &[
                &["", "", "", "有效期至：", "2028年6月"],
                &["01 是否通公路  □ 1是 2否"],
                &["指标名称", "计量单位", "代码", "数量"],
                &["户数", "户", "2"],
                &["其中：低保户", "户", "3"],
            ],
        );
        rows(s, 8, &[&["补充资料：合作社（4）：         （个）"], &["审核关系：2≥3"], &["说明：本表由村民委员会填报。"]]);
    });
    let read = read(&bytes);
    let template = &read.forms.first().unwrap().template;
    assert_eq!(
        [&template.number, &template.authority, &template.approval, &template.valid_until],
        ["民村1表", "某省民政厅", "某统制〔2026〕8号", "2028年6月"]
    );
    assert_eq!((template.level, template.rules.len()), (Level::Village, 1));
    let types: Vec<(&str, DataType)> = template.fields.iter().map(|f| (f.label.as_str(), f.dtype)).collect();
    assert_eq!(
        types,
        [("是否通公路", DataType::Code), ("户数", DataType::Integer), ("其中：低保户", DataType::Integer), ("合作社", DataType::Integer)]
    );
}

#[test]
fn indents_of_cells_count_like_spaces() {
    let bytes = book(|s| {
        let inner = Format::new().set_indent(2);
        rows(
            s,
            0,
            &[
                &["财政"],
                &["指标名称", "计量单位", "代码", "数量"],
                &["支出", "万元", "1"],
                &["", "万元", "2"],
                &["", "万元", "3"],
                &["收入", "万元", "4"],
            ],
        );
        s.write_string_with_format(3, 0, "教育", &inner).unwrap();
        s.write_string_with_format(4, 0, "卫生", &inner).unwrap();
    });
    check(&bytes, &["1||支出||万元", "2|支出|教育||万元", "3|支出|卫生||万元", "4||收入||万元"]);
}

#[test]
fn the_layout_does_not_change_with_figures() {
    let with =
        |figure: &str| book(|s| rows(s, 0, &[&["文化站情况"], &["指标名称", "计量单位", "代码", "数量"], &["文化站", "个", "1", figure]]));
    let layout = |bytes: &[u8]| read(bytes).forms.first().map(|f| f.layout.clone());
    assert_eq!(layout(&with("")), layout(&with("17")));
}

// Hostile files.

fn refused(bytes: &[u8]) -> Option<Code> {
    read_workbook(bytes, &defaults(), &Measures::embedded()).err().map(|p| p.code)
}

/// Puts the parts into an archive.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn far_corners_cost_nothing() {
    let bytes = book(|s| {
        s.write_string(0, 0, "指标名称").unwrap();
        s.write_string(1_048_575, 16_383, "x").unwrap();
    });
    assert_eq!(read(&bytes).problems.last().map(|p| p.code), Some(Code::WorkbookWithoutForm));
}

#[test]
fn bombs_and_declarations_are_refused() {
    let zeros = vec![b' '; 200 << 20];
    assert_eq!(refused(&archive(&[("xl/workbook.xml", b"<workbook/>"), ("xl/sharedStrings.xml", &zeros)])), Some(Code::ListTooLong));
    let entity = b"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"b\">]><workbook/>";
    assert_eq!(refused(&archive(&[("xl/workbook.xml", entity)])), Some(Code::WorkbookUnsafe));
    assert_eq!(refused(&archive(&[("a.txt", b"x")])), Some(Code::WorkbookKindUnknown));
}

#[test]
fn what_is_no_workbook_is_told() {
    for (bytes, expected) in [
        (&b"<html><table><tr><td>x</td></tr></table></html>"[..], Code::WorkbookKindUnknown),
        (b"", Code::WorkbookKindUnknown),
        (b"PK\x03\x04 and no more", Code::WorkbookMalformed),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and no more", Code::WorkbookMalformed),
    ] {
        assert_eq!(refused(bytes), Some(expected));
    }
}

#[test]
fn a_workbook_cut_anywhere_is_refused_or_read() {
    let bytes = book(|s| rows(s, 0, &[&["文化站情况"], &["指标名称", "计量单位", "代码", "数量"], &["文化站", "个", "1"]]));
    for n in 1..100 {
        let _ = refused(bytes.get(..bytes.len() * n / 100).unwrap());
    }
}
