//! Maps, arrays and ordered lists that are cheap to copy: a copy shares everything, and a change copies only what it touches.
//!
//! The catalogue changes them under a lock while older copies are still being queried. A map has two levels of 512 branches and leaves of
//! sorted entries; an array has chunks; an ordered list has sorted chunks. A copy that is asked a few questions and dropped lays its changes
//! over the map and copies nothing of it. A list of numbers of one or two members needs no memory of its own,
//! which is what most tokens of an index have.

use std::collections::HashMap;
use std::sync::Arc;

const BRANCHES: usize = 512;
/// Members of a chunk.
const CHUNK: usize = 256;

/// A list of numbers, in no particular order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// One number.
    One(u32),
    /// Two numbers.
    Two(u32, u32),
    /// Up to a chunk of them.
    Few(Arc<Vec<u32>>),
    /// More, in chunks of which only the last may have room.
    Many(Arc<Vec<Arc<Vec<u32>>>>),
}

impl Numbers {
    fn push(&mut self, value: u32) {
        match self {
            Self::One(one) => *self = Self::Two(*one, value),
            Self::Two(one, two) => *self = Self::Few(Arc::new(vec![*one, *two, value])),
            Self::Few(list) if list.len() < CHUNK => Arc::make_mut(list).push(value),
            Self::Few(list) => *self = Self::Many(Arc::new(vec![Arc::clone(list), Arc::new(vec![value])])),
            Self::Many(chunks) => {
                let chunks = Arc::make_mut(chunks);
                match chunks.last_mut().filter(|last| last.len() < CHUNK) {
                    Some(last) => Arc::make_mut(last).push(value),
                    None => chunks.push(Arc::new(vec![value])),
                }
            }
        }
    }

    /// What is left when a value is taken out once; `None` where nothing is.
    fn without(&self, value: u32) -> Option<Self> {
        let mut left: Option<Self> = None;
        match self {
            // The last chunk fills the gap, so that all chunks before it stay full.
            Self::Many(chunks) => {
                let at = chunks.iter().position(|c| c.contains(&value))?;
                let mut chunks = Vec::clone(chunks);
                let mut last = Vec::clone(chunks.pop()?.as_ref());
                if at == chunks.len() {
                    last.swap_remove(last.iter().position(|v| *v == value)?);
                } else if let Some(filler) = last.pop() {
                    let hole = Arc::make_mut(chunks.get_mut(at)?).iter_mut().find(|v| **v == value)?;
                    *hole = filler;
                }
                if !last.is_empty() {
                    chunks.push(Arc::new(last));
                }
                match <[Arc<Vec<u32>>; 1]>::try_from(chunks) {
                    Ok([only]) => Some(Self::Few(only)),
                    Err(chunks) => Some(Self::Many(Arc::new(chunks))),
                }
            }
            small => {
                let mut is_out = false;
                for kept in small.iter() {
                    match &mut left {
                        _ if kept == value && !is_out => is_out = true,
                        Some(list) => list.push(kept),
                        None => left = Some(Self::One(kept)),
                    }
                }
                left
            }
        }
    }

    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Two(..) => 2,
            Self::Few(list) => list.len(),
            Self::Many(chunks) => chunks.len().saturating_sub(1) * CHUNK + chunks.last().map_or(0, |c| c.len()),
        }
    }

    /// Hands over the values, slice by slice.
    pub(crate) fn each(&self, mut take: impl FnMut(&[u32])) {
        match self {
            Self::One(one) => take(&[*one]),
            Self::Two(one, two) => take(&[*one, *two]),
            Self::Few(list) => take(list),
            Self::Many(chunks) => chunks.iter().for_each(|chunk| take(chunk)),
        }
    }

    fn iter(&self) -> impl Iterator<Item = u32> {
        let mut all = Vec::with_capacity(self.len());
        self.each(|part| all.extend_from_slice(part));
        all.into_iter()
    }
}

