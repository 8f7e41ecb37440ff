//! How a phrase narrows what stands above it.
//!
//! The rules are those of printed forms: 其中 narrows the total above; a child's label that names no thing of its own speaks of its parent's;
//! a heading that is no row of its own only says what its rows leave open.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::facet::TimeBasis;
use crate::overlap::facets::draft::{AGE_CLASS, Draft, RANGE_CLASS, is_firm};
use crate::overlap::vocabulary::{Role, TermId, Vocabulary};

impl Draft {
    /// Takes over the people that a heading is about, where the words themselves name none: 参加养老保险 under 从业人员 counts 从业人员.
    fn inherit_people(&mut self, vocabulary: &Vocabulary, above: &Draft) {
        let is_people = |m: &TermId| is_group(vocabulary, *m);
        let named: Vec<TermId> = above.measures.iter().copied().filter(|m| is_people(m) && !above.lists_topics).collect();
        let heading = if named.is_empty() { above.people.iter().copied().filter(is_people).collect() } else { named };
        // Below 脱贫户、监测户 the workforce is theirs, or is not.
        let listed: Vec<TermId> = above.measures.iter().copied().filter(|m| is_people(m) && above.lists_topics).collect();
        let own: Vec<TermId> = self.measures.iter().copied().filter(is_people).collect();
        if own.is_empty() && !self.is_of_everybody(vocabulary) {
            self.measures.extend(heading);
        } else if !own.is_empty() {
            // 村党组织书记 > 大学生村官: whether the heading restricts the row, nobody can tell.
            let is_kin = |a: &TermId, b: &TermId| a == b || vocabulary.is_kind_of(*a, *b) || vocabulary.is_kind_of(*b, *a);
            let is_general = |m: &TermId| {
                let class = vocabulary.class(vocabulary.term(*m));
                class.is_demographic || class.is_generic
            };
            self.crossed |= heading.iter().any(|up| !is_general(up) && !own.iter().any(|m| is_kin(m, up)));
            let is_told = listed.iter().any(|up| own.iter().any(|m| is_kin(m, up)));
            self.crossed |= !is_told && listed.iter().any(|up| !is_general(up)) && own.iter().all(is_general);
        }
    }

    /// Gives words their meaning below `above` (豆类 below 蔬菜 are vegetables).
    fn read_in_context(&mut self, vocabulary: &Vocabulary, above: &Draft) {
        let changes: Vec<(TermId, TermId)> = self
            .measures
            .iter()
            .filter_map(|own| above.measures.iter().find_map(|up| vocabulary.in_context(*own, *up)).map(|meaning| (*own, meaning)))
            .collect();
        let described: Vec<(TermId, TermId)> = self
            .word_terms
            .iter()
            .filter_map(|own| above.measures.iter().find_map(|up| vocabulary.in_context(*own, *up)).map(|meaning| (*own, meaning)))
            .collect();
        for (word, meaning) in described {
            // 大中型 below 拖拉机 names tractors of that size.
            self.word_terms.remove(&word);
            self.qualifiers.remove(&vocabulary.term(word).name);
            self.add_term(vocabulary, meaning, "", "path");
        }
        for (word, meaning) in changes {
            self.measures.remove(&word);
            self.head = self.head.map(|head| if head == word { meaning } else { head });
            self.add_term(vocabulary, meaning, "", "path");
        }
    }

    /// 代表 below 村民代表, 教师 below 专任教师: the tail of what stands above is that thing again.
    fn drop_repeated_tail(&mut self, vocabulary: &Vocabulary, above: &Draft) {
        if !above.from_row {
            return;
        }
        let repeats = |word: &str| {
            let is_tail = |up: &TermId| {
                let name = vocabulary.term(*up).name.as_str();
                // 食用菌 is one of 蔬菜及食用菌.
                name != word && name.ends_with(word) && !name.contains(['及', '和', '与', '、'])
            };
            word.chars().count() > 1 && above.measures.iter().any(is_tail)
        };
        self.residue.retain(|word| !repeats(word));
        self.measures.retain(|own| !repeats(&vocabulary.term(*own).name));
        self.head = self.head.filter(|head| self.measures.contains(head));
    }

