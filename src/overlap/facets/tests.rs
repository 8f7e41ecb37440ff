//! Near misses and honest rewordings: pairs of fields as printed, none of which may merge or most of which should.
//!
//! A field is written `heading/heading>label|column|unit|note`; what is not printed may be left out from the right.

use crate::domain::element::CataloguedField;
use crate::domain::id::{FieldId, FormId, OrganisationId};
use crate::domain::measure::Measures;
use crate::domain::period::Frequency;
use crate::domain::template::{Field, FormTemplate};
use crate::domain::unit::Level;
use crate::overlap::vocabulary::Vocabulary;

fn template(id: &str, printed: &str) -> FormTemplate {
    form(id, "基本情况", &[printed])
}

/// A form of fields as printed.
fn form(id: &str, title: &str, printed: &[&str]) -> FormTemplate {
    let fields = printed.iter().enumerate().map(|(at, printed)| field(at, printed)).collect();
    FormTemplate {
        id: FormId::from_stored(id),
        organisation: OrganisationId::from_stored("o"),
        title: title.to_owned(),
        department: "统计局".to_owned(),
        authority: String::new(),
        number: String::new(),
        approval: String::new(),
        valid_until: String::new(),
        level: Level::Township,
        frequency: Frequency::Annual,
        year: 2026,
        due_days_after: None,
        fields,
        rules: Vec::new(),
    }
}

fn field(at: usize, printed: &str) -> Field {
    let mut parts = printed.split('|');
    let (path, label) = parts.next().unwrap_or_default().rsplit_once('>').unwrap_or(("", printed.split('|').next().unwrap_or_default()));
    let column = parts.next().unwrap_or_default().to_owned();
    let unit = parts.next().unwrap_or_default().to_owned();
    let note = parts.next().unwrap_or_default().to_owned();
    Field {
        id: FieldId::from_stored(format!("{}", at + 1)),
        code: String::new(),
        dtype: Field::guess_type(&unit, label, &[]),
        label: label.to_owned(),
        path: path.split('/').filter(|p| !p.is_empty()).map(str::to_owned).collect(),
        column,
        unit,
        decimals: None,
        note,
        options: Vec::new(),
        classified: false,
        not_personal_because: String::new(),
    }
}

fn read(vocabulary: &Vocabulary, measures: &Measures, id: &str, printed: &str) -> CataloguedField {
    let template = template(id, printed);
    let keys = template.field_keys(1, None);
    crate::overlap::read_form(vocabulary, measures, &template, &keys).remove(0)
}

fn merge(vocabulary: &Vocabulary, measures: &Measures, a: &str, b: &str) -> bool {
    let (a, b) = (read(vocabulary, measures, "a", a), read(vocabulary, measures, "b", b));
    a.element() == b.element() && a.meaning.offset_years == b.meaning.offset_years
}

#[test]
fn a_title_prints_the_unit_of_fields_without_one() {
    let vocabulary = Vocabulary::embedded().unwrap_or_else(|e| panic!("{e}"));
    let measures = Measures::embedded();
    let template = form("a", "土地利用现状统计表（面积单位：公顷）", &["林地", "宅基地宗数||宗"]);
    let fields = crate::overlap::read_form(&vocabulary, &measures, &template, &template.field_keys(1, None));
    let dimensions: Vec<Option<&str>> = fields.iter().map(|f| f.meaning.facets.dimension.as_deref()).collect();
    assert_eq!(dimensions, [Some("area"), Some("count")]);
    assert_eq!(fields[0].element(), read(&vocabulary, &measures, "b", "林地面积||亩").element());
}

/// The pairs of a file: one a line, parted by ` ~ `; lines that begin with # are headings.
fn pairs(text: &'static str) -> Vec<(&'static str, &'static str)> {
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(" ~ ").unwrap_or_else(|| panic!("{line}"))).collect()
}

#[test]
fn near_misses_never_merge() {
    let vocabulary = Vocabulary::embedded().unwrap_or_else(|e| panic!("{e}"));
    let measures = Measures::embedded();
    let pairs = pairs(include_str!("tests/near_misses.txt"));
    assert!(pairs.len() >= 200, "{}", pairs.len());
    let merged: Vec<_> = pairs.iter().filter(|(a, b)| merge(&vocabulary, &measures, a, b)).collect();
    assert!(merged.is_empty(), "merged: {merged:#?}");
}

