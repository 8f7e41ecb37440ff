//! After the crash: what is stored against what was sent and acknowledged.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use baoyici::domain::audit::chain_hash;
use baoyici::pb;
use baoyici::store::sqlite::{SqliteOptions, SqliteStore};
use baoyici::store::{AuditReads, ObservationReads, Store};

use super::Clerk;
use super::book::{Answer, Book, Payload, Sent};
use super::load::send;
use crate::outside::caller::Caller;
use crate::outside::problems::brief;
use crate::outside::server::database_of;
use crate::outside::world::{VILLAGES, consolidated_form};

/// What a round saw.
#[derive(Default)]
pub struct Found {
    pub n_acknowledged: usize,
    pub n_refused: usize,
    pub n_unanswered: usize,
    pub n_unanswered_stored: usize,
}

/// A line of [`Payload::figures`].
type Line = (String, String, String, u32);

/// Checks one round after the restart.
pub async fn check(callers: &[(Clerk, Caller)], year: i32, sent: &[Sent], book: &mut Book, data: &Path) -> Found {
    let stored = stored_figures(callers, year).await;
    let receipts = new_receipts(callers, book).await;
    check_receipts(callers, sent, &stored, &receipts).await;
    let found = replay(callers, sent, &receipts).await;
    // What the replay stored for the first time is new as well.
    let receipts = new_receipts(callers, book).await;
    let stored = stored_figures(callers, year).await;
    check_receipts(callers, sent, &stored, &receipts).await;
    let store = open(data).await;
    check_audit(&store, &receipts, book).await;
    book.receipts.extend(receipts);
    store.close().await;
    found
}

/// Every version of every held cell of the year, by receipt. A cell counts once: two of one version would be two lines of one number.
async fn stored_figures(callers: &[(Clerk, Caller)], year: i32) -> HashMap<String, Vec<Line>> {
    let mut by_receipt: HashMap<String, Vec<Line>> = HashMap::new();
    for unit in VILLAGES {
        let caller = caller_of(callers, unit);
        let form = consolidated_form(caller, unit, &format!("{}-01-20", year + 1)).await;
        let mut seen = HashSet::new();
        for input in form.inputs {
            assert!(seen.insert((input.element.clone(), input.period.clone())), "a cell stands twice on the form");
            let Some(held) = input.held else { continue };
            // Units are part of the line through the receipt, which belongs to one unit.
            if held.version == 1 {
                by_receipt.entry(held.receipt).or_default().push((input.element, input.period, held.value, 1));
                continue;
            }
            let key =
                pb::ListObservationVersionsRequest { unit: unit.to_owned(), element: input.element.clone(), period: input.period.clone() };
            let versions = caller.collection().list_observation_versions(key).await.expect("versions").into_inner().versions;
            let numbers: Vec<u32> = versions.iter().map(|v| v.version).collect();
            assert_eq!(numbers, (1..=held.version).collect::<Vec<_>>(), "versions without a gap");
            for version in versions {
                let line = (input.element.clone(), input.period.clone(), version.value, version.version);
                by_receipt.entry(version.receipt).or_default().push(line);
            }
        }
    }
    by_receipt
}

fn caller_of<'c>(callers: &'c [(Clerk, Caller)], unit: &str) -> &'c Caller {
    &callers.iter().find(|(c, _)| c.unit == unit).expect("every village has a clerk").1
}

/// Receipts that no earlier round has seen.
async fn new_receipts(callers: &[(Clerk, Caller)], book: &Book) -> HashMap<String, pb::Receipt> {
    let mut found = HashMap::new();
    for unit in VILLAGES {
        let mut cursor = String::new();
        'pages: loop {
            let request = pb::ListReceiptsRequest { unit: unit.to_owned(), page_size: 50, cursor };
            let page = caller_of(callers, unit).collection().list_receipts(request).await.expect("receipts").into_inner();
            for receipt in page.receipts {
                if book.receipts.contains_key(&receipt.id) {
                    break 'pages;
                }
                found.insert(receipt.id.clone(), receipt);
            }
            cursor = page.next_cursor;
            if cursor.is_empty() {
                break;
            }
        }
    }
    found
}