    /// 从业人员 and 企业 below a heading that names some other thing (农家乐) are those of that thing; below several nobody knows whose.
    fn inherit_setting(&mut self, vocabulary: &Vocabulary, above: &Draft) {
        if !self.measures.iter().all(|m| vocabulary.class(vocabulary.term(*m)).is_generic) {
            return;
        }
        let everybody = ["人口", "户"];
        let is_kin = |up: TermId| self.measures.iter().any(|m| *m == up || vocabulary.is_kind_of(*m, up) || vocabulary.is_kind_of(up, *m));
        let is_setting = |up: &TermId| {
            let term = vocabulary.term(*up);
            let class = vocabulary.class(term);
            let is_workforce = class.is_generic && class.dimension.is_some();
            !class.is_unit_kind && !class.is_demographic && !is_workforce && !everybody.contains(&term.name.as_str()) && !is_kin(*up)
        };
        let settings: Vec<TermId> = above.measures.iter().copied().filter(is_setting).collect();
        self.crossed |= above.lists_topics && !settings.is_empty();
        self.measures.extend(settings);
    }

    /// Takes over the institution of a heading: 在校生 under 小学 are that school's.
    fn inherit_institution(&mut self, vocabulary: &Vocabulary, above: &Draft) {
        let class = |m: &TermId| vocabulary.class(vocabulary.term(*m));
        let is_institution = |m: &TermId| class(m).from_title && vocabulary.term(*m).role == Role::Measure;
        if self.measures.iter().any(|m| class(m).is_institutional) && !self.measures.iter().any(is_institution) && !above.lists_topics {
            let heading: Vec<TermId> = above.measures.iter().chain(&above.people).copied().filter(is_institution).collect();
            self.measures.extend(heading);
        }
    }

    /// Which thing is counted, seen from the row above: 卫生室 below 行政村 may count either, unless the words say that they only describe it.
    fn tell_head(&mut self, vocabulary: &Vocabulary, above: &Draft, same_dimension: bool) {
        let is_place = |head: TermId| vocabulary.class(vocabulary.term(head)).is_unit_kind;
        match (self.head, above.head) {
            (None, _) => self.head = above.head,
            (Some(own), Some(up)) if same_dimension && above.from_row && own != up && !vocabulary.is_kind_of(own, up) => {
                let is_thing_of_place = is_place(up) && !is_place(own);
                if self.describes || is_thing_of_place {
                    self.crossed |= !self.describes && self.dimension_counts(above);
                    self.head = Some(up);
                }
            }
            _ => {}
        }
    }

    fn dimension_counts(&self, above: &Draft) -> bool {
        above.dimension.as_deref() == Some("count")
    }

