//! From a reading to the canonical key: facets in fixed order, or a key of the field's own where the reading is not certain.

use std::collections::{HashMap, HashSet};

use crate::domain::element::CataloguedField;
use crate::domain::facet::{FacetEvidence, Facets, Meaning, TimeBasis};
use crate::domain::id::FieldKey;
use crate::domain::period::Frequency;
use crate::domain::template::{DataType, Field};
use crate::domain::unit::Level;
use crate::overlap::facets::draft::{Draft, is_firm};
use crate::overlap::vocabulary::{Role, TermId, Vocabulary};

/// What is known of a field besides its words.
pub(crate) struct FieldFacts<'a> {
    /// The field.
    pub field: &'a Field,
    /// Its identity.
    pub key: &'a FieldKey,
    /// Unit dimension.
    pub dimension: Option<String>,
    /// How often the form is filled.
    pub frequency: Frequency,
    /// The column is a plan or target.
    pub is_plan: bool,
    /// The note says that the figure is not the usual one.
    pub is_unusual: bool,
    /// The boundary from which 外来 is told, where the form says.
    pub boundary: Option<&'static str>,
    /// Who fills the form.
    pub level: Level,
    /// The form's title says that its figures are sums from the beginning of the year.
    pub is_cumulated: bool,
}

/// Makes the meaning of a field.
pub(crate) fn finish(vocabulary: &Vocabulary, mut draft: Draft, facts: &FieldFacts<'_>) -> Meaning {
    reduce_age_groups(vocabulary, &mut draft);
    let dtype = facts.field.dtype;
    drop_what_is_implied(vocabulary, &mut draft);
    name_the_place(vocabulary, &mut draft);
    let dimension = facts.dimension.clone().or_else(|| draft.named_dimension.clone().filter(|_| dtype.is_number()));
    name_the_unit_itself(vocabulary, &mut draft, facts.level);
    name_by_dimension(vocabulary, &mut draft, dimension.as_deref());
    name_the_households(vocabulary, &mut draft, facts, dimension.as_deref());
    reduce_everybody(vocabulary, &mut draft, dimension.as_deref());
    tell_boundary(vocabulary, &mut draft, facts);
    count_the_head(vocabulary, &mut draft, dimension.as_deref());
    drop_implied_things(vocabulary, &mut draft, dimension.as_deref());
    let statistic = statistic_of(vocabulary, &draft, dimension.as_deref(), dtype);
    let (time_basis, time_is_clear) = time_of(vocabulary, &draft, dimension.as_deref(), facts);
    let mut facets = Facets {
        measure: join(draft.measures.iter().map(|m| vocabulary.term(*m).name.clone())),
        statistic,
        population: draft.population.keys().cloned().collect(),
        qualifiers: draft.qualifiers.keys().cloned().collect(),
        time_basis,
        price_basis: draft.price.clone(),
        dimension: dimension.clone().filter(|_| dtype.is_number()),
        clauses: draft.clauses.clone(),
    };
    if facts.is_plan {
        facets.qualifiers.insert("计划".to_owned());
    }
    if draft.is_other {
        facets.qualifiers.insert("其他".to_owned());
    }
    let residue: Vec<String> = draft.residue.iter().cloned().collect();
    let is_certain = is_certain(vocabulary, &draft, &facets, facts) && time_is_clear;
    let mut evidence = std::mem::take(&mut draft.evidence);
    if let Some(dimension) = &facets.dimension {
        let words = facts.field.unit.clone();
        evidence.push(FacetEvidence { facet: "unit".into(), value: dimension.clone(), words, source: "unit".into() });
    }
    let is_private = draft.is_meta || draft.is_identity;
    let key = if is_certain { key_of(&facets, &residue) } else { own_key(facts.key, is_private) };
    let sums_over_units = sums(vocabulary, &facets, dtype);
    Meaning { facets, residue, key, offset_years: draft.years, sums_over_units, is_certain, evidence }
}

/// Gives fields of one form that would be one element keys of their own: two fields of one form are never the same figure.
pub(crate) fn separate(fields: &mut [CataloguedField]) {
    let mut n_with: HashMap<(String, i16), u32> = HashMap::new();
    for field in fields.iter() {
        *n_with.entry((field.meaning.key.clone(), field.meaning.offset_years)).or_default() += 1;
    }
    for field in fields {
        let meaning = &mut field.meaning;
        if n_with.get(&(meaning.key.clone(), meaning.offset_years)).is_some_and(|n| *n > 1) {
            meaning.key = own_key(&field.key, false);
            meaning.is_certain = false;
        }
    }
}

