//! Tests of the configuration.

use super::*;

fn file_with(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn read_text(text: &str, flags: &[(&str, Value)]) -> Result<Config, Vec<Fault>> {
    read(Some(file_with(text).path()), flags)
}

#[test]
fn defaults_are_without_fault() {
    assert_eq!(Config::default().faults(), []);
    assert_eq!(read_text("", &[]), Ok(Config::default()));
}

#[test]
fn flags_stand_over_the_file() {
    let config = read_text("data = \"a\"\n[grpc]\nlisten = \"127.0.0.1:1\"\nmax_calls = 7\n", &[("grpc.listen", Value::from("[::1]:2"))]);
    let config = config.unwrap();
    assert_eq!((config.data, config.grpc.listen.to_string(), config.grpc.max_calls), ("a".into(), "[::1]:2".to_owned(), 7));
}

#[test]
fn every_fault_is_named() {
    let text = "dta = \"a\"\n[grpc]\nlisten = \"nowhere\"\nmax_calls = \"many\"\nmax_cals = 7\n[log]\nformat = \"xml\"\n";
    let faults = read_text(text, &[]).unwrap_err();
    let keys: Vec<&str> = faults.iter().map(|f| if let Fault::Malformed { key, .. } = f { key.as_str() } else { "?" }).collect();
    assert_eq!(keys, ["dta", "grpc.listen", "grpc.max_calls", "grpc.max_cals", "log.format"]);
    assert!(faults.iter().all(|f| f.to_string().contains("TOML")), "{faults:?}");
}

#[test]
fn values_are_checked() {
    let text = "[grpc]\nlisten = \"0.0.0.0:7400\"\nmax_calls = 0\n[metrics]\nlisten = \"192.0.2.1:9\"\n[store]\nreaders = 1000\n";
    let faults = read_text(text, &[]).unwrap_err();
    assert_eq!(faults.len(), 4, "{faults:?}");
    assert!(faults.iter().any(|f| f.to_string().contains("TLS")));
}

#[test]
fn what_cannot_be_read_is_told() {
    assert!(matches!(read_text("data = ", &[]).unwrap_err().as_slice(), [Fault::Unreadable { .. }]));
    assert!(matches!(read(Some(Path::new("no/such/file")), &[]).unwrap_err().as_slice(), [Fault::Unreadable { .. }]));
}

#[test]
fn an_address_with_a_password_is_not_shown() {
    let config = read_text("database = \"postgres://u:secret@127.0.0.1/d\"", &[]).unwrap();
    assert_eq!(config.database.as_ref().map(Secret::reveal), Some("postgres://u:secret@127.0.0.1/d"));
    assert!(!format!("{config:?}").contains("secret"));
    assert!(!toml::to_string(&config).unwrap().contains("secret"));
}
