//! NET: binds and ports.

mod hard_coded_port;
mod loopback_bind;
mod manifests;
mod no_server_started;
mod port_mismatch;

pub use hard_coded_port::HardCodedPort;
pub use loopback_bind::LoopbackBind;
pub use no_server_started::NoServerStarted;
pub use port_mismatch::PortMismatch;