    /// Takes over population and qualifiers from above; what is said below wins within an exclusive class.
    fn inherit_restrictions(&mut self, vocabulary: &Vocabulary, above: &Draft, with_qualifiers: bool) {
        let exclusive = |class: u32| class == AGE_CLASS || (class != RANGE_CLASS && vocabulary.is_exclusive(class));
        let is_institutional =
            self.measures.is_empty() || self.measures.iter().any(|m| vocabulary.class(vocabulary.term(*m)).is_institutional);
        let (above_is_row, lists_topics) = (above.from_row, above.lists_topics);
        // 乡镇数 below 农村供水: bodies are what they are wherever they are counted.
        let is_body = !self.measures.is_empty() && self.measures.iter().all(|m| vocabulary.class(vocabulary.term(*m)).is_unit_kind);
        let is_place = |name: &str| matches!(name, "农村" | "城镇");
        // 户籍人口 below 乡村户数、人口与从业人员: everybody who is registered, or those of the countryside.
        let is_resident = ["户籍", "常住"].iter().any(|residence| self.population.contains_key(*residence));
        self.crossed |= is_resident
            && lists_topics
            && !above_is_row
            && above.population.keys().any(|name| is_place(name) && !self.population.contains_key(name));
        let names_group = self.is_of(vocabulary, |class| class.dimension.as_deref() == Some("person"));
        let merge = |own: &mut BTreeMap<String, u32>, above: &BTreeMap<String, u32>, takes_all: bool| {
            let classes: BTreeSet<u32> = own.values().copied().collect();
            for (name, class) in above {
                // An organisation above (村集体) owns income and staff, not the people and land of the place.
                if !takes_all && !is_firm(vocabulary, *class) {
                    continue;
                }
                if names_group && vocabulary.is_group_list(*class) {
                    continue;
                }
                // Of 人口与出生 nobody knows which one a row is about, but it is about people of any sex or age that is said.
                if lists_topics && !above_is_row && (vocabulary.is_institutional(*class) || !is_firm(vocabulary, *class)) {
                    continue;
                }
                if is_body && !above_is_row && is_place(name) {
                    continue;
                }
                let belongs = is_institutional || above_is_row || !vocabulary.is_institutional(*class);
                if belongs && !(exclusive(*class) && classes.contains(class)) {
                    own.entry(name.clone()).or_insert(*class);
                }
            }
        };
        merge(&mut self.population, &above.population, true);
        merge(&mut self.qualifiers, &above.qualifiers, with_qualifiers);
    }
}

/// Whether a thing is a group of people, or of households that are told from others (脱贫户).
fn is_group(vocabulary: &Vocabulary, id: TermId) -> bool {
    let term = vocabulary.term(id);
    match vocabulary.class(term).dimension.as_deref() {
        // 农村劳动力转移就业 heads what is done for people and is no group of them.
        Some("person") => term.time != Some(TimeBasis::Flow) || vocabulary.broader(id).is_some(),
        Some("household") => term.name != "农户",
        _ => false,
    }
}

