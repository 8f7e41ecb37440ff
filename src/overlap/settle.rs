//! Settling (裁定归并): what reviewers' decisions make of the elements that readings give.
//!
//! A pure function of the decisions in force. Each field has a *node*: the key of its reading, or a key of its own where a decision set it apart
//! from other fields with that key. `same` joins nodes into classes, everything that tells apart keeps classes from being joined. Neither the
//! order in which forms arrive nor that of decisions matters, except where decisions contradict each other: then the later one waits.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::domain::decision::{Decision, DecisionId, Verdict};
use crate::domain::element::CataloguedField;
use crate::domain::id::{ElementId, FieldKey};
use crate::overlap::facets::key::own_key;

/// That two decisions cannot both hold: the later one has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contradiction {
    /// The one that waits.
    pub waiting: DecisionId,
    /// The one that stands against it.
    pub standing: DecisionId,
}

/// A decision that keeps two classes apart, and what it says of the first against the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldApart {
    /// The decision.
    pub decision: DecisionId,
    /// What it says.
    pub verdict: Verdict,
}

/// What the decisions in force make of the keys of readings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Fields that were set apart from others with the same key.
    apart: BTreeSet<FieldKey>,
    /// Node → name of its class, for nodes that some decision names.
    class_of: HashMap<String, String>,
    /// Name of a class → its nodes, for classes of two and more.
    members: BTreeMap<String, BTreeSet<String>>,
    /// What keeps classes apart, by the smaller name first.
    told_apart: HashMap<(String, String), ToldApart>,
    /// The same by elements.
    told_of_elements: HashMap<(ElementId, ElementId), Verdict>,
    /// Pairs of classes that reviewers could not tell.
    unsure: BTreeSet<(String, String)>,
    /// Fields that a decision in force joins with another.
    joined: BTreeSet<FieldKey>,
    /// Joins, node by node, with the decision that made each.
    joins: BTreeMap<String, Vec<(String, DecisionId)>>,
    contradictions: Vec<Contradiction>,
}

/// Nodes under union, each class with what it must not be joined with.
#[derive(Default)]
struct Classes {
    parent: Vec<usize>,
    number: HashMap<String, usize>,
    names: Vec<String>,
    /// Root → other roots that it is told apart from.
    barred: Vec<BTreeMap<usize, ToldApart>>,
}

impl Classes {
    fn node(&mut self, name: &str) -> usize {
        if let Some(number) = self.number.get(name) {
            return *number;
        }
        let number = self.parent.len();
        self.parent.push(number);
        self.names.push(name.to_owned());
        self.barred.push(BTreeMap::new());
        self.number.insert(name.to_owned(), number);
        number
    }

    fn root(&mut self, of: usize) -> usize {
        let mut at = of;
        while let Some(up) = self.parent.get(at).copied().filter(|up| *up != at) {
            at = up;
        }
        let root = at;
        let mut at = of;
        while let Some(up) = self.parent.get(at).copied().filter(|up| *up != root) {
            if let Some(slot) = self.parent.get_mut(at) {
                *slot = root;
            }
            at = up;
        }
        root
    }

    fn bar(&mut self, a: usize, b: usize, told: ToldApart) {
        let turned = ToldApart { verdict: told.verdict.turned(), ..told };
        for (from, to, told) in [(a, b, told), (b, a, turned)] {
            if let Some(barred) = self.barred.get_mut(from) {
                barred.entry(to).or_insert(told);
            }
        }
    }

    /// What keeps two roots apart.
    fn bar_between(&self, a: usize, b: usize) -> Option<ToldApart> {
        self.barred.get(a)?.get(&b).copied()
    }

    /// Joins two roots that nothing keeps apart.
    fn join(&mut self, a: usize, b: usize) {
        let n = |at: usize| self.barred.get(at).map_or(0, BTreeMap::len);
        let (into, from) = if n(a) >= n(b) { (a, b) } else { (b, a) };
        if let Some(slot) = self.parent.get_mut(from) {
            *slot = into;
        }
        for (other, told) in self.barred.get_mut(from).map(std::mem::take).unwrap_or_default() {
            if let Some(barred) = self.barred.get_mut(other) {
                barred.remove(&from);
            }
            self.bar(into, other, told);
        }
    }
}

/// Certain keys come first, so that a class is named by what it means wherever anybody knows.
fn rank(key: &str) -> (bool, &str) {
    (key.starts_with(['?', '!']), key)
}

