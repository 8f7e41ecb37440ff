//! What a form's title says about all of its figures: whose they are, which people, which part of the place.
//!
//! A title that lists several groups or institutions rules none of its figures.

use crate::domain::facet::TimeBasis;
use crate::domain::measure::Measures;
use crate::domain::template::{Field, FormTemplate};
use crate::domain::unit::Level;
use crate::overlap::facets::draft::{Draft, draft_of};
use crate::overlap::facets::phrase::{Phrase, Piece, read_phrase};
use crate::overlap::facets::text;
use crate::overlap::vocabulary::{Role, TermId, Vocabulary};

/// What a title says.
#[derive(Debug, Default)]
pub(crate) struct Title {
    /// Institutions and ways of production that rule the fields (村卫生室, 设施农业).
    terms: Vec<TermId>,
    /// Things that the title is about, for rows that name none; empty where 供水及农田灌溉 is about more than things.
    measures: Vec<TermId>,
    /// 农村 or 城镇 of a title about people.
    population: Option<TermId>,
    /// 户籍 or 常住 of a title about people.
    residence: Option<TermId>,
    /// 农村 or 城镇 in brackets behind the title: the form is filled for that part of the place only.
    part: Option<TermId>,
    /// 农村 or 城镇 of a title about what a place has (农村人居环境整治).
    place: Option<TermId>,
    /// The one insurance that the title is about.
    insurance: Option<TermId>,
    /// Groups of people that the title names (退役军人基本情况).
    people: Vec<TermId>,
    /// The one thing that the title is about, which narrows broader words (公路里程 in a form about 农村公路).
    subject: Option<TermId>,
    /// Whether it says that the figures are sums from the beginning of the year.
    pub(crate) is_cumulated: bool,
    /// Whether it lists topics or has words that were not understood.
    is_list: bool,
    /// Organisations that the title names as owners (村集体).
    owners: Vec<TermId>,
    /// The department as printed, normalised.
    department: String,
    /// Dimension of the unit that the title prints for figures without one of their own (面积单位：公顷).
    pub(crate) dimension: Option<String>,
}

impl Title {
    /// Reads the title of a form.
    pub(crate) fn read(vocabulary: &Vocabulary, measures: &Measures, template: &FormTemplate) -> Self {
        let phrase = read_phrase(vocabulary, measures, &template.title, template.level);
        let draft = draft_of(vocabulary, &phrase, "title");
        let is_scope = |id: &TermId| vocabulary.class(vocabulary.term(*id)).from_title;
        let is_mixed = draft.lists_topics && draft.measures.len() == 1 && !draft.qualifiers.is_empty();
        let things: Vec<TermId> = draft.measures.iter().copied().filter(|m| !vocabulary.class(vocabulary.term(*m)).is_unit_kind).collect();
        let things: Vec<TermId> = if is_mixed { Vec::new() } else { things };
        let is_list = draft.lists_topics || !draft.residue.is_empty();
        let mut title = Self {
            terms: draft.measures.iter().chain(&draft.word_terms).copied().filter(is_scope).collect(),
            subject: subject(vocabulary, &things).filter(|_| !is_list),
            measures: things,
            population: place_of_people(vocabulary, &draft),
            residence: residence(vocabulary, &draft),
            part: part(vocabulary, &phrase),
            // A village has nothing else.
            place: place(vocabulary, &draft).filter(|_| template.level > Level::Village),
            insurance: insurance(vocabulary, &draft),
            people: people(vocabulary, &draft),
            is_cumulated: draft.time == Some(TimeBasis::YearToDate),
            is_list,
            owners: owners(vocabulary, &draft),
            department: text::normalise(&template.department),
            dimension: phrase.unit.as_deref().and_then(|unit| measures.find(unit)).map(|unit| unit.dimension.clone()),
        };
        // Where 农村公路 is a row of its own, 公路总里程 beside it is more.
        title.subject = title.subject.filter(|subject| {
            let names_subject = |label: &str| read_phrase(vocabulary, measures, label, template.level).terms().any(|id| id == *subject);
            !template.fields.iter().any(|field| names_subject(&field.label))
        });
        title
    }