/// What `own` means below `above`; `dimension` is the unit dimension of `own`.
pub(crate) fn narrow(vocabulary: &Vocabulary, above: &Draft, own: Draft, dimension: Option<&str>) -> Draft {
    let same_dimension = above.dimension.is_some() && above.dimension.as_deref() == dimension;
    let mut out = own;
    out.read_in_context(vocabulary, above);
    out.drop_repeated_tail(vocabulary, above);
    out.is_told |= above.is_told || out.measures.iter().any(|own| above.measures.contains(own));
    out.topical.extend(&above.topical);
    let was_named = out.is_named(vocabulary);
    let is_partition = |m: &TermId| vocabulary.class(vocabulary.term(*m)).is_partition;
    let replaces = out.measures.iter().any(is_partition);
    let is_kind = replaces || out.measures.iter().any(|own| above.measures.iter().any(|up| vocabulary.is_kind_of(*own, *up)));
    let narrows_heading =
        above.from_row || !was_named || out.measures.iter().any(|own| above.measures.iter().any(|up| vocabulary.is_kind_of(*own, *up)));
    out.inherit_restrictions(vocabulary, above, narrows_heading);
    // 总户数 below 放弃二孩指标户: people or households in general below a heading that names some of them are those.
    let names_some = |up: &Draft| !(up.lists_topics || (up.residue.is_empty() && up.qualifiers.is_empty()));
    if !above.from_row && out.is_of_everybody(vocabulary) && !out.measures.is_empty() && out.measures == above.measures && names_some(above)
    {
        out.residue.extend(above.residue.iter().cloned());
        for (name, class) in &above.qualifiers {
            out.qualifiers.entry(name.clone()).or_insert(*class);
        }
    }
    out.tell_head(vocabulary, above, same_dimension);
    out.years = if out.years == 0 { above.years } else { out.years };
    // 本期 below 出栏（年初至季末累计） is the sum up to now: the column only names the year.
    let names_year = out.time == Some(TimeBasis::Flow) && out.time_is_weak && !out.names_span;
    let is_sum = names_year && above.time == Some(TimeBasis::YearToDate);
    if out.time.is_none() || is_sum || (out.time_is_weak && above.time.is_some() && !above.time_is_weak) {
        out.time = above.time;
        out.time_is_weak = above.time_is_weak;
        out.is_bare_sum = above.is_bare_sum && !(is_sum && above.time_is_weak);
    }
    out.price = out.price.or_else(|| above.price.clone());
    out.is_other |= above.is_other && !was_named;
    let crosses = above.from_row && was_named && !same_dimension && !above.qualifiers.is_empty();
    out.crossed |= above.crossed || crosses;
    out.dropped_context |= above.dropped_context && !was_named;
    out.below_unknown |= above.below_unknown || (!above.from_row && !above.residue.is_empty());
    // Below 健康档案与重点人群管理 a row without a name of its own may be about either.
    out.crossed |= !was_named && !above.from_row && above.lists_topics && !above.measures.is_empty();
    if !was_named || (above.from_row && same_dimension) {
        // 乡村医生 below 乡村医生和卫生员 is the one of them that it names.
        let is_one_of = above.lists_topics && !out.measures.is_empty() && out.measures.is_subset(&above.measures);
        let class_of = |m: &TermId| vocabulary.class(vocabulary.term(*m)).dimension.clone();
        let named: Vec<Option<String>> = out.measures.iter().map(class_of).collect();
        let is_beside = |m: &TermId| is_one_of && named.contains(&class_of(m));
        out.measures.extend(above.measures.iter().copied().filter(|m| !(is_beside(m) || (replaces && is_partition(m)))));
        if !was_named || !is_kind {
            out.residue.extend(above.residue.iter().cloned());
            out.clauses.extend(above.clauses.iter().cloned());
            out.gloss_residue.extend(above.gloss_residue.iter().cloned());
        }
        out.drop_broader(vocabulary);
    } else if out.measures.is_empty() && !out.names_thing {
        out.dropped_context |= above.is_named(vocabulary);
    } else if !above.from_row {
        out.inherit_setting(vocabulary, above);
        if matches!(dimension, Some("person" | "household") | None) {
            out.inherit_people(vocabulary, above);
        }
        out.inherit_institution(vocabulary, above);
    }
    if out.statistic.is_none() && (out.named_dimension.is_none() || same_dimension) && (!above.from_row || same_dimension || !was_named) {
        out.statistic = above.statistic.clone();
    }
    // 65岁以上人口 below 人口与出生 is no flow.
    out.usual_time = out.usual_time.or(above.usual_time.filter(|_| above.from_row || !above.lists_topics));
    out.word_terms.extend(above.word_terms.iter().copied());
    let mut evidence = above.evidence.clone();
    evidence.append(&mut out.evidence);
    out.evidence = evidence;
    out
}

/// What stands under a heading that is no row: the heading speaks only where its rows are silent.
pub(crate) fn under_heading(vocabulary: &Vocabulary, above: &Draft, heading: Draft) -> Draft {
    if above.from_row {
        let mut out = narrow(vocabulary, above, heading, above.dimension.as_deref());
        out.from_row = true;
        out.dimension = above.dimension.clone();
        return out;
    }
    let mut out = narrow(vocabulary, above, heading, None);
    // 其他情况 heads a section; below 其他社区工作者 the rows are about a rest that nobody told.
    out.dropped_context |= out.is_other && out.is_named(vocabulary);
    out.is_other = false;
    let is_owner = |m: &TermId| is_group(vocabulary, *m) || vocabulary.class(vocabulary.term(*m)).from_title;
    if !out.measures.iter().any(is_owner) {
        let named: BTreeSet<TermId> = above.measures.iter().copied().filter(|m| is_owner(m) && !above.lists_topics).collect();
        out.people = if named.is_empty() { above.people.clone() } else { named };
    }
    let kept: Vec<TermId> =
        above.measures.iter().copied().filter(|up| out.measures.iter().any(|own| vocabulary.is_kind_of(*up, *own))).collect();
    out.measures.extend(kept);
    out.drop_broader(vocabulary);
    out.from_row = false;
    out.dimension = None;
    out.time_is_weak = true;
    out.clauses.clear();
    out
}