fn pair<'k>(a: &'k str, b: &'k str) -> (String, String) {
    if a <= b { (a.to_owned(), b.to_owned()) } else { (b.to_owned(), a.to_owned()) }
}

impl Settlement {
    /// What these decisions give; those that are undone or disputed give nothing.
    pub fn of(decisions: &[Decision]) -> Self {
        let mut in_force: Vec<&Decision> = decisions.iter().filter(|d| d.is_in_force()).collect();
        in_force.sort_by_key(|d| d.id);
        let apart = in_force.iter().filter(|d| d.sets_apart).map(|d| d.b.clone()).collect();
        let mut settled = Self { apart, ..Self::default() };
        let mut classes = Classes::default();
        let mut unsure: Vec<(usize, usize)> = Vec::new();
        for decision in in_force {
            settled.apply(decision, &mut classes, &mut unsure);
        }
        settled.name_classes(classes, &unsure);
        settled
    }

    fn apply(&mut self, decision: &Decision, classes: &mut Classes, unsure: &mut Vec<(usize, usize)>) {
        let (a, b) = (self.node_of(&decision.a, &decision.a_key).into_owned(), self.node_of(&decision.b, &decision.b_key).into_owned());
        let (node_a, node_b) = (classes.node(&a), classes.node(&b));
        let (root_a, root_b) = (classes.root(node_a), classes.root(node_b));
        let is_one = root_a == root_b;
        match decision.verdict {
            Verdict::Unsure => unsure.push((node_a, node_b)),
            Verdict::Same => match classes.bar_between(root_a, root_b) {
                Some(bar) => self.contradictions.push(Contradiction { waiting: decision.id, standing: bar.decision }),
                None => {
                    if !is_one {
                        classes.join(root_a, root_b);
                    }
                    if a != b {
                        self.joined.extend([decision.a.clone(), decision.b.clone()]);
                        self.joins.entry(a.clone()).or_default().push((b.clone(), decision.id));
                        self.joins.entry(b).or_default().push((a, decision.id));
                    }
                }
            },
            Verdict::Different | Verdict::Narrower | Verdict::Broader if is_one => {
                if let Some(standing) = self.joined_by(&a, &b) {
                    self.contradictions.push(Contradiction { waiting: decision.id, standing });
                }
            }
            verdict => classes.bar(root_a, root_b, ToldApart { decision: decision.id, verdict }),
        }
    }

    fn name_classes(&mut self, mut classes: Classes, unsure: &[(usize, usize)]) {
        let n_nodes = classes.names.len();
        let roots: Vec<usize> = (0..n_nodes).map(|node| classes.root(node)).collect();
        let mut by_root: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for (name, root) in classes.names.iter().zip(&roots) {
            by_root.entry(*root).or_default().insert(name.clone());
        }
        let mut name_of: HashMap<usize, String> = HashMap::new();
        for (root, nodes) in by_root {
            let Some(name) = nodes.iter().min_by(|a, b| rank(a).cmp(&rank(b))).cloned() else { continue };
            for node in &nodes {
                self.class_of.insert(node.clone(), name.clone());
            }
            if nodes.len() > 1 {
                self.members.insert(name.clone(), nodes);
            }
            name_of.insert(root, name);
        }
        for (root, barred) in classes.barred.iter().enumerate() {
            for (other, told) in barred {
                if let (Some(a), Some(b)) = (name_of.get(&root), name_of.get(other)) {
                    self.told_of_elements.insert((ElementId::of_key(a), ElementId::of_key(b)), told.verdict);
                    if a < b {
                        self.told_apart.insert((a.clone(), b.clone()), *told);
                    }
                }
            }
        }
        let root_name = |node: usize| roots.get(node).and_then(|root| name_of.get(root));
        for (a, b) in unsure {
            if let (Some(a), Some(b)) = (root_name(*a), root_name(*b)) {
                self.unsure.insert(pair(a, b));
            }
        }
    }

