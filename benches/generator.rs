//! A generator of forms in the manner of real ones: the same number always gives the same form, and no file is read.
//!
//! A form has a department, a level, a frequency and fields made of a scope, a detail, a thing and what is told of it. [`SHARED_PERCENT`] of
//! all fields are taken from [`N_SHARED`] figures that many departments ask for; every other field is asked once, as far as the words go.

use baoyici::domain::id::{FieldId, FormId, OrganisationId};
use baoyici::domain::period::Frequency;
use baoyici::domain::template::{DataType, Field, FormTemplate};
use baoyici::domain::unit::{Level, SINCE_EVER, UnitCode, UnitRow};

/// The year that all forms are drawn for.
pub const YEAR: i16 = 2026;
/// Fields of one form.
pub const FIELDS_PER_FORM: usize = 64;
/// Share of fields that many forms ask for.
pub const SHARED_PERCENT: u64 = 40;
/// Figures that are asked by many.
pub const N_SHARED: usize = 4_200;
/// Changes with every change of what is generated.
pub const VERSION: u32 = 1;

/// What is told of a thing: words behind it, and its unit of measure in two sizes.
type Asked = (&'static str, [&'static str; 2], DataType);

struct Domain {
    department: &'static str,
    heading: &'static str,
    things: &'static [&'static str],
    scopes: &'static [&'static str],
    details: &'static [&'static str],
    extras: &'static [&'static str],
    asked: &'static [Asked],
}

const PERSONS: Asked = ("人数", ["人", "万人"], DataType::Decimal);
const COUNT: Asked = ("个数", ["个", "个"], DataType::Integer);
const AREA: Asked = ("面积", ["亩", "公顷"], DataType::Decimal);
const MONEY: Asked = ("金额", ["万元", "元"], DataType::Decimal);
const HOUSEHOLDS: Asked = ("户数", ["户", "户"], DataType::Integer);

const PLACES: &[&str] = &["", "农村", "城镇", "集体", "民办", "公办", "规模以上", "县级", "乡镇级", "村级", "本地", "外地"];
const KINDS: &[&str] = &["", "新增", "减少", "在建", "达标", "改造", "登记", "停用", "示范", "重点"];
const AGES: &[&str] =
    &["", "0—3岁", "4—6岁", "7—14岁", "15—17岁", "18—34岁", "35—44岁", "45—59岁", "60—69岁", "70—79岁", "80—89岁", "90岁及以上"];
const LEARNT: &[&str] = &["", "小学文化", "初中文化", "高中文化", "大专", "本科", "研究生", "少数民族", "党员", "就业", "失业", "低保"];
const CLAUSES: &[&str] = &["临时性的", "异地的", "停业的", "年内注销的", "在建的", "代管的", "飞地的", "未登记的", "租赁的", "军队的"];

