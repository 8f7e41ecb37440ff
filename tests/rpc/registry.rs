//! Organisations and units over gRPC: pages in a stable order, bulk registration, checks that store nothing.

use crate::harness::Server;
use baoyici::pb;
use baoyici::pb::register_units_request::Source;
use baoyici::pb::unit_service_client::UnitServiceClient;

#[tokio::test]
async fn units_come_back_as_they_were_given_page_by_page() {
    let server = Server::start().await;
    let mut client = UnitServiceClient::new(server.channel_as(&server.operator().await).await);
    let county = pb::UnitRow { code: "330122000000".into(), name: "桐庐县".into(), ..Default::default() };
    let township = |n: u32| pb::UnitRow {
        code: format!("330122{n:03}000"),
        name: format!("乡镇{n}"),
        level: pb::Level::Township.into(),
        parent: county.code.clone(),
        valid_from: "2020-01-01".into(),
        valid_to: "2030-01-01".into(),
    };
    let mut given = vec![pb::UnitRow { level: pb::Level::County.into(), ..county.clone() }];
    given.extend((1..=24).map(township));
    let source = Some(Source::Rows(pb::UnitRows { rows: given.clone() }));
    let request = pb::RegisterUnitsRequest { request_id: "r".into(), source, validate_only: false };
    assert_eq!(client.register_units(request).await.unwrap().into_inner().registered, 25);
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = pb::ListUnitsRequest { page_size: 10, cursor, ..Default::default() };
        let page = client.list_units(request).await.unwrap().into_inner();
        listed.extend(page.units);
        cursor = page.next_cursor;
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(listed, given);
    let request = pb::ListUnitsRequest { as_of: "2019-12-31".into(), level: pb::Level::Township.into(), ..Default::default() };
    assert_eq!(client.list_units(request).await.unwrap().into_inner().units, []);
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn a_check_of_units_stores_nothing() {
    let server = Server::start().await;
    let mut client = UnitServiceClient::new(server.channel_as(&server.operator().await).await);
    let csv = "code,name,level,parent\n330122,桐庐县,county,\n33,,hamlet,\n";
    let request = pb::RegisterUnitsRequest { request_id: String::new(), source: Some(Source::Csv(csv.into())), validate_only: true };
    let answer = client.register_units(request).await.unwrap().into_inner();
    assert_eq!((answer.registered, answer.problems.len()), (0, 3));
    assert_eq!(client.list_units(pb::ListUnitsRequest::default()).await.unwrap().into_inner().units, []);
    drop(client);
    server.stop().await;
}
