//! NET: binds and ports.

mod loopback_bind;

pub use loopback_bind::LoopbackBind;
