//! What stands in the way of checking: files that can't be read, suppressions that do nothing.

mod ineffective_suppression;
mod unreadable_file;

pub use ineffective_suppression::IneffectiveSuppression;
pub use unreadable_file::UnreadableFile;