type Leaf<V> = Vec<(u64, V)>;
type Middle<V> = Vec<Arc<Leaf<V>>>;

/// A map from 64-bit keys; see the module.
#[derive(Clone, Debug)]
pub(crate) struct SharedMap<V> {
    root: Arc<Vec<Arc<Middle<V>>>>,
    /// Changes that lie over the branches: what a key has now, nothing where it was dropped.
    over: Option<Arc<HashMap<u64, Option<V>>>>,
}

impl<V> Default for SharedMap<V> {
    fn default() -> Self {
        let leaf = Arc::new(Leaf::new());
        let middle = Arc::new(vec![leaf; BRANCHES]);
        Self { root: Arc::new(vec![middle; BRANCHES]), over: None }
    }
}

/// Spreads keys over the branches (the finaliser of MurmurHash3).
pub(crate) fn spread(key: u64) -> u64 {
    let mut h = key;
    h ^= h >> 33;
    h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
    h ^= h >> 33;
    h = h.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

fn branches_of(key: u64) -> (usize, usize) {
    let h = spread(key);
    let branch = |bits: u64| (bits % BRANCHES as u64) as usize;
    (branch(h), branch(h / BRANCHES as u64))
}

impl<V: Clone> SharedMap<V> {
    fn leaf_mut(&mut self, key: u64) -> Option<&mut Leaf<V>> {
        let (first, second) = branches_of(key);
        let middle = Arc::make_mut(&mut self.root).get_mut(first)?;
        let leaf = Arc::make_mut(middle).get_mut(second)?;
        Some(Arc::make_mut(leaf))
    }

    /// From now on keeps changes over the branches, which stay as they are.
    pub(crate) fn lay_over(&mut self) {
        self.over.get_or_insert_default();
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: u64) -> Option<&V> {
        match self.over.as_ref().and_then(|over| over.get(&key)) {
            Some(changed) => changed.as_ref(),
            None => self.get_below(key),
        }
    }

    fn get_below(&self, key: u64) -> Option<&V> {
        let (first, second) = branches_of(key);
        let leaf = self.root.get(first)?.get(second)?;
        let at = leaf.binary_search_by_key(&key, |(k, _)| *k).ok()?;
        leaf.get(at).map(|(_, v)| v)
    }

    /// Changes the value of a key: `change` gets what is there and says what shall be there.
    pub(crate) fn change(&mut self, key: u64, change: impl FnOnce(Option<&mut V>) -> Change<V>) {
        if self.over.is_some() {
            self.change_over(key, change);
            return;
        }
        let Some(leaf) = self.leaf_mut(key) else { return };
        let at = leaf.binary_search_by_key(&key, |(k, _)| *k);
        let there = at.ok().and_then(|at| leaf.get_mut(at)).map(|(_, v)| v);
        match (change(there), at) {
            (Change::Put(value), Err(at)) => leaf.insert(at, (key, value)),
            (Change::Put(value), Ok(at)) => {
                if let Some(entry) = leaf.get_mut(at) {
                    entry.1 = value;
                }
            }
            (Change::Drop, Ok(at)) => {
                leaf.remove(at);
            }
            (Change::Drop, Err(_)) | (Change::Done, _) => {}
        }
    }
}

impl<V: Clone> SharedMap<V> {
    fn change_over(&mut self, key: u64, change: impl FnOnce(Option<&mut V>) -> Change<V>) {
        let mut value = self.get(key).cloned();
        match change(value.as_mut()) {
            Change::Done => {}
            Change::Put(new) => value = Some(new),
            Change::Drop => value = None,
        }
        if let Some(over) = &mut self.over {
            Arc::make_mut(over).insert(key, value);
        }
    }
}

/// What becomes of an entry; see [`SharedMap::change`].
pub(crate) enum Change<V> {
    /// It was changed in place, or stays as it is.
    Done,
    /// It gets this value.
    Put(V),
    /// It goes.
    Drop,
}

impl SharedMap<Numbers> {
    /// Adds a value to the list of a key.
    pub(crate) fn add(&mut self, key: u64, value: u32) {
        self.change(key, |list| match list {
            Some(list) => {
                list.push(value);
                Change::Done
            }
            None => Change::Put(Numbers::One(value)),
        });
    }

    /// Removes a value from the list of a key.
    pub(crate) fn remove(&mut self, key: u64, value: u32) {
        self.change(key, |list| match list.map(|list| list.without(value)) {
            Some(Some(left)) => Change::Put(left),
            Some(None) => Change::Drop,
            None => Change::Done,
        });
    }

    /// Length of the list of a key.
    pub(crate) fn n(&self, key: u64) -> usize {
        self.get(key).map_or(0, Numbers::len)
    }
}

/// An array whose places are filled and emptied; see the module.
#[derive(Clone, Debug)]
pub(crate) struct SharedArray<V> {
    chunks: Arc<Vec<Arc<Vec<Option<V>>>>>,
}

impl<V> Default for SharedArray<V> {
    fn default() -> Self {
        Self { chunks: Arc::default() }
    }
}

impl<V: Clone> SharedArray<V> {
    /// What is at a place.
    pub(crate) fn get(&self, at: u32) -> Option<&V> {
        let at = at as usize;
        self.chunks.get(at / CHUNK)?.get(at % CHUNK)?.as_ref()
    }

    /// Puts something at a place that is at most one past the last.
    pub(crate) fn set(&mut self, at: u32, value: Option<V>) {
        let at = at as usize;
        let chunks = Arc::make_mut(&mut self.chunks);
        if at / CHUNK >= chunks.len() {
            chunks.push(Arc::new(vec![None; CHUNK]));
        }
        if let Some(chunk) = chunks.get_mut(at / CHUNK)
            && let Some(place) = Arc::make_mut(chunk).get_mut(at % CHUNK)
        {
            *place = value;
        }
    }

    /// All that is there, with its place.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &V)> {
        let places = self.chunks.iter().flat_map(|chunk| chunk.iter());
        (0..).zip(places).filter_map(|(at, value)| Some((at, value.as_ref()?)))
    }
}

