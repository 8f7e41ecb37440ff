//! What a note does to the meaning of a field: it says what the field's own words leave open, restricts, and adds or takes clauses.
//!
//! Clauses that the thing's own definition has are dropped, so that a form which prints them and one which does not ask for one figure.

use crate::domain::facet::TimeBasis;
use crate::domain::unit::Level;
use crate::overlap::facets::draft::{Draft, is_firm};
use crate::overlap::facets::note::{NoteReading, OWN_INSTITUTION};
use crate::overlap::vocabulary::{Role, TermId, Vocabulary};

/// Where a note stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotePlace {
    /// Who fills the form.
    pub level: Level,
    /// Whether it is printed once for all columns of a row.
    pub is_row_note: bool,
    /// Whether the figure counts people or households.
    pub is_of_people: bool,
}

/// Puts what the note says of residence and of the thing itself into a whole, from which its parts take it over.
pub(crate) fn apply_note_of_whole(vocabulary: &Vocabulary, draft: &mut Draft, note: &NoteReading, place: &NotePlace) {
    let is_residence = |id: &TermId| matches!(vocabulary.term(*id).role, Role::Population | Role::Offset);
    let residence = NoteReading {
        terms: note.terms.iter().copied().filter(is_residence).collect(),
        alias: note.alias.clone(),
        fuller: note.fuller.clone(),
        ..NoteReading::default()
    };
    apply_note(vocabulary, draft, &residence, place);
}

/// Puts what the note says into the meaning, where the field's own words do not say it.
pub(crate) fn apply_note(vocabulary: &Vocabulary, draft: &mut Draft, note: &NoteReading, place: &NotePlace) {
    apply_terms(vocabulary, draft, note, place);
    apply_names(vocabulary, draft, note);
    let is_institutional = |m: &TermId| vocabulary.class(vocabulary.term(*m)).is_institutional;
    if draft.measures.iter().any(is_institutional) {
        draft.measures.extend(note.places.iter().copied());
    }
    if let [insurance] = note.insurances.as_slice()
        && draft.qualifiers.contains_key("参保")
        && !draft.is_of(vocabulary, |class| class.is_insurance)
    {
        draft.measures.insert(*insurance);
    }
    let is_foreign = |basis: &TermId| !draft.measures.iter().any(|m| m == basis || vocabulary.is_kind_of(*basis, *m));
    draft.crossed |= note.basis.iter().any(is_foreign);
    let implied: Vec<&String> = draft.measures.iter().chain(&draft.word_terms).flat_map(|m| vocabulary.implied(*m)).collect();
    if !draft.has_age() {
        for (value, is_age) in &note.ranges {
            if !implied.iter().any(|i| i.as_str() == value) {
                draft.add_range(value, *is_age, "note");
            }
        }
    }
    draft.clauses.extend(note.clauses.iter().cloned());
    for restriction in &note.restrictions {
        let is_measure = |word: &str| vocabulary.find(word).is_some_and(|id| draft.measures.contains(&id));
        let says = |word: &str| draft.qualifiers.contains_key(word) || draft.population.contains_key(word) || is_measure(word);
        let is_said = restriction.split('+').all(says);
        if !is_said && !implied.contains(&restriction) {
            draft.add_restriction(restriction);
        }
    }
    settle_clauses(vocabulary, draft, place.level);
}

/// Time, year, population and qualifiers that the note says.
fn apply_terms(vocabulary: &Vocabulary, draft: &mut Draft, note: &NoteReading, place: &NotePlace) {
    for term in &note.terms {
        let entry = vocabulary.term(*term);
        let is_new = match entry.role {
            Role::Time => draft.time.is_none() || draft.time_is_weak,
            Role::Qualifier => !draft.qualifiers.values().any(|class| *class == entry.class),
            Role::Population => {
                (place.is_of_people || draft.is_of_people(vocabulary)) && !draft.population.values().any(|class| *class == entry.class)
            }
            _ => false,
        };
        if is_new {
            draft.add_term(vocabulary, *term, "", "note");
            draft.time_is_weak &= entry.role != Role::Time;
        }
        if entry.role == Role::Offset && draft.years == 0 && !place.is_row_note {
            draft.years = entry.years;
            draft.time = draft.time.or(entry.time).or(Some(TimeBasis::Stock));
        }
    }
}

/// What the note names the figure: by a definition, or more fully than the label does.
fn apply_names(vocabulary: &Vocabulary, draft: &mut Draft, note: &NoteReading) {
    if let Some(alias) = &note.alias
        && draft.is_unknown_or_kin(vocabulary, alias)
    {
        draft.residue.clear();
        draft.measures.clone_from(&alias.measures);
        draft.population.extend(alias.population.clone());
        draft.word_terms.extend(&alias.word_terms);
    }
    let Some(fuller) = note.fuller.as_ref().filter(|_| draft.residue.is_empty() && !draft.measures.is_empty()) else { return };
    let is_same_body = |m: &TermId, own: &TermId| {
        let (m, own) = (vocabulary.term(*m), vocabulary.term(*own));
        m.class == own.class && vocabulary.class(m).is_unit_kind
    };
    let narrows = |m: &TermId, own: &TermId| vocabulary.is_kind_of(*m, *own) || is_same_body(m, own);
    let is_everybody = |own: &TermId| matches!(vocabulary.term(*own).name.as_str(), "人口" | "户");
    let is_said = |own: &TermId| is_everybody(own) || fuller.measures.iter().any(|m| m == own || narrows(m, own));
    let is_institution = |m: &TermId| vocabulary.class(vocabulary.term(*m)).from_title || draft.measures.contains(m);
    let only_narrows = fuller.measures.iter().all(|m| is_institution(m) || draft.measures.iter().any(|own| narrows(m, own)));
    if draft.measures.iter().all(is_said) && only_narrows {
        draft.measures.retain(|own| !fuller.measures.iter().any(|m| m != own && is_same_body(m, own)));
        draft.measures.extend(fuller.measures.iter().copied());
        draft.drop_broader(vocabulary);
        // 低保户数, and its note: 农村低保.
        for (name, class) in &fuller.population {
            if is_firm(vocabulary, *class) && !draft.population.values().any(|own| own == class) {
                draft.population.insert(name.clone(), *class);
            }
        }
    }
}

