//! ENV: environment variables, secrets, paths of one machine.

mod machine_bound_path;
mod secret_in_source;
mod undeclared_variable;

pub use machine_bound_path::MachineBoundPath;
pub use secret_in_source::SecretInSource;
pub use undeclared_variable::UndeclaredVariable;