    /// 参保人数 under the title 城乡居民基本养老保险: where no word names a thing, the title does.
    pub(crate) fn name_the_nameless(&self, vocabulary: &Vocabulary, draft: &mut Draft) {
        let is_of_everybody = draft.population.values().any(|class| vocabulary.is_firm(*class));
        if let [id] = self.measures.as_slice()
            && !vocabulary.class(vocabulary.term(*id)).is_generic
            && !(is_of_everybody && draft.qualifiers.is_empty() && draft.statistic.is_none())
            && draft.measures.is_empty()
            && draft.residue.is_empty()
            && !draft.is_named(vocabulary)
        {
            draft.add_term(vocabulary, *id, "", "title");
        }
    }

    /// 公路里程 in a form about 农村公路 is that of the kind that the form is about.
    pub(crate) fn narrow_to_subject(&self, vocabulary: &Vocabulary, draft: &mut Draft) {
        let Some(subject) = self.subject else { return };
        let broader: Vec<TermId> = draft.measures.iter().copied().filter(|m| vocabulary.is_kind_of(subject, *m)).collect();
        for thing in broader {
            draft.measures.remove(&thing);
            draft.head = draft.head.map(|head| if head == thing { subject } else { head });
            draft.add_term(vocabulary, subject, "", "title");
        }
    }

    /// Whether the title is about one group of people and nothing else (党员学历情况).
    pub(crate) fn is_about_people(&self) -> bool {
        !self.is_list && self.people.len() == 1 && self.measures.len() == 1
    }

    /// Adds what the title or the department says to a figure that does not say it itself.
    pub(crate) fn apply(&self, vocabulary: &Vocabulary, draft: &mut Draft, field: &Field, dimension: Option<&str>) {
        self.name_the_nameless(vocabulary, draft);
        self.narrow_to_subject(vocabulary, draft);
        if draft.measures.iter().any(|m| vocabulary.class(vocabulary.term(*m)).is_finance) && draft.population.is_empty() {
            for owner in &self.owners {
                draft.add_term(vocabulary, *owner, "", "title");
            }
        }
        self.apply_institutions(vocabulary, draft, field, dimension);
        self.apply_setting(vocabulary, draft);
        let place = self.place.filter(|_| dimension == Some("count"));
        if let Some(part) = self.part.or(place) {
            add_population(vocabulary, draft, part);
        }
        if !matches!(dimension, Some("person" | "household" | "person_time" | "money")) {
            return;
        }
        let is_about_insured = matches!(dimension, Some("money" | "person_time")) || draft.qualifiers.contains_key("参保");
        if let Some(insurance) = self.insurance.filter(|_| is_about_insured && !draft.is_of(vocabulary, |class| class.is_insurance)) {
            draft.add_term(vocabulary, insurance, "", "title");
        }
        if let Some(place) = self.population.filter(|_| !draft.population.values().any(|class| vocabulary.is_institutional(*class))) {
            add_population(vocabulary, draft, place);
        }
        if dimension == Some("money") {
            return;
        }
        if let Some(residence) = self.residence.filter(|_| draft.is_demographic(vocabulary)) {
            add_population(vocabulary, draft, residence);
        }
        self.apply_department(vocabulary, draft, field);
        if dimension != Some("household") {
            self.apply_people(vocabulary, draft);
        }
    }

    /// An institution of the title rules what institutions have; of two institutions nobody knows which one.
    fn apply_institutions(&self, vocabulary: &Vocabulary, draft: &mut Draft, field: &Field, dimension: Option<&str>) {
        let is_institution = |id: &TermId| vocabulary.term(*id).role == Role::Measure;
        let is_owned = draft.measures.is_empty() || draft.measures.iter().any(|m| vocabulary.class(vocabulary.term(*m)).is_institutional);
        // 人员情况 in the form of an institution is about its own staff.
        let is_about_staff = dimension == Some("person")
            && field.path.iter().any(|h| ["人员情况", "职工", "人员构成", "人员配备"].iter().any(|word| h.contains(word)));
        let names_institution = draft.measures.iter().any(|m| vocabulary.class(vocabulary.term(*m)).from_title);
        if self.terms.iter().filter(|id| is_institution(id)).count() > 1 {
            let is_nameless = draft.measures.is_empty() && draft.qualifiers.is_empty() && draft.population.is_empty();
            draft.crossed |= is_owned && !names_institution && (is_nameless || !draft.measures.is_empty());
            return;
        }
        for id in &self.terms {
            let class = vocabulary.term(*id).class;
            let has_its_class = draft.measures.iter().any(|m| vocabulary.term(*m).class == class);
            if !is_institution(id) || ((is_owned || is_about_staff) && !has_its_class) {
                draft.add_term(vocabulary, *id, "", "title");
            }
        }
    }

