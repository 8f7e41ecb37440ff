//! Compiles the service definitions of `proto/baoyici/v1` with protox, so that no protoc is needed, and lists the forms of the sample
//! province, so that `baoyici demo` carries them with it.

use prost::Message;
use std::error::Error;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    compile_services(&root.join("proto"), &out)?;
    list_sample_forms(&root.join("schemas/forms/templates"), &out)
}

/// Files of a folder with this extension, by name.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == extension) {
            files.push(path);
        }
    }
    files.sort();
    println!("cargo:rerun-if-changed={}", folder.display());
    Ok(files)
}

fn compile_services(root: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={}", root.display());
    let descriptors = protox::compile(files(&root.join("baoyici/v1"), "proto")?, [root])?;
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().build_client(true).build_server(true).compile_fds(descriptors)?;
    Ok(())
}

/// Writes an array of the forms' JSON texts.
fn list_sample_forms(folder: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let texts = files(folder, "json")?.into_iter().map(|path| format!("    include_str!({path:?}),\n"));
    std::fs::write(out.join("sample_forms.rs"), format!("[\n{}]\n", texts.collect::<String>()))?;
    Ok(())
}