/// Gives fields that did not change since an earlier version of their form the meanings that they had there, so that figures stored under
/// their elements stay theirs. A field that is new or changed and would now be the same element as a kept one gets a key of its own.
pub fn keep_meanings(fields: &mut [CataloguedField], kept: &HashMap<FieldKey, Meaning>) {
    let taken: HashSet<(&str, i16)> = kept.values().map(|m| (m.key.as_str(), m.offset_years)).collect();
    for field in fields {
        match kept.get(&field.key) {
            Some(meaning) => field.meaning = meaning.clone(),
            None if taken.contains(&(field.meaning.key.as_str(), field.meaning.offset_years)) => {
                field.meaning.key = own_key(&field.key, false);
                field.meaning.is_certain = false;
            }
            None => {}
        }
    }
}

/// Key of a field that is not understood well enough to be merged; `!` marks what is about the form or the unit itself.
pub(crate) fn own_key(key: &FieldKey, is_private: bool) -> String {
    format!("{}{key}", if is_private { '!' } else { '?' })
}

/// Writes facets and residue in their fixed order.
pub(crate) fn key_of(facets: &Facets, residue: &[String]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut push = |name: char, value: String| {
        if !value.is_empty() {
            parts.push(format!("{name}:{value}"));
        }
    };
    let set = |values: &std::collections::BTreeSet<String>| values.iter().cloned().collect::<Vec<_>>().join("+");
    push('M', facets.measure.clone().unwrap_or_default());
    push('S', facets.statistic.clone().unwrap_or_default());
    push('P', set(&facets.population));
    push('Q', set(&facets.qualifiers));
    push('T', facets.time_basis.map(|t| t.as_str().to_owned()).unwrap_or_default());
    push('B', facets.price_basis.clone().unwrap_or_default());
    push('D', facets.dimension.clone().unwrap_or_default());
    push('R', residue.join("+"));
    push('C', set(&facets.clauses));
    parts.join("|")
}

fn join(names: impl Iterator<Item = String>) -> Option<String> {
    let mut names: Vec<String> = names.collect();
    names.sort();
    if names.is_empty() { None } else { Some(names.join("+")) }
}

/// 60岁及以上老年人 are people of 60 and over: an age group's name adds nothing to an age.
fn reduce_age_groups(vocabulary: &Vocabulary, draft: &mut Draft) {
    let Some(people) = vocabulary.find("人口") else { return };
    if !draft.has_age() {
        return;
    }
    let groups: Vec<_> = draft.measures.iter().copied().filter(|m| vocabulary.class(vocabulary.term(*m)).is_age_group).collect();
    for group in &groups {
        draft.measures.remove(group);
    }
    if !groups.is_empty() && draft.measures.is_empty() && draft.residue.is_empty() {
        draft.measures.insert(people);
    }
}

/// Qualifiers that the thing's own definition has (夏收 beside 小麦), and 农村 beside what is rural anyway, say nothing.
fn drop_what_is_implied(vocabulary: &Vocabulary, draft: &mut Draft) {
    let implied: Vec<&String> = draft.measures.iter().chain(&draft.word_terms).flat_map(|m| vocabulary.implied(*m)).collect();
    draft.qualifiers.retain(|q, _| !implied.contains(&q));
    draft.population.retain(|p, _| !implied.contains(&p));
    // Who draws an insurance's benefits is insured.
    let is_insurance = |m: &TermId| vocabulary.class(vocabulary.term(*m)).is_insurance;
    if draft.qualifiers.contains_key("享受") && !draft.measures.is_empty() && draft.measures.iter().all(is_insurance) {
        draft.qualifiers.remove("参保");
    }
    for (place, names) in [("农村", ["农村", "乡村"]), ("城镇", ["城镇", "城市"])] {
        let says_place = |m: &TermId| names.iter().any(|name| vocabulary.term(*m).name.starts_with(name));
        if draft.measures.iter().any(says_place) {
            draft.population.remove(place);
        }
    }
    let is_rural = |m: &TermId| vocabulary.class(vocabulary.term(*m)).is_rural;
    if draft.measures.iter().any(is_rural) {
        draft.population.remove("农村");
        if let Some(household) = vocabulary.find("农户") {
            draft.measures.remove(&household);
        }
        if let Some(household) = vocabulary.find("户") {
            draft.measures.remove(&household);
        }
    }
}