#[test]
fn most_rewordings_merge() {
    let vocabulary = Vocabulary::embedded().unwrap_or_else(|e| panic!("{e}"));
    let measures = Measures::embedded();
    let pairs = pairs(include_str!("tests/rewordings.txt"));
    let apart: Vec<String> = pairs
        .iter()
        .filter(|(a, b)| !merge(&vocabulary, &measures, a, b))
        .map(|(a, b)| {
            let (a_read, b_read) = (read(&vocabulary, &measures, "a", a).meaning, read(&vocabulary, &measures, "b", b).meaning);
            format!("{a} ~ {b}: {} ~ {}", a_read.key, b_read.key)
        })
        .collect();
    println!("{} of {} rewordings are found", pairs.len() - apart.len(), pairs.len());
    assert!(pairs.len() >= 200 && apart.len() * 10 <= pairs.len(), "{} of {} apart: {apart:#?}", apart.len(), pairs.len());
}

/// The keys of a form's fields, without unit dimension and time.
fn keys(title: &str, printed: &[&str]) -> Vec<String> {
    let vocabulary = Vocabulary::embedded().unwrap_or_else(|e| panic!("{e}"));
    let template = form("f", title, printed);
    let read = crate::overlap::read_form(&vocabulary, &Measures::embedded(), &template, &template.field_keys(1, None));
    let short = |key: &str| key.split('|').filter(|part| !part.starts_with(['T', 'D', 'S'])).collect::<Vec<_>>().join("|");
    read.iter().map(|f| if f.meaning.is_certain { short(&f.meaning.key) } else { "?".to_owned() }).collect()
}

#[test]
fn flat_lists_are_read_by_their_outline() {
    let list = ["户籍人口||人", "其中：①女性||人", "②60岁以上||人", "常住人口||人", "\u{3000}\u{3000}其中：65岁以上||人", "低保对象||人"];
    let expect = ["M:人口|P:户籍", "M:人口|P:户籍|Q:女", "M:人口|P:户籍|Q:60+", "M:人口|P:常住", "M:人口|P:常住|Q:65+", "M:低保"];
    assert_eq!(keys("基本情况", &list), expect);
    // 农村 is a part, of the members or of everybody, and 其中 after it speaks of the whole.
    let list = ["党员总数||名", "农村||名", "其中：女||名"];
    assert_eq!(keys("基本情况", &list), ["M:党员", "?", "M:党员|Q:女"]);
    let list = ["2.1 小学在校生||人", "2.1.1 女生||人", "2.2 小学教职工||人"];
    assert_eq!(keys("基本情况", &list), ["M:在校生+小学", "M:在校生+小学|Q:女", "M:小学+教职工"]);
}

#[test]
fn a_title_rules_what_it_is_about() {
    assert_eq!(keys("户籍人口情况", &["60岁以上人口||人", "总户数||户"]), ["M:人口|P:户籍|Q:60+", "M:户|P:户籍"]);
    assert_eq!(keys("退役军人情况", &["党员||人"]), ["M:党员+退役军人"]);
    // Whose members are counted in a form about several groups, nobody knows.
    assert_eq!(keys("退役军人和优抚对象情况", &["党员||人"]), ["?"]);
    assert_eq!(keys("村卫生室情况", &["床位||张"]), ["M:床位|Q:村卫生室"]);
    assert_eq!(keys("乡镇卫生院和村卫生室情况", &["床位||张"]), ["?"]);
    assert_eq!(keys("计划生育家庭情况（城镇）", &["一孩户||户"]), ["M:户|P:城镇|Q:一孩"]);
}

#[test]
fn what_the_words_end_in_is_counted() {
    assert_eq!(keys("基本情况", &["有卫生室的行政村||个", "行政村卫生室||个"]), ["M:行政村|Q:村卫生室", "M:村卫生室"]);
    assert_eq!(keys("基本情况", &["建立党组织的企业||个", "企业党组织||个"]), ["M:企业|Q:党组织|R:建立", "M:党组织|Q:企业"]);
    assert_eq!(keys("基本情况", &["行政村||个", "行政村>其中：通宽带||个"]), ["M:行政村", "M:行政村|Q:宽带"]);
}