/// Neighbouring entries of a [`SharedOrder`], shared between copies.
type Chunk<K, V> = Arc<Vec<(K, V)>>;

/// Values in the order of their keys; see the module.
#[derive(Clone, Debug)]
pub(crate) struct SharedOrder<K, V> {
    chunks: Arc<Vec<Chunk<K, V>>>,
}

impl<K, V> Default for SharedOrder<K, V> {
    fn default() -> Self {
        Self { chunks: Arc::default() }
    }
}

impl<K: Ord + Clone, V: Clone> SharedOrder<K, V> {
    /// The chunk in which a key stands or would stand.
    fn chunk_of(&self, key: &K) -> usize {
        self.chunks.partition_point(|c| c.first().is_some_and(|(first, _)| first <= key)).saturating_sub(1)
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        let chunk = self.chunks.get(self.chunk_of(key))?;
        let at = chunk.binary_search_by(|(k, _)| k.cmp(key)).ok()?;
        chunk.get(at).map(|(_, v)| v)
    }

    /// Puts a value under a key that has none.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        let at_chunk = self.chunk_of(&key);
        let chunks = Arc::make_mut(&mut self.chunks);
        let Some(chunk) = chunks.get_mut(at_chunk) else {
            chunks.push(Arc::new(vec![(key, value)]));
            return;
        };
        let chunk = Arc::make_mut(chunk);
        let at = chunk.partition_point(|(k, _)| *k < key);
        chunk.insert(at, (key, value));
        if chunk.len() > CHUNK {
            let second = chunk.split_off(CHUNK / 2);
            chunks.insert(at_chunk + 1, Arc::new(second));
        }
    }

    /// Takes out what a key has.
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        self.get(key)?;
        let at_chunk = self.chunk_of(key);
        let chunks = Arc::make_mut(&mut self.chunks);
        let chunk = Arc::make_mut(chunks.get_mut(at_chunk)?);
        let at = chunk.binary_search_by(|(k, _)| k.cmp(key)).ok()?;
        let (_, value) = chunk.remove(at);
        if chunk.is_empty() {
            chunks.remove(at_chunk);
        }
        Some(value)
    }

    /// All values in the order of their keys.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.chunks.iter().flat_map(|c| c.iter().map(|(_, v)| v))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn content(map: &SharedMap<Numbers>, key: u64) -> BTreeSet<u32> {
        map.get(key).into_iter().flat_map(Numbers::iter).collect()
    }

    #[test]
    fn a_copy_does_not_see_later_changes() {
        let mut map = SharedMap::default();
        for value in 0..1_000 {
            map.add(7, value);
            map.add(1_000 + u64::from(value), value);
        }
        let copy = map.clone();
        for value in (0..1_000).rev() {
            assert_eq!(map.n(7), value as usize + 1);
            map.remove(7, value);
            map.remove(1_000 + u64::from(value), value);
        }
        assert_eq!((map.n(7), map.n(1_500)), (0, 0));
        assert_eq!(content(&copy, 7), (0..1_000).collect());
        assert_eq!(content(&copy, 1_500), [500].into());
    }

    #[test]
    fn a_view_lays_its_changes_over_what_it_shares() {
        let mut map = SharedMap::default();
        for value in 0..600 {
            map.add(u64::from(value) % 3, value);
        }
        let (mut over, mut plain) = (map.clone(), map.clone());
        over.lay_over();
        for changed in [&mut over, &mut plain] {
            changed.add(0, 1_000);
            changed.add(9, 1_001);
            changed.remove(9, 1_001);
            (0..600).filter(|v| v % 3 == 1).for_each(|v| changed.remove(1, v));
        }
        let copy = over.clone();
        over.add(2, 7_000);
        for key in [0, 1, 2, 9] {
            assert_eq!((content(&copy, key), copy.n(key)), (content(&plain, key), plain.n(key)), "{key}");
        }
        assert_eq!((over.n(2), copy.n(2), map.n(0), map.n(1), map.n(9)), (201, 200, 200, 200, 0));
    }

    #[test]
    fn lists_lose_what_is_taken_out_wherever_it_stands() {
        for step in [1, 7, 255, 256, 257] {
            let mut map = SharedMap::default();
            let mut expect: BTreeSet<u32> = (0..1_000).collect();
            (0..1_000).for_each(|v| map.add(1, v));
            for value in (0..1_000).step_by(step) {
                map.remove(1, value);
                expect.remove(&value);
                assert_eq!(map.n(1), expect.len());
            }
            assert_eq!(content(&map, 1), expect);
        }
    }

    #[test]
    fn arrays_and_orders_keep_their_copies() {
        let mut array = SharedArray::default();
        let mut order = SharedOrder::default();
        let mut expect = BTreeMap::new();
        for n in 0..2_000_u32 {
            let key = spread(u64::from(n)) % 10_007;
            array.set(n, Some(n));
            if expect.insert(key, n).is_some() {
                order.remove(&key);
            }
            order.insert(key, n);
        }
        let copy = (array.clone(), order.clone());
        for (key, n) in &expect {
            assert_eq!(order.get(key), Some(n));
            assert_eq!(order.remove(key), Some(*n));
            array.set(*n, None);
        }
        assert_eq!((order.values().count(), array.get(3)), (0, None));
        assert!(copy.1.values().eq(expect.values()));
        assert!(copy.0.iter().map(|(at, n)| (at, *n)).eq((0..2_000).map(|n| (n, n))));
    }
}