/// 通自来水的村 below 村民委员会个数: what a place has is counted by places, whatever body stands for them.
fn name_the_place(vocabulary: &Vocabulary, draft: &mut Draft) {
    let (Some(body), Some(village)) = (vocabulary.find("村民委员会"), vocabulary.find("行政村")) else { return };
    let is_of_place = |id: &TermId| vocabulary.class(vocabulary.term(*id)).is_of_place;
    if draft.measures.contains(&body) && draft.word_terms.iter().any(is_of_place) {
        draft.measures.remove(&body);
        draft.measures.insert(village);
        draft.head = draft.head.map(|head| if head == body { village } else { head });
    }
}

/// 脱贫户 counted in people are 脱贫人口.
fn name_by_dimension(vocabulary: &Vocabulary, draft: &mut Draft, dimension: Option<&str>) {
    let Some(dimension) = dimension else { return };
    let named: Vec<(TermId, TermId)> =
        draft.measures.iter().filter_map(|m| vocabulary.counted_as(*m, dimension).map(|meaning| (*m, meaning))).collect();
    for (thing, meaning) in named {
        draft.measures.remove(&thing);
        draft.measures.insert(meaning);
        draft.head = draft.head.map(|head| if head == thing { meaning } else { head });
    }
}

/// 使用卫生厕所的农户 of a village are its households with that thing: a village has no others.
fn name_the_households(vocabulary: &Vocabulary, draft: &mut Draft, facts: &FieldFacts<'_>, dimension: Option<&str>) {
    let Some(farmers) = vocabulary.find("农户").filter(|_| facts.level == Level::Village && dimension == Some("household")) else {
        return;
    };
    let is_facility = |m: &TermId| vocabulary.class(vocabulary.term(*m)).dimension.is_none();
    if draft.measures.iter().any(|m| *m != farmers && is_facility(m)) {
        draft.measures.remove(&farmers);
    }
}

/// 乡镇总人口 in a township's form are the people of the unit that reports; the collective of a village is the village's.
fn name_the_unit_itself(vocabulary: &Vocabulary, draft: &mut Draft, level: Level) {
    let everybody = ["人口", "户"].map(|name| vocabulary.find(name));
    let own = match level {
        Level::Village => vocabulary.find("行政村"),
        Level::Township => vocabulary.find("乡镇"),
        _ => None,
    };
    if let Some(own) = own.filter(|own| draft.measures.contains(own))
        && draft.measures.iter().any(|m| everybody.contains(&Some(*m)))
    {
        draft.measures.remove(&own);
    }
    let (collective, village) = (vocabulary.find("集体"), vocabulary.find("村集体"));
    if let (Level::Village, Some(collective), Some(village)) = (level, collective, village)
        && draft.is_of(vocabulary, |class| class.is_finance)
        && draft.population.remove(&vocabulary.term(collective).name).is_some()
    {
        draft.population.insert(vocabulary.term(village).name.clone(), vocabulary.term(village).class);
    }
}

/// People and households in general say nothing beside a thing of their dimension, and are what is meant where nothing else is.
fn reduce_everybody(vocabulary: &Vocabulary, draft: &mut Draft, dimension: Option<&str>) {
    let name = match dimension {
        Some("person") => "人口",
        Some("household") => "户",
        _ => return,
    };
    let Some(everybody) = vocabulary.find(name) else { return };
    if dimension == Some("household") {
        // 常住人口户数 counts households.
        if let Some(people) = vocabulary.find("人口").filter(|people| draft.measures.contains(people)) {
            draft.measures.remove(&people);
            draft.measures.insert(everybody);
        }
    }
    if draft.measures.len() > 1 || (draft.measures.len() == 1 && !draft.residue.is_empty()) {
        draft.measures.remove(&everybody);
    }
    let is_described = draft
        .population
        .values()
        .chain(draft.qualifiers.values())
        .any(|class| is_firm(vocabulary, *class) || vocabulary.is_personal(*class));
    if draft.measures.is_empty() && draft.residue.is_empty() && is_described {
        draft.measures.insert(everybody);
    }
}