#[test]
fn clauses_of_notes_are_compared() {
    let vocabulary = Vocabulary::embedded().unwrap_or_else(|e| panic!("{e}"));
    let check = |label: &str, unit: &str, a: &str, b: &str, expect: bool| {
        let (a, b) = (format!("{label}||{unit}|{a}"), format!("{label}||{unit}|{b}"));
        assert_eq!(merge(&vocabulary, &Measures::embedded(), &a, &b), expect, "{a} ~ {b}");
    };
    // The same clause in other words.
    check("志愿者", "人", "含青年志愿服务队员", "包括青年志愿服务队员", true);
    check("志愿者", "人", "不含退出的", "不包括退出的", true);
    check("志愿者", "人", "扣除退出的", "剔除退出的", true);
    // One added, missing or turned round.
    check("志愿者", "人", "含青年志愿服务队员", "", false);
    check("志愿者", "人", "含青年志愿服务队员", "不含青年志愿服务队员", false);
    check("志愿者", "人", "不含退出的", "不含退出的，含新招募的", false);
    check("耕地面积", "亩", "扣除田坎", "", false);
    check("公路里程", "公里", "（不含村道）", "", false);
    // What the thing has by definition.
    check("党员", "名", "含预备党员", "", true);
    check("党员", "名", "不含预备党员", "", false);
    check("粮食产量", "吨", "含薯类", "", true);
    check("粮食产量", "吨", "不含薯类", "", false);
    check("常住人口", "人", "居住半年以上，含外来人口", "", true);
    check("退役军人服务站", "个", "含村级", "", true);
    check("幼儿园", "所", "含民办", "", true);
    check("幼儿园", "所", "不含民办", "", false);
    // Whose, where and who counts.
    check("孤儿", "人", "已纳入保障", "", false);
    check("人民调解员", "人", "本村调委会", "", false);
    check("人民调解员", "人", "本村（社区）调委会", "", false);
    check("活产数", "人", "在本院分娩", "", false);
    check("参保人数", "人", "只填16-59周岁缴费人员", "", false);
    check("耕地面积", "亩", "按承包台账填报", "", false);
    check("农村户数", "户", "农经口径，与统计口径不同", "", false);
    // Where a figure comes from changes nothing.
    check("低保对象", "人", "来源：民政", "", true);
    check("党员", "名", "由组织部门提供", "", true);
}

#[test]
fn what_stands_around_a_figure_keeps_it_apart() {
    let vocabulary = Vocabulary::embedded().unwrap_or_else(|e| panic!("{e}"));
    let last = |id: &str, title: &str, printed: &[&str]| {
        let template = form(id, title, printed);
        let read = crate::overlap::read_form(&vocabulary, &Measures::embedded(), &template, &template.field_keys(1, None));
        read.last().map(|f| (f.element(), f.meaning.offset_years))
    };
    let general = "乡镇社会经济基本情况";
    let mut merged = Vec::new();
    let mut check = |title: &str, printed: &[&str], whole: &str| {
        if last("a", title, printed) == last("b", general, &[whole]) {
            merged.push(format!("{title} {printed:?} ~ {whole}"));
        }
    };
    check("养老机构基本情况", &["从业人员||人"], "从业人员||人");
    check("乡镇卫生院基本情况", &["执业医师||人"], "执业医师||人");
    check("乡镇卫生院基本情况", &["诊疗人次||人次"], "诊疗人次||人次");
    check("小学基本情况", &["专任教师||人"], "专任教师||人");
    check("残疾人基本情况", &["低保||人"], "低保人数||人");
    check("退役军人基本情况", &["就业||人"], "已就业人口||人");
    check("城乡居民基本医疗保险情况", &["住院||人次"], "住院人次||人次");
    check("城乡居民基本养老保险情况", &["基金收入||万元"], "基金收入||万元");
    check("农村留守儿童情况", &["女||人"], "女性人口||人");
    check("脱贫户情况", &["劳动力||人"], "劳动力||人");
    check("计划生育家庭情况（农村）", &["独生子女户||户"], "独生子女户||户");
    check("设施农业生产情况", &["蔬菜|产量|吨"], "蔬菜产量||吨");
    check("村集体经济组织收支情况", &["收入||元"], "收入||元");
    check(general, &["农家乐>从业人员||人"], "从业人员||人");
    check(general, &["脱贫户>劳动力||人"], "劳动力||人");
    check(general, &["村党组织书记>女||人"], "女性人口||人");
    check(general, &["党员总数||名", "其中：35岁及以下||名"], "35岁及以下人口||人");
    check(general, &["残疾人||人", "\u{3000}其中：一级||人", "\u{3000}\u{3000}女||人"], "女性人口||人");
    check(general, &["调解案件||件", "调解案件/按纠纷类型分>婚姻家庭||件"], "婚姻家庭纠纷||件");
    check(general, &["耕地面积||亩", "耕地面积>其中：流转||亩"], "耕地面积||亩");
    check(general, &["特殊群体学生（义务教育阶段）>随迁子女||人"], "随迁子女||人");
    check(general, &["规模养殖>生猪存栏||头"], "生猪存栏||头");
    check(general, &["低保人数|其中：残疾人|人"], "低保人数||人");
    check(general, &["参保人数>城乡居民养老保险|本年新增|人"], "城乡居民养老保险参保人数||人");
    check(general, &["交通>死亡人数||人"], "死亡人数||人");
    check(general, &["公共图书馆>总流通人次||人次"], "总流通人次||人次");
    assert!(merged.is_empty(), "{merged:#?}");
}