    /// 从业人员 in a form about 家庭农场 are those of the farms; in a form about several things nobody knows whose.
    fn apply_setting(&self, vocabulary: &Vocabulary, draft: &mut Draft) {
        let is_generic = |m: &TermId| vocabulary.class(vocabulary.term(*m)).is_generic;
        if draft.measures.is_empty() || !draft.measures.iter().all(is_generic) || !draft.qualifiers.is_empty() {
            return;
        }
        let is_kin = |a: TermId, b: TermId| a == b || vocabulary.is_kind_of(a, b) || vocabulary.is_kind_of(b, a);
        let is_setting = |id: &TermId| {
            let class = vocabulary.class(vocabulary.term(*id));
            let is_everybody = matches!(vocabulary.term(*id).name.as_str(), "人口" | "户");
            !class.is_demographic && !is_everybody && !draft.measures.iter().any(|m| is_kin(*m, *id))
        };
        match self.measures.iter().copied().filter(is_setting).collect::<Vec<_>>().as_slice() {
            [] => {}
            [one] => draft.add_term(vocabulary, *one, "", "title"),
            _ => draft.crossed = true,
        }
    }

    /// Figures on people in a form about one group are figures on that group; in a form about several, a status (党员) is nobody knows whose.
    fn apply_people(&self, vocabulary: &Vocabulary, draft: &mut Draft) {
        let is_kin = |people: TermId, m: &TermId| *m == people || vocabulary.is_kind_of(*m, people) || vocabulary.is_kind_of(people, *m);
        let says_itself = |draft: &Draft, people: TermId| {
            let name = &vocabulary.term(people).name;
            draft.measures.iter().any(|m| is_kin(people, m) || vocabulary.term(*m).name.contains(name.as_str()))
        };
        match self.people.as_slice() {
            [] => {}
            [people] if !self.is_list => {
                if !says_itself(draft, *people) && !draft.is_of_everybody(vocabulary) {
                    draft.add_term(vocabulary, *people, "", "title");
                }
            }
            several => {
                let is_status = |m: &TermId| vocabulary.class(vocabulary.term(*m)).is_status;
                let is_told = several.iter().any(|people| says_itself(draft, *people));
                draft.crossed |= !is_told && !draft.is_told && !draft.measures.is_empty() && draft.measures.iter().all(is_status);
            }
        }
    }

    /// The people that a department's forms are about where they do not say.
    fn apply_department(&self, vocabulary: &Vocabulary, draft: &mut Draft, field: &Field) {
        for scope in vocabulary.departments() {
            let says_itself = std::iter::once(&field.label).chain(&field.path).chain([&field.column]).any(|t| t.contains(&scope.unless));
            if self.department.contains(&scope.department) && !says_itself && !draft.is_of_everybody(vocabulary) {
                draft.add_term(vocabulary, scope.term, "", "department");
            }
        }
    }
}

/// The one thing among those of a title that is a kind of some other; people, insurances and institutions rule in ways of their own.
fn subject(vocabulary: &Vocabulary, things: &[TermId]) -> Option<TermId> {
    let [one] = things else { return None };
    let class = vocabulary.class(vocabulary.term(*one));
    let rules_otherwise = class.dimension.is_some() || class.is_insurance || class.from_title;
    (!rules_otherwise && vocabulary.broader(*one).is_some()).then_some(*one)
}

