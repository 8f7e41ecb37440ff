//! The binary itself: what it prints, where it refuses to listen, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_baoyici");

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(BINARY).args(arguments).current_dir(folder).output().unwrap()
}

/// Starts a server and waits until it says that it is ready.
fn serve(folder: &Path) -> (Child, BufReader<ChildStdout>, String) {
    let arguments = ["serve", "--data", "data", "--listen", "127.0.0.1:0"];
    let mut command = Command::new(BINARY);
    let mut child = command.args(arguments).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    (child, out, line)
}

#[test]
fn it_says_one_line_and_ends_well_when_told() {
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::tempdir().unwrap();
        let (mut child, mut out, line) = serve(folder.path());
        let port = line.trim_end().strip_prefix("listening on 127.0.0.1:").unwrap_or_default();
        assert!(port.parse::<u16>().is_ok_and(|p| p != 0), "{line}");
        let told = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(told.success());
        assert!(child.wait().unwrap().success());
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }
}

#[test]
fn the_data_folder_is_for_its_owner_and_one_server() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (mut child, _out, _) = serve(folder.path());
    let mode = folder.path().join("data").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let second = run(folder.path(), &["serve", "--data", "data", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another server"));
    let token = run(folder.path(), &["token", "--data", "data", "--account", "op", "--role", "operator"]);
    let secret = String::from_utf8_lossy(&token.stdout).into_owned();
    assert!(secret.starts_with("byc_") && secret.lines().count() == 1, "{secret}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn others_can_not_reach_it() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:7400"] {
        let refused = run(folder.path(), &["serve", "--data", "data", "--listen", address]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains("没有 TLS") && said.contains("no TLS"), "{said}");
        assert!(refused.stdout.is_empty());
    }
    assert!(!folder.path().join("data").exists(), "nothing is made before the configuration holds");
}

#[test]
fn a_check_names_every_fault() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("baoyici.toml"), "[grpc]\nmax_cals = 1\n[log]\nlevel = \"loud\"\n").unwrap();
    let checked = run(folder.path(), &["check", "--listen", "nowhere"]);
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert_eq!((checked.status.code(), said.lines().count()), (Some(2), 3), "{said}");
    std::fs::write(folder.path().join("baoyici.toml"), "[grpc]\nmax_calls = 5\n").unwrap();
    let checked = run(folder.path(), &["check"]);
    assert!(checked.status.success() && String::from_utf8_lossy(&checked.stdout).contains("max_calls = 5"));
}

#[test]
fn a_token_needs_a_role_and_what_it_is_bound_to() {
    let folder = tempfile::tempdir().unwrap();
    let make = |arguments: &[&str]| run(folder.path(), &[&["token", "--data", "data"], arguments].concat());
    for arguments in [
        &["--account", "a", "--role", "king"][..],
        &["--account", "a", "--role", "clerk"],
        &["--account", "a", "--role", "clerk", "--unit", "330122"],
        &["--account", "a", "--role", "bureau", "--organisation", "nobody"],
        &["--account", "a b", "--role", "operator"],
        &["--account", "a", "--role", "operator", "--expires", "2026-13-01"],
    ] {
        let refused = make(arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(refused.stdout.is_empty());
    }
}
