//! Chance that can be played again: one printed seed, and numbers that follow from it.

/// The seed of this run: `BAOYICI_SEED`, or a fresh one. Always printed, so that a failure names what to set.
pub fn seed(what: &str) -> u64 {
    let given = std::env::var("BAOYICI_SEED").ok();
    let seed = match given {
        Some(text) => text.parse().expect("BAOYICI_SEED is a number"),
        None => {
            let mut bytes = [0_u8; 8];
            getrandom::fill(&mut bytes).expect("the system gives random numbers");
            u64::from_le_bytes(bytes) >> 16
        }
    };
    println!("{what}: BAOYICI_SEED={seed}");
    seed
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The numbers that follow from a seed; `stream` separates those of different clients.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self(seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95))
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// `n` different numbers below `end`, in random order.
    pub fn subset(&mut self, n: usize, end: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..end).collect();
        for at in 0..n.min(end) {
            let other = at + self.below(end - at);
            all.swap(at, other);
        }
        all.truncate(n);
        all
    }
}
