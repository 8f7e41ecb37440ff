//! Nothing is lost: the server is killed in the middle of a load, started again on the same folder, and asked for everything it had promised.
//!
//! After etcd's robustness tests: traffic, a crash, and the history of answers checked against what is there afterwards. Each round prints its
//! seed; `BAOYICI_CRASH_ROUNDS=1 BAOYICI_SEED=…` plays one round again, a larger number of rounds makes the run longer.

mod book;
mod check;
mod load;

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use baoyici::pb::{Frequency, Level};

use crate::outside::caller::Caller;
use crate::outside::seed::{Chance, seed};
use crate::outside::server::Server;
use crate::outside::world::{VILLAGES, World, form, register_request, unrelated_fields};
use book::Book;

/// Fields of the form, each one cell of each village.
const N_CELLS: usize = 40;
/// Clerks of each village, who get into each other's way.
const CLERKS_PER_VILLAGE: usize = 2;
/// Rounds on one data folder; each has a year of its own.
const ROUNDS_PER_FOLDER: u64 = 150;
/// Most acknowledgements after which the server is killed.
const MAX_ACKNOWLEDGED: usize = 80;
/// Most microseconds between the last of them and the kill.
const MAX_DELAY_MICROS: usize = 20_000;

/// A clerk: account, village and token.
#[derive(Clone)]
struct Clerk {
    account: String,
    unit: &'static str,
    secret: String,
}

/// A folder with a county, one form, and its clerks.
struct Place {
    world: World,
    clerks: Vec<Clerk>,
    book: Book,
}

impl Place {
    async fn prepare() -> Self {
        let world = World::start().await;
        let template = form("shiji", Level::Village, Frequency::Annual, unrelated_fields(N_CELLS));
        world.officer.templates().register_template(register_request("shiji", template)).await.expect("the form registers");
        let mut clerks = Vec::new();
        for unit in VILLAGES {
            for n in 0..CLERKS_PER_VILLAGE {
                let account = format!("clerk-{unit}-{n}");
                let secret = world.server.token(&account, "clerk", &["--unit", unit]);
                clerks.push(Clerk { account, unit, secret });
            }
        }
        Self { world, clerks, book: Book::default() }
    }

    /// The clerks with connections to the server as it runs now.
    fn callers(&self) -> Vec<(Clerk, Caller)> {
        self.clerks.iter().map(|c| (c.clone(), Caller::new(&self.world.server.address, &c.secret))).collect()
    }

    /// Kills the server and starts it again on the same folder.
    fn crash(&mut self) {
        let data = self.world.data().to_owned();
        // The new one starts only when the old one is gone: two servers on one folder are not the subject.
        self.world.server.kill();
        self.world.server = Server::start(&data);
    }
}

/// Waits until so many acknowledgements came, or until the load ended, and then for a moment.
fn wait_for(acknowledged: &Receiver<()>, n: usize, delay: Duration) {
    for _ in 0..n {
        if acknowledged.recv().is_err() {
            return;
        }
    }
    let begun = std::time::Instant::now();
    while let Some(left) = delay.checked_sub(begun.elapsed()) {
        if matches!(acknowledged.recv_timeout(left), Err(RecvTimeoutError::Disconnected)) {
            return;
        }
    }
}

fn n_rounds() -> u64 {
    std::env::var("BAOYICI_CRASH_ROUNDS").map_or(100, |text| text.parse().expect("BAOYICI_CRASH_ROUNDS is a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_survives_kill_9() {
    let first_seed = seed("crash");
    let mut place = Place::prepare().await;
    let (mut n_acknowledged, mut n_unanswered, mut n_found) = (0, 0, 0);
    for round in 0..n_rounds() {
        if round > 0 && round % ROUNDS_PER_FOLDER == 0 {
            place = Place::prepare().await;
        }
        let seed = first_seed + round;
        let mut chance = Chance::new(seed, 0);
        let year = 2026 + i32::try_from(round % ROUNDS_PER_FOLDER).expect("few rounds");
        let n_before_kill = chance.below(MAX_ACKNOWLEDGED);
        let delay = Duration::from_micros(chance.below(MAX_DELAY_MICROS) as u64);
        let callers = place.callers();
        let cells = load::cells_of(&callers, year).await;
        let (load, acknowledged) = load::start(callers, &cells, year, seed);
        tokio::task::spawn_blocking(move || wait_for(&acknowledged, n_before_kill, delay)).await.expect("waiting ends");
        place.crash();
        let sent = load::finish(load).await;
        let callers = place.callers();
        let found = check::check(&callers, year, &sent, &mut place.book, place.world.data()).await;
        println!(
            "round {round:3}: BAOYICI_SEED={seed} killed {} µs after acknowledgement {n_before_kill}: {} acknowledged, {} refused, {} unanswered, of which {} are stored",
            delay.as_micros(),
            found.n_acknowledged,
            found.n_refused,
            found.n_unanswered,
            found.n_unanswered_stored,
        );
        n_acknowledged += found.n_acknowledged;
        n_unanswered += found.n_unanswered;
        n_found += found.n_unanswered_stored;
    }
    check::check_file(place.world.data(), &place.book).await;
    println!(
        "crash: {n_acknowledged} acknowledged submissions kept, {n_unanswered} unanswered, of which {n_found} are stored whole, none in part"
    );
    place.world.server.stop();
}