/// 外来人口 of a village and of a township differ by who is a stranger: the boundary belongs to the figure.
fn tell_boundary(vocabulary: &Vocabulary, draft: &mut Draft, facts: &FieldFacts<'_>) {
    let is_relative = |m: &TermId| vocabulary.class(vocabulary.term(*m)).is_relative;
    if !draft.measures.iter().any(is_relative) {
        return;
    }
    let boundary = match facts.boundary {
        Some(boundary) => format!("{boundary}外"),
        None => format!("@{}", facts.level.as_str()),
    };
    draft.add_boundary(&boundary);
}

/// Where things are counted, the one that the words end in is counted and the others say which: 有卫生室的行政村 are villages.
fn count_the_head(vocabulary: &Vocabulary, draft: &mut Draft, dimension: Option<&str>) {
    let Some(head) = draft.head.filter(|head| dimension == Some("count") && draft.measures.contains(head)) else { return };
    let others: Vec<TermId> = draft.measures.iter().copied().filter(|m| *m != head).collect();
    for other in others {
        draft.measures.remove(&other);
        draft.add_thing_as_qualifier(&vocabulary.term(other).name);
    }
}

/// 行政村 beside 村卫生室 says nothing, unless the villages are what is counted.
fn drop_implied_things(vocabulary: &Vocabulary, draft: &mut Draft, dimension: Option<&str>) {
    let head = draft.head.filter(|_| dimension == Some("count"));
    let theirs: Vec<TermId> =
        draft.measures.iter().flat_map(|m| vocabulary.implied_things(*m)).copied().filter(|m| Some(*m) != head).collect();
    for thing in theirs {
        draft.measures.remove(&thing);
        draft.qualifiers.remove(&vocabulary.term(thing).name);
    }
}

fn statistic_of(vocabulary: &Vocabulary, draft: &Draft, dimension: Option<&str>, dtype: DataType) -> Option<String> {
    if let Some(statistic) = &draft.statistic {
        return Some(statistic.clone());
    }
    match dtype {
        DataType::Text => return Some("名称".to_owned()),
        DataType::Code => return Some("代码".to_owned()),
        DataType::Date => return Some("日期".to_owned()),
        DataType::Bool => return Some("有无".to_owned()),
        DataType::Integer | DataType::Decimal => {}
    }
    let dimension = dimension?;
    let usual = draft.measures.iter().find_map(|m| vocabulary.class(vocabulary.term(*m)).statistic.get(dimension));
    usual.cloned().or_else(|| vocabulary.plain_statistic(dimension).map(str::to_owned))
}

/// Time basis and whether it is clear enough to merge on.
fn time_of(vocabulary: &Vocabulary, draft: &Draft, dimension: Option<&str>, facts: &FieldFacts<'_>) -> (Option<TimeBasis>, bool) {
    if !facts.field.dtype.is_number() {
        return (Some(TimeBasis::Standing), true);
    }
    let is_yearly = matches!(facts.frequency, Frequency::Annual | Frequency::Once | Frequency::Other);
    match draft.time {
        // 累计退耕还林面积: what lasts is told from its beginning on.
        Some(TimeBasis::YearToDate) if draft.is_bare_sum && lasts(vocabulary, draft) => return (Some(TimeBasis::Stock), true),
        // 累计接种 in a yearly form may be this year's or all that ever were.
        Some(TimeBasis::YearToDate) if is_yearly => return (Some(TimeBasis::Flow), !draft.is_bare_sum),
        // 累计识别的监测对象 are all that ever were, or this year's.
        Some(TimeBasis::YearToDate) if draft.is_bare_sum && time_of_words(vocabulary, draft, dimension) == Some(TimeBasis::Stock) => {
            return (Some(TimeBasis::YearToDate), false);
        }
        Some(time) if !draft.time_is_weak => return (Some(time), true),
        // 本年 beside a stock names the year of the column.
        Some(time) => {
            let usual = time_of_words(vocabulary, draft, dimension);
            let happens = usual.or(Some(time)) == Some(TimeBasis::Flow);
            if facts.is_cumulated && happens && !is_yearly && !draft.names_span {
                return (Some(TimeBasis::YearToDate), true);
            }
            return (usual.filter(|_| time != TimeBasis::YearToDate).or(Some(time)), true);
        }
        None => {}
    }
    let usual = time_of_words(vocabulary, draft, dimension).or_else(|| usual_time(dimension));
    if facts.is_cumulated && !is_yearly && usual == Some(TimeBasis::Flow) {
        return (Some(TimeBasis::YearToDate), true);
    }
    // A monthly form that asks for a flow without saying 本月 or 累计 may mean either.
    let is_clear = is_yearly || usual != Some(TimeBasis::Flow);
    (usual, is_clear)
}

