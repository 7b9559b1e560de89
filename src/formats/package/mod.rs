//! What every package format has in common: names, requirements, where their text stands, and environment markers.

mod marker;
mod name;
mod origin;
mod parse;
mod poetry;
mod requirement;
mod table;

pub use marker::{Marker, Target};
pub use name::{InvalidName, PackageName};
pub use origin::TextOrigin;
pub use parse::parse_requirement;
pub(crate) use parse::parse_source;
pub use poetry::{PoetryConstraint, parse_poetry_constraint};
pub use requirement::{ConstraintSyntax, ParsedRequirement, Requirement, RequirementSource, UnnamedRequirement};
pub(crate) use table::{table_requirements, table_source};
