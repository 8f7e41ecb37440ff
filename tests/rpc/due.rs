//! What is due, when, and how many cells are left: the first thing a clerk looks at.

use crate::harness::Server;
use crate::rpc::rules::{FIELDS, register};
use baoyici::pb;
use baoyici::pb::collection_service_client::CollectionServiceClient;

#[tokio::test]
async fn a_due_date_says_what_is_left_and_how_long_there_is_time() {
    let server = Server::start().await;
    let callers = server.furnish().await;
    register(&server, &callers, &FIELDS, &[]).await;
    let mut clerk = CollectionServiceClient::new(server.channel_as(&callers.clerk).await);
    let request = pb::ListDueDatesRequest { unit: "330122002".into(), year: 2027 };
    let dates = clerk.list_due_dates(request).await.unwrap().into_inner().due_dates;
    assert_eq!(dates.iter().map(|d| (d.due.as_str(), d.cells, d.held)).collect::<Vec<_>>(), [("2027-01-20", 4, 0)]);
    let date = &dates[0];
    assert!(!date.late && date.workdays_left > 0, "{date:?}");
    assert_eq!((date.together_on.as_str(), date.holidays_known), ("2027-01-20", false));
    drop(clerk);
    server.stop().await;
}
