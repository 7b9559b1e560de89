//! Asks a resolver what a deployment's requirements come to. The only part that uses the network, and only when the user
//! says so: the command line calls it, and hands its answers on as facts.
//!
//! Nothing of the repository is run or built: the resolver gets names and versions, never a path or URL, and may use wheels
//! only, since building a source distribution runs code.

mod cache;
mod question;
mod resolver;

pub use cache::{Cache, today};
pub use question::{Question, SUPPORTED, questions};
pub use resolver::{Resolver, ResolverError};
