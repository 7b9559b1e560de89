//! Where servers listen by default and what overrides it: `rules/platforms/servers.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// A setting of a server: the host or the port.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting<T> {
    /// The keyword argument.
    #[serde(default)]
    pub parameter: Option<String>,
    /// The position as a positional argument, from 0.
    #[serde(default)]
    pub position: Option<usize>,
    /// The command-line flags.
    #[serde(default)]
    pub flags: Vec<String>,
    /// The environment variables, in the order they are asked.
    #[serde(default)]
    pub variables: Vec<String>,
    /// What holds where nothing else says so; for a host, "" is all interfaces.
    pub default: Option<T>,
}

/// An argument that must have one of some values.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArgumentCondition {
    /// The keyword argument.
    pub parameter: String,
    /// Its values.
    pub values: Vec<String>,
}

/// A flag that must have one of some values.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlagCondition {
    /// The flag's spellings.
    pub flags: Vec<String>,
    /// Its values.
    pub values: Vec<String>,
}

/// A call that starts a server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerCall {
    /// The framework, as people call it.
    pub framework: String,
    /// Qualified names of the callables.
    pub calls: Vec<String>,
    /// The host, where it is a setting of its own.
    #[serde(default)]
    pub host: Option<Setting<String>>,
    /// The port, where it is a setting of its own.
    #[serde(default)]
    pub port: Option<Setting<u16>>,
    /// The `(host, port)` pair, where the call takes one.
    #[serde(default)]
    pub address: Option<Setting<String>>,
    /// A keyword argument that holds `host:port` and overrides both.
    #[serde(default)]
    pub listen: Option<String>,
    /// The call only configures; the server starts with this other call.
    #[serde(default)]
    pub only_with_call: Option<String>,
    /// A keyword argument of whatever call in the file that hands the server a socket which listens already.
    #[serde(default)]
    pub bypass_arguments: Vec<String>,
    /// The call only names an address; a server needs this other call too.
    #[serde(default)]
    pub listens_with: Option<String>,
    /// It starts a server only where the starting call has this argument.
    #[serde(default)]
    pub only_with_argument: Option<ArgumentCondition>,
    /// Where this is from.
    pub evidence: String,
}

/// A program on a command line that starts a server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerCommand {
    /// The framework, as people call it.
    pub framework: String,
    /// The names of the program, also as `python -m NAME`.
    pub programs: Vec<String>,
    /// The first argument that makes it serve.
    #[serde(default)]
    pub subcommand: Option<String>,
    /// The host, where it is a flag of its own.
    #[serde(default)]
    pub host: Option<Setting<String>>,
    /// The port, where it is a flag of its own.
    #[serde(default)]
    pub port: Option<Setting<u16>>,
    /// The `host:port`, where one flag holds both.
    #[serde(default)]
    pub bind: Option<Setting<String>>,
    /// The `host:port`, where a positional argument holds both.
    #[serde(default)]
    pub address: Option<Setting<String>>,
    /// Flags that hold `host:port` and override both.
    #[serde(default)]
    pub listen: Vec<String>,
    /// The configuration file in Python that may hold the address.
    #[serde(default)]
    pub config: Option<Setting<String>>,
    /// Whether `.streamlit/config.toml` is read where neither flag nor variable says more.
    #[serde(default)]
    pub reads_streamlit_config: bool,
    /// The environment variable that holds further arguments.
    #[serde(default)]
    pub arguments_variable: Option<String>,
    /// Whether it listens on all interfaces at `$PORT` when that variable is set.
    #[serde(default)]
    pub reads_port_when_set: bool,
    /// Flags with which it listens on no TCP address of its own.
    #[serde(default)]
    pub bypass: Vec<String>,
    /// It serves over the network only where one of these flags has one of these values.
    #[serde(default)]
    pub only_with_flag: Option<FlagCondition>,
    /// Further flags that take a value, which is no positional argument then.
    #[serde(default)]
    pub valued: Vec<String>,
    /// Where this is from.
    pub evidence: String,
}

/// A library whose bots ask their service for messages and open no port.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollingBot {
    /// The library, as people call it.
    pub library: String,
    /// The module that it is imported as.
    pub module: String,
    /// The methods that poll until the program ends.
    pub calls: Vec<String>,
    /// Where this is from.
    pub evidence: String,
}

/// The table of servers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Servers {
    /// Calls in Python.
    #[serde(rename = "call")]
    pub calls: Vec<ServerCall>,
    /// Programs.
    #[serde(rename = "command")]
    pub commands: Vec<ServerCommand>,
    /// Libraries of bots that poll.
    #[serde(rename = "bot")]
    pub bots: Vec<PollingBot>,
    /// Modules with which a program may open a port or start another that does.
    pub listening_modules: Vec<String>,
}

/// The table.
///
/// # Panics
/// Never in a built binary: a test of this module reads the same text.
#[must_use]
#[allow(clippy::expect_used, reason = "the table is compiled in, and a test reads it")]
pub fn servers() -> &'static Servers {
    static SERVERS: LazyLock<Servers> = LazyLock::new(|| {
        toml::from_str(super::table_text("platforms/servers.toml")).expect("servers.toml fits its types")
    });
    &SERVERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_says_where_it_listens_and_why() {
        for call in &servers().calls {
            assert!(call.host.is_some() || call.address.is_some(), "{}: no address", call.framework);
            assert!(!call.evidence.is_empty());
        }
        for command in &servers().commands {
            let address = command.host.is_some() || command.bind.is_some() || command.address.is_some();
            assert!(address, "{}: no address", command.framework);
        }
    }
}