const DOMAINS: &[Domain] = &[
    Domain {
        department: "公安厅",
        heading: "人口",
        things: &[
            "户籍人口",
            "常住人口",
            "外来人口",
            "流动人口",
            "出生人口",
            "死亡人口",
            "迁入人口",
            "迁出人口",
            "育龄妇女",
            "老年人",
            "儿童",
        ],
        scopes: &["", "农村", "城镇"],
        details: AGES,
        extras: &["", "男", "女", "汉族", "少数民族", "未婚", "已婚", "农业户口", "非农业户口", "一户一档", "新增", "减少"],
        asked: &[PERSONS, ("占比", ["%", "‰"], DataType::Decimal)],
    },
    Domain {
        department: "民政厅",
        heading: "家庭与救助",
        things: &["低保对象", "特困人员", "孤儿", "留守儿童", "困境儿童", "留守老人", "独居老人", "失能老年人", "残疾人", "优抚对象"],
        scopes: PLACES,
        details: AGES,
        extras: LEARNT,
        asked: &[PERSONS, HOUSEHOLDS, ("救助金额", ["万元", "元"], DataType::Decimal)],
    },
    Domain {
        department: "自然资源厅",
        heading: "土地",
        things: &[
            "耕地",
            "水田",
            "旱地",
            "园地",
            "林地",
            "草地",
            "建设用地",
            "未利用地",
            "宅基地",
            "设施农用地",
            "永久基本农田",
            "高标准农田",
        ],
        scopes: PLACES,
        details: KINDS,
        extras: &["", "流转", "承包", "撂荒", "征收", "复垦", "整治", "有效灌溉", "坡度25度以上", "权属争议"],
        asked: &[AREA, ("地块数", ["块", "块"], DataType::Integer)],
    },
    Domain {
        department: "农业农村厅",
        heading: "农作物",
        things: &[
            "粮食",
            "早稻",
            "晚稻",
            "小麦",
            "玉米",
            "大豆",
            "马铃薯",
            "甘薯",
            "油菜籽",
            "花生",
            "棉花",
            "甘蔗",
            "蔬菜",
            "食用菌",
            "西瓜",
            "中药材",
            "茶叶",
            "柑橘",
            "苹果",
            "梨",
            "葡萄",
            "杨梅",
            "枇杷",
            "桃",
        ],
        scopes: PLACES,
        details: &["", "设施", "露地", "有机", "优质", "订单", "制种", "间作", "受灾", "参保"],
        extras: &["", "春收", "夏收", "秋收", "机耕", "机播", "机收", "测土配方", "绿色防控", "节水灌溉"],
        asked: &[
            ("播种面积", ["亩", "公顷"], DataType::Decimal),
            ("产量", ["吨", "公斤"], DataType::Decimal),
            ("产值", ["万元", "元"], DataType::Decimal),
        ],
    },
    Domain {
        department: "畜牧局",
        heading: "畜禽与水产",
        things: &["生猪", "能繁母猪", "牛", "奶牛", "羊", "家禽", "蛋鸡", "肉鸡", "鸭", "鹅", "兔", "蜂", "草鱼", "鲢鱼", "虾", "蟹"],
        scopes: PLACES,
        details: &["", "规模养殖", "散养", "良种", "免疫", "检疫", "扑杀", "参保", "淡水养殖", "海水养殖"],
        extras: &["", "一季度", "二季度", "三季度", "四季度", "自繁", "外购", "代养", "合作社", "家庭农场"],
        asked: &[
            ("存栏", ["头", "头"], DataType::Integer),
            ("出栏", ["头", "头"], DataType::Integer),
            ("产量", ["吨", "公斤"], DataType::Decimal),
        ],
    },
    Domain {
        department: "教育厅",
        heading: "学校",
        things: &["幼儿园", "小学", "初中", "高中", "中等职业学校", "教学点", "特殊教育学校", "托育机构", "成人学校", "寄宿制学校"],
        scopes: PLACES,
        details: &["", "一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "小班", "中班", "大班"],
        extras: &["", "女", "少数民族", "残疾", "寄宿", "随迁子女", "留守儿童", "困难", "新入学", "毕业"],
        asked: &[
            ("学校数", ["所", "所"], DataType::Integer),
            ("在校生", ["人", "万人"], DataType::Decimal),
            ("专任教师", ["人", "人"], DataType::Integer),
            ("班级数", ["个", "个"], DataType::Integer),
        ],
    },
    Domain {
        department: "医疗保障局",
        heading: "社会保险",
        things: &["基本医疗保险", "城乡居民基本医疗保险", "职工基本医疗保险", "大病保险", "生育保险", "长期护理保险", "医疗救助"],
        scopes: PLACES,
        details: AGES,
        extras: LEARNT,
        asked: &[
            ("参保人数", ["人", "万人"], DataType::Decimal),
            ("缴费人数", ["人", "万人"], DataType::Decimal),
            ("待遇支出", ["万元", "元"], DataType::Decimal),
            ("报销人次", ["人次", "万人次"], DataType::Decimal),
        ],
    },
    Domain {
        department: "人力资源和社会保障厅",
        heading: "就业与养老",
        things: &["城乡居民基本养老保险", "企业职工基本养老保险", "失业保险", "工伤保险", "农民工", "就业困难人员", "高校毕业生"],
        scopes: PLACES,
        details: AGES,
        extras: LEARNT,
        asked: &[PERSONS, ("培训人次", ["人次", "万人次"], DataType::Decimal), ("发放金额", ["万元", "元"], DataType::Decimal)],
    },
    Domain {
        department: "卫生健康委员会",
        heading: "卫生机构",
        things: &["村卫生室", "乡镇卫生院", "社区卫生服务中心", "医院", "诊所", "妇幼保健院", "门诊部", "急救站", "体检中心"],
        scopes: PLACES,
        details: KINDS,
        extras: &["", "中医", "西医", "全科", "儿科", "妇科", "口腔", "康复", "护理", "精神"],
        asked: &[
            ("机构数", ["个", "个"], DataType::Integer),
            ("床位数", ["张", "张"], DataType::Integer),
            ("诊疗人次", ["人次", "万人次"], DataType::Decimal),
            ("卫生技术人员", ["人", "人"], DataType::Integer),
        ],
    },
    Domain {
        department: "财政厅",
        heading: "资金",
        things: &[
            "衔接资金",
            "扶贫资金",
            "补助资金",
            "公益事业",
            "村级运转经费",
            "一事一议奖补",
            "农业保险补贴",
            "耕地地力补贴",
            "农机购置补贴",
        ],
        scopes: PLACES,
        details: &["", "中央", "省级", "市级", "县级", "年初预算", "调整预算", "追加", "结余", "结转"],
        extras: &["", "教育", "医疗", "养老", "道路", "水利", "环境", "文化", "产业", "住房"],
        asked: &[MONEY, ("支出", ["万元", "元"], DataType::Decimal), ("项目个数", ["个", "个"], DataType::Integer), HOUSEHOLDS],
    },
    Domain {
        department: "交通运输厅",
        heading: "道路",
        things: &["公路", "村道", "乡道", "县道", "桥梁", "隧道", "客运站", "公交线路", "农村客运班线", "停车场", "充电桩"],
        scopes: PLACES,
        details: KINDS,
        extras: &["", "水泥", "沥青", "砂石", "硬化", "双车道", "安防", "绿化", "亮化", "养护"],
        asked: &[("里程", ["公里", "米"], DataType::Decimal), COUNT, ("投资", ["万元", "元"], DataType::Decimal)],
    },
    Domain {
        department: "水利厅",
        heading: "水利与供水",
        things: &["水库", "山塘", "堤防", "水闸", "泵站", "灌区", "水井", "集中供水工程", "污水处理设施", "河道"],
        scopes: PLACES,
        details: KINDS,
        extras: &["", "大型", "中型", "小型", "除险", "清淤", "自来水", "应急", "节水", "数字化"],
        asked: &[
            COUNT,
            ("供水量", ["万立方米", "立方米"], DataType::Decimal),
            ("受益人口", ["人", "万人"], DataType::Decimal),
            ("灌溉面积", ["亩", "公顷"], DataType::Decimal),
        ],
    },
    Domain {
        department: "供销合作社",
        heading: "村级经济",
        things: &[
            "集体经济组织",
            "农民专业合作社",
            "家庭农场",
            "龙头企业",
            "个体工商户",
            "农家乐",
            "民宿",
            "网店",
            "来料加工点",
            "光伏电站",
        ],
        scopes: PLACES,
        details: KINDS,
        extras: &["", "种植", "养殖", "加工", "旅游", "电商", "物流", "租赁", "服务", "劳务"],
        asked: &[
            COUNT,
            ("经营收入", ["万元", "元"], DataType::Decimal),
            ("从业人员", ["人", "万人"], DataType::Decimal),
            ("利润", ["万元", "元"], DataType::Decimal),
        ],
    },
    Domain {
        department: "应急管理厅",
        heading: "防灾与设施",
        things: &["避难场所", "物资储备点", "微型消防站", "地质灾害隐患点", "应急队伍", "危旧房", "消防栓", "监控点", "文化礼堂", "图书室"],
        scopes: PLACES,
        details: KINDS,
        extras: &["", "洪涝", "台风", "干旱", "火灾", "地震", "低温", "山洪", "滑坡", "雷电"],
        asked: &[COUNT, PERSONS, ("损失", ["万元", "元"], DataType::Decimal), ("受灾面积", ["亩", "公顷"], DataType::Decimal)],
    },
];

/// SplitMix64: spreads a number over all of 64 bits.
fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Domain {
    fn n_figures(&self) -> usize {
        self.things.len() * self.scopes.len() * self.details.len() * self.extras.len() * self.asked.len()
    }

    /// One of the figures; past the last one the words repeat with a clause that takes something out.
    fn figure(&self, n: usize, size: usize) -> Field {
        let (mut rest, clause) = (n % self.n_figures(), n / self.n_figures());
        let mut pick = |len: usize| {
            let at = rest % len;
            rest /= len;
            at
        };
        let thing = self.things[pick(self.things.len())];
        let (suffix, units, dtype) = self.asked[pick(self.asked.len())];
        let scope = self.scopes[pick(self.scopes.len())];
        let detail = self.details[pick(self.details.len())];
        let extra = self.extras[pick(self.extras.len())];
        let note = if clause == 0 { String::new() } else { format!("不含{}{thing}", CLAUSES[(clause - 1) % CLAUSES.len()]) };
        Field {
            id: FieldId::from_stored(""),
            code: String::new(),
            label: format!("{scope}{detail}{extra}{thing}{suffix}"),
            path: vec![self.heading.to_owned()],
            column: String::new(),
            unit: units[size].to_owned(),
            dtype: if units[size].starts_with('万') { DataType::Decimal } else { dtype },
            decimals: None,
            note,
            options: Vec::new(),
            classified: false,
            not_personal_because: String::new(),
        }
    }
}

/// The form with this number, for the organisation `organisation`.
pub fn form(number: usize, organisation: &OrganisationId) -> FormTemplate {
    let level = [Level::Village, Level::Township, Level::County][number % 3];
    let frequency = match mix(number as u64 ^ 0xf0) % 10 {
        0 => Frequency::Monthly,
        1 | 2 => Frequency::Quarterly,
        3 => Frequency::Semiannual,
        _ => Frequency::Annual,
    };
    template(number, organisation, level, frequency, FIELDS_PER_FORM)
}

/// Which figure each field of [`form`] asks for, in order: figures that are equal have the same words, whatever their units of measure.
pub fn figures(number: usize) -> Vec<(usize, usize)> {
    (0..FIELDS_PER_FORM).map(|k| figure_of(number, k)).collect()
}

/// The domain and the figure in it that a field asks for.
fn figure_of(number: usize, k: usize) -> (usize, usize) {
    let own = number / DOMAINS.len();
    if mix((number * FIELDS_PER_FORM + k) as u64 ^ 0x5ea1) % 100 < SHARED_PERCENT {
        // Neighbours, so that no form asks for one figure twice.
        let shared = (mix(number as u64) as usize % N_SHARED + k) % N_SHARED;
        return (shared % DOMAINS.len(), shared / DOMAINS.len());
    }
    let domain = number % DOMAINS.len();
    let n_figures = DOMAINS[domain].n_figures();
    let nth = own * FIELDS_PER_FORM + k;
    // A prime that no domain's size has as a factor: every figure is met once before any is met again.
    (domain, (nth % n_figures * 1_000_003 + N_SHARED) % n_figures + nth / n_figures * n_figures)
}

/// As [`form`], with its level, frequency and number of fields given.
pub fn template(number: usize, organisation: &OrganisationId, level: Level, frequency: Frequency, n_fields: usize) -> FormTemplate {
    let domain = &DOMAINS[number % DOMAINS.len()];
    let size = number / DOMAINS.len() % 2;
    let fields = (0..n_fields).map(|k| {
        let (domain, figure) = figure_of(number, k);
        let field = DOMAINS[domain].figure(figure, size);
        Field { id: FieldId::from_stored(format!("{:02}", k + 1)), code: format!("{:02}", k + 1), ..field }
    });
    FormTemplate {
        id: FormId::from_stored(format!("bench-{number:06}")),
        organisation: organisation.clone(),
        title: format!("{}情况{}表", domain.heading, number + 1),
        department: domain.department.to_owned(),
        authority: domain.department.to_owned(),
        number: format!("样{}表", number + 1),
        approval: format!("样统制〔2025〕{}号", number + 1),
        valid_until: "2028-12-31".to_owned(),
        level,
        frequency,
        year: YEAR,
        due_days_after: None,
        fields: fields.collect(),
        rules: Vec::new(),
    }
}

/// A county of townships with `n_villages` villages, at most 500 in each township.
pub fn county(n_villages: usize) -> Vec<UnitRow> {
    let row = |code: String, name: String, level: Level, parent: Option<&str>| UnitRow {
        code: UnitCode::from_stored(code),
        name,
        level,
        parent: parent.map(UnitCode::from_stored),
        valid_from: SINCE_EVER,
        valid_to: None,
    };
    let top = "989901000000";
    let mut rows = vec![row(top.to_owned(), "样例县".to_owned(), Level::County, None)];
    let per_township = if n_villages > 500 { 500 } else { 15 };
    for village in 0..n_villages {
        let (township, within) = (village / per_township, village % per_township);
        let parent = format!("989901{:03}000", 100 + township);
        if within == 0 {
            rows.push(row(parent.clone(), format!("样例{}乡", township + 1), Level::Township, Some(top)));
        }
        rows.push(row(
            format!("989901{:03}{:03}", 100 + township, 200 + within),
            format!("样例{}村", village + 1),
            Level::Village,
            Some(&parent),
        ));
    }
    rows
}

/// Codes of the villages of [`county`].
pub fn villages(rows: &[UnitRow]) -> Vec<UnitCode> {
    rows.iter().filter(|r| r.level == Level::Village).map(|r| r.code.clone()).collect()
}
