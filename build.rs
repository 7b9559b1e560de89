//! Builds the crate again when a rule page or a knowledge table changes, since they are compiled into the binary.

fn main() {
    println!("cargo:rerun-if-changed=rules");
    println!("cargo:rerun-if-changed=build.rs");
}