/// The organisations that a title is about: what stands under it is theirs.
fn owners(vocabulary: &Vocabulary, title: &Draft) -> Vec<TermId> {
    let is_owner = |id: &TermId| {
        let term = vocabulary.term(*id);
        term.role == Role::Population && vocabulary.class(term).is_institutional
    };
    let mut owners: Vec<TermId> = title.word_terms.iter().copied().filter(is_owner).collect();
    // 农村集体经济组织收益分配表: the organisation as a thing is the owner too.
    let is_collective = vocabulary.find("农村集体经济组织").is_some_and(|id| title.measures.contains(&id));
    if let Some(collective) = vocabulary.find("村集体").filter(|id| is_collective && !owners.contains(id)) {
        owners.push(collective);
    }
    owners
}

/// Adds a population unless one of its class is said.
fn add_population(vocabulary: &Vocabulary, draft: &mut Draft, id: TermId) {
    let class = vocabulary.term(id).class;
    if !draft.population.values().any(|c| *c == class) {
        draft.add_term(vocabulary, id, "", "title");
    }
}

/// 农村 or 城镇 in a title that is about people (农村劳动力转移情况) rules the form's figures on people.
fn place_of_people(vocabulary: &Vocabulary, title: &Draft) -> Option<TermId> {
    let is_people = |m: &TermId| {
        let term = vocabulary.term(*m);
        vocabulary.class(term).dimension.as_deref() == Some("person") || term.name == "户"
    };
    let place = ["农村", "城镇"].iter().filter(|name| title.population.contains_key(**name)).find_map(|name| vocabulary.find(name));
    let is_of_households = title.measures.iter().any(|m| vocabulary.term(*m).name == "户");
    place.filter(|_| (!title.lists_topics || is_of_households) && title.measures.iter().any(is_people))
}

/// 户籍 or 常住 in a title about people in general (户籍人口及其变动情况).
fn residence(vocabulary: &Vocabulary, title: &Draft) -> Option<TermId> {
    let said: Vec<TermId> =
        ["户籍", "常住"].iter().filter(|name| title.population.contains_key(**name)).filter_map(|n| vocabulary.find(n)).collect();
    let is_general = title.measures.iter().all(|m| vocabulary.class(vocabulary.term(*m)).is_demographic);
    match said.as_slice() {
        [one] if is_general => Some(*one),
        _ => None,
    }
}

/// 农村 or 城镇 of a title that names nobody and nothing that is rural anyway.
fn place(vocabulary: &Vocabulary, title: &Draft) -> Option<TermId> {
    let said: Vec<TermId> =
        ["农村", "城镇"].iter().filter(|name| title.population.contains_key(**name)).filter_map(|n| vocabulary.find(n)).collect();
    match said.as_slice() {
        [one] if title.measures.is_empty() => Some(*one),
        _ => None,
    }
}

/// The part of the place that brackets behind a title name: 计划生育家庭情况（城镇）.
fn part(vocabulary: &Vocabulary, title: &Phrase) -> Option<TermId> {
    let is_place = |id: TermId| ["农村", "城镇"].iter().any(|name| vocabulary.find(name) == Some(id));
    title.gloss.iter().find_map(|piece| match piece {
        Piece::Word { term, is_negated: false, .. } if is_place(*term) => Some(*term),
        _ => None,
    })
}

/// The insurance that a title is about, where it is about one.
fn insurance(vocabulary: &Vocabulary, title: &Draft) -> Option<TermId> {
    let mut said = title.measures.iter().copied().filter(|m| vocabulary.class(vocabulary.term(*m)).is_insurance);
    said.next().filter(|_| said.next().is_none())
}

/// The groups of people that a title is about; everybody and the workforce are no group.
fn people(vocabulary: &Vocabulary, title: &Draft) -> Vec<TermId> {
    let everybody = ["人口", "户"].map(|name| vocabulary.find(name));
    let is_group = |m: &TermId| everybody.iter().flatten().any(|all| vocabulary.is_kind_of(*m, *all));
    title.measures.iter().copied().filter(|m| is_group(m) && vocabulary.term(*m).name != "农户").collect()
}