    /// The node of a field whose reading has this key.
    pub fn node_of<'k>(&self, field: &FieldKey, key: &'k str) -> std::borrow::Cow<'k, str> {
        if self.apart.contains(field) { own_key(field, false).into() } else { key.into() }
    }

    /// Name of the class of a node: the key of its element.
    pub fn class_of<'k>(&'k self, node: &'k str) -> &'k str {
        self.class_of.get(node).map_or(node, String::as_str)
    }

    /// What keeps two classes apart, said of the first against the second.
    pub fn told_apart(&self, a: &str, b: &str) -> Option<ToldApart> {
        let told = self.told_apart.get(&pair(a, b)).copied()?;
        Some(if a <= b { told } else { ToldApart { verdict: told.verdict.turned(), ..told } })
    }

    /// What a decision says of one element against another.
    pub(crate) fn told_of_elements(&self, a: ElementId, b: ElementId) -> Option<Verdict> {
        self.told_of_elements.get(&(a, b)).copied()
    }

    /// Whether a reviewer could not tell two classes.
    pub fn is_unsure(&self, a: &str, b: &str) -> bool {
        self.unsure.contains(&pair(a, b))
    }

    /// A decision by which two nodes of one class are joined: the first on a shortest way from one to the other.
    pub fn joined_by(&self, a: &str, b: &str) -> Option<DecisionId> {
        let mut first: BTreeMap<&str, DecisionId> = BTreeMap::new();
        let mut open: VecDeque<&str> = VecDeque::from([a]);
        while let Some(node) = open.pop_front() {
            for (next, decision) in self.joins.get(node).into_iter().flatten() {
                let by = first.get(node).copied().unwrap_or(*decision);
                if next == b {
                    return Some(by);
                }
                if next != a && !first.contains_key(next.as_str()) {
                    first.insert(next, by);
                    open.push_back(next);
                }
            }
        }
        None
    }

    /// Whether some decision joins this very field with another, as opposed to others with its key.
    pub(crate) fn is_joined_itself(&self, field: &FieldKey) -> bool {
        self.joined.contains(field)
    }

    /// Decisions that have no effect because earlier ones stand against them, in order.
    pub fn contradictions(&self) -> &[Contradiction] {
        &self.contradictions
    }

    /// Gives the fields of one form, all of them, the elements that the decisions make of their readings. Two fields of one form are never one
    /// element: where decisions would make them so, each keeps a key of its own, except one that an earlier version of the form had before the
    /// others came.
    pub fn settle(&self, fields: &mut [CataloguedField]) {
        // The earliest version that has a field of this element, how many of its fields that version gave, and how many there are.
        let mut met: HashMap<(String, i16), (u32, u32, u32)> = HashMap::new();
        let mut is_touched = false;
        for field in fields.iter_mut() {
            field.settled = self.settled(&field.key, &field.meaning.key);
            is_touched |= field.settled.is_some();
        }
        if !is_touched {
            return;
        }
        for field in fields.iter() {
            let key = (field.element_key().to_owned(), field.meaning.offset_years);
            let (since, n_since, n) = met.entry(key).or_insert((field.key.since, 0, 0));
            if field.key.since < *since {
                (*since, *n_since) = (field.key.since, 0);
            }
            *n_since += u32::from(field.key.since == *since);
            *n += 1;
        }
        for field in fields {
            let key = (field.element_key().to_owned(), field.meaning.offset_years);
            let stays = |(since, n_since, n): &(u32, u32, u32)| *n == 1 || (*n_since == 1 && field.key.since == *since);
            if !met.get(&key).is_none_or(stays) {
                field.settled = Some(own_key(&field.key, false)).filter(|own| *own != field.meaning.key);
            }
        }
    }

    /// Key of the element of a field that stands in no form any more; `None` for that of its reading.
    pub fn settled(&self, field: &FieldKey, key: &str) -> Option<String> {
        let node = self.node_of(field, key);
        let class = self.class_of(&node);
        (class != key).then(|| class.to_owned())
    }

    /// Nodes and fields of which this settlement and another make different things.
    pub(crate) fn differing(&self, other: &Self) -> Differing<'_> {
        let mut nodes: BTreeSet<String> = BTreeSet::new();
        for (one, two) in [(self, other), (other, self)] {
            for (name, members) in &one.members {
                if two.members.get(name) != Some(members) {
                    nodes.extend(members.iter().cloned());
                }
            }
        }
        let fields = self.apart.symmetric_difference(&other.apart).cloned().collect();
        Differing { nodes, fields, before: self }
    }
}

/// What two settlements see differently.
pub(crate) struct Differing<'s> {
    nodes: BTreeSet<String>,
    fields: BTreeSet<FieldKey>,
    before: &'s Settlement,
}

impl Differing<'_> {
    /// Whether a field may belong to another element, or its element have other readings.
    pub(crate) fn touches(&self, field: &FieldKey, key: &str) -> bool {
        self.nodes.contains(key) || self.fields.contains(field) || self.nodes.contains(self.before.node_of(field, key).as_ref())
    }

    /// Whether nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.fields.is_empty()
    }
}

#[cfg(test)]
mod tests;
