//! A map from 64-bit keys to lists of 64-bit numbers that is cheap to copy: a copy shares everything, and a change copies only what it touches.
//!
//! The catalogue changes it under a lock while older copies are still being queried. Two levels of 256 branches, leaves of a few keys,
//! and lists in chunks, so that adding one number to a list of a million copies one chunk.

use std::collections::BTreeMap;
use std::sync::Arc;

const BRANCHES: usize = 256;
const CHUNK: usize = 256;

/// A list of numbers in shared chunks.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedList {
    chunks: Vec<Arc<Vec<u64>>>,
    n: usize,
}

impl SharedList {
    fn push(&mut self, value: u64) {
        self.n += 1;
        if let Some(last) = self.chunks.last_mut()
            && last.len() < CHUNK
        {
            Arc::make_mut(last).push(value);
            return;
        }
        self.chunks.push(Arc::new(vec![value]));
    }

    fn remove(&mut self, value: u64) -> bool {
        for chunk in &mut self.chunks {
            if let Some(at) = chunk.iter().position(|v| *v == value) {
                Arc::make_mut(chunk).swap_remove(at);
                self.n -= 1;
                self.chunks.retain(|c| !c.is_empty());
                return true;
            }
        }
        false
    }

    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        self.n
    }

    /// The values, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.chunks.iter().flat_map(|c| c.iter().copied())
    }
}

type Leaf = BTreeMap<u64, SharedList>;
type Middle = Vec<Arc<Leaf>>;

/// A map from keys to lists; see the module.
#[derive(Clone, Debug)]
pub(crate) struct SharedMap {
    root: Arc<Vec<Arc<Middle>>>,
}

impl Default for SharedMap {
    fn default() -> Self {
        let leaf = Arc::new(Leaf::new());
        let middle = Arc::new(vec![leaf; BRANCHES]);
        Self { root: Arc::new(vec![middle; BRANCHES]) }
    }
}

/// Spreads keys over the branches (the finaliser of MurmurHash3).
fn spread(key: u64) -> (usize, usize) {
    let mut h = key;
    h ^= h >> 33;
    h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
    h ^= h >> 33;
    ((h & 0xff) as usize, ((h >> 8) & 0xff) as usize)
}

impl SharedMap {
    fn leaf_mut(&mut self, key: u64) -> Option<&mut Leaf> {
        let (first, second) = spread(key);
        let middle = Arc::make_mut(&mut self.root).get_mut(first)?;
        let leaf = Arc::make_mut(middle).get_mut(second)?;
        Some(Arc::make_mut(leaf))
    }

    /// The list of a key.
    pub(crate) fn get(&self, key: u64) -> Option<&SharedList> {
        let (first, second) = spread(key);
        self.root.get(first)?.get(second)?.get(&key)
    }

    /// Adds a value to the list of a key; returns whether the key is new.
    pub(crate) fn add(&mut self, key: u64, value: u64) -> bool {
        let Some(leaf) = self.leaf_mut(key) else { return false };
        let list = leaf.entry(key).or_default();
        list.push(value);
        list.len() == 1
    }

    /// Removes a value from the list of a key; returns whether the key is gone.
    pub(crate) fn remove(&mut self, key: u64, value: u64) -> bool {
        let Some(leaf) = self.leaf_mut(key) else { return false };
        let Some(list) = leaf.get_mut(&key) else { return false };
        list.remove(value);
        if list.len() == 0 {
            leaf.remove(&key);
            return true;
        }
        false
    }

    /// Number of branches that [`Self::branch`] knows.
    pub(crate) fn n_branches(&self) -> usize {
        self.root.len()
    }

    /// Keys of one branch with their lists.
    pub(crate) fn branch(&self, at: usize) -> impl Iterator<Item = (u64, &SharedList)> {
        self.root.get(at).into_iter().flat_map(|middle| middle.iter().flat_map(|leaf| leaf.iter().map(|(k, v)| (*k, v))))
    }

    /// All keys with their lists, in an order that depends on the keys alone.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &SharedList)> {
        self.root.iter().flat_map(|middle| middle.iter().flat_map(|leaf| leaf.iter().map(|(k, v)| (*k, v))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_does_not_see_later_changes() {
        let mut map = SharedMap::default();
        for value in 0..1_000 {
            map.add(7, value);
            map.add(value, value);
        }
        let copy = map.clone();
        for value in 0..1_000 {
            assert!(!map.remove(7, value) || value == 999 || value == 7);
            map.remove(value, value);
        }
        assert_eq!(map.iter().count(), 0);
        assert_eq!(copy.get(7).map(SharedList::len), Some(1_001));
        assert_eq!(copy.iter().count(), 1_000);
    }
}