#[test]
fn indentation_nests_and_repeated_tails_say_nothing() {
    let list = ["残疾人总数||人", "\u{3000}女||人", "\u{3000}\u{3000}60岁以上||人", "村民代表||人", "\u{3000}妇女代表||人"];
    let expect = ["M:残疾人", "M:残疾人|Q:女", "M:残疾人|Q:60++女", "M:村民代表", "M:村民代表|Q:女"];
    assert_eq!(keys("基本情况", &list), expect);
    let list = ["村民委员会成员||人", "\u{3000}女性成员||人", "专任教师||人", "\u{3000}女教师||人"];
    let expect = ["M:村民委员会成员", "M:村民委员会成员|Q:女", "M:专任教师", "M:专任教师|Q:女"];
    assert_eq!(keys("基本情况", &list), expect);
    // One of a list keeps its own name.
    assert_eq!(keys("基本情况", &["食用菌产量||吨", "蔬菜及食用菌产量||吨", "\u{3000}食用菌||吨"])[2], "?");
    let list = ["乡村医生和卫生员||人", "\u{3000}乡村医生||人"];
    assert_eq!(keys("基本情况", &list)[1], "M:乡村医生");
}

#[test]
fn a_heading_whose_rows_say_their_sex_is_a_topic() {
    let form = ["妇女参政>村两委成员||人", "妇女参政/村两委成员>女||人", "妇女参政>女党员||人", "妇女参政>村党组织书记||人"];
    // Of the last nobody knows whether the heading's women are meant.
    assert_eq!(keys("基本情况", &form), ["M:村两委成员", "M:村两委成员|Q:女", "M:党员|Q:女", "?"]);
    assert_eq!(keys("基本情况", &["妇女>党员||人"]), ["M:党员|Q:女"]);
}

#[test]
fn a_definition_says_who_counts() {
    let note = |label: &str, unit: &str, note: &str| keys("基本情况", &[&format!("{label}||{unit}|{note}")]).remove(0);
    // 农村 in the words that a definition ends in.
    assert_eq!(note("劳动力", "人", "指16周岁以上、有劳动能力的农村人口"), "M:劳动力|P:农村");
    assert_eq!(note("低保户数", "户", "农村低保"), "M:低保|P:农村");
    // The place that reports says nothing where people live in it.
    assert_eq!(note("常住人口", "人", "指年末在本乡镇居住半年以上的人口"), "M:人口|P:常住");
    // How long somebody is away defines who counts.
    assert_ne!(note("外出务工人数", "人", "指本年外出务工超过3个月的劳动力"), note("外出务工人数", "人", "指外出从业6个月以上的劳动力"));
    // Who counts is told in words that were not understood.
    assert_eq!(note("农户数", "户", "户口在农村且与集体经济组织有明确权利、义务关系的户"), "?");
    // Ages that the law gives a group.
    assert_eq!(note("留守儿童", "人", "不满16周岁"), "M:留守儿童");
    assert_eq!(note("村卫生室", "个", "含乡镇卫生院在村设立的卫生室"), "M:村卫生室");
}

