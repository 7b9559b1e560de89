//! What is deployed: facts with evidence, gathered once, before any rule runs.

mod fact;
mod literals;
mod platform;

pub use fact::{Evidence, Fact};
pub use platform::{Platform, Sdk};
