//! RUN: traps that wait until the program runs.

mod ephemeral_state;
mod hasattr_not_callable;
mod non_atomic_write;
mod test_of_missing_attribute;
mod throttle_never_armed;
mod unguarded_model_json;

pub use ephemeral_state::EphemeralState;
pub use hasattr_not_callable::HasattrNotCallable;
pub use non_atomic_write::NonAtomicWrite;
pub use test_of_missing_attribute::TestOfMissingAttribute;
pub use throttle_never_armed::ThrottleNeverArmed;
pub use unguarded_model_json::UnguardedModelJson;