#[test]
fn units_are_found_where_the_form_prints_none() {
    let form = |title: &str, printed: &[&str]| {
        let vocabulary = Vocabulary::embedded().unwrap_or_else(|e| panic!("{e}"));
        let template = form("f", title, printed);
        let read = crate::overlap::read_form(&vocabulary, &Measures::embedded(), &template, &template.field_keys(1, None));
        read.iter().map(|f| f.meaning.facets.dimension.clone().unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(form("基本情况", &["户籍人口总数", "低保户总数", "小学|学校数"]), ["person", "household", "count"]);
    assert_eq!(form("残疾人基本情况", &["视力"]), ["person"]);
}

fn meaning(title: &str, frequency: Frequency, printed: &str) -> (String, bool) {
    let vocabulary = Vocabulary::embedded().unwrap_or_else(|e| panic!("{e}"));
    let mut template = form("a", title, &[printed]);
    template.frequency = frequency;
    let keys = template.field_keys(1, None);
    let meaning = crate::overlap::read_form(&vocabulary, &Measures::embedded(), &template, &keys).remove(0).meaning;
    (meaning.key, meaning.is_certain)
}

#[test]
fn a_sum_in_a_heading_or_title_governs_a_column_that_names_the_year() {
    let check = |title: &str, printed: &str, expect: &str| {
        let (key, _) = meaning(title, Frequency::Quarterly, printed);
        assert!(key.contains(expect), "{title}: {printed}: {key}");
    };
    check("畜牧业生产情况", "二、出栏（年初至季末累计）>猪|本期|头", "T:ytd");
    check("畜牧业生产情况", "二、出栏（年初至季末累计）>猪|本季|头", "T:flow");
    check("畜牧业生产情况（1—本季累计）", "猪出栏|本期|头", "T:ytd");
    check("畜牧业生产情况（1—本季累计）", "猪存栏|本期|头", "T:stock");
}

#[test]
fn a_title_about_a_kind_narrows_the_word_for_all() {
    let check = |title: &str, printed: &str, expect: &str| {
        let (key, _) = meaning(title, Frequency::Annual, printed);
        assert!(key.starts_with(expect), "{title}: {printed}: {key}");
    };
    check("农村公路基本情况年报表", "公路里程|总计|公里", "M:农村公路|");
    check("综合经济", "公路里程|总计|公里", "M:公路|");
    let vocabulary = Vocabulary::embedded().unwrap_or_else(|e| panic!("{e}"));
    let both = form("a", "农村公路基本情况", &["公路总里程||公里", "农村公路里程||公里"]);
    let fields = crate::overlap::read_form(&vocabulary, &Measures::embedded(), &both, &both.field_keys(1, None));
    assert!(fields[0].meaning.key.starts_with("M:公路|"), "{}", fields[0].meaning.key);
}

#[test]
fn joined_words_and_columns_of_bodies_are_read_whole() {
    let check = |printed: &str, expect: &str| {
        let (key, _) = meaning("基本情况", Frequency::Annual, printed);
        assert!(key.starts_with(expect), "{printed}: {key}");
    };
    check("中小学校||所", "M:中小学|");
    check("中小学||所", "M:中小学|");
    check("大中小学||所", "M:大中小学|");
    check("小学校舍面积||平方米", "M:小学+校舍|");
    check("成员人数|村民委员会|人", "M:村民委员会成员|");
    check("小组数|村民委员会|个", "M:村民小组|");
    check("代表人数|居民委员会|人", "M:居民代表|");
    check("镇（乡）域户籍人口||人", "M:人口|S:人数|P:户籍|T:stock|D:person");
    check("户籍总人口||人|在公安派出所登记常住户口的人数，不含未落户人员", "M:人口|S:人数|P:户籍|T:stock|D:person");
}