/// Every acknowledged receipt is there with all of its figures, and every receipt there is one request, whole.
async fn check_receipts(
    callers: &[(Clerk, Caller)],
    sent: &[Sent],
    stored: &HashMap<String, Vec<Line>>,
    receipts: &HashMap<String, pb::Receipt>,
) {
    for request in sent {
        let Answer::Acknowledged(given) = &request.answer else { continue };
        assert_eq!(receipts.get(&given.id), Some(given), "an acknowledged receipt is lost or changed");
        let asked = pb::GetReceiptRequest { receipt: given.id.clone() };
        let kept =
            caller_of(callers, request.unit).collection().get_receipt(asked).await.expect("an acknowledged receipt is there").into_inner();
        assert_eq!(kept.receipt.as_ref(), Some(given));
    }
    let by_id: HashMap<(&str, &str), &Sent> =
        sent.iter().map(|s| ((callers[s.clerk].0.account.as_str(), s.payload.request_id()), s)).collect();
    for receipt in receipts.values() {
        let request =
            by_id.get(&(receipt.reporter.as_str(), receipt.request_id.as_str())).expect("a receipt answers a request that was sent");
        assert!(!matches!(request.answer, Answer::Refused), "a refused request left a receipt: {receipt:?}");
        let lines = stored.get(&receipt.id).expect("a receipt has its figures");
        assert_eq!(lines.len(), receipt.figures as usize, "figures of {}", receipt.id);
        let lines: BTreeSet<Line> = lines.iter().cloned().collect();
        assert_eq!(lines, request.payload.figures(), "a submission is stored whole and as it was sent");
    }
    let of_receipts: usize = receipts.values().map(|r| r.figures as usize).sum();
    assert_eq!(of_receipts, stored.values().map(Vec::len).sum::<usize>(), "no figure without its receipt");
}

/// Sends everything once more that was acknowledged or not answered: what is stored already gets the same receipt.
async fn replay(callers: &[(Clerk, Caller)], sent: &[Sent], receipts: &HashMap<String, pb::Receipt>) -> Found {
    let stored: HashMap<(&str, &str), &pb::Receipt> =
        receipts.values().map(|r| ((r.reporter.as_str(), r.request_id.as_str()), r)).collect();
    let mut found = Found::default();
    for request in sent {
        let (clerk, caller) = &callers[request.clerk];
        let before = stored.get(&(clerk.account.as_str(), request.payload.request_id())).copied();
        match (&request.answer, before) {
            (Answer::Refused, _) => {
                found.n_refused += 1;
                continue;
            }
            (Answer::Acknowledged(_), _) => found.n_acknowledged += 1,
            (Answer::None, Some(_)) => {
                found.n_unanswered += 1;
                found.n_unanswered_stored += 1;
            }
            (Answer::None, None) => found.n_unanswered += 1,
        }
        let again = send(caller, &request.payload).await;
        match (before, again) {
            (Some(before), Ok(again)) => assert_eq!(&again, before, "the same request has the same receipt after a crash"),
            (Some(before), Err(status)) => panic!("{before:?} was stored, but asked again it is refused: {}", brief(&status)),
            (None, Ok(_)) => {}
            (None, Err(status)) => {
                let is_overtaken = matches!(request.payload, Payload::Submit(_)) == (status.code() == tonic::Code::AlreadyExists);
                assert!(is_overtaken, "a request that was not stored can only meet others' figures: {}", brief(&status));
            }
        }
    }
    found
}

async fn open(data: &Path) -> SqliteStore {
    SqliteStore::open(&database_of(data), SqliteOptions::default()).await.expect("the database opens beside the server")
}

/// The audit trail is one unbroken chain, and has exactly one record for each receipt.
async fn check_audit(store: &SqliteStore, receipts: &HashMap<String, pb::Receipt>, book: &mut Book) {
    let mut told: HashSet<String> = HashSet::new();
    loop {
        let records = store.audit_records(book.audited.0, 1_000).await.expect("audit records");
        if records.is_empty() {
            break;
        }
        for record in records {
            let (sequence, hash) = &book.audited;
            assert_eq!(record.sequence, sequence + 1, "the chain has no gap");
            assert_eq!(&record.previous, hash, "record {} follows the one before", record.sequence);
            assert_eq!(record.hash, chain_hash(record.sequence, &record.record, &record.previous));
            if record.record.act.starts_with("observation.") {
                assert!(told.insert(record.record.object.clone()), "two audit records of one receipt");
            }
            book.audited = (record.sequence, record.hash);
        }
    }
    let receipts: HashSet<String> = receipts.keys().cloned().collect();
    assert_eq!(told, receipts, "every receipt has its audit record");
}

/// At the end SQLite checks its file, and the number of current figures is that of first versions.
pub async fn check_file(data: &Path, book: &Book) {
    let store = open(data).await;
    assert_eq!(store.check_file().await.expect("the file can be checked"), Vec::<String>::new());
    println!(
        "crash: {} receipts, {} current figures, audit trail of {} records",
        book.receipts.len(),
        store.n_observations().await.expect("a count"),
        book.audited.0
    );
    store.close().await;
}