/// Whether a thing is told as what there is since it began (高标准农田, 退耕还林).
fn lasts(vocabulary: &Vocabulary, draft: &Draft) -> bool {
    draft.measures.iter().flat_map(|m| vocabulary.implied(*m)).any(|clause| clause == "历年累计")
}

/// What a figure of these words usually is. Visits and cases happen, whatever is visited: 临时救助人次 is a flow though 救助 tells of people
/// who are there.
fn time_of_words(vocabulary: &Vocabulary, draft: &Draft, dimension: Option<&str>) -> Option<TimeBasis> {
    let happens = matches!(dimension, Some("person_time" | "household_time" | "times" | "case"));
    if happens {
        return usual_time(dimension);
    }
    let of = |m: &TermId| vocabulary.term(*m).time;
    let head = draft.head.filter(|head| draft.measures.contains(head));
    // 招生数 in the column 小学 happens, though the school is there.
    let class = |m: &TermId| vocabulary.class(vocabulary.term(*m));
    let is_owner = head.as_ref().is_none_or(|head| class(head).from_title);
    let owned = draft.measures.iter().filter(|m| is_owner && class(m).is_institutional).find_map(of);
    draft.usual_time.or(owned).or(head.as_ref().and_then(of)).or(draft.measures.iter().find_map(of))
}

/// What a figure of a dimension is where no word says: money, weights and visits happen, people and things are there.
fn usual_time(dimension: Option<&str>) -> Option<TimeBasis> {
    match dimension? {
        "person" | "household" | "count" | "area" | "animal" | "length" | "room" | "building" | "power" | "beehive" | "copy" => {
            Some(TimeBasis::Stock)
        }
        "money" | "mass" | "volume" | "person_time" | "household_time" | "times" | "energy" | "case" => Some(TimeBasis::Flow),
        _ => None,
    }
}