/// Drops the clauses that say nothing beside the thing, and turns the thing into another one where a clause makes it that.
fn settle_clauses(vocabulary: &Vocabulary, draft: &mut Draft, level: Level) {
    let implied: Vec<&String> = draft.measures.iter().chain(&draft.word_terms).flat_map(|m| vocabulary.implied(*m)).collect();
    // 60岁以上 with 含60周岁 only says how it counts.
    let says_bound = |clause: &String| {
        let number = clause.strip_prefix('含').and_then(|c| c.strip_suffix('岁'));
        number.is_some_and(|n| draft.qualifiers.keys().any(|q| q.strip_prefix(n).is_some_and(|rest| rest == "+" || rest == "-")))
    };
    let has_institution = draft.is_of(vocabulary, |class| class.from_title);
    let says_nothing = |clause: &&String| {
        says_bound(clause)
            || clause.as_str() == "含农村+城镇"
            || (has_institution && *clause == OWN_INSTITUTION)
            || implied.iter().any(|i| *i == *clause || i.as_str() == without_own_words(vocabulary, draft, clause))
            || includes_own_kinds(vocabulary, draft, clause)
            || (has_institution && is_about_owners(&without_own_words(vocabulary, draft, clause)))
            || (level > Level::Village && includes_lower_levels(vocabulary, draft, clause))
    };
    let changes: Vec<(TermId, TermId, String)> = draft
        .measures
        .iter()
        .flat_map(|m| draft.clauses.iter().filter_map(|c| vocabulary.with_clause(*m, c).map(|meaning| (*m, meaning, c.clone()))))
        .collect();
    let dropped: Vec<String> = draft.clauses.iter().filter(says_nothing).cloned().collect();
    for clause in dropped {
        draft.clauses.remove(&clause);
    }
    for (term, meaning, clause) in changes {
        draft.measures.remove(&term);
        draft.clauses.remove(&clause);
        draft.add_term(vocabulary, meaning, "", "note");
    }
}

/// 含民办 beside 幼儿园 says nothing: institutions are counted whoever owns them.
fn is_about_owners(clause: &str) -> bool {
    let Some(words) = clause.strip_prefix('含') else { return false };
    let owners = ["民办", "公办", "集体", "村集体", "国有", "私营", "个体", "村民委员会", "乡镇卫生院", "企业", "个人", "联合"];
    let founds = ["办", "设立", "村设立", "设点", "设置", "村设置", "举办", "开办", "村办", "合办", "举办设立"];
    words.split('+').all(|word| founds.contains(&word) || owners.contains(&word))
}

/// A clause without the words that are the thing's own (含九年一贯制学校初中段 beside 初中) and without particles.
fn without_own_words(vocabulary: &Vocabulary, draft: &Draft, clause: &str) -> String {
    let Some((sign, words)) = ["不含", "含"].iter().find_map(|sign| clause.strip_prefix(sign).map(|words| (*sign, words))) else {
        return clause.to_owned();
    };
    let is_own = |word: &str| vocabulary.find(word).is_some_and(|id| draft.measures.contains(&id));
    let kept: Vec<&str> = words.split('+').filter(|word| !is_own(word) && word.chars().count() > 1).collect();
    format!("{sign}{}", kept.join("+"))
}

/// 含村级 beside a township's 健身广场 says nothing: what its villages have is in the township.
fn includes_lower_levels(vocabulary: &Vocabulary, draft: &Draft, clause: &str) -> bool {
    let Some(words) = clause.strip_prefix('含') else { return false };
    let is_level = |word: &str| matches!(word, "村级" | "村" | "社区" | "行政村" | "村居" | "站" | "室" | "点" | "村社区" | "级");
    let is_own = |word: &str| vocabulary.find(word).is_some_and(|id| draft.measures.contains(&id));
    words.split('+').all(|word| is_level(word) || is_own(word)) && words.split('+').any(is_level)
}

/// 含薯类 beside 粮食 says nothing: a total includes its own kinds.
fn includes_own_kinds(vocabulary: &Vocabulary, draft: &Draft, clause: &str) -> bool {
    let Some(words) = clause.strip_prefix('含') else { return false };
    let is_own = |word: &str| {
        let Some(id) = vocabulary.find(word) else { return false };
        draft.measures.iter().any(|m| *m == id || vocabulary.is_kind_of(id, *m))
    };
    words.split('+').all(is_own)
}