fn is_certain(vocabulary: &Vocabulary, draft: &Draft, facets: &Facets, facts: &FieldFacts<'_>) -> bool {
    let residue_chars: usize = draft.residue.iter().map(|r| r.chars().count()).sum();
    if draft.is_meta || draft.is_identity || facts.is_unusual || draft.crossed || (draft.dropped_context && residue_chars < 5) {
        return false;
    }
    if !facts.field.dtype.is_number() {
        return facets.measure.is_some() && draft.residue.is_empty() && draft.gloss_residue.is_empty();
    }
    if facets.dimension.is_none() || facets.statistic.is_none() {
        return false;
    }
    // 其他 is what its siblings leave; without a sibling that was understood nobody knows what that is.
    if draft.is_other && !facets.clauses.iter().any(|c| c.starts_with('除')) {
        return false;
    }
    if facets.measure.is_none() {
        if draft.residue.is_empty() && draft.names_thing {
            return true;
        }
        // 农业总产值 and 淡水养殖面积 are told by their industry.
        let industry = vocabulary.find("农业").map(|id| vocabulary.term(id).class);
        let is_of_industry = draft.qualifiers.values().any(|class| Some(*class) == industry);
        let is_way_of_production = draft.population.values().any(|class| vocabulary.is_from_title(*class));
        let is_told = draft.statistic.is_some() && (!facets.population.is_empty() || is_of_industry);
        let stands_alone = |id: &TermId| vocabulary.class(vocabulary.term(*id)).stands_alone;
        let is_alone = !draft.dropped_context && facets.qualifiers.len() == 1 && draft.word_terms.iter().any(stands_alone);
        let is_described = (is_told || is_way_of_production || is_alone) && draft.residue.is_empty();
        // A name that the vocabulary does not know is trusted for things; money and people need to be told whose they are.
        let is_thing = !matches!(facets.dimension.as_deref(), Some("money" | "person" | "person_time" | "household" | "times"));
        let least = if is_thing { 3 } else { 6 };
        let is_long = residue_chars >= if draft.dropped_context { least + 2 } else { least };
        return (is_long && (is_thing || !draft.dropped_context)) || is_described;
    }
    let is_finance = |m: &TermId| vocabulary.class(vocabulary.term(*m)).is_finance;
    if draft.measures.iter().all(is_finance) && draft.population.is_empty() {
        return false;
    }
    let names_other_dimension = draft.statistic.as_deref().and_then(|s| vocabulary.find(s)).is_some_and(|id| {
        let named = vocabulary.class(vocabulary.term(id)).dimension.as_deref();
        named.is_some() && named != facets.dimension.as_deref()
    });
    if names_other_dimension {
        return false;
    }
    let is_generic = |m: &TermId| vocabulary.class(vocabulary.term(*m)).is_generic;
    if draft.below_unknown && draft.qualifiers.is_empty() && draft.measures.iter().all(is_generic) {
        return false;
    }
    let needs_owner = |m: &TermId| vocabulary.class(vocabulary.term(*m)).needs_owner;
    let is_owner = |name: &String| vocabulary.find(name).is_some_and(|id| vocabulary.class(vocabulary.term(id)).from_title);
    if draft.measures.iter().all(needs_owner) && !draft.qualifiers.keys().any(is_owner) && draft.residue.is_empty() {
        return false;
    }
    // A share of what, the words seldom say.
    if facets.statistic.as_deref() == Some("占比") {
        return false;
    }
    // Insured, and nobody says by what.
    let is_insurance = |m: &TermId| vocabulary.class(vocabulary.term(*m)).is_insurance;
    if facets.qualifiers.contains("参保") && !draft.measures.iter().any(is_insurance) {
        return false;
    }
    // 户口在村委会的人口 counts people of bodies that are none.
    let is_body = |m: &TermId| vocabulary.class(vocabulary.term(*m)).is_unit_kind;
    if facets.dimension.as_deref() == Some("person") && draft.measures.iter().all(is_body) {
        return false;
    }
    // 针对残疾人个数 counts something of theirs, and the form does not say what.
    let counts_people = draft.measures.iter().all(|m| {
        let term = vocabulary.term(*m);
        vocabulary.class(term).dimension.is_some() || matches!(term.name.as_str(), "人口" | "户")
    });
    let is_people_unit =
        matches!(facets.dimension.as_deref(), Some("person" | "household" | "person_time" | "case" | "couple" | "ratio" | "age"));
    if counts_people && !is_people_unit && draft.statistic.is_none() {
        return false;
    }
    // 人在户在 counts people, and what of them the household says is not told.
    let is_household = |m: &TermId| vocabulary.term(*m).name == "户";
    if facets.dimension.as_deref() == Some("person") && draft.measures.iter().all(is_household) {
        return false;
    }
    let says_only_people = draft.measures.iter().all(|m| vocabulary.term(*m).role == Role::Measure && vocabulary.term(*m).name == "人口");
    !(says_only_people && residue_chars == 1)
}

fn sums(vocabulary: &Vocabulary, facets: &Facets, dtype: DataType) -> bool {
    if !dtype.is_number() || facets.time_basis == Some(TimeBasis::Average) {
        return false;
    }
    let never = |name: &str| vocabulary.find(name).is_some_and(|id| vocabulary.class(vocabulary.term(id)).never_sums);
    if facets.qualifiers.iter().any(|q| q.starts_with('@')) {
        return false;
    }
    if facets.statistic.as_deref().is_some_and(never) || facets.qualifiers.iter().any(|q| never(q)) {
        return false;
    }
    let addable = [
        "person",
        "household",
        "person_time",
        "household_time",
        "times",
        "case",
        "couple",
        "count",
        "room",
        "building",
        "copy",
        "file",
        "animal",
        "beehive",
        "silkworm_sheet",
        "area",
        "length",
        "mass",
        "coal_equivalent",
        "volume",
        "gross_tonnage",
        "money",
        "us_dollar",
        "energy",
        "heat",
        "power",
        "apparent_power",
        "person_day",
        "person_month",
        "bed_day",
        "vehicle_time",
    ];
    facets.dimension.as_deref().is_some_and(|d| addable.contains(&d))
}
